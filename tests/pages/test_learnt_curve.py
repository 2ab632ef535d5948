"""Reconstruct and Compare with a network whose activation was learnt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.curves import recovery
from ec_core.curves.search import FREE
from ec_core.errors import InputError
from ec_core.events import CandidateProgress, Event
from ec_core.networks.network import Network
from ec_core.networks.spline import fitted
from ec_core.reconstruct.reconstruct import Learning, Reconstruction
from ec_core.runs import results
from ec_core.runs.run import Run
from ec_core.runs.source import Source
from pages.shell import process, words
from tests.pages.conftest import STAGES, Opener


def _with_a_curve(run: Run) -> None:
    """The run's network with its tanh as a curve, stored as its result."""
    probes, before = run.probes(), run.reconstruction()
    standard = before.standard
    z = np.linspace(*_reach(standard, probes.inputs), 4000)
    curve = fitted(np.linspace(z[0], z[-1], 60), z, np.tanh(z))
    weights, biases = standard.weights, standard.biases
    network = Network("curve", weights, biases, curves=(curve,))
    rows = np.arange(len(probes.x))
    run.save_reconstruction(
        Reconstruction(
            network=probes.to_original(network),
            standard=network,
            loss=float(np.mean((network(probes.inputs) - probes.answers) ** 2)),
            heldout_loss=1e-14,
            steps=(),
            signs=None,
            from_clusters=0,
            started=8,
            pruned=3,
            exact=False,
            notes=("The activation was learnt as a curve.",),
            history=np.array([1e-7, 1e-12]),
            removed=(3,),
            learning=Learning(rows, ((28,), (60,)), (1e-7, 1e-12), 1e-2),
        ),
        run.cut(),
        1.0,
    )


def _reach(network: Network, x: np.ndarray) -> tuple[float, float]:
    z = network.hidden(x)
    return float(z.min()), float(z.max())


def test_pages_show_the_curve(at_stage: Callable[[str], Run], open_page: Opener) -> None:
    run = at_stage(STAGES[-1])
    _with_a_curve(run)
    verdict = results.of(run).certificate
    assert not verdict.verified  # sixty knots are not enough, and that is said
    assert results.report(run)["activation"] == "curve"
    for page in ("reconstruct", "compare"):
        app = open_page(page, run)
        assert not app.exception
        said = " ".join(str(each.value) for each in (*app.markdown, *app.subheader))
        assert "The activation that was learnt" in said


def _text(app: AppTest) -> str:
    return " ".join(str(each.value) for each in (*app.markdown, *app.html))


def test_to_learn_the_curve_is_the_last_choice_and_is_watched(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).standard_normal((300, 2))
    run = Run.create(Source.from_answers(x, np.tanh(x[:, :1]), "answers.npz", "tanh"))
    app = open_page("expand", run)
    box = app.selectbox(key="activation")
    assert box.options[-1] == words.LEARN and "last choice learns the activation" in box.help
    box.set_value(FREE).run()
    assert not app.exception and "the activation itself" in _text(app)
    assert not any(button.key == "start_expand" for button in app.button)
    reached, gate = threading.Event(), threading.Event()

    def learning(*told: Any, **more: Any) -> Generator[Event, None, None]:
        for at in range(1, 6):
            yield CandidateProgress("reconstruct", FREE, 1, 8, at, 10.0**-at)
        reached.set()
        assert gate.wait(60)
        raise InputError("The time was over before any curve was learnt; allow more seconds.")

    monkeypatch.setattr(recovery, "run", learning)
    app.button(key="start_whole").click().run()
    assert reached.wait(60) and not app.exception
    app.run()
    assert run.settings().activation == FREE
    said = _text(app)
    assert "The activation itself is learnt, as a curve, in students with one hidden layer" in said
    assert "Learn weights and curve together" in said and "Race of the candidates" not in said
    gate.set()
    job = process.job_of(run)
    assert job is not None and job.wait(60)
    app.run()
    assert not app.exception and "allow more seconds" in " ".join(e.value for e in app.error)


def test_answers_can_be_said_to_need_a_learnt_curve_on_the_teacher_page(open_page: Opener) -> None:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("file").run()
    x = np.random.default_rng(0).standard_normal((60, 2))
    table = "a,b,y\n" + "".join(f"{r[0]},{r[1]},{np.sin(r[0]) * r[1]}\n" for r in x)
    app.file_uploader(key="teacher_file").upload("answers.csv", table.encode()).run()
    box = app.selectbox(key="teacher_activation_answers")
    assert box.options[-1] == words.LEARN
    box.set_value(FREE).run()
    assert not app.exception and "learnt as a curve" in _text(app)
    app.button(key="use_teacher").click().run()
    assert not app.exception
    run = Run(app.query_params["run"])
    assert run.field.curve and run.field.depths == (1, 2)
