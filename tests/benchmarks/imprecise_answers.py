"""Answers with few digits: are sizes right, and are weights within the certificate's error bars?

Run:  python tests/benchmarks/imprecise_answers.py [--sizes 4-4-1,6-5-3,6-4-4-2] [--seeds 2]
                                                   [--digits float32,4,noise] [--activations g,tanh]
``float32``: answers rounded to float32, ``4``: to four decimals, ``noise``: Gaussian, 1e-6 of the
answers' spread. Prints one line per run and a table; exits 1 if a size is wrong or fewer than 95 %
of the weights read from float32 answers lie within three error bars. Noisy answers are never
verified (see the certificate), their sizes and bars are shown all the same.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict

import numpy as np

import ec_core as ec


def blurred(y: np.ndarray, digits: str, seed: int) -> np.ndarray:
    """Answers (N, K) with fewer digits."""
    if digits == "float32":
        return y.astype(np.float32)
    if digits == "noise":
        return y + 1e-6 * y.std(axis=0) * np.random.default_rng(seed).standard_normal(y.shape)
    return np.round(y, int(digits))


def one(sizes: tuple[int, ...], activation: str, digits: str, seed: int) -> tuple[bool, np.ndarray]:
    """Right size, and |error| / bar of every weight; none where sizes differ or bars lack."""
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network
    asked = ec.probe(ec.Teacher(teacher), seed=seed)
    x = np.concatenate([asked.x, asked.x_heldout])
    probes = ec.make_probes(x, blurred(teacher(x), digits, seed), seed)
    result = ec.recover(probes, activation=activation, hidden_layers=len(sizes) - 2)
    right = result.report["sizes"] == list(sizes)
    bars = result.certificate.bars
    ratio = np.empty(0)
    # the teacher is laid onto what was found, whose neurons the bars belong to
    aligned = ec.match(result.network, teacher).aligned if right and bars is not None else None
    if aligned is not None and bars is not None:
        pairs = zip(
            (*aligned.weights, *aligned.biases),
            (*result.network.weights, *result.network.biases),
            (*bars.weights, *bars.biases),
            strict=True,
        )
        ratio = np.concatenate([(np.abs(a - b) / bar).ravel() for a, b, bar in pairs])
    print(
        f"{'-'.join(map(str, sizes))} {activation} {digits} seed {seed}: {result.report['sizes']}, "
        f"verified {result.report['verified']}, within 3 bars "
        f"{np.mean(ratio <= 3) if len(ratio) else float('nan'):.3f}, "
        f"{result.report['seconds']:.0f} s {' '.join(result.report['reasons'])}",  # type: ignore
        flush=True,
    )
    return right, ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="4-4-1,6-5-3,6-4-4-2")
    parser.add_argument("--activations", default=",".join(ec.ACTIVATIONS))
    parser.add_argument("--digits", default="float32")
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    cells = defaultdict(list)
    for digits in arguments.digits.split(","):
        for size in arguments.sizes.split(","):
            for activation in arguments.activations.split(","):
                for seed in range(arguments.seeds):
                    sizes = tuple(map(int, size.split("-")))
                    cells[digits, size].append(one(sizes, activation, digits, seed))
    print("\n| answers | teacher | right size | weights within 3 bars | median error, in bars |")
    print("|---|---|---|---|---|")
    good = True
    for (digits, size), rows in cells.items():
        right = sum(row[0] for row in rows)
        ratio = np.concatenate([row[1] for row in rows])
        share = float(np.mean(ratio <= 3.0)) if len(ratio) else 0.0
        good &= digits != "float32" or (right == len(rows) and share >= 0.95)
        print(
            f"| {digits} | {size} | {right} of {len(rows)} | {100 * share:.1f} % of {len(ratio)} "
            f"| {np.median(ratio) if len(ratio) else float('nan'):.2f} |"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
