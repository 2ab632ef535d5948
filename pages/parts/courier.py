"""What the workbench in the browser sends, taken on the page it was made on or on the next one."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from ec_core.errors import InputError
from ec_core.runs import cut_history, tree_cache
from ec_core.runs.run import Run
from pages.parts import meanwhile
from pages.shell import modules, theme
from pages.shell.callbacks import safely

_COURIER = st.components.v2.component(
    "ec_courier", html="<i hidden>\n</i>", js=modules.bundle(theme.ASSETS / "workbench", "courier")
)
KEY, _COURIER_KEY = "workbench", "bench_courier"


def sent(key: str = KEY) -> Any:
    """The browser's newest message, None before the first."""
    return (st.session_state.get(key) or {}).get("change")


def refusal(run: Run, layer: int, key: str = KEY) -> str | None:
    """Take what the browser sent, if anything is new; a sentence where it was not in order."""
    tree, name = tree_cache.of(run, layer)[1], tree_cache.name_of(run, layer)
    late = meanwhile.of_another_tree(run, layer, name, sent(key))
    if late is not None:
        return late
    if meanwhile.known(sent(key)):
        return meanwhile.SENTENCE if meanwhile.open_question(name) else None
    try:
        cut_history.take(run, tree, name, sent(key), layer, tree_cache.first_cut(run, layer))
    except cut_history.ChangedMeanwhileError as overtaken:
        meanwhile.hold(name, str(sent(key)["serial"]), overtaken.mine)
        return meanwhile.SENTENCE
    except InputError as error:
        return str(error)
    return None


def _handed_in(run_id: str) -> None:
    refusal(Run(run_id), 0, _COURIER_KEY)


def hand_in(run: Run) -> None:
    """For the page that builds from the cut: a step made on the bench in the very moment it was
    left may have reached nobody; the tab remembers it and hands it in here.
    """
    name, kept = tree_cache.name_of(run), run.bench()
    serial = str(kept.get("serial", "")) if kept.get("tree") == name else ""
    data = {"tree": name, "serial": serial, "cut": cut_history.plain(run.cut())}
    with st.container(key="blob_courier"):
        _COURIER(key=_COURIER_KEY, data=data, on_change_change=partial(safely, _handed_in, run.id))
