"""Choosing a teacher: presets, uploads, and files that cannot be used."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable

import numpy as np
import onnx
import pandas as pd
import pytest
import safetensors.numpy
from streamlit.testing.v1 import AppTest

from ec_core.candidates import AUTO
from ec_core.networks.asked import AskedModel
from ec_core.networks.files import network_bytes
from ec_core.networks.network import Network
from ec_core.networks.writers import exported
from ec_core.probing.presets import make_teacher
from ec_core.runs.loading import store
from ec_core.runs.run import Run
from pages.shell import words

Opener = Callable[..., AppTest]


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _upload(open_page: Opener, name: str, data: bytes) -> AppTest:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value("file").run()
    app.file_uploader(key="teacher_file").upload(name, data).run()
    assert not app.exception
    return app


def test_the_button_makes_a_run_and_leads_on(open_page: Opener) -> None:
    before = {summary.id for summary in store().list()}
    app = open_page("teacher")
    app.button(key="use_teacher").click().run()
    assert not app.exception
    made = [summary for summary in store().list() if summary.id not in before]
    assert [summary.kind for summary in made] == ["planar"]
    assert app.query_params["run"] == made[0].id


@pytest.mark.parametrize("kind", ["paper", "data"])
def test_the_other_kinds_show_a_network(open_page: Opener, kind: str) -> None:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value(kind).run(timeout=120)
    assert not app.exception
    assert not app.error
    assert app.get("plotly_chart")


def test_a_network_file_becomes_the_teacher(open_page: Opener) -> None:
    network = make_teacher("xor").network
    app = _upload(open_page, "mine.safetensors", network_bytes(network))
    assert not app.error
    app.button(key="use_teacher").click().run()
    stored = Run(str(app.query_params["run"])).source().network
    assert stored is not None
    assert np.array_equal(stored.weights[0], network.weights[0])


def test_answers_alone_become_a_run_without_a_teacher(open_page: Opener) -> None:
    x = np.random.default_rng(0).standard_normal((60, 3))
    app = _upload(open_page, "answers.npz", _npz(x=x, y=np.tanh(x[:, :1])))
    assert not app.error
    app.button(key="use_teacher").click().run()
    run = Run(str(app.query_params["run"]))
    assert run.source().network is None
    # nobody said anything, and nothing has to be known
    assert run.open and run.settings().hidden_layers == AUTO


def test_what_the_answers_are_is_recognised_and_can_be_put_right(open_page: Opener) -> None:
    x = np.random.default_rng(0).standard_normal((60, 3))
    y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    app = _upload(open_page, "answers.npz", _npz(x=x, y=y))
    assert any("Recognised: probabilities" in note.value for note in app.html)
    app.selectbox(key="teacher_output").set_value("tanh").run()
    app.button(key="use_teacher").click().run()
    assert Run(str(app.query_params["run"])).probes().output.kind == "tanh"
    app = _upload(open_page, "answers.npz", _npz(x=x, y=x))
    app.selectbox(key="teacher_output").set_value("softmax").run()
    assert any("said to be a softmax" in said.value for said in app.error)
    assert "use_teacher" not in {button.key for button in app.button}


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.safetensors", b"not a network", "safetensors"),
        ("a.npz", b"not an archive", "npz"),
        ("a.npz", _npz(x=np.zeros((9, 2))), "x and y"),
        ("a.npz", _npz(x=np.ones((9, 2)), y=np.full((9, 1), np.nan)), "NaN"),
        ("a.npz", _npz(x=np.random.default_rng(0).random((9, 2)), y=np.ones((9, 1))), "same"),
    ],
)
def test_a_bad_file_is_one_sentence(open_page: Opener, name: str, data: bytes, word: str) -> None:
    before = len(store().list())
    app = _upload(open_page, name, data)
    assert len(app.error) == 1
    assert word in app.error[0].value
    assert "Traceback" not in app.error[0].value
    assert len(store().list()) == before
    # the page goes on working
    app.segmented_control(key="teacher_kind").set_value("toy").run()
    assert not app.error
    assert app.button(key="use_teacher")


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("model.pt", pickle.dumps({"0.weight": 1}), "pickle"),
        ("table.csv", b"x1,x2,y\n1,2,3\n", "There are 1 probes"),
        ("prose.txt", b"no table\nat all\n", "no table of numbers"),
        ("model.onnx", b"\x08\x07", "ONNX"),
        ("model.keras", b"PK\x03\x04", "model.keras is no zip archive"),
        ("empty.npz", b"", "empty"),
        (
            "labels.npz",
            _npz(x=np.random.default_rng(8).random((90, 2)), y=np.arange(90) % 3),
            "labels",
        ),
        ("text.npz", _npz(x=np.ones((9, 2)), y=np.array(["cat"] * 9)), "text, labels"),
    ],
)
def test_every_kind_of_file_is_answered_in_our_words(
    open_page: Opener, name: str, data: bytes, word: str
) -> None:
    app = _upload(open_page, name, data)
    assert len(app.error) == 1 and word in app.error[0].value
    # the uploader itself refuses nothing: its own words would be all that a person gets
    assert list(app.file_uploader(key="teacher_file").proto.type) == []


def _csv() -> bytes:
    """Three inputs and an output among two columns that are neither."""
    x = np.random.default_rng(5).standard_normal((60, 3))
    frame = pd.DataFrame(x, columns=["x1", "x2", "x3"])
    frame.insert(1, "batch", np.arange(60) // 10)
    frame["y"] = np.tanh(x[:, 0]) - x[:, 2]
    frame["checked by"] = ["Ada", "Grace"] * 30
    return str(frame.to_csv(index=False)).encode()


def test_the_columns_of_a_table_are_chosen(open_page: Opener) -> None:
    app = _upload(open_page, "answers.csv", _csv())
    # x1, x2, x3 and y are meant; the other two might be
    assert not app.error
    inputs, outputs = (app.multiselect(key=f"teacher_table_{k}") for k in ("inputs", "outputs"))
    assert (inputs.value, outputs.value) == ([0, 2, 3], [4])
    assert "this is a guess" in "\n".join(element.value for element in app.html)
    shown = app.dataframe[0].value
    assert list(shown["column"]) == ["x1", "x2", "x3", "y", "batch", "checked by"]
    assert list(shown["is"]) == ["input"] * 3 + ["output"] + ["left out"] * 2
    assert list(shown["digits"])[3:] == ["all 16", "whole numbers", "text"]
    inputs.set_value([0, 2, 3, 5]).run()
    assert "Column checked by" in app.error[0].value and "one-hot" in app.error[0].value
    assert not [button for button in app.button if button.key == "use_teacher"]
    app.multiselect(key="teacher_table_inputs").set_value([2, 3]).run()
    assert not app.error
    assert list(app.dataframe[1].value.columns) == ["x2", "x3", "y"]
    app.button(key="use_teacher").click().run()
    run = Run(str(app.query_params["run"]))
    assert run.source().columns.inputs == ("x2", "x3") == run.probes().columns.inputs
    assert run.source().inputs == 2 and run.source().title == "answers.csv"


def test_many_columns_are_named_and_files_of_a_pair_joined(open_page: Opener) -> None:
    x = np.random.default_rng(6).standard_normal((60, 50))
    buffer = io.BytesIO()
    np.save(buffer, x)
    app = _upload(open_page, "x.npy", buffer.getvalue())
    assert app.text_input(key="teacher_table_inputs").value == "1-49"
    app.text_input(key="teacher_table_inputs").set_value("1-3").run()
    app.text_input(key="teacher_table_outputs").set_value("60").run()
    assert "numbers from 1 to 50" in app.error[0].value
    app.text_input(key="teacher_table_outputs").set_value("4").run()
    assert not app.error and "input 1" in app.dataframe[1].value.columns
    buffer = io.BytesIO()
    np.save(buffer, np.tanh(x[:, :2]))
    app.file_uploader(key="teacher_partner").upload("y.npy", buffer.getvalue()).run()
    assert not app.error and not app.exception
    app.button(key="use_teacher").click().run()
    source = Run(str(app.query_params["run"])).source()
    assert (source.inputs, source.outputs) == (50, 2)


def _state_dict(*sizes: int) -> bytes:
    network = make_teacher("synthetic", sizes=sizes, activation="tanh", seed=12).network
    tensors: dict[str, np.ndarray] = {}
    for i, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        tensors |= {f"{2 * i}.weight": w, f"{2 * i}.bias": b}
    return bytes(safetensors.numpy.save(tensors))


def test_what_a_file_leaves_open_is_asked(open_page: Opener) -> None:
    app = _upload(open_page, "square.safetensors", _state_dict(3, 3, 3))
    assert not app.error and not app.button
    app.selectbox(key="teacher_activation_file_None").set_value("tanh").run()
    assert not app.button
    app.radio(key="teacher_layout").set_value("in-out").run()
    assert not app.error
    app.button(key="use_teacher").click().run()
    stored = Run(str(app.query_params["run"])).source().network
    expected = make_teacher("synthetic", sizes=(3, 3, 3), activation="tanh", seed=12).network
    assert stored is not None and np.array_equal(stored.weights[0], expected.weights[0].T)


def test_a_file_is_checked_against_its_models_answers(open_page: Opener) -> None:
    network = make_teacher("synthetic", sizes=(3, 4, 2), activation="tanh", seed=12).network
    x = np.random.default_rng(2).standard_normal((60, 3))
    app = _upload(open_page, "mine.safetensors", _state_dict(3, 4, 2))
    app.selectbox(key="teacher_activation_file_None").set_value("tanh").run()
    sigmoid = _npz(x=x, y=1 / (1 + np.exp(-network(x))))
    app.file_uploader(key="teacher_check").upload("answers.npz", sigmoid).run()
    assert "with a sigmoid after the last layer" in app.warning[0].value
    app.selectbox(key="teacher_end").set_value("sigmoid").run()
    assert not app.warning and "agree" in app.success[0].value
    assert not app.error and app.button(key="use_teacher")


def test_a_network_without_a_hidden_layer_is_refused(open_page: Opener) -> None:
    flat = Network("tanh", (np.ones((1, 2)),), (np.zeros(1),))
    app = _upload(open_page, "flat.safetensors", network_bytes(flat))
    assert "no hidden layer" in app.error[0].value


def test_a_network_deeper_than_can_be_recovered_is_told_apart(open_page: Opener) -> None:
    for hidden, warned in (((3, 3), False), ((2, 2, 2, 2, 2), True)):
        deep = make_teacher("synthetic", sizes=(2, *hidden, 1), activation="tanh", seed=0).network
        app = _upload(open_page, "deep.safetensors", network_bytes(deep))
        assert not app.error
        assert any("at most 4" in warning.value for warning in app.warning) == warned


@pytest.mark.parametrize(
    ("kind", "start", "sizes"),
    [("paper", "teacher", (6, 4, 3, 1)), ("data", "teacher_wine", (13, 4, 3, 3))],
)
def test_teachers_of_several_hidden_layers(
    open_page: Opener, kind: str, start: str, sizes: tuple[int, ...]
) -> None:
    app = open_page("teacher")
    app.segmented_control(key="teacher_kind").set_value(kind).run(timeout=120)
    if kind == "data":
        app.selectbox(key="teacher_dataset").set_value("wine").run(timeout=120)
    else:
        app.number_input(key="teacher_inputs").set_value(6).run()
    app.segmented_control(key=f"{start}_layers").set_value(2).run(timeout=120)
    for layer, size in enumerate(sizes[1:-1]):
        app.number_input(key=f"{start}_neurons_{layer}").set_value(size).run(timeout=120)
    assert not app.exception
    assert not app.error
    app.button(key="use_teacher").click().run()
    run = Run(str(app.query_params["run"]))
    network = run.source().network
    assert network is not None and network.sizes == sizes
    assert run.settings().hidden_layers == 2


def test_flipping_a_sign_changes_nothing(open_page: Opener) -> None:
    app = open_page("teacher")
    app.pills(key="flip_neurons").set_value([0, 2]).run()
    words = "\n".join(element.value for element in app.markdown)
    assert "cannot be told apart" in words


def test_a_file_is_still_there_after_another_page(open_page: Opener) -> None:
    network = make_teacher("planar", seed=3).network
    app = _upload(open_page, "mine.safetensors", network_bytes(network))
    assert not app.error and app.button(key="use_teacher")
    app.switch_page("pages/difficulty/page.py").run()
    assert not app.exception
    app.switch_page("pages/teacher/page.py").run()
    assert not app.exception and not app.error
    # the same choice, the same file, said by name
    assert app.segmented_control(key="teacher_kind").value == "file"
    held = "\n".join(e.value for e in app.container(key="teacher_file_held").html)
    assert "mine.safetensors" in held
    app.button(key="use_teacher").click().run()
    stored = Run(str(app.query_params["run"])).source().network
    assert stored is not None and np.array_equal(stored.weights[0], network.weights[0])


def test_a_held_file_can_be_let_go(open_page: Opener) -> None:
    app = _upload(open_page, "mine.safetensors", network_bytes(make_teacher("xor").network))
    app.switch_page("pages/difficulty/page.py").run()
    app.switch_page("pages/teacher/page.py").run()
    app.button(key="teacher_file_remove").click().run()
    assert not app.exception
    assert not [button for button in app.button if button.key == "use_teacher"]
    app.switch_page("pages/difficulty/page.py").run()
    app.switch_page("pages/teacher/page.py").run()
    assert not [button for button in app.button if button.key == "teacher_file_remove"]


def test_a_model_of_another_program_is_shown_in_its_own_names(open_page: Opener) -> None:
    network = make_teacher("synthetic", sizes=(3, 4, 2), activation="tanh", seed=12).network
    app = _upload(open_page, "model.onnx", exported(network, "model.onnx"))
    assert not app.error and app.button(key="use_teacher")
    shown = " ".join(element.proto.body for element in app.get("html"))
    assert "layers.0.weight" in shown and "4 × 3, a row for each neuron" in shown
    assert app.selectbox(key="teacher_activation_file_tanh").value == "tanh"
    app.button(key="use_teacher").click().run()
    called = Run(str(app.query_params["run"])).source().namings
    assert [naming.weight for naming in called] == ["layers.0.weight", "layers.1.weight"]


def test_what_a_sentence_quotes_is_shown_as_it_stands() -> None:
    """Names of columns, errors of servers and templates are no Markdown, formulas or pictures."""
    quoted = {
        "hold $x (all questions) or $row": r"hold \$x (all questions) or \$row",
        "predictions.*.score and *.b": r"predictions.\*.score and \*.b",
        "![seen](https://elsewhere.example/p.png)": (
            r"!\[seen\](https\://elsewhere.example/p.png)"
        ),
        "<img src=x>": r"\<img src=x\>",
        ":red[boo] at 10:30": r"\:red\[boo\] at 10:30",
        "EC_ALLOW_HOSTS of __init__.py": r"EC_ALLOW_HOSTS of \__init_\_.py",
    }
    for sentence, shown in quoted.items():
        assert words.plain(sentence) == shown


def _odd_onnx() -> bytes:
    """A model that is no chain of layers, so that it can only be asked."""
    helper, single = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Sin", ["x"], ["s"]),
        helper.make_node("Mul", ["x", "s"], ["m"]),
        helper.make_node("ReduceSum", ["m", "axes"], ["y"]),
    ]
    axes = onnx.numpy_helper.from_array(np.array([1]), "axes")
    ends = [helper.make_tensor_value_info(n, single, ["N", k]) for n, k in (("x", 3), ("y", 1))]
    graph = helper.make_graph(nodes, "odd", ends[:1], ends[1:], [axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return bytes(model.SerializeToString())


def test_a_model_that_can_only_be_asked_is_asked_once(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for its file and number of questions; and another person's window asks for itself."""
    counts: list[int] = []
    answer = AskedModel.__call__

    def counted(self: AskedModel, x: np.ndarray) -> np.ndarray:
        counts.append(len(x))
        return answer(self, x)

    monkeypatch.setattr(AskedModel, "__call__", counted)
    app = _upload(open_page, "odd.onnx", _odd_onnx())
    first = sum(counts)
    assert first > 100
    app.run()
    assert sum(counts) == first
    app.number_input(key="teacher_asked").set_value(150).run()
    assert sum(counts) == first + 150
    app.number_input(key="teacher_asked").set_value(150).run()
    assert sum(counts) == first + 150
    _upload(open_page, "odd.onnx", _odd_onnx())
    assert sum(counts) == 2 * first + 150
    app.button(key="use_teacher").click().run()
    assert not app.exception and sum(counts) == 2 * first + 150
