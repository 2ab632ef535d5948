"""Which columns are questions and which answers, where nobody says so but their names do."""

from __future__ import annotations

from dataclasses import dataclass

from ec_core.probing.tables.contents import Contents, listed
from ec_core.probing.tables.names import (
    PAIRS,
    counts,
    is_answer,
    is_class,
    is_number,
    is_question,
    number,
    stem,
)


@dataclass(frozen=True)
class Choice:
    """inputs, outputs : numbers of blocks, from 0; remarks : sentences on how it came about"""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    remarks: tuple[str, ...] = ()


def left_out(contents: Contents) -> tuple[int, ...]:
    """The columns that only count the rows."""
    if contents.arrays or not contents.named:
        return ()
    found = tuple(i for i, name in enumerate(contents.names) if counts(name))
    return () if len(found) == len(contents.blocks) else found


def _said(contents: Contents, choice: tuple[int, ...], what: str) -> str:
    names = [contents.names[i] for i in choice]
    return f"{what}: {listed(names)}"


def _remarks(contents: Contents, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> str:
    said = [_said(contents, inputs, "Inputs"), _said(contents, outputs, "outputs")]
    rest = [i for i in range(len(contents.blocks)) if i not in inputs and i not in outputs]
    if rest:
        names = [contents.names[i] or "the column without a name" for i in rest]
        said.append(f"left out: {listed(names)}")
    return f"{'; '.join(said)}."


def choose(contents: Contents, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Choice:
    """A choice, with a sentence that says it."""
    return Choice(inputs, outputs, (_remarks(contents, inputs, outputs),))


def _pair(contents: Contents) -> Choice | None:
    names = contents.names
    for first, second in PAIRS:
        if first in names and second in names and (first != "arr_0" or len(names) == 2):
            found = ((names.index(first),), (names.index(second),))
            usual = (first, second) == ("x", "y")
            return Choice(*found) if usual else choose(contents, *found)
    return None


def _answers(contents: Contents, rest: list[int]) -> list[int]:
    """Those of the columns ``rest`` whose names are of answers; of several kinds one, where the
    others only say the class that the numbers are of.
    """
    kinds: dict[str, list[int]] = {}
    for i in rest:
        kind = stem(contents.names[i])
        if is_answer(kind):
            kinds.setdefault(kind, []).append(i)
    if len(kinds) > 1:
        kinds = {kind: found for kind, found in kinds.items() if not is_class(kind)}
        if not all(is_number(kind) for kind in kinds):
            return [] if len(kinds) > 1 else next(iter(kinds.values()), [])
    return next(iter(kinds.values())) if len(kinds) == 1 else []


def obvious(contents: Contents) -> Choice | None:
    """The choice that the names make, None where they leave it open.

    >>> from ec_core.probing.tables.contents import Block
    >>> import numpy as np
    >>> table = Contents("t.csv", tuple(Block.of(n, np.zeros(9)) for n in ("id", "x1", "x2", "y")))
    >>> obvious(table)
    Choice(inputs=(1, 2), outputs=(3,), remarks=('Inputs: x1 and x2; outputs: y; left out: id.',))
    """
    if contents.arrays:
        pair = _pair(contents)
        if pair is not None or len({block.shape[:1] for block in contents.blocks}) > 1:
            return pair
    if not contents.named or len(contents.blocks) < 2:
        return None
    rest = [i for i in range(len(contents.blocks)) if i not in left_out(contents)]
    names = contents.names
    asked = [i for i in rest if is_question(stem(names[i]))]
    answers = _answers(contents, rest)
    named_answers = [i for i in rest if is_answer(stem(names[i]))]
    unclear = [i for i in rest if i not in asked and i not in named_answers]
    if answers and asked and not unclear:
        return choose(contents, tuple(asked), tuple(answers))
    if answers and not asked:
        # ages, pressures, … and a target: what else could they be
        inputs = [i for i in rest if i not in named_answers]
        return choose(contents, tuple(inputs), tuple(answers)) if inputs else None
    if named_answers:
        return None
    return _last(contents, rest)


def _last(contents: Contents, rest: list[int]) -> Choice | None:
    """A run of numbered columns, and what comes after it, if that is of one kind."""
    names = contents.names
    first = stem(names[rest[0]])
    run = 0
    while run < len(rest) and stem(names[rest[run]]) == first:
        run += 1
    after = rest[run:]
    one_kind = len({stem(names[i]) for i in after}) == 1
    counted = run > 1 and all(number(names[i]) is not None for i in rest[:run])
    is_run = is_question(first) or counted
    if not after or not one_kind or not is_run:
        return None
    return choose(contents, tuple(rest[:run]), tuple(after))


def guess(contents: Contents) -> Choice:
    """What could be meant where nothing is obvious: to be shown, never to be taken."""
    rest = [i for i in range(len(contents.blocks)) if i not in left_out(contents)]
    answers = _answers(contents, rest) or rest[-1:]
    asked = [i for i in rest if is_question(stem(contents.names[i])) and i not in answers]
    return Choice(tuple(asked or [i for i in rest if i not in answers]), tuple(answers))
