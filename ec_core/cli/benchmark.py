"""The benchmark command: the paper's synthetic problems, one by one or by several workers."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Generator
from itertools import chain
from pathlib import Path

import ec_core
from ec_core.benchmark import (
    PAPER_SHARE,
    RIGHT_ERROR,
    STAGE,
    Grid,
    Outcome,
    Problem,
    ProblemEnded,
    ProblemStarted,
    Settings,
    Summary,
    check,
    solve_all,
    solve_spread,
    summarise,
)
from ec_core.cli.commands import dashed
from ec_core.cli.output import answer, progress
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.errors import InputError
from ec_core.events import Event, Note, drain
from ec_core.pool.local import LocalWorkers
from ec_core.pool.on_ray import RayWorkers
from ec_core.pool.worker import set_threads
from ec_core.store import home

NAMES = ("synthetic-150",)


def _folder(args: Namespace) -> Path:
    """Where outcomes go: --out, or beside the app's runs."""
    if args.out is not None:
        folder = Path(args.out)
        if folder.exists() and not folder.is_dir():
            raise InputError(f"Cannot write to {folder}: it is a file; name a folder.")
        return folder
    runs = Path(ec_core.__file__).resolve().parents[1] / "runs"
    return home(runs) / "benchmarks" / str(args.name)


def _error(error: float | None) -> str:
    return "-" if error is None else f"{error:.1e}"


def _line(event: ProblemEnded) -> str:
    outcome = event.outcome
    problem = outcome.problem
    verdict = "right" if outcome.right else f"NOT right, found {dashed(outcome.sizes)}"
    return (
        f"[{event.number}/{event.count}] {dashed(problem.sizes)} seed {problem.seed}: {verdict}, "
        f"error {_error(outcome.max_weight_error)}, {outcome.seconds:.1f} s"
        + (", verified" if outcome.verified else ", not verified")
        + (" (outcome of an earlier run)" if event.kept else "")
    )


def _watch(work: Generator[Event, None, tuple[Outcome, ...]]) -> tuple[Outcome, ...]:
    """Drain the work with one line on stderr per problem."""

    def show(event: Event) -> None:
        if isinstance(event, ProblemEnded):
            progress(_line(event))
        elif isinstance(event, ProblemStarted) and event.number == 1:
            progress(f"{event.count} problems; each outcome is kept as it ends.")
        elif isinstance(event, Note) and event.stage == STAGE:
            progress(event.message)

    return drain(work, show)


def _table(summary: Summary, folder: Path) -> str:
    lines = [f"{'inputs':>6} {'hidden':>6} {'right':>9} {'median s':>9} {'worst error':>12}"]
    for cell in summary.cells:
        share = f"{cell.right} of {cell.problems}"
        lines.append(
            f"{cell.inputs:6} {cell.hidden:6} {share:>9} {cell.median_seconds:9.1f} "
            f"{_error(cell.worst_error):>12}"
        )
    lines += [
        f"{summary.right} of {summary.problems} right (size, and every weight to "
        f"{RIGHT_ERROR:.0e}), {summary.verified} verified, {summary.false_verified} of these "
        f"wrongly; {summary.seconds:.0f} s in all, worst error {_error(summary.worst_error)}.",
        f"The paper reports {PAPER_SHARE:.0%} at expansion 4, over all its problems.",
        *(f"Not right: {outcome.problem.name}" for outcome in summary.failed),
        f"Outcomes are in {folder}.",
    ]
    return "\n".join(lines)


Work = Generator[Event, None, tuple[Outcome, ...]]


def _work(problems: tuple[Problem, ...], folder: Path, args: Namespace) -> Work:
    """By this process, by several of this machine, or by a cluster."""
    if args.ray is not None:
        return _on_ray(problems, folder, args)
    if args.gpus:
        raise InputError(
            f"--gpus {args.gpus:g} says what workers of --ray have; give it with that."
        )
    workers = args.workers or 1
    if workers == 1:
        if args.threads is not None:
            set_threads(args.threads)
        return solve_all(problems, folder, args.device, Control())
    check(problems, args.device)
    device = str(resolve_device(args.device))
    # a worker more than there are problems has nothing to do
    workers = min(workers, len(problems))
    threads = args.threads or max(1, (os.cpu_count() or 1) // workers)
    return solve_spread(
        problems, folder, device, Control(), LocalWorkers(workers, threads), share=True
    )


def _on_ray(problems: tuple[Problem, ...], folder: Path, args: Namespace) -> Work:
    device = "cuda" if args.gpus else "cpu"
    if args.device not in ("auto", device):
        raise InputError(
            f"--device {args.device} is not what workers on the cluster would have; give each a "
            "share of a card with --gpus, such as --gpus 0.25, or leave it out."
        )
    if device == "cpu":
        check(problems, device)
    many = min(args.workers, len(problems)) if args.workers else 0
    workers = RayWorkers(args.ray, many, args.threads or 1, args.gpus)
    return solve_spread(problems, folder, device, Control(), workers, share=False)


def benchmark(args: Namespace) -> bool:
    """Solve the paper's synthetic problems: input sizes 2, 4, 8, 16, 32, hidden sizes 2, 4, 8, ten
    seeds each. Each outcome is written as it ends; the same command goes on where it stood. With
    --workers or --ray several are solved at once, with the same outcomes.
    """
    folder = _folder(args)
    settings = Settings(args.activation, args.expansion, args.students, args.depth)
    grid = Grid(
        tuple(chain.from_iterable(args.inputs)),
        tuple(chain.from_iterable(args.hidden)),
        args.seeds,
        args.seed,
    )
    work = _work(grid.problems(settings), folder, args)
    try:
        outcomes = _watch(work)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Interrupted; finished outcomes are kept in {folder}, and the same command goes on."
        ) from None
    summary = summarise(outcomes)
    facts = {
        "name": args.name,
        "out": str(folder),
        "activation": settings.activation,
        "expansion": settings.expansion,
        "students": settings.students,
        "depth": settings.depth,
        "paper_share": PAPER_SHARE,
        **summary.as_json(),
    }
    answer(facts, _table(summary, folder), args.json)
    return summary.right == summary.problems
