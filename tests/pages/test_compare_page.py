"""The result's numbers, and a script that gives the same ones again."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ec_core as ec
from ec_core.cli import main
from ec_core.cluster import Cut, automatic_cut
from ec_core.expand.students import ensemble_from_arrays
from ec_core.expand.trainer import expand
from ec_core.networks.reading import NetworkFile, open_model
from ec_core.networks.writers import exported, onnx_model
from ec_core.probing.tables import parse_answers
from ec_core.runs import portable, results, script, tree_cache, work
from ec_core.runs.run import Run
from ec_core.runs.source import Source
from ec_core.store.plain import parse_arrays
from pages.compare import downloads
from pages.shell.process import board
from tests.pages.conftest import SMALL, finish
from tests.steps import drain

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


def test_what_no_question_tells_is_named_and_what_was_done_to_rows(
    open_page: Opener, planar: Run
) -> None:
    # the planar teacher's students know their two inputs; a copy of the first says nothing new
    x, y = planar.stored.answers()
    assert not planar.probes().free_directions
    wide = np.hstack([x, x[:, :1], np.full((len(x), 1), 4.0)])
    gap = np.full((1, 4), np.nan)
    source = Source.from_answers(
        np.vstack([wide, wide[:3], gap]), np.vstack([y, y[:4]]), "answers.npz", "tanh"
    )
    run = finish(Run.create(source, replace(SMALL, probes=len(x) + 4, distribution="given")))
    shown = _text(open_page("compare", run))
    assert "Verified" in shown and "Column 3 always equals column 1." in shown
    assert "Column 4 never changes." in shown and "weights that no question tells" in shown
    assert "1 of " in shown and "missing values" in shown and "3 rows repeat a question" in shown
    report = results.report(run)
    assert report["verified"] and len(report["free_directions"]) == 2
    assert report["unidentified_inputs"] == [3] and len(report["remarks"]) == 2
    kept = parse_arrays(portable.students(run), "students.npz")
    z = ((wide - kept["x_mean"]) / kept["x_scale"])[:, kept["identified"]]
    u = np.linalg.lstsq(kept["basis"], z.T, rcond=None)[0].T
    np.testing.assert_allclose(u @ kept["basis"].T, z, atol=1e-12)


def test_the_report_has_the_fields_of_the_contract(planar: Run) -> None:
    report = json.loads(json.dumps(results.report(planar)))
    assert report["verified"] is True
    assert report["sizes"] == [2, 4, 1]
    assert {"loss", "heldout_loss", "students", "seconds", "device", "layers"} <= set(report)
    assert {"max_weight_error", "function_error", "layers"} <= set(report["match"])


def _repeat(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ec.Network:
    """What a person has who unpacks the archive and runs the script in it."""
    with zipfile.ZipFile(io.BytesIO(script.archive(run))) as archive:
        archive.extractall(folder)
    monkeypatch.chdir(folder)
    text = (folder / script.file_name(run)).read_text(encoding="utf-8")
    assert text == script.repeat(run)
    exec(compile(text, "repeat.py", "exec"), {"__name__": "__main__"})
    return ec.load_network(folder / "recovered.safetensors")


def _said(printed: str) -> dict[str, str]:
    """What the script printed, by name."""
    return dict(line.split(": ", 1) for line in printed.splitlines() if ": " in line)


def _says_what_the_app_shows(run: Run, printed: str) -> None:
    said, certificate = _said(printed), results.of(run).certificate
    network = run.reconstruction().network
    assert said["sizes"] == " ".join(map(str, network.sizes))
    assert float(said["loss"]) == run.reconstruction().loss == certificate.loss
    assert float(said["loss on unseen questions"]) == certificate.heldout_loss
    verdict, *_ = said["verified"].split(" ", 1)
    assert verdict == str(certificate.verified)
    assert all(reason in said["verified"] for reason in certificate.reasons)


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


@pytest.mark.long
def test_the_script_repeats_a_search_for_the_width(
    planar: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finish(Run.create(planar.source(), replace(SMALL, width=None)))
    assert "ec.recover(" in script.repeat(run)
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)


@pytest.mark.long
def test_a_wrong_activation_is_not_verified_and_its_script_repeats_that_too(
    open_page: Opener, answers_only: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = (array[:60] for array in answers_only.stored.answers())
    source = Source.from_answers(x, y, "answers.npz", "softsign")
    run = finish(
        Run.create(source, replace(answers_only.settings(), probes=60, students=2, width=None))
    )
    app = open_page("compare", run)
    assert "Not verified" in _text(app)
    assert "What to try next" in _text(app)
    wider = next(button for button in app.button if button.key == "try_wider")
    assert f"{2 * run.ensemble().shape.sizes[1]} neurons" in wider.label
    # wider students were tried, as the command line would, and did no better
    assert "ec.recover(" in script.repeat(run)
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)


def test_the_script_follows_a_cut_by_hand(
    at_stage: Callable[[str], Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = at_stage("cut")
    run.save_cut(Cut(run.cut().height * 1.5, 0.6, 20.0, "hand"))
    job = work.start_reconstruct(board(), run)
    assert job.wait(120)
    assert run.built_cut.rule == "hand"
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)
    _says_what_the_app_shows(run, capsys.readouterr().out)


def test_the_script_of_a_network_built_exactly_says_what_the_app_shows(
    at_stage: Callable[[str], Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = at_stage("cut")
    node = tree_cache.clusters_of(run, run.cut()).kept[0].node
    run.save_cut(replace(run.cut(), rule="hand", edits=(("drop", node),)))
    job = work.start_exact(board(), run)
    assert job.wait(120) and job.snapshot().error is None
    assert run.reconstruction().network.sizes == (2, 3, 1)
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)
    _says_what_the_app_shows(run, capsys.readouterr().out)


def test_the_script_of_a_run_of_an_earlier_version_keeps_its_rows(
    at_stage: Callable[[str], Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = at_stage("teacher")
    run.ask()
    x, y = run.stored.answers()
    # as it was stored then: nothing said about the order, which was the given one
    run.stored.save_arrays("probes", {"x": x, "y": y, "seed": np.array(SMALL.seed)})
    probes = run.probes()
    config = SMALL.recover_config("tanh").expand_config()
    run.save_ensemble(drain(expand(probes, "tanh", config, ec.Control()))[1])
    run.save_cut(automatic_cut(tree_cache.of(run)[1]))
    job = work.start_reconstruct(board(), run)
    assert job.wait(120) and job.snapshot().error is None
    assert script.needs(run) == ("probes.npz",)
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)


def test_students_that_were_steered_come_along(
    at_stage: Callable[[str], Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = at_stage("recovered")
    ensemble = run.ensemble()
    # as if one had been stopped by hand
    few = {
        name: getattr(ensemble, name)[:3]
        for name in ("theta", "losses", "statuses", "iterations", "restarts", "damping", "growth")
    }
    run.save_ensemble(replace(ensemble, **few, history=ensemble.history[:, :3]))
    run.mark_steered()
    run.save_cut(automatic_cut(tree_cache.of(run)[1]))
    job = work.start_reconstruct(board(), run)
    assert job.wait(120) and job.snapshot().error is None
    assert _equal(_repeat(run, tmp_path, monkeypatch), run.reconstruction().network)
    assert "students.npz" in script.needs(run)


def test_probes_and_students_can_be_taken_away(open_page: Opener, planar: Run) -> None:
    app = open_page("compare", planar)
    offered = {button.proto.label for button in app.get("download_button")}
    assert {"Questions and answers", "Students", "Python script"} <= offered
    x, y = parse_answers(portable.probes(planar), "probes.npz")
    assert np.array_equal(x, planar.stored.answers()[0]) and len(x) == len(y)
    arrays = parse_arrays(portable.students(planar), "students.npz")
    again = ensemble_from_arrays(arrays)
    assert np.array_equal(again.theta, planar.ensemble().theta)
    # the weights by layer answer as the students do
    inside = (x - arrays["x_mean"]) / arrays["x_scale"]
    hidden = np.tanh(inside @ arrays["weight_0"][0].T + arrays["bias_0"][0])
    answers = hidden @ arrays["weight_1"][0].T + arrays["bias_1"][0]
    wanted = (y - arrays["y_mean"]) / arrays["y_scale"]
    assert float(np.mean((answers - wanted) ** 2)) < 10 * float(again.losses[0]) + 1e-25


def test_the_figures_page_holds_its_library_once(planar: Run) -> None:
    page = downloads.figures_page(planar)
    assert page.count("<h2>") == 8
    assert "cdn" not in page.split("<h2>")[0]
    assert page.count("Plotly.newPlot(") >= 8


def test_the_cut_of_the_page_is_the_cut_of_the_script(planar: Run) -> None:
    assert tree_cache.clusters_of(planar, planar.built_cut).cut == planar.cut()


def test_weights_stand_in_the_names_and_layout_of_the_model_file(
    open_page: Opener, planar: Run
) -> None:
    teacher = planar.source().network
    assert teacher is not None
    file = open_model(exported(teacher, "m.keras"), "m.keras")
    assert isinstance(file, NetworkFile)
    source = Source.from_network(file.network(), "m.keras", file.names())
    run = Run.create(source, SMALL)
    run.ask()
    run.save_ensemble(planar.ensemble())
    run.save_cut(planar.cut())
    run.save_reconstruction(planar.reconstruction(), planar.cut(), 1.0)
    app = open_page("compare", run)
    said = app.container(key="weight_names_0").html[0].value
    first, _ = file.namings
    assert f"<code>{first.weight}</code> (2 × 4, a column for each neuron)" in said
    assert "counted from zero" in _text(app)
    # presets come from no file
    assert "In the file" not in _text(open_page("compare", planar))


def test_a_format_that_loses_digits_says_so(
    open_page: Opener, planar: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("compare", planar)
    app.selectbox(key="export_format").set_value(".onnx").run()
    assert "float32" not in _text(app)  # tanh, in float64
    monkeypatch.setattr(onnx_model, "_DOUBLE", ())
    assert "The ONNX file holds float32 numbers" in _text(app.run())
