"""Everything to take away: network, report, settings, figures, and a script that repeats the run."""

from __future__ import annotations

import json

import streamlit as st

from ec_core.networks.files import network_bytes
from pages.ui import results
from pages.ui.runs import Run


def shelf(run: Run) -> None:
    """The row of downloads."""
    st.subheader("Take it with you", anchor=False)
    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            "Network", lambda: network_bytes(run.reconstruction().network),
            "recovered.safetensors", "application/octet-stream", key="download_network",
            on_click="ignore", icon=":material/download:",
        )
        st.download_button(
            "Report", lambda: json.dumps(results.report(run), indent=2), "report.json",
            "application/json", key="download_report", on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Settings", json.dumps(run.stored.settings(), indent=2), "settings.json",
            "application/json", key="download_settings", on_click="ignore",
            icon=":material/download:",
        )
