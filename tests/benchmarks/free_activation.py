"""Issue 11, point 6: activations that nobody listed, learnt as curves, and misfits, never verified.

Run:  python tests/benchmarks/free_activation.py [--only bump,misfit] [--seeds 2] [--told auto]
Four cases, some seeds each: a bump exp(-z²), a double step, z·exp(-z²), and two hidden layers with
a curve of their own each, tanh and gelu. Prints sizes, losses, the verdict, and how far curve and
weights lie from the teacher's once the gauge is undone: the curve's four numbers (scale and shift
of its sums, scale and constant) are fitted, the rest is error, as a share of the curve's spread.
Misfits are functions that no such network is; one that is verified is an error. Exits 1 for one of
these, and for a case that is not verified or misses 1e-6.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import least_squares, linear_sum_assignment
from scipy.special import erf, expit

import ec_core as ec
from ec_core.networks.spline import Spline

Function = Callable[[np.ndarray], np.ndarray]

CURVES: dict[str, Function] = {
    "bump": lambda z: np.exp(-z * z),
    "double-step": lambda z: expit(4 * (z - 1)) + expit(4 * (z + 1)),
    "z-bump": lambda z: z * np.exp(-z * z),
    "tanh": np.tanh,
    "gelu": lambda z: z * (1 + erf(z / np.sqrt(2))) / 2,
}

CASES: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "bump": ((4, 4, 2), ("bump",)),
    "double-step": ((4, 4, 2), ("double-step",)),
    "z-bump": ((4, 4, 2), ("z-bump",)),
    "tanh-gelu": ((4, 3, 3, 2), ("tanh", "gelu")),
}

NEAR = 1e-6


class Drawn:
    """A teacher of the synthetic family, with any curves."""

    def __init__(self, sizes: tuple[int, ...], curves: tuple[str, ...], seed: int) -> None:
        drawn = ec.make_teacher("synthetic", sizes=sizes, activation="tanh", seed=seed).network
        self.weights, self.biases, self.curves = drawn.weights, drawn.biases, curves

    def __call__(self, x: np.ndarray) -> np.ndarray:
        h = x
        for w, b, name in zip(self.weights, self.biases, self.curves, strict=False):
            h = CURVES[name](h @ w.T + b)
        return np.asarray(h @ self.weights[-1].T + self.biases[-1])


def curve_error(curve: Spline, true: Function) -> tuple[float, float]:
    """Largest difference over the curve's range, over its spread, and the scale of its sums."""
    z = np.linspace(*curve.range, 1001)
    s = curve(z)

    def rest(pair: np.ndarray) -> np.ndarray:
        design = np.stack([true(pair[0] * z + pair[1]), np.ones_like(z)], axis=1)
        return np.asarray(design @ np.linalg.lstsq(design, s, rcond=None)[0] - s)

    found = min(
        (
            least_squares(rest, [a * sign, b], xtol=1e-15, ftol=1e-15, gtol=1e-15)
            for a in (0.7, 1.0, 1.5, 2.5, 4.0)
            for sign in (1, -1)
            for b in (-1.0, 0.0, 1.0)
        ),
        key=lambda result: float(result.cost),
    )
    return float(np.abs(found.fun).max()), float(found.x[0])


def weight_error(found: ec.Network, teacher: Drawn, scale: float) -> float:
    """Largest difference of the first layer's incoming weights once the curve's scale is undone and
    neurons are paired; signs too, since an even or odd curve has them free.
    """
    mine, theirs = scale * found.weights[0], teacher.weights[0]
    if mine.shape != theirs.shape:
        return float("nan")
    apart = np.minimum(
        np.abs(mine[:, None] - theirs[None]).max(axis=2),
        np.abs(mine[:, None] + theirs[None]).max(axis=2),
    )
    rows, columns = linear_sum_assignment(apart)
    return float(apart[rows, columns].max())


def _joined(reasons: object) -> str:
    return " ".join(map(str, reasons)) if isinstance(reasons, list) else ""


def case(name: str, seed: int, told: str) -> bool:
    """One teacher; True where it is verified and as near as it must be."""
    sizes, curves = CASES[name]
    teacher, began = Drawn(sizes, curves, seed), time.process_time()
    result = ec.recover(teacher, activation=told, inputs=sizes[0], seed=seed)
    report = result.report
    error, weights = 0.0, float("nan")
    if result.network.curves:
        pairs = [
            curve_error(curve, CURVES[true])
            for curve, true in zip(result.network.curves, curves, strict=False)
        ]
        error = max(pair[0] for pair in pairs)
        weights = weight_error(result.network, teacher, pairs[0][1])
    elif result.network.sizes == sizes:
        weights = weight_error(result.network, teacher, 1.0)
    good = bool(report["verified"]) and error <= NEAR
    print(
        f"{name:12} seed {seed}: {'-'.join(map(str, result.network.sizes)):8} "
        f"{result.network.activation:10} {report['status']:9} loss {report['loss']:.1e} "
        f"held out {report['heldout_loss']:.1e} curve {error:.1e} weights {weights:.1e} "
        f"claims {report.get('curve_error') or 0:.1e} {time.process_time() - began:.0f} s "
        f"{_joined(report['reasons'])}",
        flush=True,
    )
    return good


def _deep(*sizes: int) -> Function:
    return Drawn(sizes, ("tanh",) * (len(sizes) - 2), 3)


def misfits() -> dict[str, tuple[int, int, Function]]:
    """Inputs, told depth, and a function that no network with learnt curves of that depth is."""
    rng = np.random.default_rng(0)
    u, v = rng.standard_normal((2, 3, 1))
    waves, phases = 3 * rng.standard_normal((3, 40)), rng.uniform(0, 6, 40)
    heights = rng.standard_normal((40, 1))
    table = rng.standard_normal(4096)

    def noise(x: np.ndarray) -> np.ndarray:
        return np.asarray(table[(np.abs(x @ u) * 1e5).astype(np.int64) % 4096])

    bumps = Drawn((3, 40, 1), ("bump",), 0)
    return {
        "two layers as one": (3, 1, _deep(3, 3, 2, 1)),
        "two wide layers as one": (4, 1, _deep(4, 4, 4, 2)),
        "product": (3, 1, lambda x: (x @ u) * (x @ v)),
        "product of curves": (3, 1, lambda x: np.tanh(x @ u) * np.exp(-((x @ v) ** 2))),
        "max": (3, 1, lambda x: x.max(axis=1, keepdims=True)),
        "max of two": (3, 1, lambda x: np.maximum(x @ u, x @ v)),
        "noise": (3, 1, noise),
        "waves": (3, 1, lambda x: np.sin(x @ waves + phases) @ heights),
        "a ridge": (3, 1, lambda x: np.exp(np.sin(2 * x @ u))),
        "radius": (3, 1, lambda x: np.sqrt(1 + (x * x).sum(axis=1, keepdims=True))),
        "ratio": (3, 1, lambda x: (x @ u) / (1 + (x @ v) ** 2)),
        "two curves": (3, 1, lambda x: np.tanh(x @ u) + np.exp(-((x @ v) ** 2))),
        "wider than students": (3, 1, bumps),
        "exponentials": (3, 1, lambda x: np.exp(0.5 * x @ u) + np.exp(0.3 * x @ v)),
        "three layers as two": (3, 2, _deep(3, 3, 3, 3, 1)),
        "digits": (3, 1, lambda x: np.round(Drawn((3, 3, 1), ("bump",), 0)(x), 4)),
    }


def misfit(name: str, inputs: int, depth: int, function: Function) -> bool:
    """True where it is not verified."""
    began = time.process_time()
    result = ec.recover(function, activation="free", hidden_layers=depth, inputs=inputs)
    report = result.report
    print(
        f"{name:24} {'-'.join(map(str, result.network.sizes)):8} {result.network.activation:8} "
        f"{report['status']:9} loss {report['loss']:.1e} {time.process_time() - began:.0f} s "
        f"{_joined(report['reasons'])}",
        flush=True,
    )
    return not report["verified"]


def main() -> int:
    """All of it; 1 where anything is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--told", default="free")
    args = parser.parse_args()
    only = [word for word in args.only.split(",") if word]

    def wanted(name: str, kind: str) -> bool:
        return not only or kind in only or name in only

    good = [
        case(name, seed, args.told)
        for name in CASES
        if wanted(name, "case")
        for seed in range(args.seeds)
    ]
    good += [misfit(name, *how) for name, how in misfits().items() if wanted(name, "misfit")]
    print(f"{sum(good)} of {len(good)} as they must be")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
