"""Are activation and depth read off too, and what does not telling them cost?

    python tests/benchmarks/nothing_told.py [--sizes 5-5-2 5-4-3-2] [--seeds 2] [--first 0] [--told]
                                            [--misfits]

Every activation's teacher of the synthetic family is recovered from its answers with nothing told.
A row says what was found (the activation or an equal writing of it), the largest weight error, up
to symmetry and writing, and processor seconds; with --told beside those of the same answers with
activation and depth told, in turns. --misfits: answers of no network at all. Run it with one thread
(OMP_NUM_THREADS=1). Exit code 0 only if every teacher came back and no misfit was verified.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import ec_core as ec
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.equal_writings import equal_writings, rewritten

EXACT = 1e-8

MISFITS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": lambda x: np.sin(3 * x[:, :1]),
    "product": lambda x: x[:, :1] * x[:, 1:2],
    "square": lambda x: (x**2).sum(axis=1, keepdims=True),
    "bump": lambda x: np.exp(-4 * (x**2).sum(axis=1, keepdims=True)),
    "cube": lambda x: x[:, :1] ** 3 - x[:, 1:2],
    "largest": lambda x: x.max(axis=1, keepdims=True) ** 2,
    "norm": lambda x: np.sqrt((x**2).sum(axis=1, keepdims=True)),
    "sine in front of tanh": lambda x: np.tanh(np.sin(2 * x[:, :1]) + x[:, 1:2]),
    "rounded": lambda x: np.round(x[:, :1] * x[:, 1:2], 2),
    "two activations": lambda x: np.tanh(2 * x[:, :1]) + np.maximum(x[:, 1:2] + 0.2, 0),
}


def recovered(probes: ec.ProbeSet, **told: object) -> tuple[ec.Recovery, float]:
    """The recovery and its processor seconds."""
    began = time.process_time()
    result = ec.recover(probes, **told)  # type: ignore[arg-type]
    return result, time.process_time() - began


def error_of(result: ec.Recovery, teacher: ec.Network) -> float | None:
    """Largest difference of weights, in the teacher's writing."""
    network = result.network
    if network.activation != teacher.activation:
        if teacher.activation not in equal_writings(network.activation):
            return None
        network = rewritten(network, teacher.activation)
    return ec.match(teacher, network).max_weight_error


def row(sizes: tuple[int, ...], name: str, seed: int, told: bool) -> tuple[bool, float | None]:
    """Print one teacher's line: did it come back, and the factor of time against telling."""
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=name, seed=seed).network
    depth = len(sizes) - 2
    probes = ec.probe(ec.Teacher(teacher), count=1500 * depth, seed=seed)
    result, seconds = recovered(probes)
    error = error_of(result, teacher)
    good = bool(result.report["verified"]) and error is not None and error <= EXACT
    factor, beside = None, ""
    if told:
        _, known = recovered(probes, activation=name, hidden_layers=depth)
        factor = seconds / known
        beside = f" {known:.1f} | {factor:.1f} |"
    print(
        f"| {'-'.join(map(str, sizes))} | {name} | {seed} | {result.report['activation']} "
        f"| {result.report['hidden_layers']} | {result.report['status']} "
        f"| {'other size' if error is None else f'{error:.0e}'} | {seconds:.1f} |{beside}",
        flush=True,
    )
    return good, factor


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["5-5-2", "5-4-3-2"])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--activations", nargs="+", default=list(ACTIVATIONS))
    parser.add_argument("--told", action="store_true")
    parser.add_argument("--misfits", action="store_true", help="these alone")
    options = parser.parse_args()
    if options.misfits:
        wrong = 0
        for name, function in MISFITS.items():
            probes = ec.probe(function, count=1500, inputs=3)
            result, seconds = recovered(probes, students=4, budget=60.0)
            report = result.report
            wrong += bool(report["verified"])
            print(f"| {name} | {report['activation']} | {report['sizes']} | {report['status']} "
                  f"| {report['loss']:.0e} | {seconds:.0f} |", flush=True)  # fmt: skip
        print(f"{wrong} of {len(MISFITS)} misfits verified")
        return int(wrong > 0)
    found, factors = [], []
    for text in options.sizes:
        sizes = tuple(map(int, text.split("-")))
        for seed in range(options.first, options.first + options.seeds):
            for name in options.activations:
                good, factor = row(sizes, name, seed, options.told)
                found.append(good)
                factors += [] if factor is None else [factor]
    print(f"{sum(found)} of {len(found)} came back")
    if factors:
        print(f"time against telling: median {np.median(factors):.2f}, most {max(factors):.2f}")
    return int(not all(found))


if __name__ == "__main__":
    sys.exit(main())
