"""Issue 3, few probes: success against the number of questions, random and actively chosen.

Synthetic teachers, several seeds each; ``ec.recover`` gets nothing but the answers, the activation
and the depth. Success: every size right and no weight off by more than 1e-6. A fifth of all
answers is held out of training, so students learn from four fifths of the number shown.

- random: all questions Gaussian
- active: the first half Gaussian; then, in rounds, six students learn from what is known so far,
  and of 2,000 Gaussian candidates those are asked where the better half of them disagrees most
  (``ec_core.probing.active``)

Both end with the same number of questions, and with the same ``ec.recover`` on all of them.

Run:  python tests/benchmarks/few_probes.py [--problems 4-4-1:g,2-4-1:tanh] [--seeds 5]
          [--per-weight 1.5,2,3,4,6,8] [--out few_probes.html]
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

import ec_core as ec
from ec_core.control import Control
from ec_core.events import drain
from ec_core.expand.config import ExpandConfig
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.figures.few_probes import ProbesPoint, success_by_probes
from ec_core.networks.forward import forward
from ec_core.probing.active import choose
from ec_core.probing.asking import draw_inputs
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.seeding import stage_seed

LIMIT = 1e-6
FIRST_SHARE, ROUNDS = 0.5, 3
"""Share of the questions asked at random before any is chosen, and rounds for the others."""

LEAST = 10
"""Questions of the first round, at least: fewer teach nothing."""

CANDIDATES, COMMITTEE, ITERATIONS = 2000, 6, 60


def _committee(probes: ProbeSet, activation: str, depth: int, seed: int) -> StudentEnsemble:
    """A few students that know the answers so far."""
    config = ExpandConfig(
        students=COMMITTEE, hidden_layers=depth, iterations=ITERATIONS, restarts=0, seed=seed
    )
    return drain(expand(probes, activation, config, Control()))


def _predictor(ensemble: StudentEnsemble, probes: ProbeSet) -> Callable[[np.ndarray], np.ndarray]:
    """x (M, D) → standardised answers (S, M, K) of the better half of the students."""
    better = np.argsort(ensemble.losses)[: max(2, ensemble.students // 2)]
    theta = torch.from_numpy(ensemble.theta[better])
    return lambda x: forward(
        ensemble.shape, theta, torch.from_numpy(probes.standard_inputs(x))
    ).numpy()


def ask_actively(
    teacher: ec.Teacher, activation: str, depth: int, count: int, seed: int
) -> ProbeSet:
    """``count`` questions, the later ones where students of the earlier ones disagree."""
    inputs = teacher.inputs
    x = draw_inputs(min(count, max(LEAST, round(FIRST_SHARE * count))), "gaussian", inputs, seed)
    y = teacher(x)
    for place in range(ROUNDS):
        more = (count - len(x)) // (ROUNDS - place)
        if more < 1:
            continue
        known = make_probes(x, y, seed)
        ensemble = _committee(known, activation, depth, seed)
        fresh = stage_seed(seed, "candidates", place) % 2**32
        candidates = draw_inputs(CANDIDATES, "gaussian", inputs, fresh)
        rows = choose(_predictor(ensemble, known), candidates, more, x)
        x = np.concatenate([x, candidates[rows]])
        y = np.concatenate([y, teacher(candidates[rows])])
    return make_probes(x, y, seed)


def ask_at_random(teacher: ec.Teacher, count: int, seed: int) -> ProbeSet:
    x = draw_inputs(count, "gaussian", teacher.inputs, seed)
    return make_probes(x, teacher(x), seed)


def one(sizes: tuple[int, ...], activation: str, count: int, active: bool, seed: int) -> bool:
    """Is the teacher of this seed recovered from ``count`` questions?"""
    network = ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network
    teacher, depth = ec.Teacher(network), len(sizes) - 2
    if active:
        probes = ask_actively(teacher, activation, depth, count, seed)
    else:
        probes = ask_at_random(teacher, count, seed)
    assert teacher.queries == count, "both ways must ask equally often"
    result = ec.recover(probes, activation=activation, hidden_layers=depth, seed=seed)
    error = ec.match(network, result.network).max_weight_error
    right = error is not None and error <= LIMIT
    if result.report["verified"] and not right:
        print(f"FALSE VERIFIED: {sizes} {activation}, {count} probes, seed {seed}, error {error}")
    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", default="4-4-1:g,2-4-1:tanh,3-3-2:gelu")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--per-weight", default="1.5,2,3,4,6,8", help="answers per weight")
    parser.add_argument("--out", type=Path, default=Path("few_probes.html"))
    arguments = parser.parse_args()
    points: list[ProbesPoint] = []
    print("| teacher | weights | questions | answers per weight | random | active |")
    print("|---|---|---|---|---|---|", flush=True)
    for text in arguments.problems.split(","):
        sizes_text, activation = text.split(":")
        sizes = tuple(map(int, sizes_text.split("-")))
        weights = sum(b * (a + 1) for a, b in itertools.pairwise(sizes))
        for share in map(float, arguments.per_weight.split(",")):
            count = math.ceil(share * weights / sizes[-1])
            found = []
            for active in (False, True):
                seeds = range(arguments.seeds)
                right = sum(one(sizes, activation, count, active, seed) for seed in seeds)
                name = f"{sizes_text} {activation}"
                found.append(
                    ProbesPoint(name, weights, sizes[-1], count, active, right, arguments.seeds)
                )
            points += found
            first, second = (f"{point.right} of {point.tried}" for point in found)
            print(f"| {name} | {weights} | {count} | {share:g} | {first} | {second} |", flush=True)
    success_by_probes(points).write_html(arguments.out, include_plotlyjs=True)
    print(f"\nFigure: {arguments.out}")


if __name__ == "__main__":
    main()
