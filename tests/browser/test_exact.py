"""Hands that count, in a real browser: drop a cluster, build exactly that, choose which counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import benches
from tests.browser.test_story import MINUTE, click, no_traceback, says, see

Open = Callable[..., Any]

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_a_dropped_cluster_is_built_beside_the_automatic_one(open_tab: Open, server: Any) -> None:
    run = benches.trained_run(server.home)
    tab = benches.open_bench(open_tab, run)
    benches.finds(tab, 4)
    tab.locator(".wb .table tbody tr button", has_text="drop").first.click()
    benches.finds(tab, 3)
    benches.saved(tab)
    field = tab.locator(".wb .saved form input")
    field.fill("three")
    field.press("Enter")
    benches.saved(tab)
    benches.go(tab, "Reconstruct")
    see(tab, "start_exact")
    click(tab, "start_exact")
    says(tab, "build_exact", "2–3–1", 4 * MINUTE)
    says(tab, "build_exact", "not verified")
    says(tab, "build_automatic", "2–4–1", 4 * MINUTE)
    says(tab, "build_automatic", "verified")
    says(tab, "kept_settings", "three")
    click(tab, "use_automatic")
    says(tab, "build_automatic", "In use")
    benches.go(tab, "Compare")
    says(tab, "verdict", "Verified")
    # the table of kept settings says what came of building what is in use
    benches.go(tab, "Cluster")
    benches.bench_is_there(tab)
    tab.locator(".wb .saved tr.now", has_text=re.compile("2–3–1.*not verified")).wait_for()
    no_traceback(tab)
