"""What a server cannot be started with is said in one sentence, before it answers anybody."""

from __future__ import annotations

import importlib.util
import os

from streamlit.auth_util import get_secrets_auth_section

from hosting import door, logs, metrics


def check() -> None:
    """Raises SystemExit for a setting that cannot be meant, or that needs what is not installed."""
    logs.check()
    door.check()
    if os.environ.get(metrics.SETTING, "") not in ("", metrics.LOOPBACK):
        raise SystemExit(
            f"{metrics.SETTING} is {os.environ[metrics.SETTING]!r}; expected {metrics.LOOPBACK}, "
            f"or a token in {metrics.TOKEN}."
        )
    if metrics.wanted() and importlib.util.find_spec("prometheus_client") is None:
        raise SystemExit(
            "Metrics need the package prometheus-client, which is not installed; "
            'pip install -e ".[serve]" installs it.'
        )
    _check_sign_in()
    _check_limits()


def _check_sign_in() -> None:
    """Before somebody presses the button to sign in."""
    if get_secrets_auth_section() and importlib.util.find_spec("authlib") is None:
        raise SystemExit(
            "Sign-in is set up in secrets.toml, and needs the package Authlib, which is not "
            'installed; pip install -e ".[sign-in]" installs it.'
        )


def _check_limits() -> None:
    """Of limits the sentence has file, line and key."""
    if not os.environ.get("EC_LIMITS"):
        return  # the program, which takes seconds to load, knows the usual ones
    from ec_core.errors import InputError
    from ec_core.runs import limits

    try:
        limits.told()
    except InputError as error:
        raise SystemExit(str(error)) from None
