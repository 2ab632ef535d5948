"""Work that is broken off and begun again ends with the same arrays, bit for bit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import ec_core as ec
from ec_core import chain
from ec_core.checkpoints import Checkpoints, Memory, Record
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.expand.students import ensemble_arrays
from ec_core.probing import make_probes
from ec_core.probing.probes import ProbeSet
from tests.often import daily
from tests.steps import drain


class BrokenOff(BaseException):
    """As abrupt as a process that is killed: nothing on the way catches it."""


class BreakingControl(Control):
    """Breaks the work off when it looks at its control for so many times."""

    def __init__(self, marks: Checkpoints, looks: int) -> None:
        super().__init__(marks=marks)
        self.looks = looks

    def take_requests(self) -> tuple[tuple[str, int], ...]:
        self.looks -= 1
        if self.looks == 0:
            raise BrokenOff
        return super().take_requests()


class Full(Memory):
    """A disk on which only every third writing finds room."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = 0

    def save(self, records: Mapping[str, Record], gone: Collection[str]) -> None:
        self.tried += 1
        if self.tried % 3:
            raise OSError(28, "No space left on device")
        super().save(records, gone)


@dataclass(frozen=True)
class Case:
    """A teacher, and how it is recovered."""

    sizes: str
    activation: str
    probes: int = 400
    students: int = 3
    width: int | tuple[int, ...] | None = None
    noise: float = 0.0
    seed: int = 1

    def given(self) -> tuple[ProbeSet, RecoverConfig]:
        sizes = tuple(map(int, self.sizes.split("-")))
        made = ec.make_teacher("synthetic", sizes=sizes, activation=self.activation, seed=self.seed)
        rng = np.random.default_rng(5)
        x = rng.standard_normal((self.probes, sizes[0]))
        y = made.network(x)
        y = y + self.noise * y.std() * rng.standard_normal(y.shape)
        config = RecoverConfig(
            self.activation,
            students=self.students,
            width=self.width,
            hidden_layers=len(sizes) - 2,
            seed=3,
            device="cpu",
        )
        return make_probes(x, y), config


CASES = {
    "search for the width": Case("3-3-1", "tanh"),
    "skip paths": Case("3-2-1", "relu", students=4),
    "noise": Case("2-2-1", "g", noise=1e-3),
    "another attempt": Case("3-4-1", "g", width=3, students=2),
    "deep": Case("2-3-2-1", "tanh", probes=600, students=4),
    "deep, small steps": Case("3-4-3-1", "relu", probes=2000, students=4),
}


def figures(recovery: chain.Recovery) -> dict[str, Any]:
    """All that a recovery says, but how long it took."""
    ensemble = ensemble_arrays(recovery.ensemble)
    report = {name: value for name, value in recovery.report.items() if name != "seconds"}
    network = recovery.network
    return {
        **{name: array for name, array in ensemble.items() if name != "seconds"},
        **{f"w{i}": weights for i, weights in enumerate(network.weights)},
        **{f"b{i}": biases for i, biases in enumerate(network.biases)},
        "fitted": recovery.reconstruction.history,
        "linkage": recovery.tree.linkage,
        "report": np.array(repr(report)),
    }


def alike(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def in_pieces(given: tuple[ProbeSet, RecoverConfig], memory: Memory, looks: int) -> Any:
    """The recovery broken off at every ``looks``-th look; how often it was, and what came of it."""
    for times in range(10_000):
        control = BreakingControl(Checkpoints(memory, every=0.0), looks)
        try:
            return times, drain(chain.run(*given, control))[1]
        except BrokenOff:
            continue
    raise AssertionError("it never ends")


@pytest.mark.parametrize("name", daily(CASES, "search for the width", "skip paths"))
def test_broken_off_again_and_again_it_ends_the_same(name: str) -> None:
    given, memory = CASES[name].given(), Memory()
    whole = drain(chain.run(*given, Control()))[1]
    times, pieces = in_pieces(given, memory, 7)
    assert times >= 2
    alike(figures(pieces), figures(whole))
    # what loops within a loop that has ended have left is given up
    assert not any(not record.done for record in memory.records.values())


@pytest.mark.parametrize("name", daily(CASES, "search for the width"))
def test_with_a_disk_that_is_full_now_and_then(name: str) -> None:
    """What is kept is older than what was done: more is done again, to the same end."""
    given = CASES[name].given()
    whole = drain(chain.run(*given, Control()))[1]
    times, pieces = in_pieces(given, Full(), 11)
    assert times >= 3
    alike(figures(pieces), figures(whole))
