"""Problems solved by several workers at once: the outcomes are those of one process, bit for bit.

A worker solves a problem as one process does (``solving``). What comes of it is written by whoever
gave it, so that workers on other machines need not share a disk; one that is lost has lost its
problem's work since the last checkpoint, or, on another machine, all of it, and nothing else.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ec_core.benchmark.outcomes import Outcome, write_outcome
from ec_core.benchmark.problems import Problem
from ec_core.benchmark.solving import (
    STAGE,
    ProblemEnded,
    ProblemStarted,
    checkpoint,
    forget_checkpoint,
    known,
    made,
    solve,
    solve_from,
)
from ec_core.control import Control
from ec_core.events import Event, Note
from ec_core.pool import Again, Done, Given, Told, Workers, spread


@dataclass(frozen=True)
class Solving:
    """The task of a worker.

    device : "cpu" or "cuda", as it is at the worker; folder : of the outcomes, where the worker
        sees the same disk, for its checkpoints
    """

    problem: Problem
    device: str
    folder: Path | None

    def __call__(self, control: Control) -> Generator[Event, None, Outcome | None]:
        """Its outcome; None where it was stopped, and so did not get its chance."""
        if self.folder is None:
            outcome = yield from solve(self.problem, self.device, control)
        else:
            file = checkpoint(self.folder, self.problem, self.device)
            outcome = yield from solve_from(self.problem, self.device, control, file)
        return None if control.over else outcome


def solve_spread(
    problems: Sequence[Problem],
    folder: Path,
    device: str,
    control: Control,
    workers: Workers,
    *,
    share: bool = True,
) -> Generator[Event, None, tuple[Outcome, ...]]:
    """As ``solve_all``, by several workers: problems end in any order, and are returned in theirs.

    device : "cpu" or "cuda"; share : do the workers see the folder?
    What cannot be solved is for the caller to ask (``check``), whose machine may be another.
    """
    try:
        made(folder)
    except BaseException:
        workers.close()
        raise
    count, outcomes = len(problems), {}
    for at, problem in enumerate(problems):
        outcome = known(problem, folder, device)
        if outcome is not None:
            outcomes[at] = outcome
            yield ProblemEnded(STAGE, outcome, at + 1, count, True)
    missing = [at for at in range(count) if at not in outcomes]
    place = folder.absolute() if share else None
    tasks = [Solving(problems[at], device, place) for at in missing]
    for news in spread(tasks, workers, control):
        at = missing[news.number]
        if isinstance(news, Given):
            yield ProblemStarted(STAGE, problems[at], at + 1, count)
        elif isinstance(news, Told):
            yield news.event
        elif isinstance(news, Again):
            why = f"A worker was lost ({news.why}); {problems[at].name} is solved again."
            yield Note(STAGE, why, warning=True)
        elif isinstance(news, Done) and news.result is not None:
            outcome = outcomes[at] = news.result
            write_outcome(folder, outcome)
            forget_checkpoint(folder, problems[at])
            yield ProblemEnded(STAGE, outcome, at + 1, count, False)
    return tuple(outcomes[at] for at in sorted(outcomes))
