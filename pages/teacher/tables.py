"""Questions and answers in a file: which columns are meant, and what was understood of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import streamlit as st

from ec_core.apart import read_contents
from ec_core.errors import InputError
from ec_core.networks.formats import GZIP, recognise, tabular
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.tables import (
    Answers,
    Contents,
    assemble,
    chosen,
    guess,
    joined,
    obvious,
    written,
)
from ec_core.probing.tables.obvious import Choice, choose
from ec_core.probing.tables.reading import READERS
from pages.shell import frame
from pages.teacher import held

_OF, _INPUTS, _OUTPUTS = "teacher_table_of", "teacher_table_inputs", "teacher_table_outputs"

_MOST_BOXES = 40
"""Columns up to which each is a box to click; more are named by numbers or patterns."""

_ASKED = "Inputs: what was asked"
_ANSWERED = "Outputs: what was answered"


@dataclass(frozen=True)
class Understood:
    """What a file was understood as.

    choice : which of its columns are meant; answers, probes : None where they cannot be used
    """

    contents: Contents
    choice: Choice | None
    answers: Answers | None = None
    probes: ProbeSet | None = None


def holds_answers(data: bytes, name: str) -> bool:
    """Is this file one of questions and answers?"""
    kind = recognise(data, name)
    return kind in READERS or kind is GZIP or (kind is None and tabular(name))


@st.cache_resource(max_entries=3, show_spinner="Reading the table …")
def _read(data: bytes, name: str) -> Contents:
    return read_contents(data, name)


@st.cache_resource(max_entries=3, show_spinner="Looking through the answers …")
def _prepared(
    data: bytes, name: str, inputs: tuple[int, ...], outputs: tuple[int, ...]
) -> tuple[Answers, ProbeSet]:
    contents = _read(data, name)
    answers = assemble(contents, Choice(inputs, outputs))
    return answers, make_probes(answers.x, answers.y)


def _begin(data: bytes, contents: Contents) -> None:
    """The fields of another file begin with what its names say."""
    mark = hashlib.sha256(data).hexdigest()
    if st.session_state.get(_OF) == mark:
        return
    st.session_state[_OF] = mark
    first = obvious(contents) or guess(contents)
    for key, columns in ((_INPUTS, first.inputs), (_OUTPUTS, first.outputs)):
        many = len(contents.blocks) > _MOST_BOXES
        st.session_state[key] = written(contents, columns) if many else list(columns)


def _called(contents: Contents, column: int) -> str:
    block = contents.blocks[column]
    if contents.arrays:
        return f"{block.name}  {' × '.join(map(str, block.shape))}"
    if not contents.named:
        return f"column {block.name}"
    return block.name or "(no name)"


def _boxes(contents: Contents) -> Choice | None:
    """Two lists to choose from; None, and what is missing, where they leave something open."""
    sides = []
    for label, key in ((_ASKED, _INPUTS), (_ANSWERED, _OUTPUTS)):
        sides.append(
            tuple(
                st.multiselect(
                    label,
                    range(len(contents.blocks)),
                    key=key,
                    format_func=lambda column: _called(contents, column),
                    persist_state="session",
                )
            )
        )
    inputs, outputs = sides
    both = [_called(contents, i) for i in inputs if i in outputs]
    if both:
        frame.callout(f"{both[0]} is an input and an output; take it away on one side.")
        return None
    if not inputs or not outputs:
        side = "input" if not inputs else "output"
        frame.callout(f"No {side} is chosen; choose at least one column.")
        return None
    return choose(contents, inputs, outputs)


def _named(contents: Contents) -> Choice | None:
    """The same for files of many columns, which are named."""
    told = [
        st.text_input(
            label,
            key=key,
            persist_state="session",
            help="Names or numbers with commas, ranges (1-64, pixel1-pixel64), patterns (p_*).",
        )
        for label, key in ((_ASKED, _INPUTS), (_ANSWERED, _OUTPUTS))
    ]
    try:
        return chosen(contents, *(text.strip() or None for text in told))
    except InputError as error:
        frame.callout(str(error))
        return None


def _choice(contents: Contents) -> Choice | None:
    found = obvious(contents)
    if contents.arrays and found is not None and len(contents.blocks) == 2:
        return found  # x and y: nothing is open
    if found is None:
        frame.note("It is not plain which columns are meant: this is a guess, look at it.")
    return _boxes(contents) if len(contents.blocks) <= _MOST_BOXES else _named(contents)


def _partner(contents: Contents) -> held.File | None:
    """The file of the answers, for one that may hold the questions alone."""
    if contents.named and len(contents.blocks) > 1:
        return None
    return held.file(
        "The answers, if they are in a file of their own (not needed)",
        "teacher_partner",
        "As many rows as the questions have; then all columns of the first file are inputs.",
    )


def _both(data: bytes, name: str, other: held.File) -> Understood:
    """Questions from one file, answers from another."""
    made = joined(_read(data, name), _read(other.data, other.name))
    named = Contents(f"{name} with {other.name}", (), arrays=True)
    return Understood(named, None, made, make_probes(made.x, made.y))


def understood(data: bytes, name: str) -> Understood | None:
    """The file's columns, chosen by the person; None where nothing can be shown of it.

    Raises InputError for a file that cannot be read.
    """
    contents = _read(data, name)
    _begin(data, contents)
    try:
        other = _partner(contents)
        if other is not None:
            return _both(data, name, other)
        if len(contents.blocks) < 2:
            chosen(contents)  # says what is missing
        choice = _choice(contents)
        if choice is None:
            return Understood(contents, None)
    except InputError as error:
        frame.callout(str(error))
        return None
    try:
        answers, probes = _prepared(data, name, choice.inputs, choice.outputs)
    except InputError as error:
        frame.callout(str(error))
        return Understood(contents, choice)
    return Understood(contents, choice, answers, probes)


_SEEN = "teacher_table_seen"


def keep(seen: Understood | None) -> None:
    """Put aside what was understood, for the other half of the page."""
    st.session_state[_SEEN] = seen


def taken() -> tuple[Understood, str] | None:
    """What was put aside in this run of the page, once, with a mark of what it is."""
    seen = st.session_state.pop(_SEEN, None)
    if not isinstance(seen, Understood):
        return None
    return seen, f"{st.session_state.get(_OF)} {seen.choice} {seen.contents.name}"
