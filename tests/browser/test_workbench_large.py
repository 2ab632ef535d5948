"""Twenty thousand vectors on the bench, or one sentence and a way on where they do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from ec_core.cluster.dendrogram import BYTES_PER_PAIR
from ec_core.runs import tree_cache
from tests.browser import benches
from tests.browser.benches import cut_at, drag_cut, reaches, saved

Open = Callable[..., Any]

pytestmark = pytest.mark.browser

STUDENTS, HIDDEN, FEATURES, NEURONS = 50, 400, 9, 200
VECTORS = STUDENTS * HIDDEN
MINUTE = 60_000
TREE_BYTES = VECTORS * 64
"""Less than the packed tree takes; what comes after a release is far below."""


class Traffic:
    """The largest message that the page has received from the app, in bytes."""

    def __init__(self, tab: Any) -> None:
        self.largest = 0
        tab.on("websocket", lambda socket: socket.on("framereceived", self._count))

    def _count(self, payload: bytes | str) -> None:
        self.largest = max(self.largest, len(payload))


@pytest.mark.long
def test_twenty_thousand_vectors(open_tab: Open, server: Any) -> None:
    crowd = benches.crowd(STUDENTS, HIDDEN, FEATURES, NEURONS)
    run = benches.run_of_vectors(server.home, crowd)
    tab = open_tab("/")
    traffic = Traffic(tab)
    try:
        tab.goto(f"{server.url}/cluster?run={run}")
        if tree_cache.memory() < VECTORS * (VECTORS - 1) / 2 * BYTES_PER_PAIR:
            tab.locator("[data-testid=stAlert]", has_text="best students").wait_for()
            tab.locator(".st-key-cluster_best button").click()
            saved(tab, 5 * MINUTE)
            return
        saved(tab, 5 * MINUTE)
        expect(tab.locator(".wb")).to_have_attribute("data-vectors", str(VECTORS))
        # the tree comes once: a release brings the answer only
        assert traffic.largest > TREE_BYTES
        traffic.largest = 0
        at = cut_at(tab)
        drag_cut(tab, 1.0)
        saved(tab, 2 * MINUTE)
        expect(tab.locator("[data-part=state]")).to_have_text("Saved with the run")
        assert abs(cut_at(tab) - at - 1.0) < 0.2
        moved = cut_at(tab)
        tab.locator(".cutline").press("Shift+ArrowDown")
        reaches(tab, moved - 1.0)
        tab.locator(".cutline").blur()
        saved(tab, 2 * MINUTE)
        assert 0 < traffic.largest < TREE_BYTES / 4
        assert tab.locator("[data-testid=stException]").count() == 0
    finally:
        # the map of so many vectors would be computed for minutes beside the tests that follow
        server.restart()
