"""The list of runs: a page of it, filtered and sorted."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import streamlit as st

from ec_core.runs import shelf
from ec_core.runs.run import Run
from ec_core.runs.shelf import Entry, Query
from ec_core.store.database import AT_WORK
from ec_core.store.entry import STANDINGS
from pages.parts import standing
from pages.runs import picked, trash
from pages.shell import frame, navigation, words

PER_PAGE = 10

_SHOW = _RUNS, _ARCHIVED, _TRASH = "Runs", "Archived", "Trash"
_ORDERS = {
    "newest": "newest first",
    "oldest": "oldest first",
    "name": "by name",
    "loss": "smallest loss first",
    "size": "largest network first",
}
_ANY = ""
_MOST_NOTE = 110
"""Letters of a note in the list; the panel has all."""

_PAGE = "runs_page"


def _any(name: str) -> str:
    return name or "any"


def _shape(sizes: tuple[int, ...]) -> str:
    return words.shape(sizes) if sizes else "any"


def _first_page() -> None:
    st.session_state[_PAGE] = 0


def _show() -> str:
    """Which of the three lists; beside it the words that are searched for."""
    with st.container(horizontal=True, vertical_alignment="center", key="runs_top"):
        show = st.segmented_control(
            "Show",
            _SHOW,
            default=_RUNS,
            key="runs_show",
            label_visibility="collapsed",
            on_change=_first_page,
            required=True,
        )
        if show != _TRASH:
            st.text_input(
                "Search",
                key="runs_text",
                placeholder="Search titles, notes and tags",
                label_visibility="collapsed",
                on_change=_first_page,
                width="stretch",
            )
    return str(show)


def _query(archived: bool) -> Query:
    """What the fields above the list ask for."""
    known = shelf.choices()
    fields: tuple[tuple[str, str, tuple[Any, ...], Callable[[Any], str], int], ...] = (
        ("State", "runs_state", (_ANY, AT_WORK, *STANDINGS), _any, 145),
        ("Tag", "runs_tag", (_ANY, *known.tags), _any, 120),
        ("Activation", "runs_activation", (_ANY, *known.activations), _any, 120),
        ("Network", "runs_sizes", ((), *known.sizes), _shape, 120),
        ("Sorted", "runs_order", tuple(_ORDERS), _ORDERS.__getitem__, 175),
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_filter"):
        state, tag, activation, sizes, order = (
            st.selectbox(
                label, options, format_func=worded, key=key, on_change=_first_page, width=width
            )
            for label, key, options, worded, width in fields
        )
    return Query(
        text=str(st.session_state.get("runs_text") or ""),
        standing=state or "",
        tag=tag or "",
        activation=activation or "",
        sizes=tuple(sizes or ()),
        archived=archived,
        order=order or "newest",
        first=PER_PAGE * int(st.session_state.get(_PAGE, 0)),
        most=PER_PAGE,
    )


def _head() -> None:
    """What stands in the columns."""
    cells = "<span>state</span><span>network</span>"
    cells += '<span class="num">loss</span><span class="num">made</span>'
    with st.container(horizontal=True, key="runs_head"):
        st.html("<span></span>", width=234)
        st.html(f'<div class="ec-run-facts">{cells}</div>', width="stretch")


def _facts(entry: Entry) -> str:
    """What came of it, in columns."""
    state = standing.standing(entry)
    kind = {"verified": "good", "not verified": "warn", "an estimate": "warn"}.get(state, "")
    network = words.shape(entry.sizes) if entry.sizes else ""
    loss = "" if entry.loss is None else words.power(entry.loss)
    cells = (
        f'<span class="{kind}">{html.escape(state)}</span>',
        f"<span>{html.escape(network)} {html.escape(entry.activation)}</span>",
        f'<span class="num">{html.escape(loss)}</span>',
        f'<span class="num">{standing.when(entry.created)}</span>',
    )
    return f'<div class="ec-run-facts">{"".join(cells)}</div>'


def _more(entry: Entry) -> str:
    """Its tags, and how its note begins."""
    tags = "".join(f'<span class="ec-tag">{html.escape(tag)}</span>' for tag in entry.tags)
    note = " ".join(entry.note.split())
    note = note if len(note) <= _MOST_NOTE else f"{note[:_MOST_NOTE].rstrip()} …"
    return f'<p class="ec-run-said">{tags}{html.escape(note)}</p>' if tags or note else ""


def _row(entry: Entry, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"row_{entry.id}"):
        picked.box(entry.id, words.plain(entry.label))
        if entry.damaged:
            st.html(
                f'<p class="ec-run-said damaged"><b class="warn">Damaged, set aside:</b> '
                f"{html.escape(entry.damaged)}</p>",
                width="stretch",
            )
            return
        st.page_link(
            navigation.BY_KEY[standing.leads_to(entry)].file,
            label=words.plain(entry.label),
            query_params=Run(entry.id).query,
            icon=":material/arrow_right:" if is_open else None,
            width=215,
        )
        st.html(_facts(entry), width="stretch")
        said = _more(entry)
        if said:
            st.html(said)


def _turn(by: int) -> None:
    st.session_state[_PAGE] = max(0, int(st.session_state.get(_PAGE, 0)) + by)


def _pages(query: Query, total: int) -> None:
    if total <= PER_PAGE:
        return
    last = min(query.first + PER_PAGE, total)
    by_age = query.order == "newest"
    with st.container(horizontal=True, vertical_alignment="center", key="runs_pages"):
        st.button(
            "Newer" if by_age else "Before",
            key="runs_before",
            icon=":material/chevron_left:",
            on_click=_turn,
            args=(-1,),
            disabled=query.first == 0,
        )
        frame.note(f"{query.first + 1:,} to {last:,} of {total:,}")
        st.button(
            "Older" if by_age else "After",
            key="runs_after",
            icon=":material/chevron_right:",
            icon_position="right",
            on_click=_turn,
            args=(1,),
            disabled=last >= total,
        )


def draw(open_run: Run | None) -> None:
    """The list, or the trash."""
    show = _show()
    if show == _TRASH:
        trash.draw()
        return
    query = _query(show == _ARCHIVED)
    found = shelf.find(query)
    if query.first and not found.entries:
        # the last ones of this page went: there is a page before it
        _turn(-1)
        st.rerun()
    if found.entries:
        _head()
    else:
        filtered = query != Query(archived=query.archived, most=PER_PAGE)
        frame.note("No run is like that." if filtered else "There is nothing here yet.")
    with st.container(key="runs_list", gap=None):
        for entry in found.entries:
            _row(entry, open_run is not None and entry.id == open_run.id)
    _pages(query, found.total)
    if found.unread:
        frame.note(f"{words.many(found.unread, 'run')} more are being read in; look again soon.")
