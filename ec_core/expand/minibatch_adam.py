"""Adam on minibatches: small steps, for students that Levenberg-Marquardt alone leaves stuck.

Deep students of piecewise linear activations have a landscape of many shallow dents: every probe
that changes sides of a kink makes one. A second-order step goes to the bottom of the nearest dent.
The noise of small batches does not see dents, and finds the valley in which Levenberg-Marquardt
then goes all the way down. Adam: Kingma & Ba (2015).

Large students take small steps too, for another reason: a second-order step of one costs seconds,
and they too are left in dents by it, while a minute of small steps finds nearly all of the
teacher's neurons, to a part in a thousand. What students agree on is then put together and only
that, at the teacher's own size, is taken all the way down (``reconstruct/compose.py``).

Float32, because the noise of the batches is far above its rounding. Whose students take how many
steps is said in ``regimes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ec_core.checkpoints import NOTHING_KEPT, Checkpoints, Plain
from ec_core.control import Control
from ec_core.expand.regimes import BLOCK, SmallSteps, regime_of
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward_pass, vjp
from ec_core.networks.parameters import pack, unpack
from ec_core.recording import caller, direct
from ec_core.seeding import stage_seed

BATCH = 512
"""Probes per step, drawn with replacement."""

LAST_SHARE, BEND = 1e-3, 1.5
"""The share of the step size that is left at the end, and the power of the way down."""

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

_TOGETHER = 10
"""Steps handed to a card at once; with less every one of them costs a copy of the students."""

Steps = Iterator[tuple[Tensor, Tensor]]
"""(theta (S, P), loss (S,)) after every block."""


def gradient(shape: Architecture, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Loss (S,) and its gradient (S, P) on probes x (n, D), y (n, K): mean over n·K squares."""
    layers = unpack(shape, theta)
    passed = forward_pass(shape, layers, x)
    r = passed.answers - y
    loss = r.square().mean(dim=(1, 2))
    return loss, pack(vjp(shape, layers, passed, r)) * (2 / y.numel())


def without_skip(shape: Architecture, like: Tensor) -> Tensor:
    """(P,) ones, and zeros where a parameter belongs to a skip path."""
    one = torch.zeros(1, shape.parameter_count, dtype=like.dtype, device=like.device)
    for i, block in enumerate(unpack(shape, one).blocks):
        block[..., : shape.sizes[i] + 1] = 1.0
    return one[0]


@dataclass(frozen=True)
class _Light:
    """What stays the same from step to step: shape, x (N, D), y (N, K), mask (P,); float32."""

    shape: Architecture
    x: Tensor
    y: Tensor
    mask: Tensor


def _rates(first_rate: float, begin: int, size: int, steps: int) -> list[tuple[float, float]]:
    """Rate and bias correction of the second moment of the steps begin + 1 … begin + size."""
    return [
        (
            first_rate * max(LAST_SHARE, 1 - step / steps) ** BEND / (1 - BETA1**step),
            1 - BETA2**step,
        )
        for step in range(begin + 1, begin + size + 1)
    ]


def _step(
    light: _Light,
    state: tuple[Tensor, Tensor, Tensor, Tensor],
    batch: Tensor,
    rate: float | Tensor,
    correction: float | Tensor,
) -> tuple[Tensor, Tensor]:
    """theta (S, P) and the sum of losses (S,) after one step; the moments change where they are.

    state : theta, first and second moment (S, P), the sum of losses so far
    batch : the rows of its probes
    """
    theta, first, second, total = state
    loss, slope = gradient(light.shape, theta, light.x[batch], light.y[batch])
    slope *= light.mask
    first.lerp_(slope, 1 - BETA1)
    second.mul_(BETA2).addcmul_(slope, slope, value=1 - BETA2)
    scale = (second / correction).sqrt_().add_(EPSILON)
    if isinstance(rate, Tensor):
        return theta - rate * first / scale, total + loss
    return torch.addcdiv(theta, first, scale, value=-rate), total + loss


def _several(
    light: _Light,
    theta: Tensor,
    first: Tensor,
    second: Tensor,
    total: Tensor,
    rows: Tensor,
    numbers: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The state after steps with the probes rows (steps, n) and rates, corrections (steps, 2)."""
    first, second = first.clone(), second.clone()
    for at in range(len(rows)):
        state = theta, first, second, total
        theta, total = _step(light, state, rows[at], numbers[at, 0], numbers[at, 1])
    return theta, first, second, total


def minibatch_adam(
    problem: Problem,
    theta: Tensor,
    seed: int,
    steps: int,
    first_rate: float,
    keep: int | None = None,
    mask: Tensor | None = None,
    marks: Checkpoints = NOTHING_KEPT,
) -> Steps:
    """Train students theta (S, P) for so many steps; yields (theta, loss (S,)) after every block.

    The loss is the mean over the block's batches. Skip paths stay as they are: a linear map next to
    neurons that are not yet where they belong only hides what is left for them to explain. The
    batches are drawn on the CPU by ``seed``, whatever the device.
    keep : how many students are wanted: after each third of the steps the better third of them goes
    on, but at least ``keep``, best first (successive halving, Jamieson & Talwalkar 2016)
    mask (P,) : zero where a parameter stays as it is; by default that is so for skip paths
    marks : gone on with from there; blocks of before are yielded again with their losses, and with
    as many rows of theta, which are not those of then

    >>> from ec_core.leastsquares.problem import Problem
    >>> x = torch.linspace(-2, 2, 50, dtype=torch.float64)[:, None]
    >>> problem = Problem(Architecture((1, 4, 1), "tanh"), x, torch.tanh(2 * x))
    >>> start = torch.full((3, problem.shape.parameter_count), 0.1, dtype=torch.float64)
    >>> losses = [loss.max().item() for _, loss in minibatch_adam(problem, start, 0, 600, 2e-2)]
    >>> len(losses), losses[-1] < losses[0] / 10
    (6, True)
    """
    x, y, theta = (part.to(torch.float32) for part in (problem.x, problem.y, theta))
    mask = without_skip(problem.shape, theta) if mask is None else mask.to(theta)
    light = _Light(problem.shape, x, y, mask)
    generator = torch.Generator().manual_seed(seed)
    first, second = torch.zeros_like(theta), torch.zeros_like(theta)
    call = caller(x.device, len(theta) * BATCH * sum(problem.shape.sizes))
    mark, past = marks.open(f"small steps {problem.shape} {len(theta)}"), list[Tensor]()
    if mark.values is not None:
        theta, first, second, past = _taken_up(mark.values, generator, theta.device)
        for then in past:
            yield theta[torch.arange(len(then)) % len(theta)].to(torch.float64), then
    for begin in range(len(past) * BLOCK, steps, BLOCK):
        size = min(BLOCK, steps - begin)
        rows = torch.randint(len(x), (size, BATCH), generator=generator).to(x.device)
        total = torch.zeros_like(theta[:, 0])
        rates = _rates(first_rate, begin, size, steps)
        if call is direct:
            for batch, (rate, correction) in zip(rows, rates, strict=True):
                theta, total = _step(light, (theta, first, second, total), batch, rate, correction)
        else:
            numbers = torch.tensor(rates, dtype=torch.float32).to(x.device)
            for at in range(0, size, _TOGETHER):
                some = slice(at, at + _TOGETHER)
                state = call(
                    _several, light, theta, first, second, total, rows[some], numbers[some]
                )
                theta, first, second, total = (part.clone() for part in state)
        if keep is not None and any(begin < part <= begin + size for part in _thirds(steps)):
            best = torch.argsort(total)[: max(keep, len(total) // 3)]
            theta, first, second, total = (part[best] for part in (theta, first, second, total))
        past.append((total / size).to(torch.float64))
        mark.tick(partial(_put_down, generator, theta, first, second, past))
        yield theta.to(torch.float64), past[-1]
    mark.end(partial(_put_down, generator, theta, first, second, past))


def _put_down(
    generator: torch.Generator, theta: Tensor, first: Tensor, second: Tensor, past: list[Tensor]
) -> Plain:
    """Where small steps stand. past : losses (S,) of every block, of the students of then"""
    counts = np.array([len(loss) for loss in past], dtype=np.int64)
    return {
        **{
            name: part.cpu().numpy().copy()
            for name, part in (("theta", theta), ("first", first), ("second", second))
        },
        "drawn": generator.get_state().numpy().copy(),
        "counts": counts,
        "losses": torch.cat(past).cpu().numpy() if past else np.zeros(0),
    }


def _taken_up(
    plain: Plain, generator: torch.Generator, device: torch.device
) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    """The inverse of ``_put_down``; the generator goes on from there too."""
    generator.set_state(torch.from_numpy(plain["drawn"]))
    theta, first, second, losses = (
        torch.tensor(plain[name]).to(device) for name in ("theta", "first", "second", "losses")
    )
    return theta, first, second, list(losses.split(plain["counts"].tolist()))


def _thirds(steps: int) -> tuple[float, float]:
    return steps / 3, 2 * steps / 3


def fresh_students(
    problem: Problem,
    seed: int,
    students: int,
    first: int = 0,
    marks: Checkpoints = NOTHING_KEPT,
) -> Steps:
    """The small steps of new students first … first + S - 1, as their regime says.

    Each is the best it can be of several candidates, if there are some; best first then. Yields
    as ``minibatch_adam`` does, and nothing where students of this shape take no small steps.
    """
    small = regime_of(problem.shape).small_steps
    if small is None:
        return
    drawn = [
        initial_theta(problem.shape, seed, students, k, first) for k in range(small.candidates)
    ]
    theta = torch.cat(drawn).to(problem.x.device)
    steps = small_steps(problem, theta, stage_seed(seed, "warm-up", first), students, marks)
    if small.candidates == 1:
        yield from steps
        return
    for moved, loss in steps:
        best = torch.argsort(loss)[:students]
        yield moved[best], loss[best]


def small_steps(
    problem: Problem,
    theta: Tensor,
    seed: int,
    students: int,
    marks: Checkpoints = NOTHING_KEPT,
) -> Steps:
    """The small steps that the regime says for theta (S, P), ``students`` of which are wanted."""
    small = regime_of(problem.shape).small_steps
    assert small is not None
    keep = None if small.candidates == 1 else students
    return minibatch_adam(problem, theta, seed, small.steps, small.rate, keep, marks=marks)


def shaken(
    problem: Problem, theta: Tensor, seed: int, shakes: SmallSteps, control: Control
) -> Tensor:
    """theta (S, P) of networks that are nearly there, out of the dents they are stuck in."""
    steps = minibatch_adam(problem, theta, seed, shakes.steps, shakes.rate, marks=control.marks)
    for moved, _ in steps:
        theta = moved
        control.take_requests()
        if control.over:
            break
    return theta
