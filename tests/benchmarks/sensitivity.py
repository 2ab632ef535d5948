"""What happens if a number that decides outcomes is half, or twice, what it is?

    python tests/benchmarks/sensitivity.py [--numbers NAME,NAME] [--quick]

Every problem is solved with the numbers as they are, then with each number at half and at double,
one at a time. Problems: exact teachers of one and two hidden layers, with float32 answers, with
noise, with few questions; and answers that are not a network of the activation told, which must
never be verified. Learnt curves are found once, and judged with the three numbers of their verdict
at half and at double. Prints docs/constants.md's table: teachers recovered (right size, weights
within their bars or to 1e-8, and verified; an estimate where there is noise), misfits verified, and
processor time against that of the numbers as they are. Run it with one thread (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import ec_core as ec
from ec_core.control import Control
from ec_core.curves.search import search
from ec_core.curves.verdict import Found, judge
from ec_core.events import drain
from ec_core.expand import regimes
from ec_core.probing.asking import Asker
from tests.benchmarks.free_activation import Drawn

_VERIFIED = ("exact", "verified")

EXACT = 1e-8
"""Largest error of a weight that counts as recovered where the answers have all their digits."""


@dataclass(frozen=True)
class Number:
    """A named number of a module, or a field of the regime of small students: "small.search.first".

    why : what it decides, for the table
    """

    name: str
    why: str

    @property
    def field(self) -> bool:
        return self.name.startswith("small.")

    @property
    def value(self) -> float:
        """As it is in the code."""
        if self.field:
            held: Any = regimes.SMALL
            for part in self.name.split(".")[1:]:
                held = getattr(held, part)
            return float(held)
        module, name = self.name.rsplit(".", 1)
        return float(getattr(importlib.import_module(f"ec_core.{module}"), name))


JUDGING = (
    Number("curves.errors.FLAT", "a direction that questions do not tell, of a learnt curve"),
    Number("curves.verdict.FALLS", "what more knots must gain"),
    Number("curves.verdict.LIMIT", "the error of a curve of which anything is claimed"),
)
"""Of learnt curves: they decide the verdict alone."""

NUMBERS = (
    Number("small.answers_per_parameter", "answers a student learns from"),
    Number("small.search.students", "students that try a width"),
    Number("small.search.promising", "loss at which a width is wide enough"),
    Number("probing.probes.ROUNDING_FLOOR", "loss that rounding alone can leave"),
    Number("probing.probes.NOISE_ROOM", "loss that counts as at the answers' error"),
    Number("expand.stopping.WINDOW", "iterations over which progress is judged"),
    Number("expand.stopping.MINIMAL_DROP", "decades lost in them, or a student is stalled"),
    Number("expand.noise.AGREE", "losses that are alike"),
    Number("expand.noise._ALIKE", "residuals that are alike"),
    Number("leastsquares.levenberg_marquardt._TRUSTED", "longest acceleration that is followed"),
    Number("cluster.plateau.LONG_DECADES", "length of a long plateau"),
    Number("reconstruct.retrain.ROUGH", "vectors of stuck students that are one neuron"),
    Number("reconstruct.prune._TOLERATED", "a loss that came back"),
    Number("reconstruct.prune._FREE", "neurons that go together"),
    Number("small.pruning.needed", "a neuron that is not tried"),
    Number("reconstruct.signs.EXPLAINED", "a line that signs explain"),
    Number("verify.tolerance.EXACT", "loss of exact answers"),
    Number("verify.parsimony.CLIFF", "what a needed neuron costs"),
    Number("verify.certificate.DETERMINED", "error bars of a known neuron"),
    Number("probing.structure.SUSPICIOUS", "structure in what is left over"),
)


@contextmanager
def at(number: Number, value: float) -> Iterator[None]:
    """The number at another value, wherever it was imported."""
    whole = int(value) if float(number.value).is_integer() and value >= 1 else value
    if number.field:
        old = regimes.REGIMES
        changed = _with(regimes.SMALL, number.name.split(".")[1:], whole)
        regimes.REGIMES = tuple(changed if r is regimes.SMALL else r for r in old)
        try:
            yield
        finally:
            regimes.REGIMES = old
        return
    origin, name = number.name.rsplit(".", 1)
    holders = [importlib.import_module(f"ec_core.{origin}")]
    taken = re.compile(rf"from ec_core\.{re.escape(origin)} import [^()\n]*\b{name}\b")
    many = re.compile(rf"from ec_core\.{re.escape(origin)} import \([^)]*\b{name}\b")
    for title, module in list(sys.modules.items()):
        if title.startswith("ec_core.") and hasattr(module, name) and module not in holders:
            text = inspect.getsource(module)
            if taken.search(text) or many.search(text):
                holders.append(module)
    before = getattr(holders[0], name)
    for module in holders:
        setattr(module, name, type(before)(whole))
    try:
        yield
    finally:
        for module in holders:
            setattr(module, name, before)


def _with(held: Any, path: list[str], value: float) -> Any:
    """A frozen dataclass with one field, however deep, changed."""
    first, *rest = path
    return replace(held, **{first: _with(getattr(held, first), rest, value) if rest else value})


@dataclass(frozen=True)
class Problem:
    """Answers of a teacher, and what the students are told; ``misfit``: the activation is wrong.

    noise : standard deviation, over the answers'; short : computed in float32
    width : of the students, None: it is searched for, as it is where nobody tells one
    """

    sizes: tuple[int, ...]
    activation: str
    told: str | None = None
    noise: float = 0.0
    short: bool = False
    count: int = 1500
    width: int | None = None
    seed: int = 0

    @property
    def misfit(self) -> bool:
        return self.told is not None and self.told != self.activation

    def solved(self) -> bool:
        """A teacher is recovered; of a misfit: is it verified?"""
        teacher = ec.make_teacher(
            "synthetic", sizes=self.sizes, activation=self.activation, seed=self.seed
        ).network
        x = np.random.default_rng(self.seed).standard_normal((self.count, self.sizes[0]))
        y = _float32(teacher, x) if self.short else teacher(x)
        rng = np.random.default_rng(self.seed + 1)
        y = y + self.noise * y.std(axis=0) * rng.standard_normal(y.shape)
        result = ec.recover(
            ec.make_probes(x, y, self.seed),
            activation=self.told or self.activation,
            hidden_layers=len(self.sizes) - 2,
            students=6,
            width=self.width,
            seed=self.seed,
        )
        if self.misfit:
            return bool(result.report["verified"])
        error = ec.match(teacher, result.network).max_weight_error
        allowed = EXACT if not (self.noise or self.short) else _allowed(result)
        right = error is not None and error <= allowed
        # what noise leaves is never more than an estimate
        return result.report["status"] in (("estimate",) if self.noise else _VERIFIED) and right


def _float32(network: ec.Network, x: np.ndarray) -> np.ndarray:
    """The network's answers, computed in float32."""
    act = ec.ACTIVATIONS[network.activation].function
    h = torch.from_numpy(x).to(torch.float32)
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        h = h @ torch.from_numpy(w).float().T + torch.from_numpy(b).float()
        h = act(h) if layer + 1 < len(network.weights) else h
    return h.double().numpy()


def _allowed(result: ec.Recovery) -> float:
    """Three of the widest error bars: of a hundred weights one is that far off by chance."""
    bar = result.report["max_error_bar"]
    return 3.0 * float(bar) if isinstance(bar, float) else 0.0


PROBLEMS = (
    Problem((4, 4, 1), "g"),
    Problem((2, 4, 1), "tanh"),
    Problem((5, 3, 2), "gelu"),
    Problem((4, 4, 1), "relu"),
    Problem((3, 6, 1), "sigmoid", width=24),
    Problem((4, 3, 3, 2), "tanh", width=8, seed=1),
    Problem((4, 3, 1), "softplus", count=120),
    Problem((4, 4, 1), "tanh", short=True),
    Problem((3, 3, 1), "relu", short=True, width=8),
    Problem((4, 3, 2), "tanh", noise=1e-3),
    # a width is told, or wider students are trained again and again in search of a better fit
    Problem((4, 3, 1), "tanh", told="gelu", width=8),
    Problem((4, 3, 1), "relu", told="softplus", width=8),
    Problem((3, 3, 1), "silu", told="tanh", short=True, width=8),
)
QUICK = (PROBLEMS[1], PROBLEMS[10])


Answering = Callable[[np.ndarray], np.ndarray]
LEARNT: dict[str, tuple[int, int, bool, Answering]] = {
    "bump": (3, 5, False, Drawn((3, 3, 2), ("bump",), 0)),
    "double step": (3, 5, False, Drawn((3, 3, 2), ("double-step",), 0)),
    "z-bump": (3, 5, False, Drawn((3, 3, 2), ("z-bump",), 0)),
    "tanh": (3, 5, False, Drawn((3, 3, 2), ("tanh",), 0)),
    "two layers": (3, 6, True, Drawn((3, 3, 3, 1), ("tanh", "tanh"), 0)),
    "product": (3, 5, True, lambda x: x[:, :1] * x[:, 1:2]),
    "product of curves": (3, 5, True, lambda x: np.tanh(x[:, :1]) * np.exp(-(x[:, 1:2] ** 2))),
}
"""Inputs, neurons of the students, misfit, and the function; one hidden layer is told."""

Learning = tuple[bool, Found, ec.ProbeSet]


def learnt() -> list[Learning]:
    """What is found of each: a misfit or not, the network, and the questions."""
    found = []
    for inputs, width, misfit, answer in LEARNT.values():
        asker = Asker(answer, inputs=inputs)
        ended = drain(search(asker, (1,), width, None, 0, Control()))
        assert ended is not None
        found.append((misfit, ended.found, ended.probes))
    return found


def judged(found: list[Learning]) -> Outcome:
    """The verdicts on them, with the numbers as they are now."""
    began = time.process_time()
    ends = [(misfit, judge(what, probes).certificate.verified) for misfit, what, probes in found]
    return Outcome(
        sum(verified for misfit, verified in ends if not misfit),
        sum(verified for misfit, verified in ends if misfit),
        time.process_time() - began,
    )


@dataclass(frozen=True)
class Outcome:
    """Teachers recovered, misfits verified, and processor seconds."""

    recovered: int
    wrong: int
    seconds: float


def tried(problems: tuple[Problem, ...]) -> Outcome:
    """All problems, with the numbers as they are now."""
    began = time.process_time()
    solved = [(problem.misfit, problem.solved()) for problem in problems]
    return Outcome(
        sum(ok for misfit, ok in solved if not misfit),
        sum(ok for misfit, ok in solved if misfit),
        time.process_time() - began,
    )


def cell(outcome: Outcome, usual: Outcome, teachers: int) -> str:
    """Such as "9 of 10, ×1.2"; misfits are named only where one was verified."""
    wrong = f", **{outcome.wrong} wrong**" if outcome.wrong else ""
    pace = outcome.seconds / max(usual.seconds, 1e-9)
    return f"{outcome.recovered} of {teachers}{wrong}, ×{pace:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", help="only these, comma-separated")
    parser.add_argument("--quick", action="store_true", help="two problems, for a test")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    problems = QUICK if arguments.quick else PROBLEMS
    teachers = sum(not problem.misfit for problem in problems)
    wanted = arguments.numbers.split(",") if arguments.numbers else None
    numbers = [number for number in NUMBERS if wanted is None or number.name in wanted]
    if numbers:
        table(numbers, partial(tried, problems), teachers)
    judging = [number for number in JUDGING if wanted is None or number.name in wanted]
    if judging and not arguments.quick:
        curves = sum(not misfit for _, _, misfit, _ in LEARNT.values())
        table(judging, partial(judged, learnt()), curves)
    return 0


def table(numbers: Sequence[Number], attempt: Callable[[], Outcome], teachers: int) -> None:
    """Print it for these numbers."""
    say = partial(print, flush=True)
    usual = attempt()
    say(f"As they are: {cell(usual, usual, teachers)}, {usual.seconds:.0f} s.\n")
    say("| number | decides | value | at half | at double |")
    say("| --- | --- | --- | --- | --- |")
    for number in numbers:
        cells = []
        for factor in (0.5, 2.0):
            with at(number, factor * number.value):
                cells.append(cell(attempt(), usual, teachers))
        value = f"{number.value:g}"
        say(f"| `{number.name}` | {number.why} | {value} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    sys.exit(main())
