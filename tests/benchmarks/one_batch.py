"""Would it pay to train the students of several people in one batch?

    OMP_NUM_THREADS=1 python tests/benchmarks/one_batch.py [--device cuda]

A batch of two people's ten students costs at least what one of twenty students on the same
questions does. So the same training is done with 10, 20 and 40 students, in turn, ROUNDS times, and
the cost of a student's iteration compared: processor seconds of this process (on a card seconds by
the clock), since others may use the machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import ec_core as ec
from ec_core.control import Control
from ec_core.events import TrainingProgress
from ec_core.expand.trainer import expand
from tests.benchmarks.common import case

PROBLEMS = ("4-4-1:g", "4-8-1:tanh", "16-8-1:g")
MANY = (10, 20, 40)
ITERATIONS, ROUNDS = 12, 5


def cost(name: str, students: int, device: str, clock: Callable[[], float]) -> float:
    """Milliseconds of an iteration of one student."""
    one = case(name)
    config = ec.RecoverConfig(
        activation=one.activation,
        hidden_layers=1,
        students=students,
        width=one.width,
        device=device,
    ).expand_config()
    began, at, last = clock(), 0, 0.0
    for event in expand(one.probes, one.activation, config, Control()):
        if not isinstance(event, TrainingProgress):
            continue
        if event.iteration <= 2:  # what is set up once
            began, at = clock(), event.iteration
            continue
        last = clock()
        if event.iteration >= ITERATIONS:
            return 1000 * (last - began) / ((event.iteration - at) * students)
    return float("nan")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    device = parser.parse_args().device
    clock = time.process_time if device == "cpu" else time.perf_counter
    print("ms for an iteration of one student, median of the rounds; less is better")
    for name in PROBLEMS:
        rounds = [[cost(name, many, device, clock) for many in MANY] for _ in range(ROUNDS)]
        shown = [f"{many}: {median(r[i] for r in rounds):.3f}" for i, many in enumerate(MANY)]
        gains = [f"{median(r[0] / r[i] for r in rounds):.2f}" for i in range(1, len(MANY))]
        print(
            f"{name:12} {'   '.join(shown)}   paired gain over 10: {', '.join(gains)}", flush=True
        )


if __name__ == "__main__":
    main()
