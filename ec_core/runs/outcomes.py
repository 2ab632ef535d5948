"""The benchmark's outcomes as an app finds them, and the solving of more as a background job.

Outcomes lie beside the runs, where ``ec-core benchmark`` puts them. What is being solved is marked
there too, so that a server that is started again goes on with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path

from ec_core.benchmark import (
    GRID,
    Grid,
    Outcome,
    Problem,
    ProblemEnded,
    ProblemStarted,
    Settings,
    by_settings,
    check,
    read_folder,
    solve_all,
)
from ec_core.control import Control
from ec_core.errors import ECError, JobError
from ec_core.events import Event
from ec_core.jobs import STOPPED, Job, JobBoard, JobSnapshot
from ec_core.networks.files import read_bytes, write_atomically
from ec_core.runs import admission, expected, visitors
from ec_core.runs.active import line
from ec_core.runs.loading import ledger, store
from ec_core.store.database import Worker, here

NAME = "synthetic-150"
GRIDS = {
    "sample": Grid(inputs=(2, 4), hidden=(2, 4), seeds=2),
    "each": Grid(seeds=1),
    "all": GRID,
}
"""What can be solved at a click: eight problems in under half a minute, one of every size, all."""

_JOB, _DEVICE = "difficulty", "auto"


def key(folder: str, chosen: Settings) -> str:
    """Names a map: what lies in a folder and shares its settings."""
    parts = (folder, chosen.activation, f"{chosen.expansion:g}", chosen.students, chosen.depth)
    return "_".join(map(str, parts))


@dataclass(frozen=True)
class Map:
    """Outcomes of one folder that share their settings."""

    folder: str
    settings: Settings
    outcomes: tuple[Outcome, ...]

    @property
    def key(self) -> str:
        """Tells maps apart, in the keys of widgets."""
        return key(self.folder, self.settings)

    @property
    def title(self) -> str:
        """The settings in words."""
        chosen = self.settings
        deep = f", {chosen.depth} hidden layers" if chosen.depth > 1 else ""
        return (
            f"activation {chosen.activation}, expansion {chosen.expansion:g}, "
            f"{chosen.students:,} student{'s' if chosen.students != 1 else ''}{deep}"
        )

    @property
    def complete(self) -> bool:
        """Are all 150 problems among them?"""
        known = {outcome.problem for outcome in self.outcomes}
        return known.issuperset(GRID.problems(self.settings))


def root() -> Path:
    """The folder of all benchmarks."""
    return store().root / "benchmarks"


def command(grid: Grid = GRID, settings: Settings | None = None) -> str:
    """The line that makes these outcomes where this app looks for them."""
    chosen, usual = settings or Settings(), Settings()
    words = ["python", "-m", "ec_core", "benchmark", NAME]
    for name in ("activation", "expansion", "students", "depth"):
        if getattr(chosen, name) != getattr(usual, name):
            words += [f"--{name}", f"{getattr(chosen, name):{'g' if name == 'expansion' else ''}}"]
    for name in ("inputs", "hidden"):
        if getattr(grid, name) != getattr(GRID, name):
            words += [f"--{name}", *map(str, getattr(grid, name))]
    if grid.seeds != GRID.seeds:
        words += ["--seeds", str(grid.seeds)]
    if os.environ.get("EC_HOME"):
        # the other terminal may not know of it
        words += ["--out", str(root() / NAME)]
    return shlex.join(words)


def maps() -> tuple[tuple[Map, ...], tuple[str, ...]]:
    """All maps, the benchmark's own folder first, and the names of damaged files."""
    folders = [path for path in root().glob("*") if path.is_dir()]
    all_maps: list[Map] = []
    damaged: list[str] = []
    for folder in sorted(folders, key=lambda path: (path.name != NAME, path.name)):
        there = read_folder(folder)
        damaged += there.damaged
        all_maps += [
            Map(folder.name, settings, outcomes)
            for settings, outcomes in by_settings(there.outcomes).items()
        ]
    return tuple(all_maps), tuple(damaged)


def job(board: JobBoard) -> Job | None:
    """The newest job on the board that solves problems, running or ended."""
    known = (job for job in board.jobs() if visitors.unsigned(job.run)[0] == _JOB)
    return next(reversed(list(known)), None)


def start(board: JobBoard, grid: Grid, settings: Settings) -> Job:
    """Solve in the background what is not yet known; a second click finds the first one's job.

    Raises InputError for what cannot be solved.
    """
    running = job(board)
    if running is not None and not running.over:
        return running
    visitors.known()
    admission.check_minutes(visitors.asking().key or "")
    check(grid.problems(settings), _DEVICE)
    return _submit(board, grid, settings, visitors.signed(_JOB), visitors.asking().key or "")


def _submit(board: JobBoard, grid: Grid, settings: Settings, name: str, who: str) -> Job:
    """name : of the job, with whose it is; who : whose turn it is"""
    folder, problems = root() / NAME, grid.problems(settings)
    facts = {"grid": asdict(grid), "settings": asdict(settings), "name": name, "who": who}
    with contextlib.suppress(ECError):  # it can be clicked on once more, then
        _mark().parent.mkdir(parents=True, exist_ok=True)
        write_atomically(_mark(), json.dumps({**facts, "worker": asdict(here())}).encode())

    def ended(snapshot: JobSnapshot) -> None:
        # what failed for want of room, say, goes on with the next start of the server
        if snapshot.error is None or snapshot.state == STOPPED:
            _mark().unlink(missing_ok=True)
        with contextlib.suppress(ECError):
            ledger().use(who, admission.today(), snapshot.seconds)

    def stage(control: Control) -> Generator[Event, None, tuple[Outcome, ...]]:
        return solve_all(problems, folder, _DEVICE, control)

    label = f"Difficulty: {len(problems)} problem{'s' if len(problems) != 1 else ''}"
    try:
        return admission.put(
            board,
            stage,
            run=name,
            label=label,
            device=line(_DEVICE),
            on_end=ended,
            expected=expected.solving,
            who=who,
        )
    except JobError:
        _mark().unlink(missing_ok=True)
        raise


def _mark() -> Path:
    """Says what is being solved, and by which process."""
    return root() / "at-work.json"


def go_on(board: JobBoard) -> Job | None:
    """Go on with what a restart broke off, for a server that starts; None where nothing was."""
    try:
        facts = json.loads(read_bytes(_mark(), 2**16))
        grid, chosen = facts["grid"], Settings(**facts["settings"])
        inputs, hidden = (tuple(map(int, grid[side])) for side in ("inputs", "hidden"))
        wanted = Grid(inputs, hidden, int(grid["seeds"]), int(grid["first_seed"]))
        name, who, worker = str(facts["name"]), str(facts["who"]), Worker(**facts["worker"])
        check(wanted.problems(chosen), _DEVICE)
    except (ECError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    # of another machine it is not known, and that one has its own start
    if worker.host != here().host or worker.alive(0.0, 0.0):
        return None
    return _submit(board, wanted, chosen, name, who)


@dataclass(frozen=True)
class Progress:
    """``done`` of ``count`` problems have ended, ``solved`` of them just now.

    at : the problem that is being solved; told : what was reported since it began
    """

    done: int
    count: int
    solved: int
    at: Problem | None
    told: tuple[Event, ...]


def progress(snapshot: JobSnapshot) -> Progress:
    """How far a job that solves problems has come; zeros before its first word."""
    done = count = solved = begun = 0
    at: Problem | None = None
    for index, event in enumerate(snapshot.seen.events):
        if isinstance(event, ProblemEnded):
            done, count, at = event.number, event.count, None
            solved += not event.kept
        elif isinstance(event, ProblemStarted):
            count, at, begun = event.count, event.problem, index
    return Progress(done, count, solved, at, snapshot.seen.events[begun:])
