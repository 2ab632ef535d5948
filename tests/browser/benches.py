"""Runs that are ready for the workbench, made without a browser, and what is read off the page."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import expect

from ec_core.expand.students import ensemble_of
from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import unpack
from ec_core.probing.presets import make_teacher
from ec_core.runs import demo, work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source
from pages.shell.process import board, job_of
from tests.browser.tabs import FIRST_MS, PATIENCE_MS

STUDENTS, WIDTH = 10, 12


@contextmanager
def _home(home: Path) -> Iterator[None]:
    before = os.environ.get("EC_HOME")
    os.environ["EC_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["EC_HOME"]
        else:
            os.environ["EC_HOME"] = before


def new_run(home: Path, **settings: Any) -> str:
    """A run of the planar teacher, four neurons, nothing trained."""
    with _home(home):
        source = Source.from_card(make_teacher("planar", seed=1), {})
        return Run.create(source, Settings(device="cpu", **settings)).id


def trained_run(home: Path) -> str:
    """Ten students of the planar teacher, trained."""
    made = new_run(home, students=STUDENTS, width=WIDTH, probes=800, seed=1)
    with _home(home):
        run = Run(made)
        job = work.start_expand(board(), run)
        assert job.wait(200)
        assert job.snapshot().error is None
    return run.id


def finished_run(home: Path) -> str:
    """The demo, to its end."""
    with _home(home):
        run = demo.begin(board())
        job = job_of(run)
        assert job is not None
        assert job.wait(300)
        assert job.snapshot().error is None
    return run.id


def copies(home: Path, like: str) -> str:
    """Another run with the same students."""
    with _home(home):
        first = Run(like)
        run = Run.create(first.source(), first.settings())
        run.ask()
        run.save_ensemble(first.ensemble())
    return run.id


def run_of_vectors(home: Path, incoming: np.ndarray) -> str:
    """A run whose students hold these incoming vectors (S, H, D+1) as if trained, activation g."""
    students, hidden, features = incoming.shape
    shape = Architecture((features - 1, hidden, 1), "g")
    theta = torch.ones((students, shape.parameter_count), dtype=torch.float64)
    unpack(shape, theta).blocks[0][...] = torch.from_numpy(incoming)
    ensemble = ensemble_of(shape, theta.numpy(), np.geomspace(1e-30, 1e-3, students), 0)
    card = make_teacher("synthetic", sizes=(features - 1, 4, 1), activation="g", seed=0)
    with _home(home):
        run = Run.create(Source.from_card(card, {}), Settings(students=students, probes=200))
        run.ask()
        run.save_ensemble(ensemble)
    return run.id


def crowd(students: int, hidden: int, features: int, neurons: int, seed: int = 0) -> np.ndarray:
    """(S, H, F) copies of some neurons, off by 1e-12 to 0.1, and a half noise."""
    rng = np.random.default_rng(seed)
    truth = 2.0 * rng.standard_normal((neurons, features))
    vectors = 2.0 * rng.standard_normal((students, hidden, features))
    copied = hidden // 2
    level = 10.0 ** rng.uniform(-12, -1, (students, copied, 1))
    noise = level * rng.standard_normal((students, copied, features))
    vectors[:, :copied] = truth[rng.integers(0, neurons, (students, copied))] + noise
    return vectors


def stored(home: Path, run: str) -> dict[str, Any]:
    """The cuts kept with a run, as they are on disk; after ``saved`` they are those shown."""
    cuts: dict[str, Any] = json.loads((home / run / "cuts.json").read_text())
    return cuts


def eventually(tab: Any, fact: Callable[[], bool], what: str) -> None:
    """Wait until something is true that no locator can wait for."""
    for _ in range(2 * PATIENCE_MS // 100):
        if fact():
            return
        tab.wait_for_timeout(100)
    raise AssertionError(what)


def open_bench(open_tab: Any, run: str) -> Any:
    """The cluster page of a run, when its workbench has drawn and stored what it shows."""
    tab = open_tab(f"/cluster?run={run}")
    bench_is_there(tab)
    return tab


def bench_is_there(tab: Any, timeout: int = FIRST_MS) -> None:
    """Wait until the workbench is kept and drawn, and nothing moves it any more: what comes after
    it (the truth, what is below) would shift the places that the mouse is sent to.
    """
    tab.locator(".st-key-bench_below").first.wait_for(timeout=timeout)
    tab.locator(READY).wait_for(timeout=timeout)
    saved(tab, timeout)


def is_at(tab: Any, page: str) -> None:
    """Wait until a page is there, and the one before it gone."""
    tab.locator(f".st-key-is_here_{page}").wait_for()
    if page != "cluster":
        expect(tab.locator(".wb")).to_have_count(0)


def go(tab: Any, step: str) -> None:
    """Click a step's link until its page is there: while a page is still drawn a click can be lost.

    Streamlit then puts a new link in the place of the one the mouse went down on; a person clicks
    again.
    """
    here = tab.locator(f".st-key-is_here_{step.lower()}")
    for _ in range(6):
        tab.locator(".st-key-steps a", has_text=step).first.click()
        try:
            here.wait_for(timeout=10_000)
        except TooLate:
            continue
        is_at(tab, step.lower())
        return
    raise AssertionError(f"six clicks on {step} and it is not there")


def drawn(tab: Any) -> None:
    """Wait until the workbench shows all that has been done: its pictures come with the next
    frame, its tables some frames later.
    """
    tab.locator(".wb[data-drawn]:not([data-behind])").wait_for()


def saved(tab: Any, timeout: int = PATIENCE_MS) -> None:
    """Wait until the workbench says that all is kept with the run, and shows it."""
    tab.locator(".wb[data-saved=saved][data-drawn]:not([data-behind])").wait_for(timeout=timeout)


def found(tab: Any) -> int:
    """Neurons found, as the slider of the cut says it."""
    drawn(tab)
    words = tab.locator(".cutline").get_attribute("aria-valuetext")
    number = re.search(r"(\d+) neurons found", words)
    assert number, words
    return int(number[1])


def finds(tab: Any, neurons: int) -> None:
    """Wait until so many are found."""
    tab.locator(f".cutline[aria-valuetext$=' {neurons} neurons found']").wait_for()


def cut_at(tab: Any) -> float:
    """log10 of the height of the cut."""
    drawn(tab)
    return float(tab.locator(".cutline").get_attribute("aria-valuenow"))


def reaches(tab: Any, decade: float) -> None:
    """Wait until the cut is at 10^decade."""
    eventually(tab, lambda: abs(cut_at(tab) - decade) < 0.02, f"the cut is not at 10^{decade}")


def drag_cut(tab: Any, decades: float, steps: int = 12) -> None:
    """Drag the cut line by so many decades with the mouse."""
    line = tab.locator(".cutline")
    # waits until the line stands still
    line.hover()
    drawn(tab)
    box = line.bounding_box()
    stage = tab.locator("[data-view=tree] canvas").bounding_box()
    span = tab.evaluate(SPAN)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    down = -decades * (stage["height"] - 36) / span
    tab.mouse.move(x, y)
    tab.mouse.down()
    for k in range(1, steps + 1):
        tab.mouse.move(x, y + down * k / steps)
    tab.mouse.up()
    drawn(tab)


READY = "[data-testid=stApp][data-test-script-state=notRunning]"
"""Streamlit has drawn its page to the end."""

SPAN = """() => {
  const hosts = [...document.querySelectorAll('*')].filter(e => e.shadowRoot?.querySelector('.wb'))
  return Number(hosts[0].shadowRoot.querySelector('.wb').dataset.span)
}"""
