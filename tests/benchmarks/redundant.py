"""Issue 11, point 5: one-hot, collinear, constant inputs, equal pixels; rows missing and repeated.

Run:  python tests/benchmarks/redundant.py [--only one-hot,copy] [--seeds 1] [--students 5]
Prints a row per case: how it ended, the directions determined of those expected, how many are free
and how many ought to be, the largest weight error within the subspace, the largest difference of
the answers there, the same everywhere (the teacher has weights across the subspace too, which no
question tells), and the free directions in words. Exits 1 if a network was verified that is not the
teacher within the subspace, or with another number of free directions than the inputs were made
with.

What is expected comes from how the inputs are made, not from the program: every case says how many
directions it leaves free, and the teacher is compared after a projection of this file's own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import ec_core as ec
from ec_core.networks.network import Network

ROWS, HIDDEN, OUTPUTS, BUDGET = 2000, 4, 2, 120.0
EQUAL = 1e-8
"""So far may a verified network's weights, per standard deviation of the inputs, be from the
teacher's within the subspace, if answers are exact."""

Inputs = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Case:
    """How questions are made, and what is to come of them.

    free : directions across the subspace, constant inputs among them
    spoil : what happens to questions and answers before they are given
    equal : see ``EQUAL``; short : the answers err, weights are as right as their error bars
    ends : how it may end; raw : the teacher's weights are N(0, 1) in the units of the inputs
    """

    name: str
    inputs: Inputs
    free: int
    activation: str = "tanh"
    hidden: int = HIDDEN
    spoil: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] = lambda x, y: (x, y)
    short: bool = False
    ends: tuple[str, ...] = ("exact",)
    raw: bool = False
    equal: float = EQUAL


def _groups(rng: np.random.Generator, *sizes: int) -> np.ndarray:
    """Dummy variables (N, sum of sizes): each group has one 1 per row."""
    return np.hstack([np.eye(size)[rng.integers(size, size=ROWS)] for size in sizes])


def _normal(rng: np.random.Generator, columns: int) -> np.ndarray:
    return rng.standard_normal((ROWS, columns))


def _two_groups(rng: np.random.Generator) -> np.ndarray:
    return np.hstack([_normal(rng, 2), _groups(rng, 3, 4)])


def _copy(rng: np.random.Generator) -> np.ndarray:
    x = _normal(rng, 4)
    return np.hstack([x, x[:, :1]])


def _units(rng: np.random.Generator) -> np.ndarray:
    x = _normal(rng, 3) * [10.0, 1.0, 1.0] + [20.0, 0.0, 0.0]
    return np.hstack([x, 1.8 * x[:, :1] + 32.0])


def _total(rng: np.random.Generator) -> np.ndarray:
    x = _normal(rng, 4) * [1.0, 30.0, 2.0, 1.0]
    return np.hstack([x, x[:, :3].sum(axis=1, keepdims=True)])


def _constant(rng: np.random.Generator) -> np.ndarray:
    return np.hstack([_normal(rng, 3), np.full((ROWS, 1), 7.0)])


def _projected(rng: np.random.Generator) -> np.ndarray:
    return _normal(rng, 5) @ rng.standard_normal((5, 12)) + rng.standard_normal(12)


def _time(rng: np.random.Generator) -> np.ndarray:
    start = 1.7e9 + np.round(1e4 * _normal(rng, 1))
    return np.hstack([start, start + 3600.0, 1.7e9 + 1e4 * _normal(rng, 1), _normal(rng, 2)])


def _near(size: float) -> Inputs:
    def made(rng: np.random.Generator) -> np.ndarray:
        x = _normal(rng, 4)
        return np.hstack([x, x[:, :1] + size * _normal(rng, 1)])

    return made


def _pixels(rng: np.random.Generator) -> np.ndarray:
    """Digits pooled to 4×4, every pixel there twice."""
    return np.repeat(ec.load_dataset("digits4x4").x, 2, axis=1)


def _short_total(rng: np.random.Generator) -> np.ndarray:
    x = _normal(rng, 4).astype(np.float32)
    return np.hstack([x, x[:, :3].sum(axis=1, keepdims=True)]).astype(np.float64)


def _levels(rng: np.random.Generator) -> np.ndarray:
    """Whole numbers only: counts, and two groups of dummy variables."""
    return np.hstack([rng.integers(0, 60, (ROWS, 2)), _groups(rng, 3, 4)])


def _single(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x.astype(np.float32), y


def _gaps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = x.copy(), y.copy()
    x[::7, 1], y[3::11, 0] = np.nan, np.nan
    return x, y


def _twice(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.vstack([x, x]), np.vstack([y, y])


def _contradicted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    noise = 1e-4 * np.random.default_rng(5).standard_normal((3, *y.shape))
    return np.tile(x, (3, 1)), np.concatenate(list(y + noise))


CASES = (
    *(
        Case(f"9-6-2, two one-hot groups, {g}", _two_groups, 2, g, 6, raw=True)
        for g in ("tanh", "relu", "gelu")
    ),
    *(Case(f"copied column, {g}", _copy, 1, g) for g in ("tanh", "relu", "gelu", "g", "sigmoid")),
    Case("other units", _units, 1),
    Case("total of three columns", _total, 1),
    Case("constant 7", _constant, 1),
    Case("12 columns of rank 5", _projected, 7),
    Case("unix time, twice and once", _time, 1),
    Case("one-hot as float32", _two_groups, 2, spoil=_single),
    Case("one-hot as whole numbers", _levels, 2),
    Case("digits 4×4, pixels twice", _pixels, 16, hidden=6),
    Case("nearly collinear, 1e-3", _near(1e-3), 0),
    Case("nearly collinear, 1e-6", _near(1e-6), 0),
    # exact answers tell the two weights apart to 1e-16 over 1e-9, and so say the error bars
    Case("nearly collinear, 1e-9", _near(1e-9), 0, equal=1e-6),
    Case("total summed in float32", _short_total, 0),
    Case("missing values", _two_groups, 2, spoil=_gaps),
    Case("every row twice", _two_groups, 2, spoil=_twice),
    Case(
        "asked three times, noise 1e-4",
        _two_groups,
        2,
        spoil=_contradicted,
        short=True,
        ends=("estimate", "verified"),
    ),
)


def teacher_for(x: np.ndarray, case: Case, seed: int) -> Network:
    """A network for inputs x (N, D) with weights in every direction, also across the subspace.

    Its neurons see the inputs as the synthetic family's see Gaussians, or have weights N(0, 1).
    """
    if case.raw:
        rng = np.random.default_rng(100 + seed)
        shapes = ((case.hidden, x.shape[1]), (OUTPUTS, case.hidden))
        weights = tuple(rng.standard_normal(shape) for shape in shapes)
        return Network(
            case.activation, weights, tuple(rng.standard_normal(shape[0]) for shape in shapes)
        )
    sizes = (x.shape[1], case.hidden, OUTPUTS)
    made = ec.make_teacher("synthetic", sizes=sizes, activation=case.activation, seed=seed).network
    scale = np.where(x.std(axis=0) > 1e-9 * np.abs(x).max(axis=0), x.std(axis=0), 1.0)
    weight = made.weights[0] / scale
    bias = made.biases[0] - weight @ x.mean(axis=0)
    return Network(made.activation, (weight, made.weights[1]), (bias, made.biases[1]))


def within(network: Network, x: np.ndarray) -> Network:
    """The network with its first layer's weights projected, by an SVD of all inputs x (N, D), for
    inputs in standard deviations from their means.
    """
    mean = x.mean(axis=0)
    scale = np.where(x.std(axis=0) > 1e-9 * np.abs(x).max(axis=0), x.std(axis=0), 1.0)
    z = (x - mean) / scale
    z -= z.mean(axis=0)
    values, axes = np.linalg.svd(z, full_matrices=False)[1:]
    axes = axes[values > 1e-12 * values[0]]
    weight = (network.weights[0] * scale) @ axes.T @ axes
    bias = network.biases[0] + network.weights[0] @ mean
    return Network(network.activation, (weight, network.weights[1]), (bias, network.biases[1]))


def run(case: Case, seed: int, students: int) -> tuple[str, bool]:
    """A row of the table, and whether what it says is right."""
    began, rng = time.perf_counter(), np.random.default_rng(seed)
    x = case.inputs(rng)
    if case.spoil is _single:
        x = x.astype(np.float32).astype(np.float64)
    teacher = teacher_for(x, case, seed)
    given = case.spoil(x, teacher(x))
    probes = ec.make_probes(*given, seed=seed)
    found = ec.recover(
        probes,
        activation=case.activation,
        hidden_layers=1,
        students=students,
        seed=seed,
        budget=BUDGET,
    )
    report, free = found.report, probes.x.shape[1] - probes.inputs.shape[1]
    compared = ec.match(within(teacher, x), within(found.network, x), probes.unidentified_inputs)
    outside = ec.match(teacher, found.network, within=probes)
    error = compared.max_weight_error
    right = free == case.free and (case.short or (error is not None and error < case.equal))
    right = right if report["verified"] else free == case.free
    expected = report["status"] in case.ends
    said = " ".join((*probes.free_directions, *probes.remarks))
    cells = (
        case.name,
        f"{report['status']}{'' if expected else ' (!)'}",
        f"{report['rank']} of {report['expected_rank']}",
        f"{free} of {case.free}",
        "–" if error is None else f"{error:.0e}",
        f"{outside.function_error_identified:.0e}",
        f"{outside.function_error:.0e}",
        f"{time.perf_counter() - began:.0f}",
        said,
    )
    reasons = "" if report["verified"] else f"\n    {report['reasons']}"
    return f"| {' | '.join(cells)} |{reasons}", right and expected


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="parts of names, by commas")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--students", type=int, default=5)
    args = parser.parse_args()
    heads = ["case", "ended", "directions", "free", "weights", "answers there"]
    heads += ["everywhere", "s", "said"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    wrong = 0
    for case in CASES:
        if not any(part in case.name for part in args.only.split(",")):
            continue
        for seed in range(args.seeds):
            line, right = run(case, seed, args.students)
            wrong += not right
            print(line, flush=True)
    print(f"{wrong} wrong or ended otherwise than expected")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
