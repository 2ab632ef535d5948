"""A program of its own, since processes that compute cannot be killed from within a test's process:

    python -m tests.runs.killing KIND KILLS SEED

KIND is a whole recovery (search, deep, race), Expand alone (expand), the network of a cut by hand
(exact) or the problems of the Difficulty page (solving).

in an empty EC_HOME: a job is done once without being disturbed, and once with its process killed at
``KILLS`` random moments and gone on with by another. With ``full`` before KIND it is not killed,
but its disk is full from each of these moments on until the process ends; EC_HOME must be a disk of
its own then. Prints one JSON object: how often it was killed, and which figures of the two differ.

Processes are forked from this one, which has everything loaded and no thread: a kill costs no
second of loading.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import ec_core as ec
from ec_core import benchmark, candidates
from ec_core.benchmark import solving
from ec_core.jobs import Job, JobBoard
from ec_core.runs import at_work, builds, durable, outcomes, work
from ec_core.runs.loading import ledger, store
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import Source

STARTS: dict[str, Callable[[JobBoard, Run], Job]] = {
    "expand": work.start_expand,
    "exact": work.start_exact,
}

PATIENCE = 300.0
EVERY = 0.05
"""Seconds from one checkpoint to the next: the jobs here take a few seconds."""

SIZES = {"search": (3, 3, 1), "deep": (2, 3, 2, 1), "race": (3, 2, 1), "expand": (3, 4, 1)}
SIZES["exact"] = SIZES["search"]


def _few(activation: str, *others: Any) -> candidates.Field:
    field = _usual(activation, *others)
    told = ("tanh", "gelu", "relu")
    return replace(field, activations=told, later=()) if activation == candidates.AUTO else field


_usual = candidates.Field.of


def new(kind: str) -> Run:
    """A run of a kind, the same every time."""
    sizes = SIZES[kind]
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation="tanh", seed=1).network
    x = np.random.default_rng(3).standard_normal((500, sizes[0]))
    told = candidates.AUTO if kind == "race" else "tanh"
    source = Source.from_answers(x, teacher(x), "answers.npz", told)
    chosen = {
        **default_settings(source).as_json(),
        "students": 4,
        "device": "cpu",
        "hidden_layers": len(sizes) - 2,
    }
    run = Run.create(source, Settings(**chosen))
    if kind == "exact":
        # its students, and a network by pruning to stand beside
        assert forked(lambda: do(run, "search"))
    return run


def do(run: Run, kind: str) -> None:
    """A run's job, or what is left of it."""
    durable.EVERY = EVERY
    board = JobBoard()
    broken = at_work.interrupted(run) is not None
    job = work.go_on(board, run) if broken else STARTS.get(kind, work.start_whole)(board, run)
    assert job.wait(PATIENCE)
    snapshot = job.snapshot()
    assert snapshot.error is None, snapshot.details
    durable.wait_written(1.0)


def fill(path: Path) -> None:
    """Leave no room on the disk."""
    size = 1 << 16
    with path.open("wb", buffering=0) as file:
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2


def forked(
    act: Callable[[], None], seconds: float | None = None, filler: Path | None = None
) -> bool:
    """Do it in a process of its own, killed after so many seconds, or without room on its disk from
    then on; whether it came to its end.
    """
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException as error:
            print(repr(error)[:2000], file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        if filler is None:
            os.kill(child, signal.SIGKILL)
        else:
            fill(filler)
    _, status = os.waitpid(child, 0)
    if filler is not None:
        filler.unlink(missing_ok=True)
        return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or os.WEXITSTATUS(status) == 0, status
    return not killed


def figures(run: Run) -> dict[str, Any]:
    """All that a run says, but how long it took."""
    stored = run.stored
    arrays = {f"students {k}": v for k, v in stored.load_arrays("ensemble").items()}
    del arrays["students seconds"]
    if not stored.has("reconstruction"):
        facts = {"found": str(run.found), "steered": stored.settings().get("steered")}
        return {**arrays, "facts": np.array(json.dumps(facts, sort_keys=True))}
    kept = builds.all_of(run)
    built = builds.load(run, builds.EXACT) if builds.EXACT in kept else stored.reconstruction()
    network = {f"w{i}": w for i, w in enumerate(built.network.weights)}
    network |= {f"b{i}": b for i, b in enumerate(built.network.biases)}
    texts = {name: stored.load_json(name) for name in ("cuts", *(("race",) * stored.has("race")))}
    said = {key: (build.sizes, build.loss, build.reasons) for key, build in kept.items()}
    facts = {"whole": run.whole, "retried": run.retried, "found": str(run.found), **texts}
    facts["builds"] = said
    return {
        **arrays,
        **network,
        "fitted": built.history,
        "steps": np.array(repr(built.steps)),
        "facts": np.array(json.dumps(facts, sort_keys=True)),
    }


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The names of figures that are not the same to the last bit."""
    names = set(one) ^ set(other)
    for name in set(one) & set(other):
        a, b = np.asarray(one[name]), np.asarray(other[name])
        if a.dtype != b.dtype or a.shape != b.shape or a.tobytes() != b.tobytes():
            names.add(name)
    return sorted(names)


def main(kind: str, kills: int, seed: int, full: bool = False) -> dict[str, Any]:
    """See above."""
    filler = store().root / "filler" if full else None
    candidates.Field.of = staticmethod(_few)  # type: ignore[method-assign, assignment]
    drawn = random.Random(seed)
    whole, pieces = new(kind), new(kind)
    began = time.monotonic()
    assert forked(lambda: do(whole, kind))
    took = time.monotonic() - began
    before = {path: path.read_bytes() for path in whole.stored.path.glob("*") if path.is_file()}
    killed, late = 0, 0
    while killed < kills:
        if forked(lambda: do(pieces, kind), drawn.uniform(0.0, 1.5 * took / kills**0.5), filler):
            late += 1
            break
        killed += 1
    if not late:
        assert forked(lambda: do(pieces, kind))
    left = [row.id for row in ledger().open()]
    rows = ledger().of_run(pieces.id)
    rows = tuple(row for row in rows if row.kind == rows[-1].kind)
    return {
        "killed": killed,
        "differ": differing(figures(whole), figures(pieces)),
        "changed": [path.name for path, data in before.items() if path.read_bytes() != data],
        "open": left,
        "attempts": [row.attempt for row in rows],
        "states": [row.state for row in rows],
        "files": sorted(path.name for path in pieces.stored.path.glob("checkpoint*")),
        "runs": len(store().list()),
        "seconds": round(took, 2),
        "events": len(ledger().told(rows[-1].id)[0]),
    }


def solve(place: Path) -> None:
    """The Difficulty page's problems, or what is left of them, in an EC_HOME of their own."""
    os.environ["EC_HOME"] = str(place)
    # what is written every few seconds, every moment
    setattr(solving, "EVERY", EVERY)  # noqa: B010  # not its own name
    board, chosen = JobBoard(), benchmark.Settings("tanh", students=3)
    job = outcomes.go_on(board) or outcomes.start(
        board, benchmark.Grid((2, 3), (2,), seeds=2), chosen
    )
    assert job.wait(PATIENCE)
    assert job.snapshot().error is None, job.snapshot().details


def main_of_solving(kills: int, seed: int) -> dict[str, Any]:
    """As ``main``, of problems."""
    root, drawn = store().root, random.Random(seed)
    began = time.monotonic()
    assert forked(lambda: solve(root / "whole"))
    took, killed, again = time.monotonic() - began, 0, []

    def figures_of(place: str) -> list[str]:
        found = benchmark.read_folder(root / place / "benchmarks" / outcomes.NAME)
        assert not found.damaged
        return [repr(replace(outcome, seconds=0.0)) for outcome in found.outcomes]

    while killed < kills:
        if forked(lambda: solve(root / "pieces"), drawn.uniform(0.0, 1.5 * took / kills**0.5)):
            break
        killed += 1
        again.append((root / "pieces" / "benchmarks" / "at-work.json").exists())
    else:
        assert forked(lambda: solve(root / "pieces"))
    left = [path.name for path in (root / "pieces" / "benchmarks").rglob("*checkpoint*")]
    marked = (root / "pieces" / "benchmarks" / "at-work.json").exists()
    whole, pieces = figures_of("whole"), figures_of("pieces")
    return {
        "killed": killed,
        "same": whole == pieces,
        "problems": len(pieces),
        "files": left,
        "marked": marked,
        "again": again,
        "seconds": round(took, 2),
    }


if __name__ == "__main__":
    *full, kind, kills, seed = sys.argv[1:]
    if kind == "solving":
        print(json.dumps(main_of_solving(int(kills), int(seed))))
    else:
        print(json.dumps(main(kind, int(kills), int(seed), bool(full))))
