"""What the workbench sends is checked, judged and kept with the run; the page shows sentences."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.cluster import Cut, Dendrogram, apply_cut, automatic_cut
from ec_core.cluster.embedding import DISTANCES, UMAP, Embedding
from ec_core.cluster.layer import LayerView
from ec_core.errors import InputError
from ec_core.runs import cut_history, tree_cache
from ec_core.runs.run import Run
from pages.cluster import maps, workbench
from pages.shell.process import board

Opener = Callable[..., AppTest]


@pytest.fixture
def run(at_stage: Callable[[str], Run]) -> Run:
    return at_stage("ensemble")


def message(run: Run, steps: list[Cut], base: int = 1, serial: str = "a-1", **more: Any) -> Any:
    """What the browser sends, through JSON as on the wire."""
    plain = [cut_history.plain(step) for step in steps]
    facts = {"tree": tree_cache.name_of(run), "serial": serial, "base": base, "steps": plain}
    return json.loads(json.dumps({**facts, "at": base + len(steps) - 1, **more}))


def take(run: Run, given: Any) -> bool:
    _, tree = tree_cache.of(run)
    return cut_history.take(run, tree, tree_cache.name_of(run), given)


def state(run: Run) -> cut_history.BenchState:
    _, tree = tree_cache.of(run)
    return cut_history.load(run, tree, tree_cache.name_of(run))


def test_the_automatic_cut_is_stored(open_page: Opener, run: Run) -> None:
    assert not run.has("cut")
    app = open_page("cluster", run)
    assert not app.error
    assert run.cut().rule == "plateau"
    assert len(tree_cache.clusters_of(run, run.cut()).kept) == 4


def test_a_step_is_stored_and_comes_back(open_page: Opener, run: Run) -> None:
    first = state(run).cut
    second = Cut(1e-3, 0.75, 12.0, "hand", (("drop", 3), ("cut", 40, 1e-9)))
    assert take(run, message(run, [second]))
    assert run.cut() == second
    assert (state(run).steps, state(run).at, state(run).serial) == ((first, second), 1, "a-1")
    # the same message again, or one for another tree, changes nothing
    assert not take(run, message(run, [first]))
    assert not take(run, {**message(run, [first], serial="a-2"), "tree": "another"})
    assert run.cut() == second
    # undo is a step back, and what was undone can be done again
    assert take(run, {**message(run, [], base=2, serial="a-2"), "at": 0})
    assert (run.cut(), state(run).at, len(state(run).steps)) == (first, 0, 2)
    app = open_page("cluster", run)
    assert not app.error
    assert run.cut() == first


def test_a_rule_s_height_is_python_s_word(run: Run) -> None:
    _, tree = tree_cache.of(run)
    state(run)
    claimed = Cut(123.0, 0.75, 30.0, "plateau", (("keep", 1),))
    take(run, message(run, [claimed]))
    assert run.cut() == replace(automatic_cut(tree, 0.75, 30.0), edits=(("keep", 1),))
    take(run, message(run, [replace(claimed, rule="paper")], base=2, serial="a-2"))
    assert run.cut().rule == "paper"
    assert run.cut().height != 123.0


def test_names_are_kept_with_the_run_and_forgotten(run: Run) -> None:
    state(run)
    mine = Cut(1e-5, 0.6)
    names = {"fine": cut_history.plain(mine), "built": cut_history.plain(mine)}
    take(run, message(run, [mine], names=names))
    assert run.named_cuts() == {"fine": mine, "built": mine}
    assert run.built_cut == mine  # a person's "built" is not the app's
    take(run, message(run, [mine], base=2, serial="a-2", names={"fine": cut_history.plain(mine)}))
    assert run.named_cuts() == {"fine": mine}
    # cuts of earlier students mean nothing
    run.save_ensemble(run.ensemble())
    assert run.named_cuts() == {}
    assert state(run).steps == (run.cut(),)


@pytest.mark.parametrize(
    "broken",
    [
        {"steps": "none"},
        {"steps": [{"height": -1}]},
        {"steps": [{"height": 1.0, "edits": [["hide", 3]]}]},
        {"at": "first"},
        {"names": [1]},
        {"names": {"": {"height": 1.0}}},
        {"names": {"x" * 61: {"height": 1.0}}},
        {"names": {"x": 5}},
    ],
)
def test_what_is_not_in_order_is_refused_and_nothing_stored(run: Run, broken: Any) -> None:
    first = state(run).cut
    with pytest.raises(InputError):
        take(run, {**message(run, [Cut(1e-3)]), **broken})
    assert run.cut() == first
    assert run.bench() == {}


def test_messages_of_no_kind_are_left_alone(run: Run) -> None:
    first = state(run).cut
    strange: list[Any] = [None, 3, "cut", [], {}, {"tree": tree_cache.name_of(run)}]
    for nothing in strange:
        assert not take(run, nothing)
    assert run.cut() == first


def test_a_cut_made_elsewhere_is_one_more_step(run: Run) -> None:
    first = state(run).cut
    second, third = Cut(1e-3), Cut(1e-2)
    take(run, message(run, [second]))
    run.save_cut(third)
    assert state(run).steps == (first, second, third)
    run.save_bench(
        {"tree": tree_cache.name_of(run), "steps": [{"height": "x"}], "at": 0, "serial": ""}
    )
    assert state(run).steps == (third,)


def test_the_reconstruction_uses_the_edited_cut(run: Run) -> None:
    cloud, tree = tree_cache.of(run)
    cut = state(run).cut
    node = apply_cut(tree, cloud, cut).kept[0].node
    take(run, message(run, [replace(cut, edits=(("drop", node),))]))
    assert len(tree_cache.clusters_of(run, run.cut()).kept) == 3
    from ec_core.runs import work

    job = work.start_reconstruct(board(), run)
    assert job.wait(120)
    assert run.reconstruction().from_clusters == 3
    assert run.built_cut.edits == (("drop", node),)


def test_a_locked_truth_never_leaves(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tree_cache.packed_truth(run, "t") is not None
    truth = tree_cache.truth_vectors(run, tree_cache.of(run)[0])
    run.lock_truth(True)
    assert tree_cache.packed_truth(run, "t") is None
    assert truth is not None
    # exact students hold some of its numbers to the last bit: those are theirs
    numbers = set(truth.ravel().tolist()) - set(tree_cache.of(run)[0].vectors.ravel().tolist())
    assert numbers
    for number in numbers:
        assert np.float64(number).tobytes() not in tree_cache.packed_tree(run)
    asked: list[bool] = []

    def umap_of(run: Run, with_truth: bool, layer: int = 0) -> None:
        asked.append(with_truth)

    monkeypatch.setattr(maps, "umap_of", umap_of)
    monkeypatch.setattr(maps, "umap_share", lambda *_: 0.0)
    assert workbench._maps(run, "t")[0] is None
    assert set(asked) == {False}


def test_the_map_s_progress_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def umap_of(*_: Any) -> None:
        return None

    monkeypatch.setattr(maps, "umap_of", umap_of)
    said = []
    for share in (0.0, 0.04, 0.37, 0.99):
        monkeypatch.setattr(maps, "umap_share", lambda *_, share=share: share)
        said.append(workbench._map_note(run, 0))
    assert said[:2] == ["PCA; UMAP is getting ready"] * 2
    assert said[2:] == ["PCA; UMAP is 30 % done", "PCA; UMAP is 90 % done"]


def test_students_that_learnt_nothing_are_a_sentence(open_page: Opener, run: Run) -> None:
    ensemble = run.ensemble()
    run.save_ensemble(replace(ensemble, theta=np.full_like(ensemble.theta, np.nan)))
    app = open_page("cluster", run)
    assert "nothing to compare" in app.error[0].value
    run.save_ensemble(replace(ensemble, theta=np.zeros_like(ensemble.theta)))
    app = open_page("cluster", run)
    assert "nothing to compare" in app.error[0].value


def test_too_many_vectors_are_a_sentence_and_a_way_on(
    open_page: Opener, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # memory for ten vectors; the students have six neurons each
    monkeypatch.setattr(tree_cache, "memory", lambda: 16 * 10 * 9 // 2)
    app = open_page("cluster", run)
    assert "pool only the best students, at most 10 vectors" in app.error[0].value
    app.button(key="cluster_best").click().run()
    assert not app.error
    assert run.best_students == 1
    assert tree_cache.of(run)[0].students == 1
    app.button(key="cluster_all").click().run()
    assert "pool only the best students" in app.error[0].value


def test_the_tree_that_was_grown_is_the_one_that_is_built_from(run: Run) -> None:
    run.cluster_best(2)
    cloud, tree = tree_cache.of(run)
    assert cloud.students == 2
    assert isinstance(tree, Dendrogram)
    assert tree_cache.name_of(run).endswith("-2")


def test_one_bench_per_layer(open_page: Opener, at_stage: Callable[[str], Run]) -> None:
    run = at_stage("recovered")
    run.save_settings(replace(run.settings(), hidden_layers=2))
    app = open_page("cluster", run)
    chooser = app.segmented_control(key="bench_layer")
    assert chooser.options == ["Layer 1 of 2: cut here", "Layer 2 of 2: next"]
    chooser.set_value(1).run()
    assert not app.exception
    assert "Layer 2 can be compared once the students agree" in app.info[0].value
    # after building, the layer is there as it was seen
    cloud, tree = tree_cache.of(run)
    cut = Cut(1e-4, 0.6, 25.0, "plateau")
    seen = LayerView(cloud, tree, cut, apply_cut(tree, cloud, cut))
    run.save_reconstruction(replace(run.reconstruction(), layers=(seen, seen)), run.cut(), 1.0)
    app = open_page("cluster", run)
    app.segmented_control(key="bench_layer").set_value(1).run()
    assert not app.exception
    assert not app.error
    assert run.layer_cut(1) == cut
    # its cut, steps and names are its own
    name, first = tree_cache.name_of(run, 1), run.cut()
    mine = Cut(1e-2, 0.6, 25.0)
    names = {"second": cut_history.plain(mine)}
    given = {**message(run, [mine], names=names), "tree": name}
    assert cut_history.take(run, tree, name, given, 1, cut)
    assert run.layer_cut(1) == mine
    assert (run.named_cuts(1), run.named_cuts()) == ({"second": mine}, {})
    assert run.cut() == first


def test_a_map_that_is_not_umap_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Embedding(np.zeros((len(tree_cache.of(run)[0]), 2)), 4, DISTANCES)
    monkeypatch.setattr(maps, "umap_of", lambda *_: made)
    assert workbench._map_note(run, 0) == "by distance; 4 are few for UMAP"


def test_the_bench_stays_in_its_place_when_the_map_arrives(
    open_page: Opener, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def place(ready: bool, locked: bool) -> list[int]:
        points = np.zeros((len(tree_cache.of(run)[0]), 2))
        made = Embedding(points, 12, UMAP) if ready else None
        monkeypatch.setattr(maps, "umap_of", lambda *_: made)
        monkeypatch.setattr(maps, "umap_share", lambda *_: 0.0)
        monkeypatch.setattr(tree_cache, "packed_map", lambda *_: b"map")
        run.lock_truth(locked)
        app = open_page("cluster", run)
        (found,) = [path for path, name in bidis(app._tree.main) if name == "ec_workbench"]
        return found

    def bidis(block: Any, path: tuple[int, ...] = ()) -> list[tuple[list[int], str]]:
        if hasattr(block, "children"):
            return [x for i, b in block.children.items() for x in bidis(b, (*path, i))]
        proto = getattr(block, "proto", None)
        return [(list(path), getattr(proto, "component_name", "").split(".")[-1])]

    places = [place(ready, locked) for ready in (False, True) for locked in (False, True)]
    assert places == [places[0]] * 4


def test_a_map_that_is_ready_while_the_page_is_drawn_is_still_fetched(
    open_page: Opener, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not on the bench yet, and nobody looked again: the map never came."""
    embedding, bench = maps.umap_of, workbench._bench
    drawn: list[bool] = []
    watched: list[str] = []

    def late(run: Run, with_truth: bool, layer: int = 0) -> Embedding | None:
        return embedding(run, with_truth, layer) if drawn else None

    def drawing(run: Run, layer: int) -> None:
        bench(run, layer)
        while embedding(run, workbench._truth_known(run, layer), layer) is None:
            time.sleep(0.05)
        drawn.append(True)

    monkeypatch.setattr(maps, "umap_of", late)
    monkeypatch.setattr(workbench, "_bench", drawing)
    monkeypatch.setattr(workbench, "_watch", lambda run_id, layer, note: watched.append(note))
    app = open_page("cluster", run)
    assert not app.error
    assert drawn and watched == ["PCA; UMAP is getting ready"]
