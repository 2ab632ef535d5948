"""Which run is open: the ``?run=`` of the address, and nothing else, decides."""

from __future__ import annotations

import streamlit as st

from ec_core.errors import ECError
from ec_core.runs.loading import store
from ec_core.runs.run import Run
from pages.shell.process import board


def open_run() -> tuple[Run | None, str | None]:
    """The run in the address, or None, with a sentence if the address names one that is not
    there.
    """
    name = st.query_params.get("run")
    if not name:
        return None, None
    try:
        store().open(name)
    except ECError as error:
        job = board().of_run(name)
        if job is not None and not store().exists(name):
            # nothing can be kept of it any more, and others wait for the device
            job.stop()
        return None, f"{error} Earlier runs are listed on the Start page."
    return Run(name), None
