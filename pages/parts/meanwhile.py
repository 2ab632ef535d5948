"""Two people on one run: what both changed is said, and nobody's work is lost without a word.

What the browser sends names the state it goes on from. Where somebody else has stored another one
since, nothing is stored: it is held for this tab, and the person chooses.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from ec_core.cluster import Cut, Dendrogram
from ec_core.runs import cut_history
from ec_core.runs.cut_history import Mine
from ec_core.runs.run import Run
from pages.shell import words
from pages.shell.callbacks import safely

SENTENCE = "Changed meanwhile in another window: this is what was stored there. Choose above."
_HELD = "bench_mine"
_LATE = "bench_late"


@dataclass(frozen=True)
class _Held:
    """What could not be stored, of which tree and message; ``mine`` is None once it is chosen."""

    tree: str
    serial: str
    mine: Mine | None


def _held() -> _Held | None:
    held = st.session_state.get(_HELD)
    return held if isinstance(held, _Held) else None


def hold(tree: str, serial: str, mine: Mine) -> None:
    """Keep for this tab what came too late."""
    st.session_state[_HELD] = _Held(tree, serial, mine)


def known(sent: Any) -> bool:
    """Is this message the one that came too late? It stays the browser's last for a while."""
    held = _held()
    return held is not None and isinstance(sent, Mapping) and str(sent.get("serial")) == held.serial


def of_another_tree(run: Run, layer: int, name: str, sent: Any) -> str | None:
    """A sentence where somebody else exchanged the students while this tab changed their clusters:
    said once.
    """
    cut = cut_history.of_another_tree(run, name, sent, layer)
    if cut is None or st.session_state.get(_LATE) == sent["serial"]:
        return None
    st.session_state[_LATE] = sent["serial"]
    by_hand = f", {words.many(len(cut.edits), 'edit')} by hand" if cut.edits else ""
    return (
        "Other students were put in the place of these meanwhile, in another window. Your last "
        f"change (height {words.power(cut.height)}{by_hand}) was of their earlier tree, and is not "
        "in use; clusters that were kept are under Earlier results on the Expand page."
    )


def open_question(tree: str) -> bool:
    """Is there something to choose about a tree?"""
    held = _held()
    return held is not None and held.tree == tree and held.mine is not None


def _choose(run: Run, tree: Dendrogram, name: str, layer: int, what: str) -> None:
    held = _held()
    if held is None or held.mine is None:
        return
    mine = held.mine
    if what == "mine":
        cut_history.put(run, tree, name, mine.cut, {**(mine.names or {})}, layer)
    elif what == "both":
        label = time.strftime("mine, %H:%M:%S")
        now = cut_history.load(run, tree, name, layer).cut
        cut_history.put(run, tree, name, now, {**(mine.names or {}), label: mine.cut}, layer)
    st.session_state[_HELD] = _Held(held.tree, held.serial, None)


def _said(cut: Cut, other: Cut) -> str:
    """A cut in a few words: its height, and what else tells it from the other."""
    parts = [f"height {words.power(cut.height)}"]
    if cut.gamma != other.gamma:
        parts.append(f"γ {cut.gamma:g}")
    if cut.beta != other.beta:
        parts.append(f"β {cut.beta:g}°")
    if cut.edits:
        parts.append(f"{words.many(len(cut.edits), 'edit')} by hand")
    return ", ".join(parts)


def question(run: Run, tree: Dendrogram, name: str, layer: int) -> None:
    """The choice between theirs and mine, where there is one to make."""
    held = _held()
    if held is None or held.tree != name or held.mine is None:
        # its place is kept, or the bench below would move
        st.container(key="blob_meanwhile")
        return
    theirs, mine = cut_history.load(run, tree, name, layer).cut, held.mine.cut
    with st.container(key="panel_meanwhile"):
        st.markdown(
            "**Changed meanwhile.** Somebody stored other clusters in another window while you "
            f"changed them here. "
            f"Theirs: {_said(theirs, mine)}. Mine: {_said(mine, theirs)}."
        )
        act = partial(_choose, run, tree, name, layer)
        with st.container(horizontal=True, key="meanwhile_ways"):
            for what, label, help_ in (
                ("theirs", "Take theirs", "What you see below; mine is dropped."),
                ("mine", "Take mine", "One more step after theirs."),
                ("both", "See both", "Theirs stays in use, mine is kept in the table below it."),
            ):
                st.button(
                    label,
                    key=f"take_{what}",
                    help=help_,
                    on_click=safely,
                    args=(act, what),
                )
