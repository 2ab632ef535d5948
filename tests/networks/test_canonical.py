"""Normal form: one vector per neuron, whatever its symmetries did to it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.canonical import (
    canonical,
    centred,
    flip,
    mirrored,
    pairwise_distances,
    reference_direction,
)

symmetric = pytest.mark.parametrize(
    "name", sorted(name for name, entry in ACTIVATIONS.items() if entry.parity)
)
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=20)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@few
@given(seed=seeds)
def test_the_form_puts_the_vector_together_again(name: str, seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((7, 4))
    form, sign, norm = canonical(vectors, ACTIVATIONS[name])
    scale = norm if ACTIVATIONS[name].homogeneous else np.ones(7)
    entry = ACTIVATIONS[name]
    again = np.where((sign < 0)[:, None], mirrored(form, entry), form) * scale[:, None]
    if entry.period:
        shift = (vectors - again)[:, -1] / entry.period
        np.testing.assert_allclose(shift, np.round(shift), atol=1e-13)
        assert np.all(np.abs(form[:, -1]) <= entry.period / 2)
        again[:, -1] = vectors[:, -1]
    np.testing.assert_allclose(again, vectors, rtol=1e-14, atol=1e-15)


@symmetric
@few
@given(seed=seeds)
def test_signs_and_for_homogeneous_scales_do_not_matter(name: str, seed: int) -> None:
    entry = ACTIVATIONS[name]
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((6, 3))
    reference = reference_direction(centred(vectors, entry))
    other = np.where(rng.random((6, 1)) < 0.5, mirrored(vectors, entry), vectors)
    if entry.homogeneous:
        other = other * rng.uniform(0.1, 10, (6, 1))
    other[:, -1] += entry.period * rng.integers(-2, 3, 6)
    first, _, _ = canonical(vectors, entry, reference)
    second, _, _ = canonical(other, entry, reference)
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-14)


def test_norm_tells_neurons_apart_unless_scaling_is_a_symmetry() -> None:
    vectors = np.array([[1.0, 2.0], [2.0, 4.0]])
    tanh, _, _ = canonical(vectors, ACTIVATIONS["tanh"])
    relu, _, _ = canonical(vectors, ACTIVATIONS["relu"])
    assert np.linalg.norm(tanh[0] - tanh[1]) > 1
    assert np.linalg.norm(relu[0] - relu[1]) < 1e-15


def test_without_symmetry_nothing_is_changed() -> None:
    vectors = np.array([[-1.0, 2.0], [3.0, -4.0]])
    form, sign, _ = canonical(vectors, ACTIVATIONS["g"])
    assert np.array_equal(form, vectors) and np.array_equal(sign, np.ones(2))


@few
@given(seed=seeds)
def test_copies_stay_together_when_the_first_coordinate_is_rounding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    neurons = rng.standard_normal((5, 4))
    neurons[:, 0] = 0.0
    copies = np.repeat(neurons, 20, axis=0) * rng.choice([-1.0, 1.0], (100, 1))
    copies += 1e-15 * rng.standard_normal(copies.shape)
    form, _, _ = canonical(copies, ACTIVATIONS["tanh"])
    groups = form.reshape(5, 20, 4)
    assert np.abs(groups - groups[:, :1]).max() < 1e-13


def test_a_vector_without_direction_stays_zero() -> None:
    form, _, norm = canonical(np.zeros((1, 3)), ACTIVATIONS["relu"])
    assert np.array_equal(form, np.zeros((1, 3))) and norm[0] == 0.0
    assert np.linalg.norm(reference_direction(np.zeros((0, 3)))) == pytest.approx(1.0)


@symmetric
@few
@given(seed=seeds)
def test_flip_is_the_same_function(name: str, seed: int) -> None:
    entry = ACTIVATIONS[name]
    rng = np.random.default_rng(seed)
    x, w, b = rng.standard_normal((20, 3)), rng.standard_normal(3), float(rng.standard_normal())
    outgoing = rng.standard_normal(2)
    w2, b2, outgoing2, skip, constant = flip(w, b, outgoing, entry)

    def neuron(weight: np.ndarray, bias: float, out: np.ndarray) -> np.ndarray:
        return np.outer(entry.function(torch.from_numpy(x @ weight + bias)).numpy(), out)

    before = neuron(w, b, outgoing)
    after = neuron(w2, b2, outgoing2) + x @ skip.T + constant
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(np.append(w2, b2), mirrored(np.append(w, b), entry))


def test_distances_are_exact_where_dot_products_fail() -> None:
    a = np.array([[1.0, 1.0]])
    b = a + np.array([[1e-12, 0.0]])
    assert pairwise_distances(a, b)[0, 0] == pytest.approx(1e-12, rel=1e-3)
