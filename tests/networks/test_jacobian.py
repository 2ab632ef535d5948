"""The Jacobian against finite differences, for one and more hidden layers."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.networks.jacobian import jacobian_blocks, triangular_factor
from ec_core.networks.network import Network
from ec_core.probing.presets import make_teacher
from ec_core.verify.error_bars import directions


def _shifted(network: Network, index: int, by: float) -> Network:
    weights = [w.copy() for w in network.weights]
    biases = [b.copy() for b in network.biases]
    for w, b in zip(weights, biases, strict=True):
        joined = np.concatenate([w, b[:, None]], axis=1)
        if index < joined.size:
            joined.flat[index] += by
            w[:], b[:] = joined[:, :-1], joined[:, -1]
            break
        index -= joined.size
    return Network(network.activation, tuple(weights), tuple(biases))


@pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 2, 2), (2, 3, 2, 2), (2, 2, 3, 2, 1)])
def test_columns_equal_finite_differences(sizes: tuple[int, ...]) -> None:
    network = make_teacher("synthetic", sizes=sizes, activation="gelu", seed=1).network
    x = np.random.default_rng(0).standard_normal((7, sizes[0]))
    jacobian = np.concatenate(list(jacobian_blocks(network, x)))
    step = 1e-6
    for p in range(network.parameter_count):
        up, down = _shifted(network, p, step)(x), _shifted(network, p, -step)(x)
        np.testing.assert_allclose(jacobian[:, p], (up - down).ravel() / (2 * step), atol=1e-8)


def test_singular_values_are_those_of_the_scaled_matrix() -> None:
    network = make_teacher("synthetic", sizes=(3, 4, 2), activation="tanh", seed=1).network
    x = np.random.default_rng(0).standard_normal((5000, 3))
    jacobian = np.concatenate(list(jacobian_blocks(network, x)))
    reference = np.linalg.svd(jacobian / np.linalg.norm(jacobian, axis=0), compute_uv=False)
    np.testing.assert_allclose(next(directions(network, x, len(x))).values, reference, rtol=1e-10)


def test_the_triangular_factor_is_that_of_the_weighted_rows() -> None:
    network = make_teacher("synthetic", sizes=(2, 3, 2), activation="tanh", seed=1).network
    x = np.random.default_rng(0).standard_normal((50, 2))
    rows = np.concatenate(list(jacobian_blocks(network, x))) * np.tile([2.0, 0.5], 50)[:, None]
    factor = triangular_factor(network, x, np.array([2.0, 0.5]))
    np.testing.assert_allclose(factor.T @ factor, rows.T @ rows, rtol=1e-10, atol=1e-10)
