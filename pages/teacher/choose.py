"""The ways to a teacher: a toy, the paper's family, a network trained on data, a file of
one's own, a model at an address.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ec_core.expand.config import DEEPEST
from ec_core.probing.datasets import DATASETS
from ec_core.probing.presets import PRESETS, TeacherCard, make_teacher
from ec_core.runs.source import Source
from pages.shell import frame
from pages.teacher import address, upload
from pages.teacher.upload import which_activation

_KINDS = {
    "toy": "Toy",
    "paper": "Paper",
    "data": "Data",
    "file": "My file",
    "address": "Address",
}
_TOYS = ("planar", "xor")
_MAX_SEED = 2**31 - 1
_WIDEST = 64
"""Inputs and neurons per layer of a random teacher: more takes longer than a person waits."""


@st.cache_data(max_entries=32, show_spinner="Making the teacher …")
def _make(
    preset: str, sizes: tuple[int, ...], activation: str | None, hidden: tuple[int, ...], seed: int
) -> TeacherCard:
    options: dict[str, object] = {"seed": seed}
    if preset == "synthetic":
        options |= {"sizes": sizes}
    if activation is not None:
        options |= {"activation": activation}
    if hidden:
        options |= {"hidden": hidden}
    return make_teacher(preset, **options)  # type: ignore[arg-type]


def _seed() -> int:
    return int(
        st.number_input(
            "Seed",
            min_value=0,
            max_value=_MAX_SEED,
            value=0,
            key="teacher_seed",
            persist_state="session",
            help="The same seed gives the same teacher, weight for weight.",
        )
    )


def _toy() -> Source | None:
    preset = st.radio(
        "Which toy",
        _TOYS,
        key="teacher_toy",
        format_func=lambda name: f"{name}: {PRESETS[name]}",
    )
    if preset == "xor":  # it is one fixed network
        return Source.from_card(_make("xor", (), None, (), 0), {})
    activation = which_activation("tanh", "planar")
    seed = _seed()
    if activation is None:
        return None
    card = _make(str(preset), (), activation, (), seed)
    return Source.from_card(card, {"activation": activation})


def _hidden(key: str, usual: int, largest: int) -> tuple[int, ...]:
    """How many hidden layers, and the neurons of each; ``key`` begins the widgets' keys."""
    layers = int(
        st.segmented_control(
            "Hidden layers",
            range(1, DEEPEST + 1),
            default=1,
            required=True,
            key=f"{key}_layers",
            help="The students will be told how many there are, never how large.",
        )
    )
    columns = st.columns(layers)
    return tuple(
        int(
            column.number_input(
                "Hidden neurons" if layers == 1 else f"Layer {index + 1}",
                min_value=1,
                max_value=largest,
                value=usual,
                key=f"{key}_neurons_{index}",
            )
        )
        for index, column in enumerate(columns)
    )


def _paper() -> Source | None:
    left, right = st.columns(2)
    inputs = left.number_input(
        "Inputs", min_value=1, max_value=_WIDEST, value=4, key="teacher_inputs"
    )
    outputs = right.number_input(
        "Outputs", min_value=1, max_value=16, value=1, key="teacher_outputs"
    )
    hidden = _hidden("teacher", 4, _WIDEST)
    frame.note("The paper’s 150: 2 to 32 inputs, one hidden layer of 2, 4 or 8, one output.")
    activation = which_activation("g", "paper")
    sizes, seed = (int(inputs), *hidden, int(outputs)), _seed()
    if activation is None:
        return None
    card = _make("synthetic", sizes, activation, (), seed)
    return Source.from_card(card, {"sizes": list(sizes), "activation": activation})


def _data() -> Source | None:
    dataset = str(
        st.selectbox(
            "Data",
            list(DATASETS),
            key="teacher_dataset",
            help="All of it comes with scikit-learn; nothing is downloaded.",
        )
    )
    usual = 10 if dataset.startswith("digits") else 6
    hidden = _hidden(f"teacher_{dataset}", usual, 256)
    activation = which_activation("softplus" if dataset == "diabetes" else "tanh", dataset)
    seed = _seed()
    if activation is None:
        return None
    card = _make(dataset, (), activation, hidden, seed)
    return Source.from_card(card, {"hidden": list(hidden), "activation": activation})


_OPEN = {
    "file": "Choose a file on the left, and answer what it leaves open; it is read here and goes "
    "nowhere else.",
    "answer": "Answer on the left what the file leaves open.",
    "address": "Give the address of a model on the left. It is asked one question first; what was "
    "understood of it is shown before more are asked.",
}


def what_is_missing() -> str:
    """A sentence for the page where there is no teacher yet, "" where others say it."""
    kind = str(st.session_state.get("teacher_kind"))
    if kind == "file" and upload.chosen():
        kind = "answer"
    if kind == "address" and st.session_state.get("teacher_address"):
        return ""  # what is understood of it stands there instead
    return _OPEN.get(kind, "A number on the left cannot be used; what is wrong stands below it.")


def teacher(beside: DeltaGenerator) -> Source | None:
    """The controls of the Teacher page; None while something about it is open.

    beside : the place for what was understood of a model
    """
    kind = st.segmented_control(
        "Where from",
        list(_KINDS),
        default="toy",
        required=True,
        format_func=_KINDS.__getitem__,
        key="teacher_kind",
        persist_state="session",
    )
    ways: dict[str, Callable[[], Source | None]] = {
        "toy": _toy,
        "paper": _paper,
        "data": _data,
        "file": partial(upload.teacher, beside),
        "address": partial(address.teacher, beside),
    }
    return ways[str(kind)]()
