"""Answers as machines give them: float32 arithmetic, half precision, noise. What comes back?

Run:  python tests/benchmarks/precision.py
          [--parts torch32,saved64,keras32,half,bfloat16,decimals,1e-6,1e-4,1e-2,misfits]
          [--seeds 3] [--sizes 4-4-1,6-5-3,5-4-3-2] [--activations tanh,relu]
          [--kinds too-deep,no-network] [--each 60] [--workers 2]
Every part is one kind of answers from teachers of the synthetic family whose weights are float32
numbers; nothing is told but the activation and the depth. A line per run, then a table:

- ``torch32``: the whole forward pass by torch in float32, as every PyTorch model computes;
  ``saved64``: the same, stored as float64; ``keras32``: by a Keras model (left out without Keras)
- ``half``, ``bfloat16``: computed in float32, answers rounded to the type (bfloat16 kept in
  float32); ``decimals``: exact answers rounded to four decimals
- a number: Gaussian noise of this share of the answers' spread
- ``misfits``: float32 answers of what is no network of the class asked for: none may be verified

For each: right sizes, verdicts, and the share of weights within two of the certificate's error
bars (a Gaussian error: 95.4 %). Exits 1 if a figure is below what docs/benchmarks.md says.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import ec_core as ec
from ec_core.networks.activations import LEAKY_SLOPE
from ec_core.probing.asking import default_count, draw_inputs
from ec_core.seeding import stage_seed
from tests.benchmarks import misfits

SINGLE: dict[str, Callable[[Tensor], Tensor]] = {
    "elu": F.elu,
    "selu": F.selu,
    "mish": F.mish,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "softsign": F.softsign,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "silu": F.silu,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "g": lambda z: torch.sigmoid(4 * z) + F.softplus(z),
}
"""The activations as PyTorch's own functions compute them in float32."""

PARTS = "torch32,saved64,half,bfloat16,decimals,1e-6,1e-4,1e-2,misfits"
LEAST = {
    "torch32": (115 / 117, 115 / 117, 0.95),
    "saved64": (115 / 117, 115 / 117, 0.95),
    "keras32": (0.95, 0.95, 0.95),
    "half": (0.90, 0.0, 0.90),
    "bfloat16": (0.90, 0.0, 0.90),
    "decimals": (0.95, 0.0, 0.90),
    "1e-6": (0.95, 0.0, 0.90),
    "1e-4": (0.90, 0.0, 0.90),
    "1e-2": (0.75, 0.0, 0.90),
}
"""Share of right sizes, of right and verified ones, and of weights within two bars, at least."""


@dataclass(frozen=True)
class Case:
    part: str
    sizes: tuple[int, ...]
    activation: str
    seed: int


@dataclass(frozen=True)
class Outcome:
    """inside: weights within two bars, of ``weights``; empty where sizes differ."""

    right: bool
    status: str
    found: tuple[int, ...]
    loss: float
    precision: float
    inside: int
    weights: int
    largest: float
    seconds: float
    reasons: tuple[str, ...]


def single_weights(network: ec.Network) -> ec.Network:
    """The network with its weights rounded to float32."""

    def rounded(arrays: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        return tuple(array.astype(np.float32).astype(np.float64) for array in arrays)

    return ec.Network(network.activation, rounded(network.weights), rounded(network.biases))


def torch_single(network: ec.Network, x: np.ndarray) -> np.ndarray:
    """float32 answers (N, K) of a torch model that computes in float32."""
    h = torch.from_numpy(x.astype(np.float32))
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        weight, bias = (torch.from_numpy(array.astype(np.float32)) for array in (w, b))
        h = F.linear(h, weight, bias)
        if layer + 1 < len(network.weights):
            h = SINGLE[network.activation](h)
    return h.numpy()


def keras_single(network: ec.Network, x: np.ndarray) -> np.ndarray:
    """float32 answers (N, K) of a Keras model."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from keras import ops

    by_hand = {
        "g": lambda z: ops.sigmoid(4 * z) + ops.softplus(z),
        "erf": ops.erf,
        "leaky_relu": lambda z: ops.leaky_relu(z, LEAKY_SLOPE),
    }
    last = len(network.weights) - 1
    layers = [keras.layers.Input((network.sizes[0],))]
    for i, w in enumerate(network.weights):
        bend = None if i == last else by_hand.get(network.activation, network.activation)
        layers.append(keras.layers.Dense(len(w), activation=bend))
    model = keras.Sequential(layers)
    for layer, w, b in zip(model.layers, network.weights, network.biases, strict=True):
        layer.set_weights([w.T, b])
    return np.asarray(model.predict(x.astype(np.float32), verbose=0))


def answers(part: str, network: ec.Network, x: np.ndarray, seed: int) -> np.ndarray:
    """What the teacher's machine answers to questions x (N, D)."""
    if part == "keras32":
        return keras_single(network, x)
    single = torch_single(network, x)
    if part == "torch32":
        return single
    if part == "saved64":
        return single.astype(np.float64)
    if part == "half":
        return single.astype(np.float16)
    if part == "bfloat16":
        return torch.from_numpy(single).to(torch.bfloat16).float().numpy()
    exact = network(x)
    if part == "decimals":
        return np.round(exact, 4)
    rng = np.random.default_rng(stage_seed(seed, f"noise {part} {network.activation}"))
    noisy: np.ndarray = exact + float(part) * exact.std(axis=0) * rng.standard_normal(exact.shape)
    return noisy


def within_bars(result: ec.Recovery, teacher: ec.Network) -> np.ndarray:
    """|error| / bar of every weight (P,); empty without bars or where sizes differ."""
    bars = result.certificate.bars
    if bars is None or result.network.sizes != teacher.sizes:
        return np.empty(0)
    aligned = ec.match(result.network, teacher).aligned
    if aligned is None:
        return np.empty(0)
    trios = zip(
        (*aligned.weights, *aligned.biases),
        (*result.network.weights, *result.network.biases),
        (*bars.weights, *bars.biases),
        strict=True,
    )
    return np.concatenate([(np.abs(a - b) / bar).ravel() for a, b, bar in trios])


def run(case: Case) -> Outcome:
    """Ask, recover, compare."""
    torch.set_num_threads(1)
    teacher = single_weights(
        ec.make_teacher(
            "synthetic", sizes=case.sizes, activation=case.activation, seed=case.seed
        ).network
    )
    depth = len(case.sizes) - 2
    count = default_count(case.sizes[0], depth, case.activation)
    x = draw_inputs(count, "gaussian", case.sizes[0], case.seed)
    x = x.astype(np.float32).astype(np.float64)
    probes = ec.make_probes(x, answers(case.part, teacher, x, case.seed), case.seed)
    result = ec.recover(
        probes, activation=case.activation, hidden_layers=depth, seed=case.seed, budget=1200.0
    )
    report: dict[str, Any] = dict(result.report)
    ratio = within_bars(result, teacher)
    return Outcome(
        right=tuple(report["sizes"]) == case.sizes,
        status=str(report.get("status", "verified" if report["verified"] else "failed")),
        found=tuple(report["sizes"]),
        loss=float(report["loss"]),
        precision=float(report["precision"]),
        inside=int((ratio <= 2.0).sum()),
        weights=len(ratio),
        largest=float(ratio.max()) if len(ratio) else float("nan"),
        seconds=float(report["seconds"]),
        reasons=tuple(report["reasons"]),
    )


MISFITS = ("wrong-activation", "too-shallow", "too-deep", "skip-connection", "no-network")


def misfit(kind: str, number: int) -> tuple[bool, bool]:
    """Is a misfit with float32 answers verified, and is that wrong? Settings as in ``misfits``."""
    torch.set_num_threads(1)
    this = misfits.case(kind, number)
    x = this.x.astype(np.float32).astype(np.float64)
    if isinstance(this.function, ec.Network):
        teacher = single_weights(this.function)
        this, y = replace(this, function=teacher), torch_single(teacher, x)
    else:
        y = this.function(x).astype(np.float32)
    try:
        result = ec.recover(
            ec.make_probes(x, y),
            activation=this.activation,
            hidden_layers=this.layers,
            students=this.students,
            width=5 if this.layers == 1 else 3,
            iterations=35,
            restarts=0,
            budget=60.0,
        )
    except ec.InputError:
        return False, False
    verified = result.certificate.verified
    error = float(str(result.report["precision"])) ** 2
    return verified, verified and misfits.is_wrong(this, result.network, error)


def run_misfits(kinds: list[str], each: int, pool: ProcessPoolExecutor) -> bool:
    """A line per kind; True if nothing was wrongly verified."""
    good = True
    for kind in kinds:
        found = list(pool.map(misfit, [kind] * each, range(each)))
        wrong = sum(pair[1] for pair in found)
        rightly = sum(pair[0] for pair in found) - wrong
        good &= wrong == 0
        print(
            f"misfits, {kind}: {each} runs, {wrong} wrongly verified, {rightly} rightly", flush=True
        )
    return good


def cases(arguments: argparse.Namespace) -> Iterator[Case]:
    for part in arguments.parts.split(","):
        if part == "misfits":
            continue
        for size in arguments.sizes.split(","):
            for activation in arguments.activations.split(","):
                for seed in range(arguments.first, arguments.first + arguments.seeds):
                    yield Case(part, tuple(map(int, size.split("-"))), activation, seed)


def table(found: dict[Case, Outcome]) -> bool:
    """Print the shares by part and size; False if one is below ``LEAST``."""
    print(
        "\n| answers | teacher | right size | right and verified | estimates "
        "| within two bars | median s |"
    )
    print("|---|---|---|---|---|---|---|")
    good = True
    rows: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for case, outcome in found.items():
        rows[case.part, "-".join(map(str, case.sizes))].append(outcome)
        rows[case.part, "all"].append(outcome)
    for (part, size), outcomes in rows.items():
        right = sum(o.right for o in outcomes)
        verified = sum(o.right and o.status in ("exact", "verified") for o in outcomes)
        wrong = sum(not o.right and o.status in ("exact", "verified") for o in outcomes)
        estimates = sum(o.status == "estimate" for o in outcomes)
        weights = sum(o.weights for o in outcomes)
        inside = sum(o.inside for o in outcomes) / max(weights, 1)
        print(
            f"| {part} | {size} | {right} of {len(outcomes)} | {verified}"
            f"{f' ({wrong} WRONG)' if wrong else ''} | {estimates} | {100 * inside:.1f} % of "
            f"{weights} | {np.median([o.seconds for o in outcomes]):.0f} |"
        )
        if size == "all":
            least = LEAST[part]
            shares = (right / len(outcomes), verified / len(outcomes), inside)
            good &= not wrong and all(a >= b for a, b in zip(shares, least, strict=True))
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=PARTS)
    parser.add_argument("--sizes", default="4-4-1,6-5-3,5-4-3-2")
    parser.add_argument("--activations", default=",".join(ec.ACTIVATIONS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(MISFITS), help="of misfits")
    parser.add_argument("--each", type=int, default=60, help="misfits of each kind")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", help="a file for one JSON line per run")
    arguments = parser.parse_args()
    todo, found, good = list(cases(arguments)), {}, True
    with ProcessPoolExecutor(arguments.workers) as pool:
        if "misfits" in arguments.parts.split(","):
            good = run_misfits(arguments.kinds.split(","), arguments.each, pool)
        for case, outcome in zip(todo, pool.map(run, todo), strict=True):
            found[case] = outcome
            inside = f"{outcome.inside}/{outcome.weights}, worst {outcome.largest:.1f}"
            print(
                f"{case.part} {'-'.join(map(str, case.sizes))} {case.activation} {case.seed}: "
                f"{'-'.join(map(str, outcome.found))} {outcome.status}, loss {outcome.loss:.1e}, "
                f"precision {outcome.precision:.1e}, bars {inside}, {outcome.seconds:.0f} s "
                f"{' '.join(outcome.reasons)}",
                flush=True,
            )
            if arguments.out:
                with Path(arguments.out).open("a") as file:
                    file.write(json.dumps({**asdict(case), **asdict(outcome)}) + "\n")
    good &= not found or table(found)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
