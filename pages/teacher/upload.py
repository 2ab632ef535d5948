"""A file of one's own: read, what it leaves open asked, and checked where answers are at hand."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ec_core.apart import open_model, parse_answers, warm_up
from ec_core.candidates import AUTO
from ec_core.curves.search import FREE
from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.network import Network
from ec_core.networks.reading import NetworkFile
from ec_core.networks.tensors import LAYOUTS
from ec_core.runs.source import Source
from ec_core.verify.answers import ENDS, check_answers
from pages.parts import activation_box
from pages.shell import frame, words
from pages.teacher import held, model, tables
from pages.teacher.output_box import output_box

_NOTHING = "nothing"
_LAYOUT_WORDS = dict(
    zip(LAYOUTS, ("(out, in), as torch has them", "(in, out), as Keras has them"), strict=True)
)


def which_activation(default: str | None, key: str, *, unknown: bool = False) -> str | None:
    """Which activation; None until one is chosen where there is no default, and where its number
    cannot be used.

    unknown : "I don't know" can be said, and stands first; that the curve be learnt, last
    """
    help_ = "In brackets: which changes of sign and size leave the function as it is."
    return activation_box.box(
        [AUTO] if unknown else [],
        default,
        f"teacher_activation_{key}",
        told=unknown,
        persist=True,
        last=[FREE] if unknown else [],
        help_=f"{help_} {activation_box.LEARN_HELP}" if unknown else help_,
    )


def _answers(data: bytes, name: str) -> Source | None:
    """Questions and answers; None where it is still open which, or they cannot be used."""
    seen = tables.understood(data, name)
    tables.keep(seen)
    if seen is None or seen.answers is None:
        return None
    activation = which_activation(AUTO, "answers", unknown=True)
    found = seen.answers
    output = None if seen.probes is None else output_box(found.y)
    if activation is None or output is None:
        return None
    return Source.from_answers(found.x, found.y, name, activation, found.columns, output)


def _layout(file: NetworkFile) -> str | None:
    """Asked only where the file does not tell; None until it is answered."""
    if len(file.layouts) < 2 or not file.plain:
        return file.layouts[0] if file.layouts else LAYOUTS[0]
    chosen = st.radio(
        "All matrices are square. How are they laid out?",
        LAYOUTS,
        index=None,
        key="teacher_layout",
        format_func=_LAYOUT_WORDS.__getitem__,
        persist_state="session",
    )
    return None if chosen is None else str(chosen)


def _end(file: NetworkFile) -> str:
    """What follows the last layer, which a file of weights does not show."""
    if not file.plain:
        return _NOTHING
    end = str(
        st.selectbox(
            "After the last layer",
            (_NOTHING, *ENDS),
            key="teacher_end",
            persist_state="session",
            help="A file of weights does not show it. The weights are the same with and without.",
        )
    )
    if end != _NOTHING:
        frame.note(
            f"The network is asked for what goes into the {end}; its weights are the same, and "
            "more can be read from these numbers."
        )
    return end


def _check(network: Network, end: str) -> None:
    """Answers of the model itself, if there are any, tell whether its file was read right."""
    file = held.file(
        "Answers of your model, to check that it was read right (not needed)",
        "teacher_check",
        "Questions x and what your model answers, y. They are compared and not kept.",
    )
    if file is None:
        return
    checked = check_answers(network, *parse_answers(file.data, file.name))
    if checked.agrees or checked.reading == f"with a {end} after the last layer":
        st.success(f"Your model's {checked.count:,} answers agree with the network read.")
    else:
        st.warning(words.plain(checked.sentence))


def _network(data: bytes, name: str, beside: DeltaGenerator) -> Source | None:
    file = open_model(data, name)
    if isinstance(file, AskedModel):
        return model.asked(file, data, beside)
    with beside:
        model.preview(file.links)
        for sentence in file.said:
            frame.note(words.on_paper(sentence))
    if file.head is not None:
        frame.note(
            f"The model ends with a {file.head}; it is asked for the numbers before it, and its "
            "weights are the same."
        )
    named = file.named()
    if named is None:
        frame.note("The file does not say which activation stands between its layers.")
    # a key of its own for every answer of a file, or the last file's would stay
    activation = which_activation(named, f"file_{named}")
    layout, end = _layout(file), _end(file)
    if activation is None or layout is None:
        return None
    network = file.network(activation, layout=layout)
    if file.plain:
        _check(network, end)
    return Source.from_network(network, name, file.names(layout))


_FILE = "teacher_file"


def chosen() -> bool:
    """Is there a file?"""
    return held.there(_FILE)


def teacher(beside: DeltaGenerator) -> Source | None:
    """The controls for a file; None until it is there and nothing about it is open.

    beside : the place for what was understood of a model
    """
    # it is there before the file is
    warm_up()
    # every kind of file is taken, so that the sentence about a wrong one is ours
    file = held.file(
        "A network, or questions with answers",
        _FILE,
        "Networks: .safetensors, .pt, .pt2, .onnx, .keras, .h5, .skops, .json; "
        "or answers: .npz, .npy, .csv, .tsv, .txt, .xlsx, .parquet, .feather, .mat, also .gz.",
    )
    if file is None:
        return None
    data = file.data
    if not data:
        raise InputError(f"{file.name} is empty; expected a network or questions with answers.")
    if tables.holds_answers(data, file.name):
        return _answers(data, file.name)
    return _network(data, file.name, beside)
