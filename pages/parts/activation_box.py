"""Which activation, and its number where it is of a family that has one."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import streamlit as st

from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS, FAMILIES, family_of, numbered
from ec_core.networks.equal_writings import READ_OFF
from pages.shell import words

_DIGITS = "%.15g"
"""A number as it was typed: Streamlit's own format would show 1.702 as 1.70."""


LEARN_HELP = (
    "The last choice learns the activation itself: one curve for all neurons of a layer, trained "
    "with the weights, whatever it is. That takes minutes, and answers with many digits."
)


def number_given(name: str | None) -> float | None:
    """The number in an activation's name, None where it has none.

    >>> number_given("leaky_relu:0.3"), number_given("leaky_relu"), number_given(None)
    (0.3, None, None)
    """
    family, _, value = (name or "").partition(":")
    return float(value) if value and family in FAMILIES else None


def _empty(family: str, told: bool) -> str:
    """What an empty field stands for."""
    if told and family in READ_OFF:
        return "empty: read off the answers"
    return f"empty: {FAMILIES[family].usual:g}"


def _number(family: str, key: str, before: float | None, told: bool, persist: bool) -> str | None:
    """The family's member; None after a sentence where there is none of that number."""
    known = FAMILIES[family]
    # set here, not given as the default: a field that has a default cannot be empty
    st.session_state.setdefault(key, before)
    more: dict[str, Any] = {"persist_state": "session"} if persist else {}
    given = st.number_input(
        f"Its {known.number}",
        value=None,
        step=0.1,
        format=_DIGITS,
        key=key,
        placeholder=_empty(family, told),
        help=f"Any number that is {known.words}.",
        **more,
    )
    if given is None:
        return family
    try:
        return numbered(family, float(given))
    except InputError as error:
        st.html(f'<p class="ec-wrong" role="alert">{html.escape(str(error))}</p>')
        return None


def box(
    first: Sequence[str],
    chosen: str | None,
    key: str,
    *,
    told: bool,
    persist: bool = False,
    number_key: str | None = None,
    last: Sequence[str] = (),
    help_: str,
) -> str | None:
    """A list of all activations, and a field for the number of a family.

    first, last : choices that stand before and after them; chosen : the one it begins with, None:
        none is
    told : it says what a network that is asked has, whose slope can be read off where it is open;
        otherwise a network is made or read with it
    persist : it stays when the page is left; number_key : begins the key of the field
    Returns the name, with its number; None where none is chosen or the number cannot be used.
    """
    family = None if chosen is None else family_of(chosen)
    names = list(dict.fromkeys([*first, *ACTIVATIONS, *last]))
    more: dict[str, Any] = {"persist_state": "session"} if persist else {}
    name = st.selectbox(
        "Activation",
        names,
        index=None if family is None else names.index(family),
        key=key,
        format_func=words.activation,
        placeholder="Which one?",
        help=help_,
        **more,
    )
    if name is None or name not in FAMILIES:
        return None if name is None else str(name)
    before = number_given(chosen) if name == family else None
    return _number(str(name), f"{number_key or key}_number_{name}", before, told, persist)
