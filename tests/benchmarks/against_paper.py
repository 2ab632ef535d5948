"""Issue point 4: this engine against the paper's recipe, same problem, same machine, same run.

Both train ten students of expansion factor 4 on the same 1,500 Gaussian probes. The recipe:
batched Adam, float32, step size 1e-3 halved on plateaus (arXiv 2304.12794). Measured: seconds
until half of the students are below 1e-7, and the best loss after the time allowed.

Run:  python tests/benchmarks/against_paper.py [--seconds 60] [--problems 4-4-1:g,8-8-1:g]
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from ec_core.control import Control
from ec_core.events import TrainingProgress
from ec_core.expand.config import ExpandConfig
from ec_core.expand.learning import make_problem
from ec_core.expand.students import initial_theta
from ec_core.expand.trainer import expand
from ec_core.leastsquares.problem import Problem
from tests.benchmarks.common import STUDENTS, Case, Race, case
from tests.benchmarks.paper_adam import adam_step, begin

GOAL = 1e-7


def ours(work: Case, seconds: float, race: Race, restarts: int = 5) -> None:
    """Batched Levenberg-Marquardt as ``expand`` runs it, nothing tuned for the benchmark."""
    config = ExpandConfig(
        students=STUDENTS, width=work.width, iterations=10**6, restarts=restarts, device="cpu"
    )
    for event in expand(work.probes, work.activation, config, Control()):
        if isinstance(event, TrainingProgress):
            race.note(event.losses)
        if race.seconds > seconds:
            break


def recipe(problem: Problem, seconds: float, race: Race) -> None:
    """The paper's recipe on the same batch of students, from the same starts."""
    theta = initial_theta(problem.shape, 0, STUDENTS).float()
    single = Problem(problem.shape, problem.x.float(), problem.y.float())
    moments = begin(theta)
    while race.seconds < seconds:
        for _ in range(20):
            theta, loss = adam_step(single, theta, moments)
        race.note(loss.numpy())


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
    for text in arguments.problems.split(","):
        work = case(text)
        a = Race(GOAL)
        ours(work, arguments.seconds, a)
        problem = make_problem(work.probes, work.activation, work.width, torch.device("cpu"))
        b = Race(GOAL)
        recipe(problem, arguments.seconds, b)
        late = f"{b.arrived:.1f} s" if math.isfinite(b.arrived) else "never"
        limit = b.arrived if math.isfinite(b.arrived) else arguments.seconds
        more = "" if math.isfinite(b.arrived) else "more than "
        print(
            f"| {work.name} | {a.arrived:.2f} s | {late} | {more}{limit / a.arrived:.0f} "
            f"times | {a.best:.0e} | {b.best:.0e} | {math.log10(b.best / a.best):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
