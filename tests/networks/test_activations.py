"""Every activation: its derivative and its symmetry against things worked out independently."""

import math

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS, LEAKY_SLOPE, activation

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
}
CLASSES = {
    "none": {"g", "elu", "selu", "mish"},
    "odd": {"tanh", "erf", "softsign"},
    "odd + constant": {"sigmoid"},
    "even + linear": {"softplus", "gelu", "silu"},
    "even + linear + positive scaling": {"relu", "leaky_relu"},
}
names = pytest.mark.parametrize("name", sorted(ACTIVATIONS))
moderate = st.floats(-50, 50)
few = settings(max_examples=20, deadline=None)


def test_the_table_holds_the_thirteen_of_the_method_with_their_classes() -> None:
    found: dict[str, set[str]] = {}
    for name, entry in ACTIVATIONS.items():
        found.setdefault(entry.symmetry, set()).add(name)
    assert found == CLASSES
    assert {name for name, entry in ACTIVATIONS.items() if entry.kink} == {
        "relu",
        "leaky_relu",
        "selu",
    }


@names
def test_function_equals_an_independent_formula(name: str) -> None:
    z = np.concatenate([np.linspace(-30, 30, 401), [1e-12, -1e-12, 0.0]])
    got = ACTIVATIONS[name].function(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(got, REFERENCE[name](z), rtol=1e-13, atol=1e-15)


@names
def test_derivative_equals_autograd_and_differences(name: str) -> None:
    entry = ACTIVATIONS[name]
    z = torch.linspace(-8, 8, 160, dtype=torch.float64).requires_grad_(True)
    (slope,) = torch.autograd.grad(entry.function(z).sum(), z)
    z = z.detach()
    torch.testing.assert_close(entry.derivative(z), slope, rtol=1e-12, atol=1e-14)
    step = 1e-6
    difference = (entry.function(z + step) - entry.function(z - step)) / (2 * step)
    torch.testing.assert_close(entry.derivative(z), difference, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - CLASSES["none"]))
@few
@given(z=moderate)
def test_symmetry_identity(name: str, z: float) -> None:
    entry = ACTIVATIONS[name]
    s = entry.function
    left = float(s(torch.tensor(-z, dtype=torch.float64)))
    value = float(s(torch.tensor(z, dtype=torch.float64)))
    right = entry.parity * value + entry.linear * z + entry.constant
    assert math.isclose(left, right, rel_tol=1e-13, abs_tol=1e-13 * (1 + abs(z)))


@pytest.mark.parametrize("name", sorted(CLASSES["none"]))
def test_class_none_has_no_identity_of_this_kind(name: str) -> None:
    z = torch.linspace(0.1, 5, 50, dtype=torch.float64)
    s = ACTIVATIONS[name].function
    basis = torch.stack([z, torch.ones_like(z)], dim=1)
    for parity in (1, -1):
        rest = s(-z) - parity * s(z)
        fit = basis @ torch.linalg.lstsq(basis, rest[:, None]).solution
        assert float((rest - fit[:, 0]).abs().max()) > 1e-2


@names
def test_positive_scaling_holds_exactly_where_the_table_says(name: str) -> None:
    entry = ACTIVATIONS[name]
    z = torch.linspace(-5, 5, 41, dtype=torch.float64)
    for scale in (1e-3, 0.7, 30.0):
        gap = entry.function(scale * z) - scale * entry.function(z)
        assert (float(gap.abs().max()) < 1e-14 * scale) == entry.homogeneous


@names
def test_far_out_nothing_overflows(name: str) -> None:
    z = torch.tensor([-1e4, -800.0, 800.0, 1e4], dtype=torch.float64)
    assert bool(torch.isfinite(ACTIVATIONS[name].function(z)).all())
    assert bool(torch.isfinite(ACTIVATIONS[name].derivative(z)).all())


def test_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'swish' is not known; choose one of .*tanh"):
        activation("swish")
