"""Thirteen activations × synthetic teachers × seeds; nothing given but activation and depth.

Run:  python tests/benchmarks/thirteen_activations.py [--seeds 5] [--sizes 4-4-1,2-8-1,6-5-3]
                                                      [--activations g,tanh]
deep: python tests/benchmarks/thirteen_activations.py --seeds 3 --sizes 6-4-4-2,6-4-4-4-2
Prints one line per run and a table at the end; exits 1 if any run is not exact and verified.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict

import numpy as np
import torch

import ec_core as ec

LIMIT = 1e-8


def one(sizes: tuple[int, ...], activation: str, seed: int) -> tuple[bool, float, float]:
    """Recover one teacher: (exact and verified, max weight error, seconds)."""
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network
    layers = len(sizes) - 2
    result = ec.recover(ec.Teacher(teacher), activation=activation, hidden_layers=layers)
    report = result.report
    error = ec.match(teacher, result.network).max_weight_error
    good = bool(report["verified"]) and error is not None and error <= LIMIT
    mark = "ok " if good else "BAD"
    print(
        f"{mark} {'-'.join(map(str, sizes))} {activation} seed {seed}: sizes {report['sizes']}, "
        f"verified {report['verified']}, error {error}, {report['seconds']:.1f} s "
        f"{'' if good else report['reasons']}",
        flush=True,
    )
    return good, float("inf") if error is None else error, float(report["seconds"])  # type: ignore


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sizes", default="4-4-1,2-8-1,6-5-3")
    parser.add_argument("--activations", default=",".join(ec.ACTIVATIONS))
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    cells = defaultdict(list)
    for size in arguments.sizes.split(","):
        for activation in arguments.activations.split(","):
            for seed in range(arguments.seeds):
                sizes = tuple(map(int, size.split("-")))
                cells[size, activation].append(one(sizes, activation, seed))
    print("\n| teacher | activation | exact | largest error | median seconds |")
    print("|---|---|---|---|---|")
    for (size, activation), rows in cells.items():
        exact, errors, seconds = zip(*rows, strict=True)
        print(
            f"| {size} | {activation} | {sum(exact)} of {len(exact)} | {max(errors):.0e} "
            f"| {np.median(seconds):.1f} |"
        )
    every = [row for rows in cells.values() for row in rows]
    total = sum(row[0] for row in every)
    print(f"\n{total} of {len(every)} exact and verified; {sum(r[2] for r in every):.0f} s in all.")
    return 0 if total == len(every) else 1


if __name__ == "__main__":
    sys.exit(main())
