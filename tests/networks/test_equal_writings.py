"""Two writings of one function."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ec_core as ec
from ec_core.networks.activations import ACTIVATIONS, activation, family_of
from ec_core.networks.equal_writings import equal_writings, image, rewritten


@settings(max_examples=30)
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


NAMES = [*ACTIVATIONS, "silu:1.7", "celu:0.5", "softplus:2.0", "leaky_relu:0.25", "leaky_relu:4.0"]


_FACTORS = (1.0, 2.0, 3.0, 6.0, 1.7, 1.702, 4.0, 1.7 / 1.702)


def _fits(one: str, other: str) -> bool:
    """Is s(z) = c·t(a·z + e) + d for some a, c, e, d of a grid? From the functions alone."""
    z = torch.linspace(-40, 40, 401, dtype=torch.float64)
    powers = [sign * v**p for v in _FACTORS for sign in (1, -1) for p in (1, -1)]
    scales = torch.tensor(powers, dtype=torch.float64)
    shifts = torch.tensor([0.0, 1.0, -1.0, 3.0, -3.0], dtype=torch.float64)
    at = scales[:, None, None] * z + shifts[:, None]
    s, t = activation(one).function(z), activation(other).function(at)
    s, t = s - s.mean(), t - t.mean(dim=-1, keepdim=True)
    c = (s * t).sum(dim=-1, keepdim=True) / (t * t).sum(dim=-1, keepdim=True).clamp(min=1e-9)
    return float((s - c * t).abs().amax(dim=-1).min()) < 1e-5


@pytest.mark.parametrize("one", NAMES)
def test_two_names_write_the_same_function_where_it_is_said_and_nowhere_else(one: str) -> None:
    z = torch.linspace(-4, 4, 41, dtype=torch.float64)
    for other in NAMES:
        found = image(one, other)
        assert (found is not None) == _fits(one, other), (one, other)
        if found is not None:
            a, c, e, d = found
            t = activation(other).function
            torch.testing.assert_close(
                activation(one).function(z), c * t(a * z + e) + d, rtol=1e-12, atol=1e-12
            )


@pytest.mark.parametrize("one", NAMES)
def test_what_is_said_of_other_writings_is_named(one: str) -> None:
    said = equal_writings(one)
    for other in NAMES:
        if other != one and family_of(other) != family_of(one) and image(one, other):
            assert other in said or family_of(other) in ("silu", "celu", "softplus")
    assert all(
        sentence.endswith(".") and "writes the same" in sentence for sentence in said.values()
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("relu6", "hardsigmoid"), ("silu:1.7", "quick_gelu"), ("leaky_relu:4.0", "leaky_relu:0.25")],
)
def test_deep_networks_are_rewritten(one: str, other: str) -> None:
    network = ec.make_teacher("synthetic", sizes=(3, 4, 3, 2), activation=one, seed=1).network
    again = rewritten(network, other)
    x = np.random.default_rng(0).standard_normal((50, 3))
    np.testing.assert_allclose(again(x), network(x), rtol=1e-12, atol=1e-12)
    assert again.activation == other


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
