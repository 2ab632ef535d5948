"""What a click does before its page is drawn again: there, an error must become a sentence too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import streamlit as st

from ec_core.errors import ECError
from pages.shell import words

_LOG = logging.getLogger("ec_app")


def safely(act: Callable[..., Any], *args: Any) -> None:
    """Call it; what goes wrong is said in passing: the page that follows shows how things stand.

    A job that has ended or a run that was deleted in the meantime is no failure of the app.
    """
    try:
        act(*args)
    except ECError as error:
        st.toast(words.plain(str(error)))
    except Exception as error:
        _LOG.exception("a click failed")
        st.toast(
            f"That failed inside the app ({type(error).__name__}); your runs are safe, and the "
            "details are in the server's log."
        )
