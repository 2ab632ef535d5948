"""Two windows that set the same run up: the later Start asks whose settings are meant."""

from __future__ import annotations

from dataclasses import fields

import streamlit as st

from ec_core.errors import JobError
from ec_core.runs import work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from pages.expand import filled
from pages.shell.callbacks import safely
from pages.shell.process import active, board

_ASKED = "settings_asked"


def _start(run: Run, settings: Settings, whole: bool) -> None:
    if active(run) is not None:
        # before anything is stored: the other's work goes on with the other's settings
        raise JobError("Somebody has just started this run in another window; see how it goes.")
    run.save_settings(settings)
    filled.filled(run.id, settings)
    st.session_state.pop(_ASKED, None)
    begin = work.start_whole if whole else work.start_expand
    begin(board(), run)


def start(run: Run, mine: Settings, whole: bool = False) -> None:
    """Start with what the fields say, unless another window has stored other settings since.

    whole : every step in one job
    """
    theirs = run.settings()
    if filled.stale(run.id, theirs) and theirs != mine:
        st.session_state[_ASKED] = (run.id, whole)
    else:
        _start(run, mine, whole)


def differences(theirs: Settings, mine: Settings) -> list[str]:
    """What differs, in words.

    >>> differences(Settings(students=4), Settings(students=9))
    ['students: 4, mine 9']
    """
    names = [field.name for field in fields(Settings)]
    return [
        f"{name.replace('_', ' ')}: {getattr(theirs, name)}, mine {getattr(mine, name)}"
        for name in names
        if getattr(theirs, name) != getattr(mine, name)
    ]


def question(run: Run, mine: Settings) -> None:
    """Whose settings? Shown after a Start that came too late, with all that differs."""
    theirs = run.settings()
    asked, whole = st.session_state.get(_ASKED, (None, False))
    if asked != run.id or theirs == mine:
        return
    with st.container(key="panel_whose"):
        st.markdown(
            "**Changed meanwhile.** Another window stored other settings for this run: "
            f"{'; '.join(differences(theirs, mine))}."
        )
        with st.container(horizontal=True, key="whose_ways"):
            for key, label, settings in (
                ("start_theirs", "Start with theirs", theirs),
                ("start_mine", "Start with mine", mine),
            ):
                st.button(label, key=key, on_click=safely, args=(_start, run, settings, whole))
