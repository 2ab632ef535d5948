"""Regimes: how students of one kind of shape start, are trained, are helped, and in which words.

Most students are small, and Levenberg-Marquardt takes them to the floor. Two kinds are not helped
by it alone: deep ones whose activation is piecewise linear (kinked), and large ones. What is done
differently for them is written here, as data, and nowhere else: whoever needs it asks for
``regime_of(shape)`` and does what that says. Another regime is one more entry in ``REGIMES``
(docs/extending.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ec_core.networks.architecture import Architecture

BLOCK = 100
"""Small steps between two reports; within a block nothing waits for the device."""


@dataclass(frozen=True)
class Starts:
    """Weights that students start with, see ``random_parameters``: the norm of the incoming weight
    vectors and the spread of the biases, so that neurons switch within the cloud of probes.
    """

    norm: float = 2.0
    spread: float = 1.0


@dataclass(frozen=True)
class SmallSteps:
    """Steps of Adam on minibatches, before Levenberg-Marquardt or instead of it.

    steps, rate : how many, and the first step size
    candidates : starts for every student; after each third of the steps the better third goes on
    whole : they are the whole training
    note : said when they begin
    """

    steps: int
    rate: float
    candidates: int = 1
    whole: bool = False
    note: str = ""

    @property
    def share(self) -> float:
        """How many times a student's steps are taken in all, by it and by the candidates left out.

        >>> SmallSteps(300, 1e-3).share, round(SmallSteps(300, 1e-3, candidates=9).share, 9)
        (1.0, 4.333333333)
        """
        thirds = (max(1.0, self.candidates / float(3**k)) for k in range(3))
        return sum(thirds) / 3


@dataclass(frozen=True)
class WidthSearch:
    """The search for the students' width: the first one tried, how many students try it, and the
    loss of the best of them that is promising.
    """

    first: int = 2
    students: int = 6
    promising: float = 1e-4


@dataclass(frozen=True)
class Pruning:
    """How networks of this kind are made smaller.

    attempts : students pruned at most, best first, before giving up; None: as the run says
    stuck : is one that has not reached the floor worth pruning?
    hopeless : a smaller one is given up above this loss
    needed, needed_floors : at the floor, a neuron whose removal alone raises the loss beyond
        ``needed``, or beyond so many times the floor if that is more, is not tried
    thin : exact answers that are many more than weights are left out while it is pruned
    shakes : small steps of a network that is nearly there, out of a dent
    """

    attempts: int | None = None
    stuck: bool = True
    hopeless: float = math.inf
    needed: float = 1e-3
    needed_floors: float = 0.0
    thin: bool = False
    shakes: SmallSteps | None = None


@dataclass(frozen=True)
class Regime:
    """What is particular about students of one kind.

    applies : is a student of this shape of the kind?
    answers_per_parameter : so many answers per parameter are learnt from, if there are so many
    small_steps : None: Levenberg-Marquardt from the first step on
    walk : how stuck students are taken through their layers: what is above a layer that was set is
        retrained, composed by least squares, or grown anew, see ``reconstruct.walk``
    retry : students that a run that is not verified goes on with: wider ones, or others as wide
    unfinished : said of students of which none has learnt everything; "": nothing in particular
    """

    name: str
    applies: Callable[[Architecture], bool]
    starts: Starts = Starts()
    answers_per_parameter: float = 4.0
    small_steps: SmallSteps | None = None
    search: WidthSearch = WidthSearch()
    pruning: Pruning = field(default_factory=Pruning)
    walk: Literal["retrain", "compose", "grow"] | str = "retrain"
    retry: Literal["wider", "elsewhere"] = "wider"
    unfinished: str = ""


def _kinked(shape: Architecture) -> bool:
    """Three or more hidden layers of a homogeneous activation: the kinks of each layer bend those
    of all above. With two layers that does no harm yet: students of 6-4-4-2 relu do without.
    """
    return shape.entry.homogeneous and len(shape.sizes) > 4


KINKED = Regime(
    "kinked",
    _kinked,
    # answers would grow with every layer: He et al. 2015
    starts=Starts(math.sqrt(2), 0.0),
    # on few probes the kinks' dents are deep: on four answers per parameter 6-4-4-4-2 leaky_relu
    # stayed at 2e-5, on 16 it went on
    answers_per_parameter=16.0,
    # shorter ones ended higher; one start in thirty or so gets the kinks of nearly every layer
    # right, and is ahead of the others early
    small_steps=SmallSteps(
        12_000,
        3e-3,
        candidates=9,
        note="Deep and piecewise linear: students first take many small steps on batches of "
        "questions.",
    ),
    # 6-4-4-4-2 left 4e-4 or more at width 4 and 1e-4 or less at width 8, where layer by layer the
    # rest was found; wider ones were worse
    search=WidthSearch(first=4, promising=3e-4),
    # each attempt is long, and all but the best students are far off. 6-4-4-4-2 leaky_relu, of the
    # right size and stuck at 4e-7, went to 6e-31 in ten iterations after 3,000 small steps at 1e-3,
    # with 3e-3 and 3e-4 as well
    pruning=Pruning(attempts=1, hopeless=1e-4, shakes=SmallSteps(3_000, 1e-3)),
    walk="grow",
    # wider ones explain the answers by other neurons
    retry="elsewhere",
)

LARGE_NEURONS, LARGE_PARAMETERS, WHATEVER_WIDTH = 48, 1000, 2500
"""Hidden neurons and parameters of a student from which it counts as large; from the larger number
of parameters on also if no layer alone has so many neurons. Smaller ones are quick with
Levenberg-Marquardt, and hardly ever stuck: see the 150 problems. Deep narrow teachers want it
too: 6-4-4-2 g, whose students are 32 wide, was not found by small steps in seven minutes."""


def _large(shape: Architecture) -> bool:
    """Second-order steps of such students take seconds, and leave them in dents."""
    hidden, count = shape.sizes[1:-1], shape.parameter_count
    wide = max(hidden) >= LARGE_NEURONS and count >= LARGE_PARAMETERS
    return wide or (sum(hidden) >= LARGE_NEURONS and count >= WHATEVER_WIDTH)


LARGE = Regime(
    "large",
    _large,
    # twice 32-64-1 g, students twice as wide, 50,000 steps: of the 64 neurons 57 and 61 were found
    # to one part in ten at rate 3e-3, 62 and 64 at 6e-3, 63 at 1e-2, 49 at 2e-2; with half the
    # batch 56 and 62
    small_steps=SmallSteps(
        40_000,
        6e-3,
        whole=True,
        note="Large students take many small steps on batches of questions instead of few large "
        f"ones; each iteration shown is {BLOCK} of them.",
    ),
    # 32-64-1 g was left at 1e-4 by a student of width 80 and at 3e-6 by one of 128; digits
    # 64-30-30-30-10 tanh at 1e-3 by 32 and at 6e-7 by 64
    search=WidthSearch(students=3, promising=1e-4),
    # refits take minutes, and every neuron does little
    pruning=Pruning(attempts=1, stuck=False, needed=1e-5, needed_floors=10.0, thin=True),
    walk="compose",
    retry="elsewhere",
    unfinished="Students as large as these need not learn everything: what they share is put "
    "together when the network is built, and only that is taken to the last digit.",
)

SMALL = Regime("small", lambda shape: True)

REGIMES: tuple[Regime, ...] = (KINKED, LARGE, SMALL)
"""The first that applies counts."""


def regime_of(shape: Architecture) -> Regime:
    """The regime of students of this shape.

    >>> shapes = ((32, 128, 1), "g"), ((4, 8, 1), "g"), ((6, 8, 8, 8, 2), "relu")
    >>> [regime_of(Architecture(*shape)).name for shape in shapes]
    ['large', 'small', 'kinked']
    """
    return next(regime for regime in REGIMES if regime.applies(shape))
