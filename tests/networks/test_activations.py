"""Every activation: its derivative and its symmetry against things worked out independently."""

import math

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.errors import InputError
from ec_core.networks.activations import (
    ACTIVATIONS,
    COMMON,
    FAMILIES,
    LEAKY_SLOPE,
    UNCOMMON,
    activation,
    numbered,
    parameters,
    spelled,
)

REFERENCE = {
    "g": lambda z: scipy.special.expit(4 * z) + np.logaddexp(0, z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "selu": lambda z: (
        1.0507009873554804934193349852946
        * np.where(z > 0, z, 1.6732632423543772848170429916717 * np.expm1(np.minimum(z, 0)))
    ),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "tanh": np.tanh,
    "erf": scipy.special.erf,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "sigmoid": scipy.special.expit,
    "softplus": lambda z: np.logaddexp(0, z),
    "gelu": lambda z: z * scipy.special.ndtr(z),
    "silu": lambda z: z * scipy.special.expit(z),
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, LEAKY_SLOPE * z),
    "gelu_tanh": lambda z: z * scipy.special.expit(np.sqrt(8 / np.pi) * (z + 0.044715 * z**3)),
    "hardswish": lambda z: np.where(z > 3, z, np.where(z < -3, 0, z * (z + 3) / 6)),
    "hardtanh": lambda z: np.clip(z, -1, 1),
    "arctan": np.arctan,
    "sin": np.sin,
    "squared_relu": lambda z: np.where(z > 0, z * z, 0),
    "quick_gelu": lambda z: z * scipy.special.expit(1.702 * z),
    "hardsigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
    "relu6": lambda z: np.clip(z, 0, 6),
    "celu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "logsigmoid": lambda z: -np.logaddexp(0, -z),
    "leaky_relu:0.3": lambda z: np.where(z > 0, z, 0.3 * z),
    "leaky_relu:-0.2": lambda z: np.where(z > 0, z, -0.2 * z),
    "elu:0.5": lambda z: np.where(z > 0, z, 0.5 * np.expm1(np.minimum(z, 0))),
    "celu:0.5": lambda z: np.where(z > 0, z, 0.5 * np.expm1(np.minimum(z, 0) / 0.5)),
    "silu:1.7": lambda z: z * scipy.special.expit(1.7 * z),
    "softplus:2.5": lambda z: np.logaddexp(0, 2.5 * z) / 2.5,
}
CLASSES = {
    "none": {"g", "elu", "selu", "mish", "celu"},
    "positive scaling": {"squared_relu"},
    "odd": {"tanh", "erf", "softsign", "hardtanh", "arctan"},
    "odd + periodic": {"sin"},
    "odd + constant": {"sigmoid", "hardsigmoid", "relu6"},
    "even + linear": {
        *("softplus", "gelu", "silu"),
        *("gelu_tanh", "quick_gelu", "hardswish", "logsigmoid"),
    },
    "even + linear + positive scaling": {"relu", "leaky_relu"},
}
names = pytest.mark.parametrize("name", sorted(REFERENCE))
moderate = st.floats(-50, 50)
few = settings(max_examples=20)


def test_the_table_holds_the_thirteen_of_the_method_and_more_with_their_classes() -> None:
    found: dict[str, set[str]] = {}
    for name, entry in ACTIVATIONS.items():
        found.setdefault(entry.symmetry, set()).add(name)
    assert found == CLASSES
    assert len(COMMON) == 13 and not set(COMMON) & set(UNCOMMON)
    assert set(REFERENCE) >= set(ACTIVATIONS)


@names
def test_function_equals_an_independent_formula(name: str) -> None:
    z = np.concatenate([np.linspace(-30, 30, 401), [1e-12, -1e-12, 0.0]])
    got = activation(name).function(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(got, REFERENCE[name](z), rtol=1e-13, atol=1e-15)


@names
def test_derivative_equals_autograd_and_differences(name: str) -> None:
    entry = activation(name)
    z = torch.linspace(-8, 8, 160, dtype=torch.float64).requires_grad_(True)
    (slope,) = torch.autograd.grad(entry.function(z).sum(), z)
    z = z.detach()
    torch.testing.assert_close(entry.derivative(z), slope, rtol=1e-12, atol=1e-14)
    step = 1e-6
    difference = (entry.function(z + step) - entry.function(z - step)) / (2 * step)
    torch.testing.assert_close(entry.derivative(z), difference, rtol=1e-7, atol=1e-8)


def _value(name: str, z: np.ndarray) -> np.ndarray:
    return np.asarray(activation(name).function(torch.from_numpy(z)).numpy())


@names
def test_kinks_are_where_the_slope_jumps(name: str) -> None:
    entry = activation(name)
    places = torch.arange(-80, 81, dtype=torch.float64) / 8
    jump = (entry.derivative(places + 1e-9) - entry.derivative(places - 1e-9)).abs()
    assert tuple(places[jump > 1e-3].tolist()) == entry.kinks


_CENTRES = np.unique(np.concatenate([np.arange(-16, 17) / 4, np.arange(-3, 4) * np.pi / 2]))
_AWAY = np.linspace(-12, 12, 320)


def _symmetries(name: str) -> set[tuple[int, float]]:
    """(parity, centre) for which s(c - u) - parity s(c + u) is a line, from the function alone."""
    found = set()
    for centre in _CENTRES:
        left, right = _value(name, centre - _AWAY), _value(name, centre + _AWAY)
        basis = np.stack([_AWAY, np.ones_like(_AWAY)], axis=1)
        for parity in (1, -1):
            rest = left - parity * right
            line = basis @ np.linalg.lstsq(basis, rest, rcond=None)[0]
            if np.abs(rest - line).max() < 1e-9:
                found.add((parity, float(centre)))
    return found


@names
def test_points_of_symmetry_are_those_of_the_table_and_no_others(name: str) -> None:
    entry = activation(name)
    found = _symmetries(name)
    if entry.period:
        # every whole period, and in between the maxima, where it is even
        half = entry.period / 2
        assert found == {(1 if k % 2 else -1, float(k * half)) for k in range(-3, 4)}
        assert entry.centre == 0.0 and entry.parity == -1
    else:
        assert found == ({(entry.parity, entry.centre)} if entry.parity else set())


@names
@few
@given(z=moderate)
def test_the_identities_hold(name: str, z: float) -> None:
    entry = activation(name)
    value, mirror, next_period = _value(name, np.array([z, 2 * entry.centre - z, z + entry.period]))
    room = 1e-13 * (1 + abs(z))
    if entry.parity:
        right = entry.parity * value + entry.linear * (z - entry.centre) + entry.constant
        assert math.isclose(mirror, right, rel_tol=1e-13, abs_tol=room)
    if entry.period:
        assert math.isclose(next_period, entry.turn * value, rel_tol=1e-13, abs_tol=room)


@names
def test_there_is_a_period_only_where_the_table_says(name: str) -> None:
    """Of (0, 8]: by comparing the function with itself moved on, up to sign."""
    z = np.linspace(-8, 8, 801)
    s = _value(name, z)
    lags = [
        k * 0.02
        for k in range(25, 400)
        if min(np.abs(s[k:] - s[:-k]).max(), np.abs(s[k:] + s[:-k]).max()) < 0.02
    ]
    period = activation(name).period
    assert bool(lags) == bool(period)
    assert all(abs(lag / period - round(lag / period)) < 0.01 for lag in lags)


@names
def test_positive_scaling_holds_exactly_where_the_table_says(name: str) -> None:
    z = np.linspace(-5, 5, 41)
    degrees = []
    for degree in (1, 2, 3):
        gaps = [
            np.abs(_value(name, scale * z) - scale**degree * _value(name, z)).max() / scale**degree
            for scale in (1e-3, 0.7, 30.0)
        ]
        if max(gaps) < 1e-13:
            degrees.append(degree)
    degree = activation(name).degree
    assert degrees == ([degree] if degree else [])


@names
def test_far_out_nothing_overflows(name: str) -> None:
    z = torch.tensor([-1e4, -800.0, 800.0, 1e4], dtype=torch.float64)
    assert bool(torch.isfinite(activation(name).function(z)).all())
    assert bool(torch.isfinite(activation(name).derivative(z)).all())


def test_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'swish' is not known; choose one of .*tanh"):
        activation("swish")


def test_a_number_makes_a_name_and_the_usual_one_none() -> None:
    assert numbered("elu", 1.0) == "elu" and numbered("elu", 0.1) == "elu:0.1"
    assert activation("leaky_relu:0.3") is activation("leaky_relu:0.30")
    assert parameters("silu:1.7") == {"beta": 1.7} and parameters("silu") == {"beta": 1.0}
    for text, name in {
        "LeakyReLU(negative_slope=0.3)": "leaky_relu:0.3",
        "nn.ELU(0.5)": "elu:0.5",
        "leaky_relu:1e-2": "leaky_relu",
        "swish:1.7": "silu:1.7",
        "ReLU6": "relu6",
        "nn.Hardswish()": "hardswish",
        "hard_sigmoid": "hardsigmoid",
    }.items():
        assert spelled(text) == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leaky_relu:1", "finite and not 1"),
        ("leaky_relu:inf", "finite and not 1"),
        ("elu:-1", "above 0"),
        ("silu:0", "above 0"),
        ("tanh:2", "tanh takes none"),
        ("elu:1.2.3", "'1.2.3' is no number"),
        ("elu(x)", "'x' is no number"),
    ],
)
def test_numbers_that_no_activation_has_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        spelled(text)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_with_its_usual_number_is_the_plain_one(family: str) -> None:
    z = torch.linspace(-9, 9, 181, dtype=torch.float64)
    known = FAMILIES[family]
    member = known.member(family, known.usual)
    torch.testing.assert_close(
        member.function(z), activation(family).function(z), rtol=1e-14, atol=1e-15
    )
    torch.testing.assert_close(
        member.derivative(z), activation(family).derivative(z), rtol=1e-14, atol=1e-15
    )
    assert (member.symmetry, member.kinks) == (
        activation(family).symmetry,
        activation(family).kinks,
    )
