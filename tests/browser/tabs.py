"""How a tab of the browser is opened, and how long one waits for it."""

from __future__ import annotations

import os
from typing import Any

PATIENCE_MS = 60_000
"""How long anything may take to come true; on a loaded machine a page takes many seconds."""

FIRST_MS = 300_000
"""The first page of a fresh server has everything to import and to compile."""


def visit(tab: Any, address: str) -> None:
    """Go to an address of the app, until its page has begun to be there."""
    tab.goto(address, timeout=FIRST_MS)
    tab.locator(".st-key-topbar").wait_for(timeout=FIRST_MS)


def new_context(browser: Any, **options: Any) -> Any:
    """A browser with nothing stored, with the smallest screen that the app is made for."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, **options})
    context.set_default_timeout(PATIENCE_MS)
    return context


def new_tab(browser: Any, **options: Any) -> Any:
    """A tab in a browser of its own, to be closed with its context."""
    return tab_in(new_context(browser, **options))


def tab_in(context: Any) -> Any:
    """A tab with a session of its own: a browser's tabs share their downloads, and nothing else
    that the app makes use of.

    The environment variable EC_BROWSER_SLOWDOWN=6 makes its processor six times slower: whatever
    is read before the page shows it is read too early for certain then.
    """
    tab = context.new_page()
    slowdown = float(os.environ.get("EC_BROWSER_SLOWDOWN", 1))
    if slowdown > 1:
        session = context.new_cdp_session(tab)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    return tab
