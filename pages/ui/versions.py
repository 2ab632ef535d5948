"""Earlier results of a run: kept before its students change, to be looked at and brought back."""

from __future__ import annotations

import html
import time
from functools import partial
from typing import Any

import streamlit as st

from ec_core import store as kept
from ec_core.networks.files import network_bytes
from ec_core.store import Version
from pages.ui import builds, frame, results, words
from pages.ui.callbacks import safely
from pages.ui.runs import Run

_SETTINGS = {"steered": False, "best_students": None, "build_seconds": 0.0}
"""Settings that belong to the students of a run, and what they are before anything was done."""


def _facts(run: Run) -> dict[str, Any]:
    """What is said of the run as it stands now."""
    ensemble = run.ensemble()
    facts: dict[str, Any] = {
        "students": ensemble.students,
        "converged": int(ensemble.converged().sum()),
    }
    if run.has("recovered"):
        used = builds.in_use(run)
        result = run.reconstruction()
        verified = results.of(run).certificate.verified if used is None else used.verified
        facts |= {"sizes": list(result.network.sizes), "loss": result.loss, "verified": verified}
    return facts


def keep(run: Run, why: str, *, students: bool = False) -> None:
    """Keep what the run has, where there is a network that would be lost.

    students : keep students of whom nothing has been built yet, too
    """
    if not run.has("recovered") and not (students and run.has("ensemble")):
        return
    settings = run.stored.settings()
    own = {name: settings.get(name, usual) for name, usual in _SETTINGS.items()}
    kept.keep_version(run.stored, why, _facts(run), own)


def bring_back(run: Run, number: int) -> None:
    """A version in the place of what is there now, which becomes a version itself."""
    keep(run, "before an earlier one was brought back", students=True)
    kept.bring_back(run.stored, number)


def told(run: Run) -> str:
    """The result that would be replaced, in a few words."""
    facts = _facts(run)
    verdict = "verified" if facts["verified"] else "not verified"
    return f"{words.shape(facts['sizes'])}, {verdict}"


def _line(version: Version) -> str:
    facts = version.facts
    found = f"{facts.get('converged', 0)} of {facts.get('students', 0)} students converged"
    if "sizes" in facts:
        verdict = "verified" if facts.get("verified") else "not verified"
        loss = words.power(float(facts["loss"]))
        found = f"{words.shape(facts['sizes'])}, loss {loss}, {verdict}; {found}"
    day = time.strftime("%d %b %Y, %H:%M", time.localtime(version.kept))
    return f"<b>{html.escape(found)}</b><br>{day}, {html.escape(version.why)}"


def _network(run: Run, number: int) -> bytes:
    return network_bytes(kept.version_folder(run.stored, number).load_network("recovered"))


def shelf(run: Run, *, busy: bool = False) -> None:
    """The earlier results, newest first, each with the way back; nothing where there are none.

    busy : the run is being worked on, so that nothing can be exchanged now
    """
    found = kept.versions(run.stored)
    if not found:
        return
    with st.expander(f"Earlier results ({len(found)})"), st.container(key="versions"):
        for version in found:
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
                st.button(
                    "Bring back",
                    key=f"back_{version.number}",
                    icon=":material/history:",
                    disabled=busy,
                    on_click=safely,
                    args=(bring_back, run, version.number),
                    help="Students, clusters and network as they were then; what is here now is "
                    "kept as an earlier result.",
                )
        frame.note("Bring one back to see it on every page; nothing is lost by it.")
