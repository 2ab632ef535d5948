"""How wide must students be, and how many questions do students of that width need?

Where questions can still be asked the second follows from the first: they are asked as the search
for the width goes on, for every width as many as its students learn from, so that the search never
stops for want of answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import replace

from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import Event, Note
from ec_core.expand.config import ExpandConfig
from ec_core.expand.estimate import check_memory
from ec_core.expand.learning import make_problem, probes_needed
from ec_core.expand.width import STAGE, WidthFound, find_width
from ec_core.leastsquares.levenberg_marquardt import start
from ec_core.leastsquares.memory import fits_densely
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.probing.probes import HELD_OUT, ProbeSet

BLIND_WIDTH = 32
"""Taken where not even two neurons' Gauss-Newton matrix fits into memory."""

MOST_QUESTIONS = 50_000
"""More are not asked unless a person says so."""

Ask = Callable[[int], ProbeSet]
"""Asks so many questions, or as many as there are, and makes the answers ready to learn from."""


def questions_for(shape: Architecture) -> int:
    """Questions to ask so that students of this shape learn from as many as they need.

    >>> questions_for(Architecture((16, 64, 1), "g"))
    5765
    """
    return min(MOST_QUESTIONS, math.ceil(probes_needed(shape) / (1.0 - HELD_OUT)))


def choose_width(
    make: Callable[[tuple[int, ...]], Problem],
    floor: float,
    config: ExpandConfig,
    control: Control,
) -> Generator[Event, None, tuple[tuple[int, ...], WidthFound | None]]:
    """Hidden sizes of the students, as told or as found, and what was found.

    make : builds the problem for hidden sizes
    """
    if config.width is not None:
        return config.hidden(config.width, config.expansion), None
    two = make(config.hidden(2))
    if not fits_densely(two.shape, two.x.device):
        hidden = config.hidden(BLIND_WIDTH, config.expansion)
        yield Note(
            STAGE, f"Too many inputs to search for a width; taking {hidden[0]}.", warning=True
        )
        return hidden, None
    check_memory(make(config.hidden(1)).shape, config.students, two.x.device)
    search = yield from find_width(lambda width: make(config.hidden(width)), floor, config, control)
    return config.hidden(search.width, config.expansion), search


def enough(
    ask: Ask, first: int, activation: str, config: ExpandConfig, control: Control
) -> Generator[Event, None, tuple[ProbeSet, WidthFound | None]]:
    """Find the width with as many questions as it takes: the probes, and what was found.

    first : questions to begin with. What is found goes to ``expand``; None where nothing was
    searched for, since the width is told or cannot be searched for.
    """
    device = resolve_device(config.device)
    probes = ask(first).told(config.precision)
    probes_of: dict[tuple[int, ...], ProbeSet] = {}

    def make(hidden: tuple[int, ...]) -> Problem:
        nonlocal probes
        problem = make_problem(probes, activation, hidden, device)
        needed = questions_for(problem.shape)
        if needed > asked(probes):
            probes = ask(needed).told(config.precision)
            problem = make_problem(probes, activation, hidden, device)
        probes_of.setdefault(hidden, probes)
        return problem

    hidden, search = yield from choose_width(make, probes.floor, config, control)
    problem = make(hidden)  # where the width is told, or multiplied
    if search is not None and probes_of[config.hidden(search.width)] is not probes:
        # more was asked for the sake of wider students: the others go on from where they stand
        problem = problem.at_size(*config.hidden(search.width)).thinned()
        search = replace(search, batch=start(problem, search.batch.theta))
    if asked(probes) > first:
        yield Note(
            STAGE,
            f"Asked {asked(probes):,} questions instead of {first:,}: as many as students with "
            f"{'-'.join(map(str, hidden))} hidden neurons need.",
        )
    return probes, search


def asked(probes: ProbeSet) -> int:
    """How many questions were asked, those kept aside or left out included."""
    return len(probes.x) + len(probes.x_heldout) + probes.left_out
