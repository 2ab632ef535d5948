"""How good are the estimates of time and memory that a person sees before the start?

    python tests/benchmarks/estimates.py [--others]

Students are trained as the expand page trains them, with the width told, and the time and the
memory they took are set beside the estimates made before. Printed: one line per case of twenty and
the shares within a factor of two; exits 1 if one is below 80 %. ``--others`` takes twelve other
teachers, which the constants were not fitted to. It measures the machine too: run it where nothing
else runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import ec_core as ec
from ec_core.chain import RecoverConfig
from ec_core.control import Control
from ec_core.events import drain
from ec_core.expand.estimate import estimate
from ec_core.expand.speed import call_seconds, product_rate
from ec_core.expand.trainer import expand
from tests.benchmarks.common import peak_of

FACTOR, SHARE = 2.0, 0.8
"""An estimate is good within this factor, and so many of them should be."""


@dataclass(frozen=True)
class Case:
    """A teacher, the students' width, and how many of them."""

    sizes: tuple[int, ...]
    activation: str
    width: int
    students: int = 6
    questions: int = 2000


CASES = (
    *(Case((4, 4, 1), name, 16) for name in ("g", "tanh", "relu", "gelu")),
    *(Case((2, 4, 1), name, 16) for name in ("g", "sigmoid")),
    *(Case((8, 8, 1), name, 32) for name in ("g", "tanh", "relu")),
    *(Case((6, 5, 3), name, 20, 10) for name in ("tanh", "softplus", "silu")),
    Case((16, 8, 1), "g", 32, 4),
    Case((16, 16, 2), "tanh", 40, 4, 4000),
    Case((32, 4, 1), "g", 16, 4, 3000),
    *(Case((4, 3, 3, 1), name, 8, 6, 3000) for name in ("tanh", "g", "relu")),
    Case((6, 4, 4, 2), "tanh", 12, 4, 3600),
    Case((3, 3, 3, 3, 1), "tanh", 6, 4, 3000),
)


OTHERS = (
    Case((3, 6, 1), "g", 24),
    Case((5, 3, 1), "erf", 12),
    Case((8, 4, 2), "softplus", 16),
    Case((4, 8, 1), "mish", 32),
    Case((10, 10, 1), "tanh", 40),
    Case((6, 3, 1), "leaky_relu", 12),
    Case((2, 8, 1), "tanh", 32),
    Case((16, 4, 3), "selu", 16),
    Case((12, 12, 1), "gelu", 36, 4, 4000),
    Case((5, 4, 3, 2), "gelu", 8),
    Case((4, 4, 4, 1), "elu", 8),
    Case((5, 5, 5, 1), "softsign", 10),
)


@dataclass(frozen=True)
class Measured:
    """Seconds and bytes, estimated and taken, and the students' largest number of iterations."""

    before: tuple[float, float]
    taken: tuple[float, float]
    iterations: int

    @property
    def ratios(self) -> tuple[float, ...]:
        return tuple(a / max(b, 1e-9) for a, b in zip(self.before, self.taken, strict=True))


def trained(case: Case, students: int) -> Measured:
    """Train them, and see what that took."""
    teacher = ec.make_teacher("synthetic", sizes=case.sizes, activation=case.activation, seed=0)
    probes = ec.probe(ec.Teacher(teacher.network), count=case.questions)
    config = RecoverConfig(
        case.activation, len(case.sizes) - 2, students, case.width
    ).expand_config()
    before = estimate(
        *(len(probes.x), case.sizes[0], case.sizes[-1], case.activation),
        config.hidden(case.width),
        config,
    )
    found = []

    def work() -> None:
        found.append(drain(expand(probes, case.activation, config, Control())))

    peak = peak_of(work)
    return Measured(
        (before.seconds, before.bytes),
        (found[0].seconds, peak),
        int(found[0].iterations.max()),
    )


def measured(case: Case) -> Measured:
    """The same in a process that has trained before: first of all, libraries take their memory."""
    trained(Case((2, 2, 1), case.activation, 3, questions=200), 1)
    product_rate.cache_clear()
    call_seconds.cache_clear()
    return trained(case, case.students)


def table(cases: Sequence[Case]) -> bool:
    heads = f"{'teacher':>14} {'':10} {'width':>5} {'students':>8}"
    print(f"{heads}  estimated      took  ratio  iterations   estimated       took  ratio")
    good = [0, 0]
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        for case, found in zip(cases, pool.map(measured, cases), strict=True):
            ratios = found.ratios
            for i, ratio in enumerate(ratios):
                good[i] += 1 / FACTOR <= ratio <= FACTOR
            shape = "-".join(map(str, case.sizes))
            memory = [amount / 2**20 for amount in (found.before[1], found.taken[1])]
            print(
                f"{shape:>14} {case.activation:10} {case.width:5} {case.students:8} "
                f"{found.before[0]:9.2f}s {found.taken[0]:8.2f}s {ratios[0]:6.2f} "
                f"{found.iterations:11} {memory[0]:7.0f} MiB {memory[1]:6.0f} MiB {ratios[1]:6.2f}",
                flush=True,
            )
    for what, count in zip(("time", "memory"), good, strict=True):
        share = count / len(cases)
        print(f"{what}: {count} of {len(cases)} within a factor of {FACTOR:.0f}: {share:.0%}")
    return min(good) >= SHARE * len(cases)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", action="store_true", help="twelve teachers not fitted to")
    arguments = parser.parse_args()
    return 0 if table(OTHERS if arguments.others else CASES) else 1


if __name__ == "__main__":
    sys.exit(main())
