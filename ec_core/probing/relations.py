"""The directions that questions leave free, in words: "Columns 1 to 4 always sum to 1."

Columns are counted from 1, or called by their names. Axes: D inputs, V of them varying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ec_core.probing.subspace import Subspace

_PART = 1e-6
"""A column has a part in a relation if its coefficient, in spreads, is not below this."""

_ROUND = 1e-6
"""Coefficients this near to each other, to 1 or to 0 are taken for that: rounding of the inputs."""

_NAMED = 8
"""More columns than these are named by the first and the last."""


@dataclass(frozen=True)
class _Relation:
    """sum of coefficients × columns = constant, in the units of the inputs.

    columns (n,) : their places among all inputs, ascending
    coefficients (n,) : the first column's is positive; constant : what it always comes to
    size : the largest term, by which rounding is judged
    """

    columns: tuple[int, ...]
    coefficients: np.ndarray
    constant: float
    size: float

    @property
    def alike(self) -> bool:
        """Do all columns count the same, but for their signs?"""
        size = np.abs(self.coefficients)
        return bool(size.max() - size.min() <= _ROUND * size.max())


def _relations(
    mean: np.ndarray, scale: np.ndarray, space: Subspace, places: np.ndarray
) -> list[_Relation]:
    """One per dropped column; mean, scale (V,) of the varying inputs, places (V,) among all."""
    found = []
    for dropped, row in zip(space.dropped, space.relation, strict=True):
        part = np.abs(row) > _PART * max(1.0, float(np.abs(row).max()))
        columns = np.append(space.kept[part], dropped)
        coefficients = np.append(row[part] / scale[space.kept[part]], -1.0 / scale[dropped])
        order = np.argsort(columns)
        columns, coefficients = columns[order], coefficients[order]
        coefficients = coefficients / coefficients[0]
        terms = coefficients * mean[columns]
        size = float(max(np.abs(terms).max(), np.abs(coefficients * scale[columns]).max()))
        constant = float(terms.sum())
        if abs(constant) <= _ROUND * size:
            constant = 0.0
        found.append(_Relation(tuple(map(int, places[columns])), coefficients, constant, size))
    return found


def _number(value: float) -> str:
    """A number for a sentence: 1, 2.54, 1.7e+09."""
    return f"{float(f'{value:.5g}'):g}"


class _Words:
    """How columns are called."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def one(self, column: int) -> str:
        return f"column {self._bare(column)}"

    def _bare(self, column: int) -> str:
        return str(column + 1) if not self._names else f'"{self._names[column]}"'

    def several(self, columns: Sequence[int]) -> str:
        """columns 1 to 4 · columns 1, 3 and 8 · columns 1, 3, … 90 (17 of them)"""
        if len(columns) == 1:
            return self.one(columns[0])
        names = [self._bare(column) for column in columns]
        if len(columns) > 2 and columns[-1] - columns[0] == len(columns) - 1:
            return f"columns {names[0]} to {names[-1]}"
        if len(columns) > _NAMED:
            few = ", ".join(names[: _NAMED // 2])
            return f"columns {few}, … {names[-1]} ({len(columns)} of them)"
        return f"columns {', '.join(names[:-1])} and {names[-1]}"


def _plain(relation: _Relation, words: _Words) -> str | None:
    """A relation in a sentence, None where it takes more than one."""
    columns, coefficients, constant = relation.columns, relation.coefficients, relation.constant
    offset = "" if constant == 0.0 else f" plus {_number(constant)}"
    positive = coefficients > 0
    if relation.alike and positive.all():
        return f"{words.several(columns)} always sum to {_number(constant)}"
    if relation.alike and (positive.sum() == 1 or (~positive).sum() == 1):
        # one column against all others; of two, the later follows from the earlier
        single = positive if positive.sum() == 1 and len(columns) > 2 else ~positive
        if single.sum() != 1:
            single = positive
        which = int(np.flatnonzero(single)[0])
        if coefficients[which] < 0:
            constant = -constant
        offset = "" if constant == 0.0 else f" plus {_number(constant)}"
        others = [column for place, column in enumerate(columns) if place != which]
        if len(others) == 1:
            same = f"{words.one(columns[which])} always equals {words.one(others[0])}"
            return same + offset
        return f"{words.one(columns[which])} is always the sum of {words.several(others)}{offset}"
    if len(columns) == 2:
        factor, constant = -1.0 / coefficients[1], constant / coefficients[1]
        offset = "" if constant == 0.0 else f" plus {_number(constant)}"
        follows = f"{words.one(columns[1])} is always {_number(factor)} times"
        return f"{follows} {words.one(columns[0])}{offset}"
    return None


def _joined(relations: list[_Relation]) -> list[tuple[int, list[int]]]:
    """Relations that share columns, together: how many, among which columns."""
    groups: list[tuple[int, set[int]]] = []
    for relation in relations:
        count, columns, apart = 1, set(relation.columns), []
        for other in groups:
            if other[1] & columns:
                count, columns = count + other[0], columns | other[1]
            else:
                apart.append(other)
        groups = [*apart, (count, columns)]
    return [(count, sorted(columns)) for count, columns in groups]


def free_directions(
    identified: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    space: Subspace | None,
    names: Sequence[str] = (),
) -> tuple[str, ...]:
    """What all questions have in common, one sentence each, () if nothing.

    identified (D,) bool : inputs that vary; mean, scale (D,) of those
    names (D,) : of the inputs, () where they have none
    """
    words, said = _Words(names), []
    constant = [int(i) for i in np.flatnonzero(~identified)]
    if constant:
        verb = "changes" if len(constant) == 1 else "change"
        said.append(f"{words.several(constant)} never {verb}")
    if space is not None:
        places = np.flatnonzero(identified)
        manifold = []
        for relation in _relations(mean[identified], scale[identified], space, places):
            sentence = _plain(relation, words)
            if sentence is None:
                manifold.append(relation)
            else:
                said.append(sentence)
        for count, columns in _joined(manifold):
            what = "1 combination" if count == 1 else f"{count} combinations"
            verb = "changes" if count == 1 else "change"
            said.append(f"{what} of {words.several(columns)} never {verb}")
    return tuple(f"{sentence[0].upper()}{sentence[1:]}." for sentence in said)
