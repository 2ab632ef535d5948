"""Is a budget kept, and what has a run to show whose budget ends too early?

Run:  python tests/benchmarks/budgets.py [--budgets 20,40,90] [--cases 10-15-15-1:relu,…]
A line per run: the seconds taken, the loss of the best student and that of the network written, on
the same training probes. Exits 1 if a run is late by more than a twentieth (or two seconds), or
writes a network that answers worse than its best student. It measures the machine too: run it
where nothing else runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import ec_core as ec
from ec_core.control import LATE, LATE_SHARE
from ec_core.reconstruct.plain import best_student

WIDTHS = {"10-15-15-1": (20, 20), "5-4-3-2": None, "5-4-4-3-2": None, "16-32-1": None}
"""Students' widths where they are told; the others are searched."""

CASES = (
    "10-15-15-1:relu",
    "5-4-3-2:relu",
    "5-4-4-3-2:relu",
    "5-4-4-3-2:gelu",
    "16-32-1:g",
)


def run(text: str, budget: float) -> bool:
    """One recovery within ``budget`` seconds; True if it was in time and lost nothing."""
    shape, activation = text.split(":")
    sizes = tuple(map(int, shape.split("-")))
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=0).network
    probes = ec.probe(ec.Teacher(teacher), count=4000)
    began = time.perf_counter()
    result = ec.recover(
        probes,
        activation=activation,
        hidden_layers=len(sizes) - 2,
        width=WIDTHS.get(shape),
        budget=budget,
    )
    took = time.perf_counter() - began
    best, written = (
        best_student(result.ensemble, result.probes, "cpu").loss,
        result.reconstruction.loss,
    )
    in_time = took <= budget + max(LATE, LATE_SHARE * budget)
    kept = written <= 1.000001 * max(best, 1e-28)
    print(
        f"{text:18} budget {budget:4.0f} s, took {took:6.1f} s, best student {best:.1e}, "
        f"written {written:.1e}, {result.report['status']}"
        f"{'' if in_time else '  LATE'}{'' if kept else '  WORSE'}",
        flush=True,
    )
    return in_time and kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budgets", default="20,40,90")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    budgets = [float(part) for part in arguments.budgets.split(",")]
    good = [run(case, budget) for case in arguments.cases.split(",") for budget in budgets]
    print(f"{sum(good)} of {len(good)} in time and no worse than the best student")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
