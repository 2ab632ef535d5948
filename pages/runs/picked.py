"""Which runs are picked in the list, and which are looked at side by side."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from ec_core.runs import shelf
from ec_core.runs.run import Run

MOST_BESIDE = 5
"""More columns than that cannot be read on a projector."""

_PICKED, _SIDE = "runs_picked", "side"


def key(id_: str) -> str:
    """Of a run's box."""
    return f"pick_{id_}"


def ids() -> tuple[str, ...]:
    """The runs that are picked, in the order of picking, on whatever page of the list they are."""
    return tuple(st.session_state.get(_PICKED, ()))


def there() -> tuple[str, ...]:
    """The same without those that went meanwhile."""
    kept = shelf.there(ids())
    st.session_state[_PICKED] = list(kept)
    return kept


def _pick(id_: str) -> None:
    kept = [one for one in ids() if one != id_]
    st.session_state[_PICKED] = [*kept, id_] if st.session_state.get(key(id_)) else kept


def box(id_: str, label: str) -> None:
    """The box with which a run is picked."""
    st.session_state[key(id_)] = id_ in ids()
    st.checkbox(
        f"Pick {label}", key=key(id_), label_visibility="collapsed", on_change=_pick, args=(id_,)
    )


def only(these: Iterable[str]) -> None:
    """From now on these are picked and no others."""
    st.session_state[_PICKED] = list(these)


def side_by_side() -> tuple[Run, ...]:
    """Those that the address asks for side by side: two to five of one's own."""
    asked = str(st.query_params.get(_SIDE, "")).split(",")
    runs = shelf.mine(dict.fromkeys(asked)) if len(asked) > 1 else ()
    return runs[:MOST_BESIDE] if len(runs) > 1 else ()


def look(these: tuple[str, ...]) -> None:
    """Look at these side by side; () leads back to the list."""
    if these:
        st.query_params[_SIDE] = ",".join(these)
    elif _SIDE in st.query_params:
        del st.query_params[_SIDE]
