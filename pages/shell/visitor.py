"""Who is in front of the browser, for the engine, which refuses what is not theirs to do.

Read anew each time from what the browser sent when its session began: nothing of it is kept where a
page, a widget or a message could change it.
"""

from __future__ import annotations

import streamlit as st
from streamlit.auth_util import get_secrets_auth_section
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ec_core.runs import visitors
from ec_core.runs.visitors import PROGRAM, STRANGER, Visitor
from serving.visitors import COOKIE, is_secret, many


def several() -> bool:
    """Do several people use this server, each with runs of their own?"""
    return many(st.context.headers.to_dict())


def _signed_in() -> Visitor | None:
    """The person, where the host asks people to sign in, and this one has."""
    ctx = get_script_run_ctx(suppress_warning=True)
    # st.user looks for the host's secrets on the disk each time, and adds that nobody signed in
    if ctx is not None and not ctx.user_info.get("is_logged_in"):
        return None
    told = st.user.to_dict()
    if not told.get("is_logged_in") or not told.get("sub"):
        return None
    return visitors.of_person(
        str(told.get("iss", "")), str(told["sub"]), str(told.get("name") or "")
    )


def who() -> Visitor:
    """Who asks in this thread; the program itself in one that draws no page and hears no click."""
    if get_script_run_ctx(suppress_warning=True) is None or not several():
        return PROGRAM
    person = _signed_in()
    if person is not None:
        return person
    secret = st.context.cookies.get(COOKIE)
    return visitors.of_browser(str(secret)) if is_secret(secret) else STRANGER


visitors.told_by(who)


def sign_in() -> None:
    """The button to sign in or out, where the host has set that up and there are several people."""
    if not several() or not get_secrets_auth_section():
        return
    person = _signed_in()
    with st.container(horizontal=True, vertical_alignment="center", key="sign_in"):
        if person is None:
            st.button("Sign in", key="log_in", icon=":material/login:", on_click=st.login)
            st.html(
                '<p class="ec-note">Runs then are yours on every computer, not only in this '
                "browser.</p>",
                width="stretch",
            )
        else:
            st.button("Sign out", key="log_out", icon=":material/logout:", on_click=st.logout)
