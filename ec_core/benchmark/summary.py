"""Outcomes counted: by cell of the grid and in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from ec_core.benchmark.outcomes import Outcome
from ec_core.benchmark.problems import Settings

PAPER_SHARE = 0.8
"""Martinelli et al., second version: 80 % of all 150 problems recovered at expansion factor 4.
The paper gives this one figure, none by cell."""


@dataclass(frozen=True)
class Cell:
    """The outcomes of one input size and one hidden size, by seed; at least one."""

    inputs: int
    hidden: int
    outcomes: tuple[Outcome, ...]

    @property
    def problems(self) -> int:
        return len(self.outcomes)

    @property
    def right(self) -> int:
        return sum(outcome.right for outcome in self.outcomes)

    @property
    def median_seconds(self) -> float:
        return median(outcome.seconds for outcome in self.outcomes)

    @property
    def worst_error(self) -> float | None:
        """Largest weight error where sizes are right; None where none is."""
        return _worst(self.outcomes)

    def as_json(self) -> dict[str, Any]:
        names = ("inputs", "hidden", "problems", "right", "median_seconds", "worst_error")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Summary:
    """All outcomes of one map, cell by cell; ``failed`` are those that are not right.

    seconds : of all problems together; false_verified : certified, yet not right
    """

    cells: tuple[Cell, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(outcome for cell in self.cells for outcome in cell.outcomes)

    @property
    def problems(self) -> int:
        return len(self.outcomes)

    @property
    def right(self) -> int:
        return sum(outcome.right for outcome in self.outcomes)

    @property
    def verified(self) -> int:
        return sum(outcome.verified for outcome in self.outcomes)

    @property
    def false_verified(self) -> int:
        return sum(outcome.verified and not outcome.right for outcome in self.outcomes)

    @property
    def seconds(self) -> float:
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def median_seconds(self) -> float | None:
        return median(o.seconds for o in self.outcomes) if self.outcomes else None

    @property
    def worst_error(self) -> float | None:
        """Largest weight error where sizes are right; None where none is."""
        return _worst(self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.right)

    def as_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        names = (
            "problems",
            "right",
            "verified",
            "false_verified",
            "seconds",
            "median_seconds",
            "worst_error",
        )
        return {
            **{name: getattr(self, name) for name in names},
            "cells": [cell.as_json() for cell in self.cells],
            "failed": [outcome.problem.name for outcome in self.failed],
        }


def _worst(outcomes: Iterable[Outcome]) -> float | None:
    errors = [o.max_weight_error for o in outcomes if o.max_weight_error is not None]
    return max(errors, default=None)


def summarise(outcomes: Iterable[Outcome]) -> Summary:
    """Sort outcomes of one map into cells, by input size, hidden size and seed.

    >>> summarise([]).problems
    0
    """
    cells: dict[tuple[int, int], list[Outcome]] = {}
    for outcome in outcomes:
        cells.setdefault((outcome.problem.inputs, outcome.problem.hidden), []).append(outcome)
    return Summary(
        tuple(
            Cell(inputs, hidden, tuple(sorted(group, key=lambda o: o.problem.seed)))
            for (inputs, hidden), group in sorted(cells.items())
        )
    )


def by_settings(outcomes: Iterable[Outcome]) -> dict[Settings, tuple[Outcome, ...]]:
    """Outcomes of several maps apart, the map with the most problems first."""
    maps: dict[Settings, list[Outcome]] = {}
    for outcome in outcomes:
        maps.setdefault(outcome.problem.settings, []).append(outcome)
    ordered = sorted(maps.items(), key=lambda item: -len(item[1]))
    return {settings: tuple(group) for settings, group in ordered}
