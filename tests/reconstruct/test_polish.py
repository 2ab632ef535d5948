"""The last digits: least squares against scipy, and where normal equations cannot go."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

import ec_core as ec
from ec_core.networks.jacobian import column_norms, triangular_factor
from ec_core.networks.network import Network
from ec_core.reconstruct.polish import MOST_OPERATIONS, _moved, affordable, polish


def _flat(network: Network) -> np.ndarray:
    pairs = zip(network.weights, network.biases, strict=True)
    return np.concatenate([np.column_stack([w, b]).ravel() for w, b in pairs])


def _near(network: Network, share: float) -> Network:
    rng = np.random.default_rng(1)
    weights = tuple(w * (1 + share * rng.standard_normal(w.shape)) for w in network.weights)
    return Network(network.activation, weights, network.biases)


@pytest.mark.parametrize("activation", ["tanh", "gelu", "g"])
@pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 3, 2, 2)])
def test_noisy_answers_end_at_the_optimum_that_scipy_finds(
    activation: str, sizes: tuple[int, ...]
) -> None:
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=0).network
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, sizes[0]))
    y = teacher(x) + 1e-3 * rng.standard_normal((300, sizes[-1]))

    def residual(flat: np.ndarray) -> np.ndarray:
        weights, biases, at = [], [], 0
        for w in teacher.weights:
            part = flat[at : at + w.size + len(w)].reshape(len(w), -1)
            weights.append(part[:, :-1])
            biases.append(part[:, -1])
            at += part.size
        return (Network(activation, tuple(weights), tuple(biases))(x) - y).ravel()

    slow = least_squares(residual, _flat(teacher), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    found = polish(_near(teacher, 1e-4), x, y)
    assert found.loss == pytest.approx(2 * slow.cost / y.size, rel=1e-9)
    assert np.abs(_flat(found.network) - slow.x).max() < 1e-5


def test_along_flat_directions_the_weights_come_back_too() -> None:
    """There Levenberg-Marquardt with J'J may stay where it is: the loss says 1e-23, and no more."""
    teacher = ec.make_teacher("synthetic", sizes=(2, 8, 1), activation="sigmoid", seed=2).network
    x = np.random.default_rng(0).standard_normal((1200, 2))
    y = teacher(x)
    factor = triangular_factor(teacher, x)
    norms = column_norms(factor)
    flattest = np.linalg.svd(factor / norms)[2][-1] / norms
    before = _moved(teacher, 3e-5 * flattest)
    found = polish(before, x, y)
    errors = [ec.match(teacher, network).max_weight_error for network in (before, found.network)]
    assert errors[0] is not None and errors[1] is not None
    assert errors[0] > 1e-8 and errors[1] < 1e-10 and found.loss < 1e-30


def test_what_cannot_be_better_is_left_as_it_is() -> None:
    teacher = ec.make_teacher("planar").network
    x = np.random.default_rng(0).standard_normal((200, 2))
    found = polish(teacher, x, teacher(x))
    assert found.network is teacher and found.loss == 0.0 and not found.history
    assert affordable(teacher, x)
    many = int(MOST_OPERATIONS / teacher.parameter_count**2) + 1
    assert not affordable(teacher, np.zeros((many, 2)))
