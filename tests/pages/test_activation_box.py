"""A number typed for an activation that has one: told, left open, or refused in a sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ec_core.networks.files import network_bytes
from ec_core.networks.network import Network
from ec_core.probing.presets import make_teacher
from ec_core.runs.run import Run
from ec_core.runs.settings import default_settings
from ec_core.runs.source import Source
from pages.expand.train_settings import _can_be

Opener = Callable[..., AppTest]


def _wrong(app: AppTest) -> list[str]:
    return [str(one.value) for one in app.html if str(one.value).startswith('<p class="ec-wrong')]


def _uses(app: AppTest) -> bool:
    return any(button.key == "use_teacher" for button in app.button)


def _made(app: AppTest) -> Run:
    app.button(key="use_teacher").click().run()
    assert not app.exception
    return Run(str(app.query_params["run"]))


def test_a_teacher_is_made_with_a_number(open_page: Opener) -> None:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("paper").run()
    assert "number" not in " ".join(str(one.key) for one in app.number_input)
    app.selectbox(key="teacher_activation_paper").set_value("leaky_relu").run()
    field = app.number_input(key="teacher_activation_paper_number_leaky_relu")
    assert field.label == "Its slope" and field.placeholder == "empty: 0.01"
    field.set_value(1.0).run()
    assert len(_wrong(app)) == 1 and "straight line" in _wrong(app)[0] and not _uses(app)
    assert not app.exception and "stands below it" in " ".join(str(e.value) for e in app.html)
    field = app.number_input(key="teacher_activation_paper_number_leaky_relu")
    field.set_value(0.3).run()
    assert not _wrong(app)
    source = _made(app).source()
    assert source.activation == "leaky_relu:0.3" and source.network is not None
    x = np.array([[-1.0, 2.0, 0.5, 3.0]])
    z = x @ source.network.weights[0].T + source.network.biases[0]
    y = np.where(z > 0, z, 0.3 * z) @ source.network.weights[1].T + source.network.biases[1]
    np.testing.assert_allclose(source.network(x), y, rtol=1e-14)


@pytest.mark.parametrize(
    ("family", "number"), [("elu", -0.5), ("silu", 0.0), ("leaky_relu", 1e300), ("elu", 1e300)]
)
def test_nonsense_is_one_sentence_and_extremes_draw(
    open_page: Opener, family: str, number: float
) -> None:
    app = open_page("teacher")
    app.selectbox(key="teacher_activation_planar").set_value(family).run()
    app.number_input(key=f"teacher_activation_planar_number_{family}").set_value(number).run()
    assert not app.exception and not app.error
    assert len(_wrong(app)) == (number <= 0) and _uses(app) == (number > 0)


def test_the_number_of_a_file_stands_in_the_field(open_page: Opener) -> None:
    network = make_teacher("synthetic", sizes=(3, 4, 2), activation="elu:0.5", seed=1).network
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("file").run()
    data = network_bytes(network)
    app.file_uploader(key="teacher_file").upload("m.safetensors", data).run()
    assert app.number_input(key="teacher_activation_file_elu:0.5_number_elu").value == 0.5
    assert _made(app).source().activation == "elu:0.5"


def _answers(network: Network) -> bytes:
    x = np.random.default_rng(0).standard_normal((80, 3))
    file = io.BytesIO()
    np.savez(file, x=x, y=network(x))
    return file.getvalue()


def test_answers_are_told_a_number_or_it_is_read_off(open_page: Opener) -> None:
    data = _answers(make_teacher("synthetic", sizes=(3, 4, 2), activation="elu:0.5").network)
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("file").run()
    app.file_uploader(key="teacher_file").upload("answers.npz", data).run()
    box = "teacher_activation_answers"
    app.selectbox(key=box).set_value("leaky_relu").run()
    open_ = app.number_input(key=f"{box}_number_leaky_relu")
    assert open_.placeholder == "empty: read off the answers"
    app.selectbox(key=box).set_value("elu").run()
    app.number_input(key=f"{box}_number_elu").set_value(0.5).run()
    run = _made(app)
    assert run.source().activation == "elu:0.5"
    # the next page knows, and can be told otherwise
    app = open_page("expand", run)
    field = app.number_input(key=f"activation_{run.id}_number_elu")
    assert app.selectbox(key="activation").value == "elu" and field.value == 0.5
    field.set_value(0.0).run()
    assert len(_wrong(app)) == 1 and not app.exception
    assert app.button(key="start_expand").disabled
    app.number_input(key=f"activation_{run.id}_number_elu").set_value(0.7).run()
    assert not app.button(key="start_expand").disabled


def test_whose_students_can_be_the_teacher(open_page: Opener) -> None:
    card = make_teacher("synthetic", sizes=(2, 3, 1), activation="leaky_relu:0.3", seed=0)
    source = Source.from_card(card, {})
    run = Run.create(source, replace(default_settings(source), device="cpu"))
    app = open_page("expand", run)
    said = "not be it"
    assert app.number_input(key=f"activation_{run.id}_number_leaky_relu").value == 0.3
    assert said not in " ".join(str(one.value) for one in app.html)
    app.selectbox(key="activation").set_value("tanh").run()
    assert said in " ".join(str(one.value) for one in app.html)
    assert _can_be("leaky_relu", "relu") and _can_be("leaky_relu", "leaky_relu:0.3")
    assert _can_be("sigmoid", "tanh") and _can_be("silu:1.7", "silu") and _can_be("auto", "gelu")
    assert not _can_be("relu", "leaky_relu:0.3") and not _can_be("elu:0.5", "elu")
