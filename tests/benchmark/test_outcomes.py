"""Outcomes on disk, and outcomes counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ec_core.benchmark import Found, Settings, by_settings, outcome_path, read_folder, summarise
from ec_core.benchmark.outcomes import read_outcome
from ec_core.errors import InputError
from tests.benchmark.samples import outcome, write


def test_what_is_written_is_read(tmp_path: Path) -> None:
    one = outcome(4, 3, 2, error=3e-9, verified=False, settings=Settings("tanh", 2.0, 5))
    write(tmp_path, one)
    # infinity is no JSON: it comes back as "not known"
    assert read_outcome(outcome_path(tmp_path, one.problem)) == replace(one, heldout_loss=None)
    text = outcome_path(tmp_path, one.problem).read_text()
    said = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert said["teacher_sizes"] == [4, 3, 1] and said["right"] is True


@pytest.mark.parametrize(
    ("error", "right"), [(0.0, True), (1e-6, True), (1.1e-6, False), (None, False)]
)
def test_right_is_the_size_and_every_weight(error: float | None, right: bool) -> None:
    assert outcome(error=error).right is right


def test_a_folder_is_read_in_order_and_damaged_files_are_named(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "nowhere") == Found()
    write(tmp_path, outcome(16, 2), outcome(2, 2, 1), outcome(2, 2, 0), outcome(4, 2))
    (tmp_path / "half.json").write_text('{"schema": 1, "problem"')
    (tmp_path / "other.json").write_text("[1, 2]")
    (tmp_path / "newer.json").write_text('{"schema": 99}')
    found = read_folder(tmp_path)
    order = [(o.problem.inputs, o.problem.seed) for o in found.outcomes]
    assert order == [(2, 0), (2, 1), (4, 0), (16, 0)]
    assert found.damaged == ("half.json", "newer.json", "other.json")
    for name in found.damaged:
        with pytest.raises(InputError, match=name):
            read_outcome(tmp_path / name)


def test_counts_by_cell_and_in_all() -> None:
    outcomes = [
        outcome(2, 4, 1, seconds=3.0, error=1e-9),
        outcome(2, 4, 0, seconds=1.0, error=None, verified=False),
        outcome(2, 4, 2, seconds=8.0, error=1e-2),
        outcome(2, 2, 0, seconds=2.0, error=1e-15),
    ]
    summary = summarise(outcomes)
    small, large = summary.cells
    assert (small.inputs, small.hidden, small.right, small.problems) == (2, 2, 1, 1)
    assert (large.right, large.problems, large.median_seconds) == (1, 3, 3.0)
    assert large.worst_error == 1e-2 and small.worst_error == 1e-15
    assert [o.problem.seed for o in large.outcomes] == [0, 1, 2]
    assert (summary.right, summary.problems, summary.seconds) == (2, 4, 14.0)
    assert (summary.verified, summary.false_verified) == (3, 1)
    assert summary.median_seconds == 2.5 and summary.worst_error == 1e-2
    assert summary.as_json()["failed"] == [o.problem.name for o in summary.failed]
    assert len(summary.failed) == 2
    json.dumps(summary.as_json(), allow_nan=False)


def test_a_cell_without_any_right_size_has_no_worst_error() -> None:
    (cell,) = summarise([outcome(error=None)]).cells
    assert cell.worst_error is None and cell.right == 0
    assert summarise([]).as_json()["median_seconds"] is None


def test_maps_with_other_settings_are_kept_apart() -> None:
    wide, slim = Settings(expansion=4.0), Settings(expansion=2.0)
    outcomes = [outcome(settings=slim), *(outcome(seed=i, settings=wide) for i in range(2))]
    maps = by_settings(outcomes)
    assert list(maps) == [wide, slim]
    assert [len(found) for found in maps.values()] == [2, 1]
