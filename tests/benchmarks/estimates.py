"""How good are the estimates of time that a person sees before the start? A table of twenty.

    python tests/benchmarks/estimates.py

Students are trained as the expand page trains them, with the width told, and the time it took is
set beside the estimate made before. Printed: one line per case and the share within a factor of
two, which should be at least 80 %. It measures the machine too: run it where nothing else runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import ec_core as ec
from ec_core.chain import RecoverConfig
from ec_core.control import Control
from ec_core.expand.estimate import estimate
from ec_core.expand.trainer import expand

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


def measured(case: Case) -> tuple[float, float, int]:
    """Seconds estimated, seconds taken, and the students' largest number of iterations."""
    teacher = ec.make_teacher("synthetic", sizes=case.sizes, activation=case.activation, seed=0)
    probes = ec.probe(ec.Teacher(teacher.network), count=case.questions)
    config = RecoverConfig(
        case.activation, len(case.sizes) - 2, case.students, case.width
    ).expand_config()
    before = estimate(
        *(len(probes.x), case.sizes[0], case.sizes[-1], case.activation),
        config.hidden(case.width),
        config,
    )
    work = expand(probes, case.activation, config, Control())
    while True:
        try:
            next(work)
        except StopIteration as end:
            students = end.value
            return before.seconds, students.seconds, int(students.iterations.max())


def main() -> None:
    heads = f"{'teacher':>14} {'':8} {'width':>5} {'students':>8}"
    print(f"{heads}  estimated      took  ratio  iterations")
    good = 0
    for case in CASES:
        estimated, took, iterations = measured(case)
        ratio = estimated / max(took, 1e-9)
        good += 1 / FACTOR <= ratio <= FACTOR
        shape = "-".join(map(str, case.sizes))
        print(
            f"{shape:>14} {case.activation:8} {case.width:5} {case.students:8} "
            f"{estimated:9.2f}s {took:8.2f}s {ratio:6.2f} {iterations:11}",
            flush=True,
        )
    share = good / len(CASES)
    print(f"{good} of {len(CASES)} within a factor of {FACTOR:.0f}: {share:.0%} (aim {SHARE:.0%})")


if __name__ == "__main__":
    main()
