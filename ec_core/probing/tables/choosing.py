"""The columns that a person names: ``x1,x2``, ``1-4``, ``x1-x4``, ``p_*``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from ec_core.errors import InputError
from ec_core.probing.tables.contents import LONGEST, Contents, listed
from ec_core.probing.tables.names import stem
from ec_core.probing.tables.obvious import Choice, choose, guess, left_out, obvious

Told = str | Sequence[str] | None
"""Columns as a person says them: one text with commas, or a list of names."""

_RANGE = re.compile(r"(\d+)-(\d+)")


def _parts(told: str | Sequence[str], names: tuple[str, ...]) -> list[str]:
    if not isinstance(told, str):
        return list(told)
    return [told] if told in names else [part.strip() for part in told.split(",") if part.strip()]


def _refuse(contents: Contents, part: str, option: str) -> InputError:
    names = [name or "(no name)" for name in contents.names]
    what = "arrays" if contents.arrays else "columns"
    if not contents.named:
        return InputError(
            f"{contents.name} has {len(names)} {what} without names, so {part!r} ({option}) is "
            f"none of them; expected numbers from 1 to {len(names)}, such as 1-{len(names) - 1}."
        )
    return InputError(
        f"{contents.name} has no {part!r} ({option}) among its {what} {listed(names)}; expected "
        f"their names, numbers such as 1-{max(2, len(names) - 1)}, or a pattern such as x*."
    )


def _one(contents: Contents, part: str, option: str) -> list[int]:
    """The columns that one part names."""
    names = contents.names
    exact = [i for i, name in enumerate(names) if name == part]
    if len(exact) > 1:
        raise InputError(
            f"{contents.name} has {len(exact)} columns that are called {part!r} ({option}); say "
            f"which by their numbers, {listed([str(i + 1) for i in exact])}."
        )
    if exact:
        return exact
    if _RANGE.fullmatch(part) or part.isdecimal():
        low, _, high = part.partition("-")
        first, last = int(low), int(high or low)
        if 1 <= first <= last <= len(names):
            return list(range(first - 1, last))
        raise _refuse(contents, part, option)
    if any(sign in part for sign in "*?"):
        found = [i for i, name in enumerate(names) if fnmatchcase(name, part)]
    else:
        begin, _, end = part.partition("-")
        if names.count(begin) == 1 == names.count(end):
            found = list(range(names.index(begin), names.index(end) + 1))
        else:
            found = [i for i, name in enumerate(names) if name.lower() == part.lower()]
    if not found:
        raise _refuse(contents, part, option)
    return found


def _named(contents: Contents, told: str | Sequence[str], option: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in _parts(told, contents.names):
        found += [i for i in _one(contents, part, option) if i not in found]
    if not found:
        raise InputError(f"{option} names no column of {contents.name}; expected at least one.")
    return tuple(found)


def _rest(contents: Contents, taken: tuple[int, ...], answers: bool) -> tuple[int, ...]:
    """What is left for the other side, where only one was said."""
    rest = [i for i in range(len(contents.blocks)) if i not in {*taken, *left_out(contents)}]
    if answers:
        clear = guess(contents).outputs
        if clear and all(i in rest for i in clear) and obvious(contents) is not None:
            return clear
    if not rest:
        side = "answers" if answers else "questions"
        raise InputError(
            f"All columns of {contents.name} are named on one side; expected some for the {side}."
        )
    return tuple(rest)


def chosen(contents: Contents, inputs: Told = None, outputs: Told = None) -> Choice:
    """The columns a person named, or those that are obvious where nothing was said.

    Raises InputError where it is not plain, with the columns and an option that would do.
    """
    if inputs is None and outputs is None:
        found = obvious(contents)
        if found is None:
            raise InputError(unclear(contents))
        return found
    asked = None if inputs is None else _named(contents, inputs, "--inputs")
    answers = None if outputs is None else _named(contents, outputs, "--outputs")
    if asked is None:
        assert answers is not None
        asked = _rest(contents, answers, answers=False)
    elif answers is None:
        answers = _rest(contents, asked, answers=True)
    both = [contents.names[i] for i in asked if i in answers]
    if both:
        raise InputError(
            f"{listed(both)} of {contents.name} stands in --inputs and in --outputs; expected "
            "every column on one side only."
        )
    return choose(contents, asked, answers)


def unclear(contents: Contents) -> str:
    """The sentence that asks which are questions and which answers."""
    names = contents.names
    if contents.arrays:
        if len(names) < 2:
            return (
                f"{contents.name} holds {listed(names) or 'no array'}; expected the arrays x and y."
            )
        shapes = [f"{block.name} {block.shape}" for block in contents.blocks]
        holds = listed(shapes)
        return (
            f"{contents.name} holds {holds}; expected the arrays x and y: say which are meant, "
            f"such as --inputs {names[0][:LONGEST]} --outputs {names[1][:LONGEST]}."
        )
    if len(names) < 2:
        return (
            f"{contents.name} has one column; expected at least two, a question and its answer in "
            "every row."
        )
    advice = guess(contents)
    inputs, outputs = (written(contents, side) for side in (advice.inputs, advice.outputs))
    option = f"--inputs {inputs} --outputs {outputs}"
    if not contents.named:
        return (
            f"{contents.name} has {len(names)} columns without names, so it is not plain which are "
            f"questions and which answers; say so, such as {option}."
        )
    return (
        f"{contents.name} has the columns {listed(names)}, and it is not plain which are questions "
        f"and which answers; say so, such as {option}."
    )


def written(contents: Contents, columns: tuple[int, ...]) -> str:
    """Columns as an option says them, shortly."""
    names = [contents.names[i] for i in columns]
    row = len(columns) > 2 and columns == tuple(range(columns[0], columns[-1] + 1))
    if row and (not contents.named or len({stem(name) for name in names}) > 1):
        return f"{columns[0] + 1}-{columns[-1] + 1}"
    unsafe = r"[,*?]|^\s|\s$|^$" + (r"|-" if row else "")
    long = any(len(name) > LONGEST for name in names)
    if long or any(re.search(unsafe, name) or names.count(name) > 1 for name in names):
        return ",".join(str(i + 1) for i in columns)
    text = f"{names[0]}-{names[-1]}" if row else ",".join(names)
    return f"'{text}'" if re.search(r"[\s;&|()<>*?$'\"]", text) else text
