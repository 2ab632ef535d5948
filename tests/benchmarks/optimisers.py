"""Issue 3, point 5: four ways to train the same students, in the same run on the same machine.

Ten students of expansion factor 4, from the same starts, on the same Gaussian probes (as many as
this engine uses). Contenders:

- this engine: batched Levenberg-Marquardt as ``expand`` runs it, without restarts
- Adam: the paper's recipe (batched, float32, 1e-3 halved on plateaus; arXiv 2304.12794)
- L-BFGS: torch.optim.LBFGS in float64, strong Wolfe line search, one student after another
- least_squares: scipy's trust-region reflective method with the exact Jacobian, one after another

Time: seconds until half of the students are below 1e-10. Those that train one student after
another get a tenth of the time for each, and are credited with the time they would need if the
students took turns: a student that never gets there costs them no more than the slowest of those
that count. Memory: by how much training raises the largest resident memory of a fresh process
(the kernel's high-water mark, set back just before; data and libraries are not counted).

Run:  python tests/benchmarks/optimisers.py [--seconds 60] [--problems 4-4-1:g,8-8-1:g] [--busy]
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from scipy.optimize import OptimizeResult, least_squares
from torch import Tensor

from ec_core.expand.learning import make_problem
from ec_core.expand.stopping import ROCK_BOTTOM
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import forward
from tests.benchmarks.against_paper import ours, recipe
from tests.benchmarks.common import STUDENTS, Case, Race, case, peak_of, seconds_text

GOAL = 1e-10
HISTORY = 100
"""Pairs L-BFGS remembers, torch's default: with 20 it ended at losses 10 to 10⁸ times higher."""

TURN = 10
"""L-BFGS iterations between two looks at the clock."""


def engine(work: Case, problem: Problem, seconds: float, race: Race) -> None:
    ours(work, seconds, race, restarts=0)


def adam(work: Case, problem: Problem, seconds: float, race: Race) -> None:
    recipe(problem, seconds, race)


def _in_turns(
    problem: Problem, total: Race, train: Callable[[Problem, Tensor, Race], None]
) -> None:
    """Each student alone for its share of the time; arrival as if they had taken turns.

    train : trains one student (P,), notes its losses, and ends when its share is over
    """
    arrived, spent = [], []
    for start in initial_theta(problem.shape, 0, STUDENTS):
        alone = Race(total.goal, total.clock)
        train(problem, start, alone)
        arrived.append(alone.arrived)
        spent.append(min(alone.arrived, alone.seconds))
        total.best = min(total.best, alone.best)
    slowest = sorted(arrived)[(STUDENTS + 1) // 2 - 1]
    total.arrived = math.inf
    if math.isfinite(slowest):
        total.arrived = sum(min(used, slowest) for used in spent)


def lbfgs(work: Case, problem: Problem, seconds: float, total: Race) -> None:
    share = seconds / STUDENTS

    def train(problem: Problem, start: Tensor, race: Race) -> None:
        theta = start[None].clone().requires_grad_(True)
        optimiser = torch.optim.LBFGS(
            [theta],
            max_iter=TURN,
            history_size=HISTORY,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            line_search_fn="strong_wolfe",
        )

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = (forward(problem.shape, theta, problem.x) - problem.y).square().mean()
            loss.backward()
            race.note(loss.detach()[None].numpy())
            return loss

        while race.seconds < share:
            before = float(optimiser.step(closure).detach())
            if before < ROCK_BOTTOM or not math.isfinite(before):
                break

    _in_turns(problem, total, train)


def trust_region(work: Case, problem: Problem, seconds: float, total: Race) -> None:
    share, count = seconds / STUDENTS, problem.y.numel()

    def answers(theta: Tensor, x: Tensor) -> Tensor:
        return forward(problem.shape, theta[None], x[None])[0, 0]

    slopes = torch.func.vmap(torch.func.jacrev(answers), in_dims=(None, 0))

    def residual(row: np.ndarray) -> np.ndarray:
        found = forward(problem.shape, torch.from_numpy(row)[None], problem.x)[0]
        return np.asarray((found - problem.y).numpy().ravel())

    def jacobian(row: np.ndarray) -> np.ndarray:
        return np.asarray(slopes(torch.from_numpy(row), problem.x).numpy().reshape(count, -1))

    def train(problem: Problem, start: Tensor, race: Race) -> None:
        def look(intermediate_result: OptimizeResult) -> None:
            loss = 2 * float(intermediate_result.cost) / count
            race.note(np.array([loss]))
            if race.seconds > share or loss < ROCK_BOTTOM:
                raise StopIteration

        # the least tolerances scipy takes: it goes on as long as it can
        least = 2.3e-16
        options = {"ftol": least, "xtol": least, "gtol": least, "max_nfev": 10**9}
        least_squares(residual, start.numpy(), jacobian, callback=look, **options)

    _in_turns(problem, total, train)


CONTENDERS: dict[str, Callable[[Case, Problem, float, Race], None]] = {
    "this engine": engine,
    "Adam, float32 (paper)": adam,
    "L-BFGS (torch)": lbfgs,
    "least_squares (scipy)": trust_region,
}


def compete(name: str, text: str, seconds: float, busy: bool) -> tuple[float, float, float, int]:
    """Arrival, lowest loss, seconds used and bytes of one contender on one problem."""
    if busy:
        torch.set_num_threads(1)
    work = case(text)
    full = make_problem(work.probes, work.activation, work.width, torch.device("cpu"))
    problem = full.thinned()
    # libraries load on first use: that is neither training nor memory of training
    torch.func.jacrev(torch.sin)(problem.x[:1])
    forward(problem.shape, initial_theta(problem.shape, 0, 1), problem.x[:2])
    race = Race(GOAL, time.process_time if busy else time.perf_counter)
    memory = peak_of(lambda: CONTENDERS[name](work, problem, seconds, race))
    return race.arrived, race.best, race.seconds, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--problems", default="4-4-1:g,8-8-1:g,2-8-1:tanh,2-8-1:g,6-5-3:gelu")
    parser.add_argument(
        "--busy", action="store_true", help="others use the machine: processor time, one thread"
    )
    arguments = parser.parse_args()
    if arguments.busy:
        # before the contenders' processes start: numpy reads them once
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    threads = 1 if arguments.busy else torch.get_num_threads()
    kind = "processor time" if arguments.busy else "wall time"
    print(
        f"{threads} threads, {STUDENTS} students, at most {arguments.seconds:.0f} s each, {kind}\n"
    )
    print("| problem | method | half below 1e-10 | lowest loss | memory | seconds in all |")
    print("|---|---|---|---|---|---|")
    fresh = multiprocessing.get_context("spawn")
    for text in arguments.problems.split(","):
        for name in CONTENDERS:
            # a process of its own for each, so that memory can be told apart
            job = (name, text, arguments.seconds, arguments.busy)
            with fresh.Pool(1) as pool:
                arrived, best, used, memory = pool.apply(compete, job)
            print(
                f"| {text.replace(':', ' ')} | {name} | {seconds_text(arrived)} | {best:.0e} "
                f"| {memory / 2**20:.0f} MiB | {used:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
