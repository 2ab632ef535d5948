"""A network with two hidden layers on the pages that judge it, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ec_core as ec
from ec_core.cluster import automatic_cut
from ec_core.runs import results, script, tree_cache, work
from ec_core.runs.run import Run
from ec_core.runs.settings import default_settings
from ec_core.runs.source import Source
from pages.compare import downloads
from pages.parts import layer_table
from pages.shell.process import board
from tests.pages.conftest import finish

Opener = Callable[..., AppTest]


def test_every_layer_has_a_row(deep: Run) -> None:
    head, first, second, output = layer_table.rows(deep)
    assert [row[0] for row in (first, second, output)] == ["hidden 1", "hidden 2", "output"]
    assert [row[1] for row in (first, second)] == ["9", "8"], "a student's neurons"
    assert [row[2] for row in (first, second)] == ["4", "4"], "clusters"
    assert [row[4] for row in (first, second, output)] == ["4", "4", "2"], "neurons found"
    assert head[-1] == "largest weight error"
    assert all("10⁻¹" in row[-1] for row in (first, second, output))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["expand", "cluster", "reconstruct", "compare"])
def test_the_pages_show_a_deep_run(open_page: Opener, deep: Run, page: str, theme: str) -> None:
    app = open_page(page, deep, theme=theme)
    assert not app.error
    if page in ("reconstruct", "compare"):
        assert "hidden 2" in app.container(key="layer_table").html[0].value
    if page == "expand":
        assert "9–8" in app.container(key="training_facts").html[0].value


@pytest.mark.long
def test_the_script_repeats_a_deep_run_to_the_last_bit(
    deep: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = script.repeat(deep)
    assert "hidden_layers=2," in text and "width=(9, 8)," in text
    monkeypatch.chdir(tmp_path)
    exec(compile(text, "repeat.py", "exec"), {"__name__": "__main__"})
    again, network = ec.load_network("recovered.safetensors"), deep.reconstruction().network
    pairs = zip((*again.weights, *again.biases), (*network.weights, *network.biases), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_the_figures_to_take_away_show_every_layer(deep: Run) -> None:
    page = downloads.figures_page(deep)
    assert all(f"Errors of the weights, hidden layer {layer}<" in page for layer in (1, 2))


def _ends_in_words(open_page: Opener, run: Run) -> str:
    """The pages of a run that could not succeed: no error, no traceback; what the verdict says."""
    for page in ("expand", "cluster", "reconstruct", "compare"):
        app = open_page(page, run)
        assert not app.error and not app.exception
    assert not results.of(run).certificate.verified
    verdict = str(app.container(key="verdict").html[0].value)
    assert "Not verified" in verdict and "What to try next" in verdict
    return verdict


@pytest.mark.parametrize("layers", [1, 3])
def test_a_wrong_depth_is_not_verified_and_says_why(
    open_page: Opener, deep: Run, layers: int
) -> None:
    settings = replace(
        deep.settings(), hidden_layers=layers, students=3, width=5, probes=600, budget=4.0
    )
    _ends_in_words(open_page, finish(Run.create(deep.source(), settings)))


@pytest.mark.long
def test_too_few_probes_are_not_verified_and_say_why(open_page: Opener, deep: Run) -> None:
    x = np.random.default_rng(0).standard_normal((40, 6))
    network = deep.source().network
    assert network is not None
    source = Source.from_answers(x, network(x), "few.npz", "tanh")
    settings = replace(deep.settings(), distribution="given", probes=40)
    _ends_in_words(open_page, finish(Run.create(source, settings)))


def test_a_budget_that_runs_out_leaves_the_best_so_far(open_page: Opener, deep: Run) -> None:
    settings = replace(deep.settings(), width=(14, 14), probes=4000, budget=0.05)
    run = Run.create(deep.source(), settings)
    job = work.start_expand(board(), run)
    assert job.wait(120)
    assert job.snapshot().error is None
    _, tree = tree_cache.of(run)
    run.save_cut(automatic_cut(tree))
    job = work.start_reconstruct(board(), run)
    assert job.wait(120)
    assert job.snapshot().error is None
    _ends_in_words(open_page, run)


@pytest.mark.parametrize(("name", "asked"), [("relu", 20_000), ("tanh", 6_000)])
def test_deep_kinks_are_asked_more(name: str, asked: int) -> None:
    card = ec.make_teacher("synthetic", sizes=(6, 4, 4, 4, 2), activation=name, seed=0)
    assert default_settings(Source.from_card(card, {})).probes == asked
