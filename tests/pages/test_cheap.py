"""What makes pages cheap shows the same as what is dear, and keeps nothing that is over."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
import weakref
from collections.abc import Generator
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import plotly.io
import plotly.tools
import pytest

from ec_core import figures
from ec_core.control import Control
from ec_core.events import Event, Note
from ec_core.jobs import JobBoard
from ec_core.store.folder import Folder
from pages.parts import pace
from pages.shell import garbage, show


def _curve(values: np.ndarray) -> go.Figure:
    # what a text could lose: uids, numbers that are none, all digits, signs that HTML reads
    figure = go.Figure(go.Scatter(y=values, name="<b>&amp;</b>", uid="one"))
    figure.add_scatter(y=[1 / 3, float("nan"), None, -0.0, 1e-300], customdata=[[1, "a"]])
    return figure


def _sent(figure: go.Figure) -> str:
    """As st.plotly_chart sends it."""
    plain = plotly.tools.return_figure_from_figure_or_data(figure, validate_figure=True)
    return str(plotly.io.to_json(plain, validate=False))


def test_a_kept_figure_is_sent_as_the_figure_itself() -> None:
    values = np.array([1.5, np.inf, np.nan, 2.0])
    for _ in range(2):  # sending it changes nothing of it
        assert _sent(show.drawn(_curve, values)) == _sent(_curve(values))
    look = figures.DARK
    assert _sent(show.drawn(figures.activation_curve, "gelu", theme=look)) == _sent(
        figures.activation_curve("gelu", theme=look)
    )


class _Ring:
    """Garbage that only a search finds."""

    def __init__(self) -> None:
        self.me = self


def test_what_was_set_aside_and_is_over_goes_at_the_next_time() -> None:
    watch, ring = garbage.Watch(), _Ring()
    gone = weakref.ref(ring)
    try:
        watch.settle()
        assert gc.get_freeze_count() > 0
        del ring
        gc.collect()
        assert gone() is not None  # no search looks there
        watch.settle()
        assert gone() is None
    finally:
        gc.unfreeze()


def test_only_a_long_search_everywhere_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, settled, now = garbage.Watch(), list[bool](), [100.0]
    monkeypatch.setattr(watch, "settle", lambda: settled.append(True))
    monkeypatch.setattr(time, "thread_time", lambda: now[0])

    def search(generation: int, seconds: float) -> int:
        watch.looked("start", {"generation": generation})
        now[0] += seconds
        watch.looked("stop", {"generation": generation})
        watch.settle_if_due()
        return len(settled)

    assert search(2, garbage.LONG / 2) == 0
    assert search(1, 2 * garbage.LONG) == 0
    assert search(2, 2 * garbage.LONG) == 1


def test_the_state_of_a_folder_tells_two_writings_of_one_moment_apart(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    states = [folder.state()]
    for value in (1, 2):
        folder.save_json("cuts", {"height": value})
        os.utime(tmp_path / "cuts.json", ns=(0, 0))
        states.append(folder.state())
    folder.save_json("race", {})
    states.append(folder.state())
    assert len(set(states)) == 4
    assert folder.state() == states[-1]
    assert json.loads((tmp_path / "cuts.json").read_text()) == {"height": 2}


def test_a_page_looks_seldom_at_a_job_in_line_and_is_drawn_anew_when_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anew, go = list[bool](), threading.Event()
    monkeypatch.setattr("streamlit.rerun", lambda: anew.append(True))

    def stage(control: Control) -> Generator[Event, None, None]:
        assert go.wait(60)
        yield Note("expand", "done")

    board = JobBoard()
    try:
        first, second = (board.submit(stage, run=name, label=name) for name in "ab")
        assert pace.every(None, 0.5) is None
        assert pace.every(first, 0.5) == 0.5
        waiting = pace.every(second, 0.5)
        assert waiting == pace.WAITING_SECONDS
        pace.keep(first, 0.5, 0.5)
        pace.keep(second, waiting, 0.5)
        assert anew == []
        go.set()
        assert second.wait(60)
        pace.keep(second, waiting, 0.5)
        assert anew == [True]
    finally:
        go.set()
        board.close()
