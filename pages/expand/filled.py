"""Which stored settings a window's fields were filled from: what a Start is held against."""

from __future__ import annotations

import streamlit as st

from ec_core.runs.settings import Settings

_SEEN = "settings_seen"


def filled(run_id: str, settings: Settings) -> None:
    """The fields say these settings now."""
    st.session_state[_SEEN] = (run_id, settings)


def stale(run_id: str, stored: Settings) -> bool:
    """Has another window stored other settings since the fields were filled?"""
    return bool(st.session_state.get(_SEEN, (run_id, stored)) != (run_id, stored))
