"""Issue 3, point 6: what an iteration costs against how much work it is.

One hidden layer, 8 inputs, one output, activation g; H hidden neurons have 10 H + 1 parameters.
Students learn from as many probes as the trainer would give them (four per parameter). Measured,
in one run: seconds per Levenberg-Marquardt iteration, the Gauss-Newton matrix's part of it, and
the machine's own rate in a float64 matrix product, the ceiling. Students that do not fit into the
memory bound at once go in groups, as in training: one group is measured and multiplied ("~").

Work is counted as J'J as a plain product, 2 N K P² operations per student. The matrix uses its
symmetry where it pays and may then pass the ceiling; "of the half" counts N K P² only.

Run:  python tests/benchmarks/cost.py [--students 1,4,16,64] [--hidden 10,30,50,100,200,300]
                                      [--seconds 3] [--out cost.html] [--busy]
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from ec_core.devices import memory_bound
from ec_core.expand.students import initial_theta
from ec_core.figures.cost import AIM, CostPoint, cost_by_size
from ec_core.leastsquares.cholesky import iterate
from ec_core.leastsquares.levenberg_marquardt import Batch, start
from ec_core.leastsquares.memory import dense_bytes
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import ANSWERS_PER_PARAMETER, LEAST_PROBES, Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward

INPUTS = 8
PRODUCT_SIZE, PRODUCTS = 2048, 4
"""Side of the square matrices whose product gives the ceiling, and how often it is tried."""


Clock = Callable[[], float]


def machine_rate(clock: Clock) -> float:
    """Float64 operations per second of this machine's matrix product, best of a few."""
    a = torch.randn(PRODUCT_SIZE, PRODUCT_SIZE, dtype=torch.float64)
    best = math.inf
    for _ in range(PRODUCTS):
        began = clock()
        torch.matmul(a, a)
        best = min(best, clock() - began)
    return 2 * PRODUCT_SIZE**3 / best


def make_problem(hidden: int) -> Problem:
    """Gaussian probes answered by a random network of a quarter of the students' width."""
    shape = Architecture((INPUTS, hidden, 1), "g")
    teacher = shape.with_hidden(max(1, hidden // 4))
    count = max(LEAST_PROBES, int(ANSWERS_PER_PARAMETER * shape.parameter_count))
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, INPUTS, dtype=torch.float64, generator=generator)
    y = forward(teacher, initial_theta(teacher, 1, 1), x)[0]
    return Problem(shape, x, (y - y.mean()) / y.std())


def median_seconds(work: Callable[[], None], seconds: float, clock: Clock) -> float:
    """The median of as many runs as fit into ``seconds``; the first only where no other fits."""
    runs: list[float] = []
    while not runs or sum(runs) < seconds:
        began = clock()
        work()
        runs.append(clock() - began)
    return float(np.median(runs[1:] or runs))


def measure(hidden: int, students: int, seconds: float, clock: Clock) -> tuple[CostPoint, bool]:
    """The cost of one size, and whether it was multiplied up from one group."""
    problem = make_problem(hidden)
    group = max(1, memory_bound(problem.x.device) // dense_bytes(problem.shape))
    at_once = min(group, students)
    state: list[Batch] = [start(problem, initial_theta(problem.shape, 0, at_once))]

    def step() -> None:
        state[0] = iterate(problem, state[0])

    matrix = median_seconds(lambda: _discard(problem, state[0]), seconds, clock)
    whole = median_seconds(step, seconds, clock)
    more = students / at_once
    work = 2.0 * problem.y.numel() * problem.shape.parameter_count**2
    point = CostPoint(
        students, problem.shape.parameter_count, students * work, more * whole, more * matrix
    )
    return point, more > 1


def _discard(problem: Problem, batch: Batch) -> None:
    normal_equations(problem, batch.theta)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", default="1,4,16,64")
    parser.add_argument("--hidden", default="10,30,50,100,200,300")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each number measured")
    parser.add_argument("--out", type=Path, default=Path("cost.html"))
    parser.add_argument(
        "--busy", action="store_true", help="others use the machine: processor time, one thread"
    )
    arguments = parser.parse_args()
    clock = time.process_time if arguments.busy else time.perf_counter
    if arguments.busy:
        torch.set_num_threads(1)
    rates, points, rows = [machine_rate(clock)], [], []
    for hidden in map(int, arguments.hidden.split(",")):
        for students in map(int, arguments.students.split(",")):
            point, scaled = measure(hidden, students, arguments.seconds, clock)
            points.append(point)
            rows.append((point, scaled))
            print(f"{point.parameters} parameters × {students}: {point.seconds:.3g} s", flush=True)
        # other work on the machine slows it down now and then: the ceiling is its best
        rates.append(machine_rate(clock))
    ceiling = max(rates)
    print(f"\n{torch.get_num_threads()} threads, matrix product {ceiling / 1e9:.1f} GFLOP/s\n")
    print(
        "| parameters | students | s per iteration | of it the matrix | GFLOP/s "
        "| of the ceiling | of the half |"
    )
    print("|---|---|---|---|---|---|---|")
    for point, scaled in rows:
        mark = "~" if scaled else ""
        share = point.rate / ceiling
        print(
            f"| {point.parameters:,} | {point.students} | {mark}{point.seconds:.3g} "
            f"| {point.matrix_seconds / point.seconds:.0%} | {point.rate / 1e9:.1f} "
            f"| {share:.0%} | {share / 2:.0%} |"
        )
    large = [point.rate / ceiling for point in points if point.parameters >= 500]
    if large:
        print(f"\nFrom 500 parameters on: at least {min(large):.0%}; the aim is {AIM:.0%}.")
    cost_by_size(points, ceiling).write_html(arguments.out, include_plotlyjs=True)
    print(f"Figure: {arguments.out}")


if __name__ == "__main__":
    main()
