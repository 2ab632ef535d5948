"""What stands after the last layer of what answered: recognised, said, and open to be put right."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ec_core.errors import InputError
from ec_core.probing.outputs import AUTO, LOGITS, OUTPUTS, known, read
from pages.shell import frame

_WORDS = {
    AUTO: "found out",
    LOGITS: "the network’s own numbers",
    "softmax": "probabilities (a softmax)",
    "sigmoid": "between 0 and 1 (a sigmoid)",
    "log-softmax": "logarithms of probabilities",
    "tanh": "between -1 and 1 (a tanh)",
}


def output_box(y: np.ndarray) -> str | None:
    """What the answers y (N, K) are, one of ``OUTPUTS``; None where they cannot be what was said.

    The network that is recovered is the one before it.
    """
    chosen = str(
        st.selectbox(
            "The answers are",
            OUTPUTS,
            key="teacher_output",
            format_func=_WORDS.__getitem__,
            persist_state="session",
            help="A softmax, a sigmoid or a tanh after the last layer is undone, and the network "
            "before it is recovered.",
        )
    )
    try:
        kind = known(y, chosen)
    except InputError as error:
        frame.callout(str(error))
        return None
    if chosen == AUTO and kind == AUTO:
        frame.note(
            "Their range does not say whether they are the network’s own numbers; that is found "
            "out by learning."
        )
    elif chosen == AUTO and kind != LOGITS:
        frame.note(f"Recognised: {_WORDS[kind]}.")
    elif chosen != AUTO:
        rows = y[~np.isnan(y).reshape(len(y), -1).any(axis=1)]
        for said in read(rows, chosen).output.sentences:
            frame.note(said)
    return chosen
