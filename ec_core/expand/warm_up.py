"""Warm-up: Adam on small batches, for students that Levenberg-Marquardt alone leaves stuck.

Deep students of piecewise linear activations have a landscape of many shallow dents: every probe
that changes sides of a kink makes one. A second-order step goes to the bottom of the nearest dent.
The noise of small batches does not see dents, and finds the valley in which Levenberg-Marquardt
then goes all the way down. Adam: Kingma & Ba (2015).

Large students are warmed up too, for another reason: a second-order step of one costs seconds, and
they too are left in dents by it, while a minute of small steps finds nearly all of the teacher's
neurons, to a part in a thousand. What students agree on is then put together and only that, at the
teacher's own size, is taken all the way down (``reconstruct/agreement.py``).

Float32, because the noise of the batches is far above its rounding.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ec_core.control import Control
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward_pass, vjp
from ec_core.networks.parameters import pack, unpack
from ec_core.seeding import stage_seed

WARMING = "Deep and piecewise linear: students first take many small steps on batches of questions."

STEPS, RATE = 12_000, 3e-3
"""Of a whole warm-up. Shorter ones ended higher."""

SHAKES, SHAKE_RATE = 3_000, 1e-3
"""Of a network that is nearly there. 6-4-4-4-2 leaky_relu, of the right size and stuck at 4e-7,
went to 6e-31 in ten iterations after it, with 3e-3 and 3e-4 as well."""

CANDIDATES = 9
"""Starts for every student. One in thirty or so gets the kinks of nearly every layer right, and is
ahead of the others early: after a third of the steps the best third goes on, and again."""

BATCH = 512
"""Probes per step, drawn with replacement."""

LARGE_NEURONS, LARGE_PARAMETERS, WHATEVER_WIDTH = 48, 1000, 2500
"""Hidden neurons and parameters of a student from which it counts as large; from the larger number
of parameters on also if no layer alone has so many neurons. Smaller ones are quick with
Levenberg-Marquardt, and hardly ever stuck: see the 150 problems. Deep narrow teachers want it
too: 6-4-4-2 g, whose students are 32 wide, was not found by small steps in seven minutes."""

LARGE_STEPS, LARGE_RATE = 40_000, 6e-3
"""Of a large student's warm-up. Twice 32-64-1 g, students twice as wide, 50,000 steps: of the 64
neurons 57 and 61 were found to one part in ten at rate 3e-3, 62 and 64 at 6e-3, 63 at 1e-2, 49 at
2e-2; with half the batch 56 and 62."""

LAST_SHARE, BEND = 1e-3, 1.5
"""The share of the step size that is left at the end, and the power of the way down."""

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

BLOCK = 100
"""Steps between two reports; within a block nothing waits for the device."""

LARGE = (
    "Large students take many small steps on batches of questions instead of few large ones; each "
    f"iteration shown is {BLOCK} of them."
)

Warming = Iterator[tuple[Tensor, Tensor]]
"""(theta (S, P), loss (S,)) after every block."""


def helps(shape: Architecture) -> bool:
    """Are students of this shape warmed up? Measured on 6-4-4-4-2, see the README; students of
    6-4-4-2 relu do without.
    """
    return shape.growing


def large(shape: Architecture) -> bool:
    """Are students of this shape trained by small steps alone, until what they agree on is refined?

    >>> large(Architecture((32, 128, 1), "g")), large(Architecture((32, 32, 1), "g"))
    (True, False)
    """
    hidden, count = shape.sizes[1:-1], shape.parameter_count
    wide = max(hidden) >= LARGE_NEURONS and count >= LARGE_PARAMETERS
    whatever = sum(hidden) >= LARGE_NEURONS and count >= WHATEVER_WIDTH
    return (wide or whatever) and not helps(shape)


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


def warm_up(
    problem: Problem,
    theta: Tensor,
    seed: int,
    steps: int = STEPS,
    first_rate: float = RATE,
    keep: int | None = None,
    mask: Tensor | None = None,
) -> Warming:
    """Train students theta (S, P) for so many steps; yields (theta, loss (S,)) after every block.

    The loss is the mean over the block's batches. Skip paths stay as they are: a linear map next to
    neurons that are not yet where they belong only hides what is left for them to explain. The
    batches are drawn on the CPU by ``seed``, whatever the device.
    keep : how many students are wanted: after each third of the steps the better third of them goes
    on, but at least ``keep``, best first (successive halving, Jamieson & Talwalkar 2016)
    mask (P,) : zero where a parameter stays as it is; by default that is so for skip paths

    >>> from ec_core.leastsquares.problem import Problem
    >>> x = torch.linspace(-2, 2, 50, dtype=torch.float64)[:, None]
    >>> problem = Problem(Architecture((1, 4, 1), "tanh"), x, torch.tanh(2 * x))
    >>> start = torch.full((3, problem.shape.parameter_count), 0.1, dtype=torch.float64)
    >>> losses = [loss.max().item() for _, loss in warm_up(problem, start, 0, 600, 2e-2)]
    >>> len(losses), losses[-1] < losses[0] / 10
    (6, True)
    """
    x, y, theta = (part.to(torch.float32) for part in (problem.x, problem.y, theta))
    mask = without_skip(problem.shape, theta) if mask is None else mask.to(theta)
    generator = torch.Generator().manual_seed(seed)
    first, second = torch.zeros_like(theta), torch.zeros_like(theta)
    for begin in range(0, steps, BLOCK):
        size = min(BLOCK, steps - begin)
        rows = torch.randint(len(x), (size, BATCH), generator=generator).to(x.device)
        total = torch.zeros_like(theta[:, 0])
        for step, batch in enumerate(rows, start=begin + 1):
            loss, slope = gradient(problem.shape, theta, x[batch], y[batch])
            slope *= mask
            total += loss
            first.lerp_(slope, 1 - BETA1)
            second.mul_(BETA2).addcmul_(slope, slope, value=1 - BETA2)
            rate = first_rate * max(LAST_SHARE, 1 - step / steps) ** BEND / (1 - BETA1**step)
            scale = (second / (1 - BETA2**step)).sqrt_().add_(EPSILON)
            theta = torch.addcdiv(theta, first, scale, value=-rate)
        if keep is not None and any(begin < part <= begin + size for part in _thirds(steps)):
            best = torch.argsort(total)[: max(keep, len(total) // 3)]
            theta, first, second, total = (part[best] for part in (theta, first, second, total))
        yield theta.to(torch.float64), (total / size).to(torch.float64)


def _thirds(steps: int) -> tuple[float, float]:
    return steps / 3, 2 * steps / 3


def warm_start(problem: Problem, seed: int, students: int, first: int = 0) -> Warming:
    """New students first … first + S - 1, each the best it can be of ``CANDIDATES`` starts.

    Best first; yields as ``warm_up`` does. Large students have one start each.
    """
    if large(problem.shape):
        theta = initial_theta(problem.shape, seed, students, first=first).to(problem.x.device)
        yield from large_steps(problem, theta, stage_seed(seed, "warm-up", first))
        return
    drawn = [initial_theta(problem.shape, seed, students, k, first) for k in range(CANDIDATES)]
    theta = torch.cat(drawn).to(problem.x.device)
    batches = stage_seed(seed, "warm-up", first)
    for warm, loss in warm_up(problem, theta, batches, STEPS, keep=students):
        best = torch.argsort(loss)[:students]
        yield warm[best], loss[best]


def large_steps(problem: Problem, theta: Tensor, seed: int) -> Warming:
    """The whole training of large students theta (S, P)."""
    return warm_up(problem, theta, seed, LARGE_STEPS, LARGE_RATE)


def shaken(problem: Problem, theta: Tensor, seed: int, control: Control) -> Tensor:
    """theta (S, P) of networks that are nearly there, out of the dents they are stuck in."""
    return last(warm_up(problem, theta, seed, SHAKES, SHAKE_RATE), theta, control)


def last(steps: Warming, theta: Tensor, control: Control) -> Tensor:
    """The last theta of a warm-up, or of as much of it as the work may go on; else ``theta``."""
    for warm, _ in steps:
        theta = warm
        control.take_requests()
        if control.over:
            break
    return theta
