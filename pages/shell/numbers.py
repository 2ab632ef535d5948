"""Fields for numbers that say what is wrong with theirs.

Streamlit's own limits stop a wrong number in the browser: the page goes on with the number before,
and a button uses it although the field says another. Here whatever was typed arrives.
"""

from __future__ import annotations

import html
from typing import Any

import streamlit as st

_OF, _FILLED = "numbers_of", "numbers_filled"


def problem(given: float | None, low: float, high: float, whole: bool) -> str | None:
    """Why a number cannot be used, None where it can.

    >>> problem(None, 2, 200, True)
    'No number; expected a whole number from 2 to 200.'
    >>> problem(0.25, 0.5, 16, False)
    '0.25 is too small; expected a number from 0.5 to 16.'
    >>> problem(3, 2, 200, True) is None
    True
    """
    kind = "whole number" if whole else "number"
    most = f"{high:,g}" if high < 1e6 else f"{high:,.0f}"
    wanted = f"expected a {kind} from {low:,g} to {most}"
    if given is None:
        return f"No number; {wanted}."
    if low <= given <= high:
        return None
    shown = f"{given:,g}" if abs(given) < 1e6 else f"{given:,.0f}"
    return f"{shown} is too {'small' if given < low else 'large'}; {wanted}."


def _field(place: Any, label: str, key: str, value: float, step: float, help_: str | None) -> Any:
    # set here, not given as the default: a field that has a default cannot be empty
    st.session_state.setdefault(key, value)
    st.session_state.setdefault(_FILLED, set()).add(key)
    return place.number_input(label, value=None, step=step, key=key, help=help_)


def _checked(place: Any, given: Any, low: float, high: float, whole: bool) -> Any:
    why = problem(given, low, high, whole)
    if why is None:
        return given
    place.html(f'<p class="ec-wrong" role="alert">{html.escape(why)}</p>')
    return None


def begin(of: str) -> None:
    """Fields that were filled for another one (a run) begin with their own values."""
    if st.session_state.get(_OF) != of:
        for key in st.session_state.get(_FILLED, ()):
            st.session_state.pop(key, None)
        st.session_state[_OF], st.session_state[_FILLED] = of, set()


def whole(
    label: str, key: str, value: int, low: int, high: int, *, place: Any = st, help_: str = ""
) -> int | None:
    """A whole number, or None after a sentence below the field; ``place``: where it stands."""
    given = _field(place, label, key, value, 1, help_ or None)
    number = _checked(place, given, low, high, True)
    return None if number is None else int(number)


def real(
    label: str,
    key: str,
    value: float,
    low: float,
    high: float,
    *,
    step: float,
    place: Any = st,
    help_: str = "",
) -> float | None:
    """The same for any number."""
    given = _field(place, label, key, float(value), step, help_ or None)
    number = _checked(place, given, low, high, False)
    return None if number is None else float(number)
