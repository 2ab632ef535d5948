"""Solving problems: teacher → probes → recovery (which sees the probes only) → match, one by one or
several at once (``spreading``).

Each outcome is on disk before the next problem begins, and so is, every few seconds, where the
problem stands that is being solved: whatever ends the work loses no more than that.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ec_core import chain
from ec_core.benchmark.outcomes import Outcome, outcome_path, read_outcome, write_outcome
from ec_core.benchmark.problems import OUTPUTS, Problem
from ec_core.checkpoint_file import CheckpointFile
from ec_core.checkpoints import EVERY, Checkpoints
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.errors import InputError
from ec_core.events import Event
from ec_core.expand.estimate import check_memory
from ec_core.networks.architecture import Architecture
from ec_core.probing.asking import ask
from ec_core.probing.probes import make_probes
from ec_core.probing.teacher import Teacher
from ec_core.verify.match import match

STAGE = "benchmark"


@dataclass(frozen=True)
class ProblemStarted(Event):
    """Problem ``number`` of ``count`` (from 1) is being solved."""

    problem: Problem
    number: int
    count: int


@dataclass(frozen=True)
class ProblemEnded(Event):
    """Its outcome is on disk; ``kept`` if it already was."""

    outcome: Outcome
    number: int
    count: int
    kept: bool


def check(problems: Sequence[Problem], device: str) -> None:
    """Refuse, before any work, what cannot be solved: raises InputError (depth, memory)."""
    target = resolve_device(device)
    for problem in problems:
        problem.recover_config(device)
        sizes = (problem.inputs, *(problem.width,) * problem.settings.depth, OUTPUTS)
        shape = Architecture(sizes, problem.settings.activation)
        check_memory(shape, problem.settings.students, target)


def solve(
    problem: Problem, device: str, control: Control, spent: float = 0.0
) -> Generator[Event, None, Outcome]:
    """Recover one problem's teacher from its answers, then compare the two.

    spent : seconds that it took in a process that is gone
    """
    teacher = problem.teacher()
    x, y = ask(Teacher(teacher), problem.probes, "gaussian", problem.inputs, problem.seed)
    probes = make_probes(x, y, problem.seed)
    began = time.monotonic()
    recovery = yield from chain.run(probes, problem.recover_config(device), control)
    seconds = spent + time.monotonic() - began
    reconstruction, certificate = recovery.reconstruction, recovery.certificate
    report = match(teacher, recovery.network, within=probes)
    return Outcome(
        problem=problem,
        device=str(resolve_device(device)),
        threads=torch.get_num_threads(),
        seconds=seconds,
        sizes=recovery.network.sizes,
        verified=certificate.verified,
        reasons=tuple(certificate.reasons),
        converged=int(recovery.ensemble.converged().sum()),
        loss=reconstruction.loss,
        heldout_loss=reconstruction.heldout_loss,
        max_weight_error=report.max_weight_error,
        function_error=report.function_error,
    )


def known(problem: Problem, folder: Path, device: str) -> Outcome | None:
    """The outcome on disk, if it is that of the very same problem on the same kind of device.

    device : "cpu" or "cuda", never "auto"
    """
    try:
        outcome = read_outcome(outcome_path(folder, problem))
    except InputError:
        return None
    return outcome if outcome.problem == problem and outcome.device == device else None


def checkpoint(folder: Path, problem: Problem, device: str) -> CheckpointFile:
    """Where the work on a problem stands; good for the very same problem on the same device."""
    work = repr((problem, str(resolve_device(device)), torch.get_num_threads()))
    return CheckpointFile(_beside(folder, problem), work)


def _beside(folder: Path, problem: Problem) -> Path:
    return outcome_path(folder, problem).with_suffix(".checkpoint")


def forget_checkpoint(folder: Path, problem: Problem) -> None:
    """Its outcome is on disk."""
    CheckpointFile(_beside(folder, problem), "").forget()


def made(folder: Path) -> None:
    """Make the folder of outcomes. Raises InputError where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"Cannot write to {folder}: {error.strerror}; choose another place."
        ) from None


def solve_from(
    problem: Problem, device: str, control: Control, file: CheckpointFile
) -> Generator[Event, None, Outcome]:
    """Solve it, going on where ``file`` has it."""
    control.marks = Checkpoints(file, EVERY)
    return (yield from solve(problem, device, control, file.spent))


def _ended(control: Control) -> bool:
    return control.over


def solve_all(
    problems: Sequence[Problem], folder: Path, device: str, control: Control
) -> Generator[Event, None, tuple[Outcome, ...]]:
    """Solve what the folder does not know yet; yields the engine's events and its own.

    Returns the outcomes of all problems that ended. A problem during which the control was told
    to stop leaves no outcome: it did not get its chance. Raises InputError before any work for
    problems that cannot be solved and a folder that cannot be written.
    """
    check(problems, device)
    made(folder)
    where = str(resolve_device(device))
    outcomes: list[Outcome] = []
    for number, problem in enumerate(problems, start=1):
        outcome = known(problem, folder, where)
        kept = outcome is not None
        if outcome is None:
            if _ended(control):
                break
            yield ProblemStarted(STAGE, problem, number, len(problems))
            file = checkpoint(folder, problem, device)
            outcome = yield from solve_from(problem, device, control, file)
            if _ended(control):
                break
            write_outcome(folder, outcome)
            file.forget()
        outcomes.append(outcome)
        yield ProblemEnded(STAGE, outcome, number, len(problems), kept)
    return tuple(outcomes)
