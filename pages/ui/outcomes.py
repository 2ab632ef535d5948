"""The benchmark's outcomes as the app finds them, and a small sample as a background job.

No drawing in here. Outcomes lie beside the runs, where ``ec-core benchmark`` puts them.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ec_core.benchmark import (
    GRID,
    Grid,
    Outcome,
    Problem,
    ProblemEnded,
    Settings,
    by_settings,
    read_folder,
    solve_all,
)
from ec_core.control import Control
from ec_core.events import Event
from ec_core.jobs import Job, JobSnapshot
from pages.ui import words
from pages.ui.board import board, line
from pages.ui.runs import store

NAME = "synthetic-150"
SAMPLE = Grid(inputs=(2, 4), hidden=(2, 4), seeds=2)
"""Eight of the 150 problems, under half a minute in all; the command goes on from them."""

_JOB, _DEVICE = "difficulty", "auto"


@dataclass(frozen=True)
class Map:
    """Outcomes of one folder that share their settings."""

    folder: str
    settings: Settings
    outcomes: tuple[Outcome, ...]

    @property
    def key(self) -> str:
        """Tells maps apart, in the keys of widgets."""
        chosen = self.settings
        return "_".join(
            map(
                str,
                (
                    self.folder,
                    chosen.activation,
                    f"{chosen.expansion:g}",
                    chosen.students,
                    chosen.depth,
                ),
            )
        )

    @property
    def title(self) -> str:
        """The settings in words."""
        chosen = self.settings
        deep = f", {chosen.depth} hidden layers" if chosen.depth > 1 else ""
        return (
            f"activation {chosen.activation}, expansion {chosen.expansion:g}, "
            f"{words.many(chosen.students, 'student')}{deep}"
        )

    @property
    def complete(self) -> bool:
        """Are all 150 problems among them?"""
        known = {outcome.problem for outcome in self.outcomes}
        return known.issuperset(GRID.problems(self.settings))


def root() -> Path:
    """The folder of all benchmarks."""
    return store().root / "benchmarks"


def command() -> str:
    """The line that makes all outcomes where this app looks for them."""
    plain = f"python -m ec_core benchmark {NAME}"
    if not os.environ.get("EC_HOME"):
        return plain
    # the other terminal may not know of EC_HOME
    return f"{plain} --out {shlex.quote(str(root() / NAME))}"


def maps() -> tuple[tuple[Map, ...], tuple[str, ...]]:
    """All maps, the benchmark's own folder first, and the names of damaged files."""
    folders = [path for path in root().glob("*") if path.is_dir()]
    found: list[Map] = []
    damaged: list[str] = []
    for folder in sorted(folders, key=lambda path: (path.name != NAME, path.name)):
        there = read_folder(folder)
        damaged += there.damaged
        found += [
            Map(folder.name, settings, outcomes)
            for settings, outcomes in by_settings(there.outcomes).items()
        ]
    return tuple(found), tuple(damaged)


def sample_job() -> Job | None:
    """The newest sample of this process, running or ended."""
    return board().of_run(_JOB)


def start_sample() -> Job:
    """Solve the sample in the background; a second click finds the first one's job."""
    job = sample_job()
    if job is not None and not job.over:
        return job
    folder, problems = root() / NAME, SAMPLE.problems()

    def stage(control: Control) -> Generator[Event, None, tuple[Outcome, ...]]:
        return solve_all(problems, folder, _DEVICE, control)

    return board().submit(stage, run=_JOB, label="Difficulty: a small sample", device=line(_DEVICE))


def ended(snapshot: JobSnapshot) -> tuple[ProblemEnded, ...]:
    """The problems of a sample that have ended so far."""
    return tuple(event for event in snapshot.seen.events if isinstance(event, ProblemEnded))


def sample_problems() -> tuple[Problem, ...]:
    """The problems of the sample."""
    return SAMPLE.problems()
