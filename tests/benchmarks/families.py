"""Activations beyond the thirteen, and those with a number: told, and nothing told.

Run:  python tests/benchmarks/families.py [--seeds 1] [--sizes 4-4-1,5-5-2] [--told | --untold]
                                          [--activations relu6,leaky_relu:0.3]
The first rows are what frameworks ship: Keras' leaky_relu (slope 0.3), elu with alpha 0.5, swish
with beta 1.7, gelu in its tanh form. Of a family, "told" is its name without the number where
answers tell the number. Prints a line per run; exits 1 if one is not exact and verified, or is not
an equal writing of its teacher.
"""

from __future__ import annotations

import argparse
import sys

import ec_core as ec
from ec_core.networks.activations import UNCOMMON, activation, family_of, parameters
from ec_core.networks.equal_writings import identifiable, image, rewritten

LIMIT = 1e-8
NUMBER = 1e-10

WANTED = ("leaky_relu:0.3", "elu:0.5", "silu:1.7", "gelu_tanh")
OTHERS = ("hardsigmoid", "relu6", "quick_gelu", "celu", "logsigmoid", "softplus:2.0")


def one(sizes: tuple[int, ...], name: str, seed: int, told: bool) -> bool:
    """Recover one teacher, and say how it ended."""
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=name, seed=seed).network
    given = "leaky_relu" if family_of(name) == "leaky_relu" else name
    result = (
        ec.recover(ec.Teacher(teacher), activation=given, hidden_layers=1)
        if told
        else ec.recover(ec.Teacher(teacher))
    )
    report, found = result.report, result.network
    same = image(found.activation, name) is not None
    number = max(
        (
            abs(value - parameters(name)[key]) / abs(value)
            for key, value in parameters(found.activation).items()
            if identifiable(name) and family_of(found.activation) == family_of(name)
        ),
        default=0.0,
    )
    error = None
    if same and found.sizes == teacher.sizes:
        again = found if found.activation == name else rewritten(found, name)
        error = ec.match(teacher, again).max_weight_error
    good = bool(report["verified"]) and error is not None and error <= LIMIT and number <= NUMBER
    print(
        f"{'ok ' if good else 'BAD'} {'told  ' if told else 'untold'} {'-'.join(map(str, sizes))} "
        f"{name} seed {seed}: {found.activation} {report['sizes']}, {report['status']}, number off "
        f"by {number:.0e}, weights by {error} {'' if good else report['reasons']}",
        flush=True,
    )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--sizes", default="4-4-1,5-5-2")
    parser.add_argument("--activations", default=",".join((*WANTED, *UNCOMMON[1:], *OTHERS)))
    parser.add_argument("--told", action="store_true")
    parser.add_argument("--untold", action="store_true")
    arguments = parser.parse_args()
    ways = [True] * arguments.told + [False] * arguments.untold or [True, False]
    names = [activation(name).name for name in arguments.activations.split(",")]
    ended = [
        one(tuple(map(int, size.split("-"))), name, seed, told)
        for told in ways
        for size in arguments.sizes.split(",")
        for name in names
        for seed in range(arguments.seeds)
    ]
    print(f"{sum(ended)} of {len(ended)} exact and verified.")
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
