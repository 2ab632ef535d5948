"""Work that is broken off and begun again ends with the same arrays, bit for bit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core import chain
from ec_core.checkpoint_file import CheckpointFile
from ec_core.checkpoints import Checkpoints, Memory, Record
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.expand.minibatch_adam import minibatch_adam
from ec_core.expand.regimes import BLOCK
from ec_core.expand.students import ensemble_arrays, initial_theta
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.probing import make_probes
from ec_core.probing.probes import ProbeSet
from tests.often import daily, long
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
}


def figures(recovery: chain.Recovery) -> dict[str, Any]:
    """All that a recovery says, but when it was made and how long it took."""
    ensemble = ensemble_arrays(recovery.ensemble)
    made = ("seconds", "made")
    report = {name: value for name, value in recovery.report.items() if name not in made}
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


@pytest.mark.parametrize("name", daily(CASES, "search for the width"))
def test_broken_off_again_and_again_it_ends_the_same(name: str) -> None:
    given, memory = CASES[name].given(), Memory()
    whole = drain(chain.run(*given, Control()))[1]
    times, pieces = in_pieces(given, memory, 17)
    assert times >= 2
    alike(figures(pieces), figures(whole))
    # what loops within a loop that has ended have left is given up
    assert not any(not record.done for record in memory.records.values())


@pytest.mark.long
def test_with_a_disk_that_is_full_now_and_then() -> None:
    """What is kept is older than what was done: more is done again, to the same end."""
    given = CASES["search for the width"].given()
    whole = drain(chain.run(*given, Control()))[1]
    times, pieces = in_pieces(given, Full(), 23)
    assert times >= 2
    alike(figures(pieces), figures(whole))


@pytest.mark.long
@pytest.mark.parametrize("keep", [2, *long(None)])
def test_small_steps_go_on_in_the_middle(keep: int | None) -> None:
    """Batches, moments and who is left are those of then."""
    x = torch.linspace(-2, 2, 50, dtype=torch.float64)[:, None]
    problem = Problem(Architecture((1, 4, 1), "relu", skip=True), x, torch.sin(2 * x))
    theta = initial_theta(problem.shape, 0, 6)
    memory = Memory()

    def some(marks: Checkpoints, blocks: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        steps = minibatch_adam(problem, theta, 7, 12 * BLOCK, 1e-2, keep, marks=marks)
        return list(islice(steps, blocks))

    whole = some(Checkpoints(), 99)
    for blocks in (3, 6, 9):
        assert len(some(Checkpoints(memory, every=0.0), blocks)) == blocks
    pieces = some(Checkpoints(memory, every=0.0), 99)
    assert len(pieces) == len(whole) == 12
    for (_, loss), (_, other) in zip(pieces, whole, strict=True):
        assert torch.equal(loss, other)
    assert torch.equal(pieces[-1][0], whole[-1][0])
    # once more: nothing is left to be computed
    again = some(Checkpoints(memory), 99)
    assert torch.equal(again[-1][0], whole[-1][0]) and len(again) == 12


def test_what_was_kept_on_another_way_is_given_up() -> None:
    """Only from where the ways part."""
    memory = Memory()
    marks = Checkpoints(memory, every=0.0)
    for name in ("first", "second", "third"):
        marks.open(name).end({"name": np.array(name)})
    marks = Checkpoints(memory, every=0.0)
    assert marks.open("first").done and marks.replaying
    assert not marks.open("another").done and not marks.replaying
    assert not marks.open("third").done


def test_a_file_keeps_all_of_a_moment(tmp_path: Path) -> None:
    """Of another work, or damaged, it is as if there were none."""
    path = tmp_path / "checkpoint.sqlite"
    values = {"a": np.array([0.1, np.nan]), "s": np.array(["x", "yz"]), "n": np.array(3)}
    file = CheckpointFile(path, "this")
    assert file.load() == {} and not path.exists()
    file.save({"0": Record("one", True, 1, values), "1": Record("two", False, 2, {})}, [])
    file.save({"2": Record("three", False, 3, {})}, ["1"])
    found = CheckpointFile(path, "this").load()
    assert set(found) == {"0", "2"} and found["0"].done and found["2"].after == 3
    for name, value in values.items():
        np.testing.assert_array_equal(found["0"].values[name], value)
    assert CheckpointFile(path, "that").load() == {} and not path.exists()
    file.save({"0": Record("one", True, 1, values)}, [])
    path.write_bytes(path.read_bytes()[:5000])
    assert CheckpointFile(path, "this").load() == {} and not path.exists()
    path.parent.joinpath("gone").mkdir()
    with pytest.raises(OSError, match="gone"):
        CheckpointFile(tmp_path / "deleted" / "checkpoint.sqlite", "this").save({}, [])
