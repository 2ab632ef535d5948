"""Error bars against true errors, a slow covariance, and exact linear algebra."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ec_core.control import Control
from ec_core.leastsquares.problem import Problem
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.jacobian import jacobian_blocks
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, to_network
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.reconstruct.refit import refit
from ec_core.verify.error_bars import Bars, directions, error_bars, leverage
from ec_core.verify.match import match
from tests.often import long

ANSWERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "float64": lambda y: y,
    "float32": lambda y: y.astype(np.float32),
    "4 decimals": lambda y: np.round(y, 4),
    "7 decimals": lambda y: np.round(y, 7),
}


def _flat(network: Network | Bars) -> np.ndarray:
    return np.concatenate([a.ravel() for a in (*network.weights, *network.biases)])


def _inputs(count: int, size: int) -> np.ndarray:
    """Off centre and of different spreads, so that the standardisation matters."""
    rng = np.random.default_rng(1)
    return np.asarray(rng.standard_normal((count, size)) * np.linspace(0.6, 1.5, size) + 1.0)


def _fitted(teacher: Network, probes: ProbeSet) -> Network:
    """The least-squares solution beside the truth, standardised."""
    shape, theta = from_network(probes.to_standard(teacher))
    problem = Problem(shape, torch.from_numpy(probes.inputs), torch.from_numpy(probes.answers))
    nudge = torch.randn(
        theta.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    return to_network(shape, refit(problem, theta + 1e-4 * nudge, 40, 0.0, Control()).theta)


def _bars(standard: Network, probes: ProbeSet) -> Bars:
    free = sum(standard.sizes[1:-1]) if ACTIVATIONS[standard.activation].homogeneous else 0
    rank = standard.parameter_count - free
    seen = next(directions(standard, probes.inputs, 700))
    return error_bars(standard, probes.to_original(standard), probes, seen, rank)


NAMES = ("g", "tanh", "sigmoid", "softplus", "gelu", "relu", "leaky_relu", "elu")
SIZES = ((3, 4, 1), (4, 3, 2), (3, 3, 3, 1))
EVERY = tuple(itertools.product(NAMES, SIZES))
EACH_ONCE = tuple(zip(NAMES, itertools.cycle(SIZES), strict=False))
"""Every activation and every shape, but not every pair of them."""


@pytest.mark.parametrize(
    ("answers", "cases"),
    [
        *((answers, EACH_ONCE) for answers in ("float64", "float32", "4 decimals")),
        *long(*((answers, EVERY) for answers in ANSWERS)),
    ],
)
def test_true_errors_lie_within_three_bars(
    answers: str, cases: tuple[tuple[str, tuple[int, ...]], ...]
) -> None:
    ratios = []
    for name, sizes in cases:
        teacher = make_teacher("synthetic", sizes=sizes, activation=name, seed=1).network
        x = _inputs(1000, sizes[0])
        probes = make_probes(x, ANSWERS[answers](teacher(x)))
        standard = _fitted(teacher, probes)
        report = match(teacher, probes.to_original(standard))
        assert report.aligned is not None
        assert all((layer.order == np.arange(len(layer.order))).all() for layer in report.layers)
        error = np.abs(_flat(report.aligned) - _flat(teacher))
        ratios.append(error / _flat(_bars(standard, probes)))
    ratio = np.concatenate(ratios)
    assert np.mean(ratio <= 3.0) >= 0.97
    # a Gaussian error has a median of 0.67 standard deviations
    assert 0.3 <= np.median(ratio) <= 1.0


def test_bars_are_those_of_the_plain_formula_in_the_file_s_coordinates() -> None:
    teacher = make_teacher("synthetic", sizes=(3, 2, 1), activation="tanh", seed=0).network
    x = _inputs(875, 3)
    noise = 1e-5 * np.random.default_rng(0).standard_normal((875, 1))
    probes = make_probes(x, teacher(x) + noise)
    network = probes.to_original(_fitted(teacher, probes))
    jacobian = np.concatenate(list(jacobian_blocks(network, probes.x)))
    residual = network(probes.x) - probes.y
    variance = np.sum(residual**2) / (len(residual) - network.parameter_count)
    plain = np.sqrt(variance * np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    bars = _bars(probes.to_standard(network), probes)
    both = [
        np.concatenate([w, b[:, None]], axis=1).ravel()
        for w, b in zip(bars.weights, bars.biases, strict=True)
    ]
    np.testing.assert_allclose(np.concatenate(both), plain, rtol=0.01)
    assert bars.noise[0] == pytest.approx(1e-5, rel=0.1)


def test_the_norm_of_a_relu_s_incoming_vector_has_no_error() -> None:
    teacher = make_teacher("synthetic", sizes=(1, 2, 1), activation="relu", seed=1).network
    x = _inputs(600, 1)
    probes = make_probes(x, np.round(teacher(x), 4))
    bars = _bars(_fitted(teacher, probes), probes)
    # on a circle of fixed norm the bars of w and b stand as |b| : |w|
    w, b = teacher.weights[0][:, 0], teacher.biases[0]
    np.testing.assert_allclose(
        bars.weights[0][:, 0] * np.abs(w), bars.biases[0] * np.abs(b), rtol=0.05
    )


def test_a_fit_that_was_ended_early_has_bars_as_wide_as_its_error() -> None:
    teacher = make_teacher("synthetic", sizes=(3, 3, 1), activation="gelu", seed=1).network
    x = _inputs(700, 3)
    probes = make_probes(x, teacher(x))
    truth = probes.to_standard(teacher)
    off = Network("gelu", tuple(w + 1e-6 for w in truth.weights), truth.biases)
    error = np.abs(_flat(probes.to_original(off)) - _flat(teacher))
    assert (error <= 1.1 * _flat(_bars(off, probes)) + 1e-12).all()


def test_weights_of_constant_inputs_have_infinite_bars() -> None:
    teacher = make_teacher("synthetic", sizes=(3, 2, 1), activation="tanh", seed=1).network
    x = _inputs(600, 3)
    x[:, 1] = 0.0
    probes = make_probes(x, teacher(x))
    bars = _bars(probes.to_standard(teacher), probes)
    assert np.isinf(bars.weights[0][:, 1]).all() and np.isfinite(bars.largest)
    assert np.isfinite(np.delete(bars.weights[0], 1, 1)).all() and bars.largest < 1e-10


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_leverage_is_the_diagonal_of_the_hat_matrix(name: str) -> None:
    network = make_teacher("synthetic", sizes=(2, 3, 2), activation=name, seed=1).network
    x = np.random.default_rng(0).standard_normal((40, 2))
    rank = network.parameter_count - (3 if name == "relu" else 0)
    jacobian = np.concatenate(list(jacobian_blocks(network, x)))
    hat = jacobian @ np.linalg.pinv(jacobian, rcond=1e-10)
    found = leverage(network, x, next(directions(network, x, len(x))), rank)
    np.testing.assert_allclose(found.ravel(), np.diag(hat), atol=1e-9)
    assert found.sum() == pytest.approx(rank)
