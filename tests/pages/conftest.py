"""One small real run, computed once, and copies of it that stopped at every stage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.components.v2 import manifest_scanner as scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from ec_core.cluster.embedding import UMAP, Embedding, pca
from ec_core.probing.presets import make_teacher
from ec_core.runs import maps, work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source
from pages.shell.process import board

ROOT = Path(__file__).resolve().parents[2]
SMALL = Settings(students=4, width=6, probes=400, seed=1, device="cpu")
STAGES = ("teacher", "ensemble", "cut", "recovered")

Opener = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def runs_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A place for runs of its own, so that nobody's runs are touched."""
    before = os.environ.get("EC_HOME")
    home = tmp_path_factory.mktemp("runs")
    os.environ["EC_HOME"] = str(home)
    # the first page of a test makes the board of jobs, whatever was broken off before
    os.environ["EC_RESUME"] = "click"
    yield home
    del os.environ["EC_RESUME"]
    if before is None:
        del os.environ["EC_HOME"]
    else:
        os.environ["EC_HOME"] = before


def finish(run: Run) -> Run:
    """The whole chain, waited for."""
    job = work.start_whole(board(), run)
    assert job.wait(120)
    assert job.snapshot().error is None
    return run


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once() -> Iterator[None]:
    """Every AppTest reads what all installed packages say of themselves, looking for components:
    a third of a second in which nothing of ours runs. Installed packages stay as they are.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "scan_component_manifests", cache(scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def told_of_the_pages() -> Iterator[None]:
    """Every run of an AppTest begins as if st.navigation had never been called, which on a server
    is so for its first visitors only: tests/server looks at those.
    """
    made = PagesManager.__init__

    def told(manager: PagesManager, *arguments: Any, **options: Any) -> None:
        PagesManager.uses_pages_directory = False
        made(manager, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PagesManager, "__init__", told)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_maps() -> Iterator[None]:
    """PCA in the place of UMAP, which takes half a minute in every process and is not what pages
    are looked at for here: tests/cluster and the browser's have the real one.
    """

    def quick(vectors: np.ndarray, seed: int, tell: Any) -> Embedding:
        return Embedding(pca(vectors), len(vectors), UMAP)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps, "umap_embedding", quick)
        yield


@pytest.fixture(scope="session")
def planar(runs_home: Path) -> Run:
    """A run from the planar teacher that went all the way."""
    return finish(Run.create(Source.from_card(make_teacher("planar", seed=1), {}), SMALL))


@pytest.fixture(scope="session")
def deep(runs_home: Path) -> Run:
    """A run from a 6-4-4-2 teacher that went all the way, its widths told by layer."""
    card = make_teacher("synthetic", sizes=(6, 4, 4, 2), activation="tanh", seed=0)
    settings = replace(SMALL, hidden_layers=2, width=(9, 8), probes=2500)
    options = {"sizes": [6, 4, 4, 2], "activation": "tanh"}
    return finish(Run.create(Source.from_card(card, options), settings))


@pytest.fixture(scope="session")
def answers_only(runs_home: Path) -> Run:
    """A run from questions and answers alone that went all the way."""
    teacher = make_teacher("planar", seed=1).network
    x = np.random.default_rng(3).standard_normal((400, 2))
    source = Source.from_answers(x, teacher(x), "answers.npz", "tanh")
    settings = Settings(students=4, width=6, probes=400, distribution="given", seed=1, device="cpu")
    return finish(Run.create(source, settings))


@pytest.fixture(scope="session")
def at_stage(planar: Run) -> Callable[[str], Run]:
    """A fresh copy of the planar run that stopped after a stage."""

    def get(stage: str) -> Run:
        run = Run.create(planar.source(), SMALL)
        reached = STAGES.index(stage)
        if reached >= 1:
            run.ask()
            run.save_ensemble(planar.ensemble())
        if reached >= 2:
            run.save_cut(planar.cut())
        if reached >= 3:
            run.save_reconstruction(planar.reconstruction(), planar.cut(), 1.0)
        return run

    return get


@pytest.fixture
def open_page() -> Opener:
    """Open a page of the app, with a run in its address or without."""

    def get(page: str, run: Run | None = None, *, theme: str = "light") -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.context = {"theme": theme}
        if run is not None:
            app.query_params["run"] = run.id
        if page != "start":
            # opened at once, as from a link: before the first run no page is registered yet, and
            # switch_page would take the file's name for the address's last part
            app._page_hash = calc_hash(page)
        app.run()
        assert not app.exception
        return app

    return get
