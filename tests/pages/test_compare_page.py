"""The result's numbers, and a script that gives the same ones again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ec_core as ec
from ec_core.cli import main
from ec_core.cluster import Cut
from pages.ui import grove, results, script, takeaway
from pages.ui.runs import Run
from pages.ui.source import Source
from tests.pages.conftest import SMALL, finish

Opener = Callable[..., AppTest]


def _text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.html)


def test_the_weight_error_on_the_page_is_the_match_s(open_page: Opener, planar: Run) -> None:
    app = open_page("compare", planar)
    shown = re.search(r"max_weight_error = <code>([^<]+)</code>", _text(app))
    assert shown
    teacher = planar.source().network
    assert teacher is not None
    expected = ec.match(teacher, planar.reconstruction().network).max_weight_error
    assert expected is not None
    assert float(shown[1]) == expected <= 1e-8
    assert "Verified" in _text(app)


def test_answers_alone_have_a_certificate_and_no_match(
    open_page: Opener, answers_only: Run
) -> None:
    app = open_page("compare", answers_only)
    assert "Verified" in _text(app)
    assert "max_weight_error" not in _text(app)
    assert "match" not in results.report(answers_only)


def test_the_report_has_the_fields_of_the_contract(planar: Run) -> None:
    report = json.loads(json.dumps(results.report(planar)))
    assert report["verified"] is True
    assert report["sizes"] == [2, 4, 1]
    assert {"loss", "heldout_loss", "students", "seconds", "device", "layers"} <= set(report)
    assert {"max_weight_error", "function_error", "layers"} <= set(report["match"])


def _repeat(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ec.Network:
    monkeypatch.chdir(folder)
    exec(compile(script.repeat(run), "repeat.py", "exec"), {"__name__": "__main__"})
    return ec.load_network(folder / "recovered.safetensors")


def _equal(a: ec.Network, b: ec.Network) -> bool:
    pairs = zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


def test_the_script_repeats_the_run_to_the_last_bit(
    planar: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _equal(_repeat(planar, tmp_path, monkeypatch), planar.reconstruction().network)


def test_the_script_names_every_setting(planar: Run) -> None:
    text = script.repeat(planar)
    for field in fields(ec.RecoverConfig):
        assert f"\n    {field.name}=" in text


def test_the_script_repeats_answers_alone(
    answers_only: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ec.save_answers(*answers_only.stored.answers(), tmp_path / "probes.npz")
    again = _repeat(answers_only, tmp_path, monkeypatch)
    assert _equal(again, answers_only.reconstruction().network)


def test_the_command_line_gives_the_arrays_of_the_app(answers_only: Run, tmp_path: Path) -> None:
    questions, out = tmp_path / "probes.npz", tmp_path / "recovered.safetensors"
    ec.save_answers(*answers_only.stored.answers(), questions)
    settings = answers_only.settings()
    code = main(
        [
            *("recover", str(questions), "--activation", answers_only.activation),
            *("--students", str(settings.students), "--width", str(settings.width)),
            *("--seed", str(settings.seed), "--device", settings.device, "--out", str(out)),
        ]
    )
    assert code == 0
    assert _equal(ec.load_network(out), answers_only.reconstruction().network)


def test_the_script_repeats_a_search_for_the_width(
    planar: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finish(Run.create(planar.source(), replace(SMALL, width=None)))
    assert "ec.recover(" in script.repeat(run)
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)


def test_a_wrong_activation_is_not_verified_and_its_script_repeats_that_too(
    open_page: Opener, answers_only: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = (array[:120] for array in answers_only.stored.answers())
    source = Source.from_answers(x, y, "answers.npz", "softsign")
    run = finish(
        Run.create(source, replace(answers_only.settings(), probes=120, students=2, width=None))
    )
    app = open_page("compare", run)
    assert "Not verified" in _text(app)
    assert "What to try next" in _text(app)
    wider = next(button for button in app.button if button.key == "try_wider")
    assert f"{2 * run.ensemble().shape.sizes[1]} neurons" in wider.label
    ec.save_answers(x, y, tmp_path / "probes.npz")
    assert "attempt(" in script.repeat(run)
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)


def test_the_script_follows_a_cut_by_hand(
    at_stage: Callable[[str], Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.ui import work

    run = at_stage("cut")
    run.save_cut(Cut(run.cut().height * 1.5, 0.6, 20.0, "hand"))
    job = work.start_reconstruct(run)
    assert job.wait(120)
    assert run.built_cut.rule == "hand"
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)


def test_the_figures_page_holds_its_library_once(planar: Run) -> None:
    page = takeaway.figures_page(planar)
    assert page.count("<h2>") == 8
    assert "cdn" not in page.split("<h2>")[0]
    assert page.count("Plotly.newPlot(") >= 8


def test_the_cut_of_the_page_is_the_cut_of_the_script(planar: Run) -> None:
    assert grove.clusters_of(planar, planar.built_cut).cut == planar.cut()
