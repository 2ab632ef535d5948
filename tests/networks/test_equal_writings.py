"""Two writings of one function."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ec_core as ec
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.equal_writings import equal_writings, rewritten


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["tanh", "sigmoid"]),
    st.lists(st.integers(1, 4), min_size=3, max_size=5),
    st.integers(0, 100),
)
def test_the_other_writing_answers_alike_and_leads_back(
    name: str, sizes: list[int], seed: int
) -> None:
    network = ec.make_teacher("synthetic", sizes=tuple(sizes), activation=name, seed=seed).network
    (other,) = equal_writings(name)
    again = rewritten(network, other)
    x = np.random.default_rng(seed).standard_normal((20, sizes[0]))
    assert again.activation == other
    np.testing.assert_allclose(again(x), network(x), rtol=1e-12, atol=1e-12)
    back = rewritten(again, name)
    for one, two in zip(
        (*back.weights, *back.biases), (*network.weights, *network.biases), strict=True
    ):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)


def test_what_is_said_of_relu_and_leaky_relu_is_so() -> None:
    z = torch.linspace(-3, 3, 61, dtype=torch.float64)
    relu, leaky = (ACTIVATIONS[name].function for name in ("relu", "leaky_relu"))
    torch.testing.assert_close(relu(z), (leaky(z) + 0.01 * leaky(-z)) / 0.9999)
    torch.testing.assert_close(leaky(z), relu(z) - 0.01 * relu(-z))
    assert "0.9999" in equal_writings("relu")["leaky_relu"]


def test_a_network_that_has_no_other_writing_is_refused() -> None:
    network = ec.make_teacher("synthetic", sizes=(2, 2, 1), activation="gelu", seed=0).network
    with pytest.raises(ec.InputError, match="cannot be written with tanh"):
        rewritten(network, "tanh")
