"""What must hold on a card, as functions of a device: for real ones and for the pretended one.

``tests/expand/test_devices.py`` runs them on the pretended card of ``tests/pretend_card.py``,
``tests/benchmarks/gpu.py`` on a real one before it measures anything. They need neither pytest nor
anything else that a machine which only computes might lack. Each raises AssertionError.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor

import ec_core as ec
from ec_core import recording
from ec_core.cluster.layer import view_layer
from ec_core.control import Control
from ec_core.events import drain
from ec_core.expand import minibatch_adam, regimes
from ec_core.expand.config import ExpandConfig
from ec_core.expand.learning import make_problem
from ec_core.expand.students import StudentEnsemble, ensemble_of, initial_theta
from ec_core.expand.trainer import expand
from ec_core.leastsquares import cholesky, stepping, truncated_newton
from ec_core.leastsquares.cholesky import iterate
from ec_core.leastsquares.geodesic import bending
from ec_core.leastsquares.kronecker import preconditioner
from ec_core.leastsquares.levenberg_marquardt import start
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.products import linearise, product
from ec_core.reconstruct import grow
from ec_core.reconstruct.compose import Compose, Shared, rough_view
from ec_core.reconstruct.output_layer import solve_output
from ec_core.reconstruct.walk import walk
from tests.benchmarks.gpu_whole import WHOLE, at_once

CLOSE = 1e-10
"""Relative; both devices round, and sum in their own order."""


@dataclass(frozen=True)
class Bench:
    """One small problem and its students, on the CPU and on the device."""

    probes: ec.ProbeSet
    here: Problem
    there: Problem
    theta: Tensor

    @property
    def moved(self) -> Tensor:
        return self.theta.to(self.there.x.device)


def bench(
    device: str, activation: str, sizes: tuple[int, ...], hidden: tuple[int, ...], count: int = 300
) -> Bench:
    """A synthetic teacher's answers and students with these hidden sizes."""
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=1).network
    probes = ec.probe(ec.Teacher(teacher), count=count)
    here, there = (
        make_problem(probes, activation, hidden, torch.device(name)) for name in ("cpu", device)
    )
    return Bench(probes, here, there, initial_theta(here.shape, 0, 3))


def close(there: Tensor, here: Tensor, what: str, tolerance: float = CLOSE) -> None:
    """The same numbers on both devices, relative to the largest."""
    assert there.device.type != "cpu" or here.device.type == "cpu"
    difference = float((there.cpu() - here).abs().max())
    size = float(here.abs().max())
    assert difference <= tolerance * size, f"{what}: {difference:.1e} of {size:.1e}"


KINDS = (
    ("g", (3, 3, 1), (5,)),
    ("gelu", (3, 3, 2), (4,)),
    ("tanh", (3, 2, 2, 2), (3, 4)),
    ("relu", (3, 2, 2, 1), (3, 4)),
)
"""Activation, teacher and hidden sizes: with and without skip paths, shallow and deep."""


def dense_steps(device: str) -> None:
    """Matrix, gradient, loss, bending and one iteration are those of the CPU."""
    for activation, sizes, hidden in KINDS:
        b = bench(device, activation, sizes, hidden)
        for name, there, here in zip(
            ("matrix", "gradient", "loss"),
            normal_equations(b.there, b.moved),
            normal_equations(b.here, b.theta),
            strict=True,
        ):
            close(there, here, f"{activation} {name}")
        step = torch.ones_like(b.theta)
        close(
            bending(b.there, b.moved, step.to(b.there.x.device)),
            bending(b.here, b.theta, step),
            f"{activation} bending",
        )
        moved = iterate(b.there, start(b.there, b.moved))
        stayed = iterate(b.here, start(b.here, b.theta))
        close(moved.theta, stayed.theta, f"{activation} step", 1e-6)
        np.testing.assert_array_equal(moved.growth.cpu().numpy(), stayed.growth.numpy())


def matrix_free_steps(device: str) -> None:
    """Products, preconditioner and the step that needs no matrix are those of the CPU."""
    for activation, sizes, hidden in KINDS[1:3]:
        b = bench(device, activation, sizes, hidden)
        found = []
        for problem, theta in ((b.there, b.moved), (b.here, b.theta)):
            at, gradient, loss = linearise(problem, theta)
            solved = preconditioner(at).solve(torch.ones_like(loss), gradient)
            after = truncated_newton.iterate(problem, start(problem, theta))
            found.append((gradient, loss, product(at, torch.ones_like(theta)), solved, after.theta))
        for name, there, here in zip(
            ("gradient", "loss", "product", "preconditioner"), *found, strict=False
        ):
            close(there, here, f"{activation} {name}", 1e-9)


def small_steps(device: str) -> None:
    """Float32, and as exact as that is: a coarser product would leave 1e-3."""
    b = bench(device, "relu", (3, 2, 2, 2, 1), (4, 4, 4))
    found = [
        list(minibatch_adam.minibatch_adam(problem, theta, 0, 30, 3e-3, keep=2))[-1]
        for problem, theta in ((b.there, b.moved), (b.here, b.theta))
    ]
    for there, here in zip(*found, strict=True):
        close(there, here, "small steps", 1e-3)
    x, y, theta = (part.to(torch.float32) for part in (b.here.x, b.here.y, b.theta))
    where = b.there.x.device
    there = minibatch_adam.gradient(b.here.shape, theta.to(where), x.to(where), y.to(where))[1]
    close(there, minibatch_adam.gradient(b.here.shape, theta, x, y)[1], "float32 gradient", 1e-5)


def products_are_exact(device: str) -> None:
    """Float64 products have all their digits: no tensor cores of fewer bits, no emulation."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(257, 300, generator=generator, dtype=torch.float64)
    b = torch.randn(4, 300, 31, generator=generator, dtype=torch.float64)
    there = torch.matmul(a.to(device), b.to(device))
    close(there, torch.matmul(a, b), "float64 product", 1e-14)


def last_layer(device: str) -> None:
    """The last layer solved, copies of a neuron and all; what each neuron is worth."""
    b = bench(device, "gelu", (3, 3, 2), (4,))
    rows = b.theta[0, : 4 * 4].view(4, 4)
    rows = torch.cat([rows, rows[:1]])
    found = [solve_output(problem, rows.to(problem.x.device)) for problem in (b.there, b.here)]
    close(found[0].theta, found[1].theta, "last layer", 1e-8)
    assert abs(found[0].loss - found[1].loss) <= 1e-9 * found[1].loss


def expand_everywhere(device: str) -> None:
    """Training: width search, dense, matrix-free, warmed up, large; stored and continued."""
    b = bench(device, "tanh", (3, 2, 1), (3,))
    config = ExpandConfig(students=3, iterations=4, device=device)
    found = drain(expand(b.probes, "tanh", config, Control()))
    again = drain(expand(b.probes, "tanh", config, Control()))
    np.testing.assert_array_equal(found.theta, again.theta)
    drain(expand(b.probes, "tanh", config, Control(), found))
    told = replace(config, width=3, restarts=0)
    with mock.patch.object(stepping, "fits_densely", return_value=False):
        drain(expand(b.probes, "tanh", told, Control()))
    with _shortened(regimes.LARGE, applies=lambda shape: True):
        large = drain(expand(b.probes, "tanh", told, Control()))
    assert np.isfinite(large.losses).all()
    deep = bench(device, "relu", (3, 2, 2, 2, 1), (4, 4, 4))
    with _shortened(regimes.KINKED, candidates=2):
        told = replace(told, width=4, hidden_layers=3, iterations=2)
        warmed = drain(expand(deep.probes, "relu", told, Control()))
    assert np.isfinite(warmed.losses).all()


def _shortened(regime: regimes.Regime, candidates: int = 1, **fields: Any) -> Any:
    """Twenty small steps for a regime, and other fields."""
    assert regime.small_steps is not None
    short = replace(regime.small_steps, steps=20, candidates=candidates)
    changed = replace(regime, small_steps=short, **fields)
    others = (old for old in regimes.REGIMES if old.name != regime.name)
    return mock.patch.object(regimes, "REGIMES", (changed, *others))


def composed_of_large(device: str) -> None:
    """Large students put together, and new ones grown around what is known."""
    b = bench(device, "gelu", (3, 2, 2, 1), (3, 3))
    ensemble = _trained(b, device, 3)
    # far apart as they are after three iterations, all vectors of a layer count as one neuron
    near = mock.patch.multiple("ec_core.reconstruct.compose", NEAR=10.0)
    with near, _shortened(regimes.LARGE, applies=lambda shape: True):
        first = rough_view(ensemble, 0, 0.1, 180.0)
        way = Compose(b.probes, device, ensemble.shape.sizes[1:-1], passages=2)
        found = drain(walk(Shared(ensemble, ensemble), first, way, Control())).network
    assert found is not None
    assert found.theta.device.type == torch.device(device).type


def layers_grown(device: str) -> None:
    """Deep piecewise linear layers, taken one after the other."""
    b = bench(device, "relu", (3, 2, 2, 2, 1), (2, 2, 2))
    first = b.moved[0, : 2 * 4].view(2, 4)
    small: dict[str, Any] = {"STEPS": 20, "STARTS": 4, "STUDENTS": 3, "ROUNDS": 2, "_ITERATIONS": 2}
    small |= {"LAST_STEPS": 20, "WITNESSES": 1, "ABOVE": 3, "SPARE": 2}
    shakes = replace(regimes.KINKED.pruning, shakes=regimes.SmallSteps(20, 1e-3))
    with mock.patch.multiple(grow, **small), _shortened(regimes.KINKED, pruning=shakes):
        # of the view only that something is kept is asked; the first layer's rows are given
        two = ensemble_of(b.here.shape, b.theta[:2].numpy(), np.zeros(2), 0)
        seen = view_layer(two, 0, 0.1, 180.0, share=10.0)
        drain(walk(grow.Grown(None, first), seen, grow.Grow(b.there, 1e-25, 0), Control()))


def _trained(b: Bench, device: str, width: int) -> StudentEnsemble:
    depth = len(b.here.shape.sizes) - 2
    config = ExpandConfig(students=3, width=width, iterations=3, restarts=0, hidden_layers=depth)
    found = drain(
        expand(b.probes, b.here.shape.activation, replace(config, device=device), Control())
    )
    assert isinstance(found, StudentEnsemble)
    return found


def recorded_steps(device: str) -> None:
    """Iterations and small steps handed over in one piece are those that are called one by one."""
    where = torch.device(device)
    for activation, sizes, hidden in KINDS:
        b = bench(device, activation, sizes, hidden)
        theta = start(b.there, b.moved)
        call = recording.caller(where, 1)
        for _ in range(6):
            plain = iterate(b.there, theta)
            for name in ("theta", "loss", "damping", "growth"):
                replayed = iterate(b.there, theta, call)
                close(getattr(replayed, name), getattr(plain, name).cpu(), f"recorded {name}", 1e-6)
            theta = plain
        if isinstance(call, recording.Recorder):
            kinds = {type(known).__name__ for known in call.seen.values()}
            assert "_Recording" in kinds, f"{activation}: nothing was recorded: {call.trouble}"
        found = []
        for way in (recording.caller, lambda *_: recording.direct):
            with mock.patch.object(minibatch_adam, "caller", way):
                steps = minibatch_adam.minibatch_adam(b.there, b.moved, 0, 350, 3e-3, keep=2)
                found.append(list(steps)[-1])
        for one, other in zip(*found, strict=True):
            close(one, other.cpu(), f"{activation} recorded small steps", 1e-3)


def out_of_memory(device: str) -> None:
    """Where memory runs out, students are taken in smaller groups and chunks; same result."""
    b = bench(device, "tanh", (3, 3, 1), (6,), count=2000)
    theta = initial_theta(b.here.shape, 0, 8).to(b.there.x.device)
    plenty = stepping.Stepper(b.there)(start(b.there, theta))
    tight = stepping.Stepper(replace(b.there, chunk_bytes=2**22))
    calls = []

    def scarce(problem: Problem, batch: Any) -> Any:
        calls.append((len(batch.loss), problem.chunk_bytes))
        if len(batch.loss) > 1 or problem.chunk_bytes > 2**20:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return iterate(problem, batch)

    tight.step = scarce
    found = tight(start(b.there, theta))
    close(found.theta, plenty.theta.cpu(), "in small groups", 1e-6)
    assert calls[:6] == [(8, 2**22), (4, 2**22), (2, 2**22), (1, 2**22), (1, 2**21), (1, 2**20)]
    assert len(calls) == 5 + 8


@contextmanager
def no_waiting(device: str) -> Iterator[None]:
    """Nothing in the block may make the host wait for a real card."""
    if torch.device(device).type == "cuda":
        with warnings.catch_warnings():
            # that this mode is a prototype, and does not see all waiting
            warnings.simplefilter("ignore", UserWarning)
            torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        if torch.device(device).type == "cuda":
            torch.cuda.set_sync_debug_mode("default")


def nothing_waits(device: str) -> None:
    """The curvature and a block of small steps are handed over without waiting for the card."""
    b = bench(device, "gelu", (3, 3, 2), (4,))
    theta = b.moved
    light, x, y = (part.to(torch.float32) for part in (theta, b.there.x, b.there.y))
    for wait in (nullcontext(), no_waiting(device)):
        # once before, since libraries set themselves up at their first call
        with wait:
            matrix, slope, _ = normal_equations(b.there, theta)
            cholesky.tried(b.there, theta, matrix, slope, theta[:, 0].square() + 1.0)
            minibatch_adam.gradient(b.there.shape, light, x, y)


CHECKS: dict[str, Callable[[str], None]] = {
    "float64 products are exact": products_are_exact,
    "dense steps": dense_steps,
    "matrix-free steps": matrix_free_steps,
    "small steps": small_steps,
    "nothing waits": nothing_waits,
    "last layer": last_layer,
    "expand": expand_everywhere,
    "recorded steps": recorded_steps,
    "out of memory": out_of_memory,
    "composed of large students": composed_of_large,
    "layers grown": layers_grown,
    **WHOLE,
    "three at once": at_once,
}
"""In the order in which they are run, what everything else rests on first."""
