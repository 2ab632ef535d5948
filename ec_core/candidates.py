"""Who races where activation or depth are not told, who is recovered, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ec_core.config import RecoverConfig
from ec_core.curves.search import FREE
from ec_core.errors import InputError
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.activations import COMMON, UNCOMMON
from ec_core.networks.equal_writings import READ_OFF, equal_writings
from ec_core.networks.network import LEARNT
from ec_core.verify.certificate import ESTIMATE, EXACT_STATUS, VERIFIED

START = "gelu"
"""With which curves that are learnt begin, and which stands where a named activation is needed."""

AUTO = "auto"
"""Stands for an activation or a depth that nobody told."""

HEATS = ((1, 8), (1, 16), (2, 8), (1, 32), (2, 16))
"""Hidden layers, and neurons in each of them, in the order in which they are tried. Two layers come
before many neurons: a field of 32 neurons takes as long as one of two layers."""

DEEPER = 3.0
"""Deeper students whose loss is by so much the lower come before wider ones."""

WIDTHS = (8, 16)
"""Of depths that are in no heat: whoever asks for them says so."""

DIVED = 1e-11
"""Loss at which a candidate is recovered at once. The best of the 156 wrong ones of these teachers
ended at 2e-8; a polynomial is imitated to 1e-12, and the certificate says so."""

TRIED = 3
"""Candidates that are recovered whole, at most, where none is verified."""

CLOSE = 10.0
"""Where none has dived: how many times the best loss one may have that is recovered as well."""

BEHIND, SAME = "fell behind", "another writing of the same function"


def layers_in_words(count: int) -> str:
    """How many hidden layers, as in a sentence.

    >>> layers_in_words(1), layers_in_words(2), layers_in_words(12)
    ('one hidden layer', 'two hidden layers', '12 hidden layers')
    """
    number = {1: "one", 2: "two", 3: "three", 4: "four"}.get(count, str(count))
    return f"{number} hidden layer{'s' * (count != 1)}"


def activation_in_words(name: str) -> str:
    """An activation as in a sentence.

    >>> activation_in_words("tanh"), activation_in_words("tanh,gelu"), activation_in_words("curve")
    ('tanh', 'tanh and then gelu', 'a learnt curve')
    """
    return "a learnt curve" if name in (LEARNT, FREE) else name.replace(",", " and then ")


@dataclass(frozen=True)
class Candidate:
    """What is looked for: an activation and a number of hidden layers."""

    activation: str
    hidden_layers: int

    @property
    def words(self) -> str:
        """As in a sentence.

        >>> Candidate("tanh", 1).words, Candidate("gelu", 2).words
        ('tanh with one hidden layer', 'gelu with two hidden layers')
        """
        return f"{activation_in_words(self.activation)} with {layers_in_words(self.hidden_layers)}"


@dataclass(frozen=True)
class Runner:
    """A candidate and its students so far."""

    candidate: Candidate
    ensemble: StudentEnsemble

    @property
    def loss(self) -> float:
        """Of the best student, as a share of the answers' spread, squared."""
        return best_loss(self.ensemble.losses)


def best_loss(losses: np.ndarray) -> float:
    """The least that is a number; infinite where none is."""
    return float(np.where(np.isfinite(losses), losses, np.inf).min())


@dataclass(frozen=True)
class Field:
    """Candidates: every one of these activations at every one of these depths.

    later : activations that race in the same way where none of the others dives or is verified
    free : elu of any alpha, which its students learn, is among them
    curve : the activation is none of a list and is learnt, whatever it is

    >>> len(Field().at(1)), Field(("relu",), (2,)).at(2)
    (13, [Candidate(activation='relu', hidden_layers=2)])
    """

    activations: tuple[str, ...] = COMMON
    depths: tuple[int, ...] = (1, 2)
    later: tuple[str, ...] = ()
    free: bool = False
    curve: bool = False

    @classmethod
    def of(
        cls, activation: str, hidden_layers: int | str, width: int | tuple[int, ...] | None = None
    ) -> Field:
        """What is left open where either is "auto"; a width for each layer tells the depth. The
        activation "free" is learnt as a curve.

        Raises InputError for another word, and where the widths say another depth.

        >>> Field.of("gelu", 1).only, Field.of("gelu", "auto").depths
        (Candidate(activation='gelu', hidden_layers=1), (1, 2))
        >>> Field.of("gelu", "auto", (8, 4)).depths
        (2,)
        """
        if isinstance(hidden_layers, str) and hidden_layers != AUTO:
            raise InputError(f"hidden_layers is {hidden_layers!r}; expected a number or 'auto'.")
        if isinstance(width, tuple):
            if hidden_layers not in (AUTO, len(width)):
                raise InputError(
                    f"The width {'-'.join(map(str, width))} names {len(width)} layers, "
                    f"hidden_layers is {hidden_layers}; expected one width per layer."
                )
            hidden_layers = len(width)
        if activation == FREE:
            field = cls((START,), curve=True)
        else:
            field = cls(later=UNCOMMON) if activation == AUTO else cls((activation,))
        return field if hidden_layers == AUTO else replace(field, depths=(int(hidden_layers),))

    @property
    def second(self) -> Field:
        """Those that race later."""
        return Field(self.later, self.depths, free=True)

    def settings(self, **given: Any) -> RecoverConfig:
        """The settings of a run, with the first candidate's activation and depth."""
        first = self.at(self.depths[0])[0]
        return RecoverConfig(first.activation, first.hidden_layers, **given)

    @property
    def heats(self) -> list[tuple[int, int]]:
        """Hidden layers, and neurons in each of them, in the order in which they are tried.

        >>> Field(("relu",), (2,)).heats, Field(("relu",), (3,)).heats
        ([(2, 8), (2, 16)], [(3, 8), (3, 16)])
        """
        usual = [(depth, width) for depth, width in HEATS if depth in self.depths]
        others = [depth for depth in self.depths if depth not in dict(HEATS)]
        return usual + [(depth, width) for depth in others for width in WIDTHS]

    def at(self, depth: int) -> list[Candidate]:
        """Those with so many hidden layers."""
        return [Candidate(name, depth) for name in self.activations]

    @property
    def only(self) -> Candidate | None:
        """The only one, where there is nothing to find out."""
        told = len(self.activations) == len(self.depths) == 1 and not self.curve
        return self.at(self.depths[0])[0] if told else None


def following(left: Sequence[tuple[int, int]], best: Mapping[Candidate, Runner]) -> tuple[int, int]:
    """Which of the heats that are left is next: the first, unless a deeper and narrower one is so
    much more promising.

    best : of every candidate that raced

    >>> following([(1, 8), (1, 16), (2, 8)], {})
    (1, 8)
    """
    losses: dict[int, float] = {}
    for candidate, runner in best.items():
        depth = candidate.hidden_layers
        losses[depth] = min(runner.loss, losses.get(depth, float("inf")))
    first = left[0]
    return min(
        left,
        key=lambda heat: (
            heat[0] <= first[0]
            or heat[1] >= first[1]
            or heat[0] not in losses
            or DEEPER * losses[heat[0]] > losses.get(first[0], float("inf"))
        ),
    )


def promising(runners: list[Runner], field: Field) -> list[Candidate]:
    """Who is recovered, in this order: those that dived, best first; or those close to the best,
    shallow ones first, and where only the depth is open, the shallowest in any case: students of
    a few iterations say little of a teacher that is larger than all of them.

    After relu comes leaky_relu, which relu imitates with needless neurons, and never before it:
    each takes a minute longer to recover from the other's answers, and relu is what people have.
    """
    if runners[0].loss <= DIVED:
        dived = [runner.candidate for runner in runners if runner.loss <= DIVED][:TRIED]
        dived.sort(key=lambda candidate: candidate.activation in READ_OFF)
        raced = {runner.candidate for runner in runners}
        order: list[Candidate] = []
        for one in dived:
            general = [
                Candidate(name, one.hidden_layers)
                for name in READ_OFF
                if name in equal_writings(one.activation)
            ]
            order += [one, *general]
        return [one for one in dict.fromkeys(order) if one in raced]
    limit = CLOSE * runners[0].loss
    told = len(field.activations) == 1
    close = [
        runner.candidate
        for runner in runners
        if runner.loss <= limit or (told and runner.candidate.hidden_layers == field.depths[0])
    ]
    # sorted keeps the better of equal depth ahead
    return sorted(close[:TRIED], key=lambda candidate: candidate.hidden_layers)


def worth_another(status: str, depth: int, candidate: Candidate) -> bool:
    """Is another candidate worth recovering, with a network of so many hidden layers at hand?

    status : the verdict on that network

    >>> [worth_another(status, 1, Candidate("tanh", 2)) for status in ("failed", "exact")]
    [True, False]
    """
    if status == ESTIMATE:
        # it explains the answers as well as their noise lets anything
        return candidate.hidden_layers <= depth
    return status not in (EXACT_STATUS, VERIFIED)


def unrecovered(candidate: Candidate, loss: float, found: Candidate) -> str:
    """What is said of a candidate that was not recovered, beside the one that was.

    >>> unrecovered(Candidate("sigmoid", 1), 1e-30, Candidate("tanh", 1))
    'another writing of the same function'
    """
    twin = candidate.activation in equal_writings(found.activation)
    level = candidate.hidden_layers == found.hidden_layers
    return SAME if twin and level and loss <= DIVED else BEHIND
