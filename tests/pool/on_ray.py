"""A program of its own, since Ray stays in the process that has started it:

    python -m tests.pool.on_ray table|kill|app FOLDER

starts a real Ray cluster of two nodes on this machine, with one processor each. ``table`` solves
sixty problems on it and by one process, ``kill`` takes a node away in the middle,
``app`` does a run's job on it. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import ec_core as ec
from ec_core.benchmark import (
    Grid,
    Outcome,
    ProblemEnded,
    Settings,
    read_folder,
    solve_all,
    solve_spread,
)
from ec_core.benchmark.problems import Problem
from ec_core.control import Control
from ec_core.events import Event, Note, TrainingProgress, drain
from ec_core.jobs import JobBoard
from ec_core.pool.on_ray import ADDRESS, RayWorkers
from ec_core.runs import settings as run_settings
from ec_core.runs import work
from ec_core.runs.active import devices
from ec_core.runs.run import Run
from ec_core.runs.source import Source
from tests.runs.killing import differing, figures

PROBLEMS = Grid((2, 3), (2, 3), 15).problems(Settings("tanh", students=3))
"""Sixty of less than a second."""

PATIENCE = 300.0


@contextmanager
def cluster() -> Iterator[Any]:
    """Two nodes with a processor each, besides a head that computes nothing."""
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False},
    )
    try:
        for _ in range(2):
            made.add_node(num_cpus=1)
        made.wait_for_nodes()
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


def table(outcomes: tuple[Outcome, ...]) -> list[str]:
    """All of every outcome but how long it took, to the last bit."""
    return [repr(replace(outcome, seconds=0.0)) for outcome in outcomes]


def solved(
    made: Any, problems: tuple[Problem, ...], folder: Path, on: Callable[[Event], object]
) -> tuple[Outcome, ...]:
    workers = RayWorkers(made.address, 2)
    work_ = solve_spread(problems, folder, "cpu", Control(), workers, share=False)
    return drain(work_, on)


def sixty(folder: Path, kill: bool) -> dict[str, Any]:
    """The table of the cluster beside that of one process; ``kill``: less one node on the way."""
    began = time.monotonic()
    alone = drain(solve_all(PROBLEMS, folder / "alone", "cpu", Control()))
    middle = time.monotonic()
    lost: list[str] = []
    ended: list[int] = []
    with cluster() as made:

        def on(event: Event) -> None:
            if isinstance(event, Note) and event.stage == "benchmark":
                lost.append(event.message)
            if isinstance(event, ProblemEnded):
                ended.append(event.number)
                if kill and len(ended) == 10:
                    node = next(iter(made.worker_nodes))
                    made.remove_node(node, allow_graceful=False)

        found = solved(made, PROBLEMS, folder / "cluster", on)
    return {
        "same": table(found) == table(alone),
        "files": table(read_folder(folder / "cluster").outcomes)
        == table(read_folder(folder / "alone").outcomes),
        "problems": len(found),
        "ended": sorted(ended),
        "lost": lost,
        "threads": torch.get_num_threads(),
        "seconds": [round(middle - began, 1), round(time.monotonic() - middle, 1)],
    }


def app(folder: Path) -> dict[str, Any]:
    """A run's job here and on the cluster, and one that is stopped there."""
    os.environ["EC_HOME"] = str(folder / "runs")
    board = JobBoard()

    def new(device: str, students: int = 4, sizes: tuple[int, ...] = (3, 3, 1)) -> Run:
        teacher = ec.make_teacher("synthetic", sizes=sizes, activation="tanh", seed=1).network
        x = np.random.default_rng(3).standard_normal((500, sizes[0]))
        source = Source.from_answers(x, teacher(x), "answers.npz", "tanh")
        chosen = replace(
            run_settings.default_settings(source),
            students=students,
            device=device,
            hidden_layers=len(sizes) - 2,
        )
        return Run.create(source, chosen)

    here = new("cpu")
    job = work.start_whole(board, here)
    assert job.wait(PATIENCE) and job.snapshot().error is None, job.snapshot().details
    with cluster() as made:
        os.environ[ADDRESS] = made.address
        there = new("ray")
        job, curve = work.start_whole(board, there), 0
        while not job.wait(0.1):
            curve = max(curve, len(job.snapshot().seen.curve.iterations))
        done = job.snapshot()
        assert done.error is None, done.details
        long = new("ray", 12, (8, 12, 2))
        job = work.start_expand(board, long)
        until = time.monotonic() + PATIENCE
        while job.snapshot().seen.training is None and time.monotonic() < until:
            time.sleep(0.05)
        work_seen = job.snapshot().seen.training
        job.stop()
        assert job.wait(PATIENCE)
        stopped = job.snapshot()
    return {
        "offered": "ray" in devices(),
        "differ": differing(figures(here), figures(there)),
        "curve": curve,
        "points": len(done.seen.curve.iterations),
        "told": len(done.seen.events),
        "live": isinstance(work_seen, TrainingProgress),
        "state": [done.state, stopped.state],
        "kept": long.has("ensemble"),
        "device": there.settings().device,
        "folders": sorted(path.name for path in (folder / "runs").iterdir() if path.is_dir()),
        "runs": sorted([here.id, there.id, long.id]),
    }


if __name__ == "__main__":
    what, place = sys.argv[1], Path(sys.argv[2])
    found = app(place) if what == "app" else sixty(place, what == "kill")
    print(json.dumps(found))
