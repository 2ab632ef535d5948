"""Issue point 4: this engine against the paper's recipe, same problem, same machine, same run.

Both train ten students of expansion factor 4 on the same 1,500 Gaussian probes. The recipe:
batched Adam, float32, step size 1e-3 halved on plateaus (arXiv 2304.12794). Measured: seconds
until half of the students are below 1e-7, and the best loss after the time allowed.

Run:  python tests/benchmarks/against_paper.py [--seconds 60] [--problems 4-4-1:g,8-8-1:g]
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass

import numpy as np
import torch

import ec_core as ec
from ec_core.control import Control
from ec_core.events import TrainingProgress
from ec_core.expand.config import ExpandConfig
from ec_core.expand.first_order import adam_step, begin
from ec_core.expand.problem import Problem, make_problem
from ec_core.expand.students import initial_theta
from ec_core.expand.trainer import expand

STUDENTS, EXPANSION, PROBES, GOAL = 10, 4, 1875, 1e-7  # a fifth of the probes is held out


@dataclass
class Outcome:
    """Seconds until half of the students were below the goal (inf: never), and the best loss."""

    arrived: float
    best: float


def ours(probes: ec.ProbeSet, activation: str, width: int, seconds: float) -> Outcome:
    """Batched Levenberg-Marquardt as ``expand`` runs it, nothing tuned for the benchmark."""
    config = ExpandConfig(students=STUDENTS, width=width, iterations=10**6, restarts=5)
    outcome, began = Outcome(math.inf, math.inf), time.perf_counter()
    for event in expand(probes, activation, config, Control(seconds)):
        if isinstance(event, TrainingProgress):
            _note(outcome, event.losses, began)
    return outcome


def recipe(probes: ec.ProbeSet, activation: str, width: int, seconds: float) -> Outcome:
    """The paper's recipe on the same batch of students, from the same starts."""
    full = make_problem(probes, activation, width, torch.device("cpu"))
    theta = initial_theta(full.shape, 0, STUDENTS).float()
    problem = Problem(full.shape, full.x.float(), full.y.float())
    moments = begin(theta)
    outcome, began = Outcome(math.inf, math.inf), time.perf_counter()
    while time.perf_counter() - began < seconds:
        for _ in range(20):
            theta, loss = adam_step(problem, theta, moments)
        _note(outcome, loss.numpy(), began)
    return outcome


def _note(outcome: Outcome, losses: np.ndarray, began: float) -> None:
    outcome.best = min(outcome.best, float(np.nanmin(losses)))
    if math.isinf(outcome.arrived) and 2 * (losses < GOAL).sum() >= STUDENTS:
        outcome.arrived = time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--problems", default="4-4-1:g,8-8-1:g,2-8-1:tanh,2-8-1:g,6-5-3:gelu")
    arguments = parser.parse_args()
    print(
        f"{torch.get_num_threads()} threads, {STUDENTS} students, {arguments.seconds:.0f} s each\n"
    )
    print(
        "| problem | half below 1e-7: ours | recipe | faster | best loss: ours | recipe | orders |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in arguments.problems.split(","):
        text, activation = name.split(":")
        sizes = tuple(map(int, text.split("-")))
        teacher = ec.make_teacher("synthetic", sizes=sizes, activation=activation).network
        probes = ec.probe(ec.Teacher(teacher), count=PROBES)
        width = EXPANSION * sizes[1]
        a = ours(probes, activation, width, arguments.seconds)
        b = recipe(probes, activation, width, arguments.seconds)
        late = f"{b.arrived:.1f} s" if math.isfinite(b.arrived) else "never"
        limit = b.arrived if math.isfinite(b.arrived) else arguments.seconds
        more = "" if math.isfinite(b.arrived) else "more than "
        print(
            f"| {text} {activation} | {a.arrived:.2f} s | {late} | {more}{limit / a.arrived:.0f} "
            f"times | {a.best:.0e} | {b.best:.0e} | {math.log10(b.best / a.best):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
