"""Students with curves: derivatives against differences, the gauge, names, and knots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.control import Control
from ec_core.curves.errors import gauge_directions, told
from ec_core.curves.gauge import fixed, within
from ec_core.curves.learning import Fitted, Lesson, fit
from ec_core.curves.names import by_neuron, nearest, written
from ec_core.curves.starts import drawn
from ec_core.curves.students import jacobian, layers_of, row_of, with_row
from ec_core.networks.network import Network
from ec_core.networks.spline import fitted

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
LESSON = Lesson(X, RNG.standard_normal((60, 2)))


def _student(*hidden: int, seed: int = 0) -> Network:
    network = drawn((3, *hidden, 2), "gelu", LESSON, seed, 0)
    row = row_of(network)
    return with_row(network, row + 0.1 * np.random.default_rng(seed).standard_normal(len(row)))


@pytest.mark.parametrize("hidden", [(4,), (4, 5)])
def test_the_jacobian_is_that_of_differences(hidden: tuple[int, ...]) -> None:
    network = _student(*hidden)
    answers, columns = jacobian(network, X)
    np.testing.assert_allclose(answers, network(X), atol=1e-13)
    row, step = row_of(network), 1e-6
    for p, unit in enumerate(np.eye(len(row))):
        up, down = (with_row(network, row + sign * step * unit)(X) for sign in (1, -1))
        np.testing.assert_allclose(columns[:, :, p], (up - down) / (2 * step), atol=1e-7)


def test_named_layers_have_the_jacobian_of_differences_too() -> None:
    base = _student(4, 5)
    network = Network("tanh,gelu", base.weights, base.biases)
    columns = jacobian(network, X)[1]
    row, step = row_of(network), 1e-6
    for p, unit in enumerate(np.eye(len(row))):
        up, down = (with_row(network, row + sign * step * unit)(X) for sign in (1, -1))
        np.testing.assert_allclose(columns[:, :, p], (up - down) / (2 * step), atol=1e-7)


@settings(max_examples=25)
@given(st.integers(0, 500), st.booleans())
def test_the_gauge_changes_no_answer_and_is_fixed(seed: int, deep: bool) -> None:
    network = _student(*((4, 3) if deep else (4,)), seed=seed)
    same = fixed(network, X)
    np.testing.assert_allclose(same(X), network(X), atol=1e-9)
    for layer in layers_of(same, X):
        assert layer.z.mean() == pytest.approx(0, abs=1e-9)
        assert layer.z.std() == pytest.approx(1)
        assert layer.above.mean() == pytest.approx(0, abs=1e-9)
        assert layer.above.std() == pytest.approx(1)
    np.testing.assert_allclose(row_of(fixed(same, X)), row_of(same), atol=1e-8)


@settings(max_examples=25)
@given(st.integers(0, 500), st.floats(-2, 2), st.floats(0.3, 3), st.booleans(), st.booleans())
def test_whatever_gauge_a_network_is_in_it_ends_in_the_same(
    seed: int, shift: float, scale: float, mirrored: bool, negated: bool
) -> None:
    network = _student(4, seed=seed)
    scale = -scale if mirrored else scale
    factor = -1.7 if negated else 1.7
    (w, a), (b, c) = network.weights, network.biases
    other = Network(
        "curve",
        (w / scale, a / factor),
        ((b - shift) / scale, c - 0.4 * a.sum(axis=1) / factor),
        curves=(network.curves[0].moved(shift, scale).scaled(factor, 0.4),),
    )
    np.testing.assert_allclose(other(X), network(X), atol=1e-9)
    one, two = fixed(network, X), fixed(other, X)
    np.testing.assert_allclose(one.weights[0], two.weights[0], atol=1e-7)
    np.testing.assert_allclose(one.curves[0].coefficients, two.curves[0].coefficients, atol=1e-7)


def _smooth(curve: str = "bump", knots: int = 60) -> Network:
    """A 3-4-2 network whose curve has many knots."""
    z = np.linspace(-4, 4, 4000)
    s = np.exp(-z * z) if curve == "bump" else z * z
    rng = np.random.default_rng(3)
    weights = (rng.standard_normal((4, 3)) * 0.5, rng.standard_normal((2, 4)))
    return Network(
        "curve",
        weights,
        (rng.standard_normal(4) * 0.3, np.zeros(2)),
        curves=(fitted(np.linspace(-4, 4, knots), z, s),),
    )


def _moved_by_the_gauge(knots: int) -> np.ndarray:
    """(4,) the largest change of an answer along each direction of the gauge."""
    network = _smooth(knots=knots)
    x = np.random.default_rng(1).standard_normal((800, 3))
    x = x[within(network, x)]
    columns = jacobian(network, x)[1].reshape(-1, len(row_of(network)))
    return np.asarray(np.abs(columns @ gauge_directions(network, x)).max(axis=0))


def test_gauge_directions_change_no_answer() -> None:
    coarse, fine = _moved_by_the_gauge(60), _moved_by_the_gauge(120)
    assert coarse[:2].max() < 1e-10  # constant and scale: exactly
    # shift and scale of the sums as a spline can, whose slope errs by h^3
    assert coarse[2:].max() < 1e-3
    assert (fine[2:] < coarse[2:] / 5).all()


def test_a_bump_is_determined_and_a_square_is_not() -> None:
    x = np.random.default_rng(1).standard_normal((2500, 3))
    for curve, whole in (("bump", True), ("square", False)):
        network = _smooth(curve)
        rows = x[within(network, x)]
        # knots that no sum is near would say nothing
        low, high = np.quantile(network.hidden(rows), [0.002, 0.998])
        z = np.linspace(low, high, 2000)
        shorter = fitted(np.linspace(low, high, 24), z, network.curves[0](z))
        network = Network("curve", network.weights, network.biases, curves=(shorter,))
        rows = x[within(network, x)]
        seen = told(network, Lesson(rows, network(rows)))
        assert (seen.rank == seen.expected) is whole, curve


def test_learning_gets_a_perturbed_network_back() -> None:
    true = fixed(_smooth(), X)
    x = np.random.default_rng(1).standard_normal((1500, 3))
    x = x[within(true, x)]
    lesson = Lesson(x, true(x))
    row = row_of(true)
    start = with_row(true, row + 1e-3 * np.random.default_rng(2).standard_normal(len(row)))
    found = fit(Fitted(start, np.inf, 1e-6), lesson, 30, Control())
    assert found.loss < 1e-18
    assert found.loss == pytest.approx(lesson.loss(found.network))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("tanh", lambda z: 2 * np.tanh(1.3 * z + 0.4) - 1),
        ("sin", lambda z: np.sin(1.5 * z - 1)),
        ("softplus", lambda z: 3 - np.logaddexp(0, 2 - 1.7 * z)),
    ],
)
def test_a_named_function_is_told_through_its_four_numbers(name: str, function: object) -> None:
    assert callable(function)
    z = np.linspace(-2.5, 2.5, 2000)
    curve = fitted(np.linspace(-2.5, 2.5, 160), z, function(z))
    found = nearest(curve)
    assert found.activation == name
    assert found.deviation < 1e-5
    np.testing.assert_allclose(found(z), function(z), atol=1e-4)


def test_names_go_into_the_weights_neuron_by_neuron() -> None:
    """Two neurons that see separate parts of a curve, of which one is turned round."""
    z = np.linspace(-4, 4, 4000)
    u = np.where(z < 0, 2 * z + 4, 4 - 2 * z)
    glued = np.asarray(u / (1 + np.exp(-1.702 * u)))
    curve = fitted(np.linspace(-4, 4, 300), z, glued)
    w, x = np.eye(2), np.random.default_rng(0).uniform(-1.2, 1.2, (600, 2))
    network = Network(
        "curve", (w, np.array([[1.0, 2.0]])), (np.array([-2.0, 2.0]), np.zeros(1)), curves=(curve,)
    )
    own = by_neuron(curve, network.hidden(x), ("tanh", "silu"))
    assert [one.activation for one in own] == ["silu", "silu"]
    assert own[0].scale * own[1].scale < 0
    named = written(network, (own,))
    assert named.activation == "silu"
    np.testing.assert_allclose(named(x), network(x), atol=1e-4)
