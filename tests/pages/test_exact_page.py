"""Build exactly what I chose: on the page, in the run, beside what pruning decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.cluster import Cut
from ec_core.networks.files import load_network
from ec_core.runs import builds, chosen, cut_history, results, script, tree_cache, work
from ec_core.runs.run import Run
from pages.parts import layer_table
from pages.shell.process import board, job_of

Opener = Callable[..., AppTest]


def _dropped(run: Run, layer: int = 0) -> Cut:
    """The cut of a layer with its first kept cluster dropped by hand."""
    cut = run.cut() if layer == 0 else builds.seen(run)[layer].cut
    node = tree_cache.clusters_of(run, cut, layer).kept[0].node
    return replace(cut, rule="hand", edits=(("drop", node),))


def _drop(run: Run, layer: int = 0) -> None:
    """The same, done on the bench."""
    (_, tree), name = tree_cache.of(run, layer), tree_cache.name_of(run, layer)
    first = tree_cache.first_cut(run, layer)
    cut_history.load(run, tree, name, layer, first)
    step = cut_history.plain(_dropped(run, layer))
    message = {"tree": name, "serial": f"hand-{layer}", "base": 1, "steps": [step], "at": 1}
    assert cut_history.take(run, tree, name, message, layer, first)


def _build(run: Run, setting: str = "", layer: int = 0) -> None:
    job = work.start_exact(board(), run, setting, layer)
    assert job.wait(120)
    assert job.snapshot().error is None


def test_a_dropped_cluster_is_built_beside_what_pruning_says(
    open_page: Opener, at_stage: Callable[[str], Run]
) -> None:
    run = at_stage("cut")
    run.save_cut(_dropped(run))
    app = open_page("reconstruct", run)
    app.button(key="start_exact").click().run()
    job = job_of(run)
    assert job is not None and job.wait(120) and job.snapshot().error is None
    exact, pruned = (builds.all_of(run)[key] for key in (builds.EXACT, builds.AUTOMATIC))
    assert (exact.sizes, exact.verified) == ((2, 3, 1), False)
    assert exact.reasons and exact.loss > 1e-6
    assert (pruned.sizes, pruned.verified) == ((2, 4, 1), True)
    # what was asked for is in use, and the other is one click away
    assert run.reconstruction().network.sizes == (2, 3, 1)
    app = open_page("reconstruct", run)
    assert not app.error
    assert "2–3–1" in app.container(key="build_exact").html[0].value
    assert "2–4–1" in app.container(key="build_automatic").html[0].value
    assert "Not verified" in open_page("compare", run).container(key="verdict").html[0].value
    assert results.report(run)["built"] == {"how": "exact", "setting": ""}
    app.button(key="use_automatic").click().run()
    assert run.reconstruction().network.sizes == (2, 4, 1)
    assert run.summary.status == "verified"
    assert "Verified" in open_page("compare", run).container(key="verdict").html[0].value


def test_no_kept_cluster_is_a_sentence(open_page: Opener, at_stage: Callable[[str], Run]) -> None:
    run = at_stage("cut")
    clusters = tree_cache.clusters_of(run, run.cut())
    run.save_cut(replace(run.cut(), edits=tuple(("drop", c.node) for c in clusters.kept)))
    app = open_page("reconstruct", run)
    assert not [button for button in app.button if button.key == "start_exact"]
    said = " ".join(element.value for element in app.html)
    assert "nothing can be built exactly" in said


def test_kept_settings_are_built_each(open_page: Opener, at_stage: Callable[[str], Run]) -> None:
    run = at_stage("recovered")
    run.save_named_cuts({"three": _dropped(run), "four": run.cut()})
    before = run.reconstruction()
    _build(run, "three")
    known = builds.all_of(run)
    assert known[builds.exact_key("three")].sizes == (2, 3, 1)
    # the result of an earlier version of the program is kept as what pruning decided
    assert known[builds.AUTOMATIC].sizes == before.network.sizes
    assert known[builds.AUTOMATIC].verified
    app = open_page("reconstruct", run)
    assert not app.error
    text = app.container(key="kept_settings").html
    assert any("three" in part.value and "2–3–1" in part.value for part in text)
    assert any("four" in part.value and "not built yet" in part.value for part in text)
    app.button(key="use_automatic").click().run()
    again = run.reconstruction()
    assert all(map(np.array_equal, again.network.weights, before.network.weights))


def test_a_verified_network_is_not_replaced_by_one_that_is_not(
    at_stage: Callable[[str], Run],
) -> None:
    run = at_stage("cut")
    _build(run)
    assert builds.all_of(run)[builds.EXACT].verified
    run.save_cut(_dropped(run))
    _build(run)
    known = builds.all_of(run)
    assert not known[builds.EXACT].verified
    assert known["before-exact"].verified
    builds.use(run, "before-exact")
    assert run.reconstruction().network.sizes == (2, 4, 1)


def test_networks_of_earlier_students_go(at_stage: Callable[[str], Run]) -> None:
    run = at_stage("cut")
    _build(run)
    run.save_ensemble(run.ensemble())
    assert builds.all_of(run) == {} and builds.in_use(run) is None
    assert not [part for part in run.stored.parts() if part.startswith("build")]


@pytest.mark.long
def test_the_second_layer_s_hand_is_built(
    open_page: Opener, deep: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(deep.source(), deep.settings())
    run.ask()
    run.save_ensemble(deep.ensemble())
    run.save_cut(deep.cut())
    job = work.start_reconstruct(board(), run)
    assert job.wait(240) and job.snapshot().error is None
    _drop(run, 1)
    assert len(tree_cache.clusters_of(run, chosen.cuts(run)[1] or run.cut(), 1).kept) == 3
    _build(run)
    exact = builds.all_of(run)[builds.EXACT]
    assert (exact.sizes, exact.verified) == ((6, 4, 3, 2), False)
    assert [row[4] for row in layer_table.rows(run)[1:]] == ["4", "3", "2"]
    for page in ("reconstruct", "compare", "cluster"):
        assert not open_page(page, run).error
    monkeypatch.chdir(tmp_path)
    exec(compile(script.repeat(run), "repeat.py", "exec"), {"__name__": "__main__"})
    again, network = load_network("recovered.safetensors"), run.reconstruction().network
    pairs = zip((*again.weights, *again.biases), (*network.weights, *network.biases), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    # the hand stays with its layer, also when pruning builds again
    builds.use(run, builds.AUTOMATIC)
    job = work.start_reconstruct(board(), run)
    assert job.wait(240) and job.snapshot().error is None
    cut = chosen.cuts(run)[1]
    assert cut is not None and cut.edits[0][0] == "drop"
