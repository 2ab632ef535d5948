"""Flip the signs of neurons and watch the function not change (or see what is left behind)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
import torch

from ec_core.networks.activations import activation
from ec_core.networks.canonical import flip
from ec_core.networks.network import Network
from pages.shell import frame, words

_QUESTIONS = 1000
_MOST_PILLS = 24


@dataclass(frozen=True)
class Flipped:
    """A network with some neurons of its first layer flipped, and what that leaves behind.

    skip (H2, D) and constant (H2,) are to be added to the next layer's sums to get the same
    function again.
    """

    network: Network
    skip: np.ndarray
    constant: np.ndarray

    def answers(self, x: np.ndarray, *, with_rest: bool) -> np.ndarray:
        """Answers (N, K); without the rest only if ``with_rest`` is False."""
        net = self.network
        s = activation(net.activation).function
        z = s(torch.from_numpy(net.hidden(x))).numpy() @ net.weights[1].T + net.biases[1]
        if with_rest:
            z = z + x @ self.skip.T + self.constant
        for w, b in zip(net.weights[2:], net.biases[2:], strict=True):
            z = s(torch.from_numpy(z)).numpy() @ w.T + b
        return np.asarray(z)


def flipped(network: Network, neurons: list[int]) -> Flipped:
    """Flip neurons of the first hidden layer by their class's identity; without one, all signs."""
    entry = activation(network.activation)
    w, b = network.weights[0].copy(), network.biases[0].copy()
    out = network.weights[1].copy()
    skip, constant = np.zeros((len(out), w.shape[1])), np.zeros(len(out))
    for j in neurons:
        if entry.parity == 0:
            w[j], b[j], out[:, j] = -w[j], -b[j], -out[:, j]
            continue
        w[j], b[j], out[:, j], more, offset = flip(w[j], float(b[j]), out[:, j], entry)
        skip, constant = skip + more, constant + offset
    changed = replace(
        network, weights=(w, out, *network.weights[2:]), biases=(b, *network.biases[1:])
    )
    return Flipped(changed, skip, constant)


def _signs(values: np.ndarray) -> str:
    shown = ", ".join(f"{v:+.2f}" for v in values[:3])
    return f"({shown}{', …' if len(values) > 3 else ''})"


def _verdict(network: Network, result: Flipped, chosen: list[int]) -> None:
    x = np.random.default_rng(0).standard_normal((_QUESTIONS, network.sizes[0]))
    before = network(x)
    whole = float(np.abs(result.answers(x, with_rest=True) - before).max())
    bare = float(np.abs(result.answers(x, with_rest=False) - before).max())
    entry = activation(network.activation)
    if not chosen:
        st.markdown("Choose neurons to flip, and see what happens to the answers.")
    elif entry.parity == 0:
        st.markdown(
            f"The answers change by up to **{words.power(whole)}**. {network.activation} has no "
            "such "
            "symmetry: every sign is part of the answer, and can be recovered."
        )
    elif entry.leaves_linear:
        st.markdown(
            f"The activation part alone changes the answers by up to {words.power(bare)}: a "
            "straight "
            f"line is left behind. With that line added the change is **{words.power(whole)}**. "
            "Several flips can cancel each other's lines, which is why signs need a search."
        )
    else:
        kind = "not a single bit" if whole == 0 else "rounding, nothing more"
        extra = " once a constant has moved into the next bias" if entry.constant else ""
        st.markdown(
            f"The largest change of any of {_QUESTIONS:,} answers is "
            f"**{words.power(whole)}**{extra}: "
            f"{kind}. From outside the two networks cannot be told apart."
        )


def demonstrate(network: Network) -> None:
    """Pills for the neurons, the weights before and after, and the change of the function."""
    hidden = range(min(network.sizes[1], _MOST_PILLS)) if len(network.sizes) > 2 else range(0)
    if not hidden:
        frame.note("This network has no hidden neurons.")
        return
    chosen = [
        int(j)
        for j in st.pills(
            "Flip the sign of these neurons",
            list(hidden),
            selection_mode="multi",
            default=[0],
            format_func=lambda j: f"neuron {j + 1}",
            key="flip_neurons",
        )
    ]
    result = flipped(network, chosen)
    _verdict(network, result, chosen)
    rows = []
    for j in hidden:
        after = result.network
        cells = [
            _signs(np.append(net.weights[0][j], net.biases[0][j]))
            + " → "
            + _signs(net.weights[1][:, j])
            for net in (network, after)
        ]
        style = ' style="font-weight:600"' if j in chosen else ""
        rows.append(f"<tr{style}><td>{j + 1}</td><td>{cells[0]}</td><td>{cells[1]}</td></tr>")
    with st.container(key="flip_table", height=260 if len(rows) > 5 else "content"):
        st.html(
            '<table class="ec-table"><thead><tr><th>neuron</th><th>(weights, bias) → outgoing</th>'
            f"<th>after the flip</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
