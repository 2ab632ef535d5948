"""Earlier results of a run, to be looked at and brought back."""

from __future__ import annotations

import html
import time
from functools import partial

import streamlit as st

from ec_core.networks.files import network_bytes
from ec_core.runs import versions
from ec_core.runs.run import Run
from ec_core.store import Version
from pages.shell import frame, words
from pages.shell.callbacks import safely


def told(run: Run) -> str:
    """The result that would be replaced, in a few words."""
    facts = versions.facts(run)
    verdict = "verified" if facts["verified"] else "not verified"
    return f"{words.shape(facts['sizes'])}, {verdict}"


def _line(version: Version) -> str:
    facts = version.facts
    summary = f"{facts.get('converged', 0)} of {facts.get('students', 0)} students converged"
    if "sizes" in facts:
        verdict = "verified" if facts.get("verified") else "not verified"
        loss = words.power(float(facts["loss"]))
        summary = f"{words.shape(facts['sizes'])}, loss {loss}, {verdict}; {summary}"
    day = time.strftime("%d %b %Y, %H:%M", time.localtime(version.kept))
    return f"<b>{html.escape(summary)}</b><br>{day}, {html.escape(version.why)}"


def _network(run: Run, number: int) -> bytes:
    return network_bytes(versions.network(run, number))


def shelf(run: Run, *, busy: bool = False) -> None:
    """The earlier results, newest first, each with the way back; nothing where there are none.

    busy : the run is being worked on, so that nothing can be exchanged now
    """
    earlier_results = versions.all_of(run)
    if not earlier_results:
        return
    with st.expander(f"Earlier results ({len(earlier_results)})"), st.container(key="versions"):
        for version in earlier_results:
            key = f"version_{version.number}"
            with st.container(horizontal=True, vertical_alignment="center", key=key):
                st.html(f'<p class="ec-setting">{_line(version)}</p>', width="stretch")
                if "sizes" in version.facts:
                    st.download_button(
                        "Network",
                        partial(_network, run, version.number),
                        "recovered.safetensors",
                        "application/octet-stream",
                        key=f"download_{key}",
                        on_click="ignore",
                        icon=":material/download:",
                    )
                if not run.workable:
                    continue
                st.button(
                    "Bring back",
                    key=f"back_{version.number}",
                    icon=":material/history:",
                    disabled=busy,
                    on_click=safely,
                    args=(versions.bring_back, run, version.number),
                    help="Students, clusters and network as they were then; what is here now is "
                    "kept as an earlier result.",
                )
        if run.workable:
            frame.note("Bring one back to see it on every page; nothing is lost by it.")
