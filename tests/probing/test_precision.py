"""What answers look like, and what short arithmetic makes of a network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from ec_core.probing.arithmetic import arithmetic_error, arithmetic_errors
from ec_core.probing.outputs import recognised
from ec_core.probing.precision import (
    BFLOAT16,
    DIGITS,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    TOLD,
    rounding_unit,
    stored,
)
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes


def _bfloat16(y: np.ndarray) -> np.ndarray:
    return torch.from_numpy(y).to(torch.bfloat16).double().numpy()


TYPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    FLOAT64: lambda y: y,
    FLOAT32: lambda y: y.astype(np.float32).astype(np.float64),
    FLOAT16: lambda y: y.astype(np.float16).astype(np.float64),
    BFLOAT16: _bfloat16,
    DIGITS: lambda y: np.round(y, 3),
}


@pytest.mark.parametrize("kind", sorted(TYPES))
@pytest.mark.parametrize("size", [1.0, 40.0])
def test_the_type_of_answers_is_recognised_with_the_error_really_made(
    kind: str, size: float
) -> None:
    exact = size * np.random.default_rng(0).standard_normal((3000, 2))
    scale = exact.std(axis=0)
    short = TYPES[kind](exact)
    found = stored(short, scale)
    assert found.kind == kind
    assert found.error == pytest.approx(np.mean(((short - exact) / scale) ** 2), rel=0.15)


def test_what_a_person_told_comes_before_what_answers_show() -> None:
    x = np.random.default_rng(0).standard_normal((60, 2))
    probes = make_probes(x, x[:, :1].astype(np.float32))
    told = probes.told(1e-3)
    assert told.looks == TOLD and told.precision == pytest.approx(1e-6)
    assert told.measured(1e-2) is told, "nothing learnt overrules it"
    assert probes.told(None) is probes
    assert probes.measured(1e-10).floor == pytest.approx(1.2e-10)


@pytest.mark.parametrize("activation", ["tanh", "gelu", "softplus", "relu"])
def test_errors_of_float32_are_as_large_as_those_of_torchs_own_modules(activation: str) -> None:
    modules = {
        "tanh": torch.nn.Tanh,
        "gelu": torch.nn.GELU,
        "softplus": torch.nn.Softplus,
        "relu": torch.nn.ReLU,
    }
    made = make_teacher("synthetic", sizes=(5, 6, 2), activation=activation, seed=3).network
    linear = [torch.nn.Linear(5, 6), torch.nn.Linear(6, 2)]
    model = torch.nn.Sequential(linear[0], modules[activation](), linear[1])
    with torch.no_grad():
        for layer, (w, b) in zip(linear, zip(made.weights, made.biases, strict=True), strict=True):
            layer.weight.copy_(torch.from_numpy(w))
            layer.bias.copy_(torch.from_numpy(b))
    x = torch.randn(3000, 5, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        single = model(x).double()
        double = model.double()(x.double())
    true = ((single - double) ** 2).mean(dim=0).numpy()
    found = arithmetic_error(made, x.double().numpy(), FLOAT32)
    assert (found > true / 3).all() and (found < 3 * true).all()


def test_full_float64_has_no_errors_of_its_own() -> None:
    made = make_teacher("synthetic", sizes=(2, 3, 1), activation="tanh", seed=0).network
    x = np.random.default_rng(0).standard_normal((20, 2))
    assert not list(arithmetic_errors(made, x, FLOAT64))
    assert (arithmetic_error(made, x, FLOAT64) == 0).all()


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [0.3, 1.0, 40.0])
def test_decimals_kept_as_float32_are_decimals(digits: int, size: float) -> None:
    """A table rounded to four decimals and saved as float32 is as coarse as the table was."""
    y = np.round(size * np.random.default_rng(0).standard_normal((300, 2)), digits)
    expected = rounding_unit(y)
    kind, unit = rounding_unit(y.astype(np.float32).astype(np.float64))
    if size * 10**digits < 1e5:
        assert kind == expected[0] == "digits"
        np.testing.assert_allclose(unit, expected[1], rtol=1e-12)


@pytest.mark.parametrize("count", [5, 50, 3000])
def test_float32_numbers_are_no_decimals(count: int) -> None:
    for seed in range(20):
        y = np.random.default_rng(seed).standard_normal((count, 1)).astype(np.float32)
        assert rounding_unit(y.astype(np.float64))[0] == "float32"


def test_probabilities_rounded_and_kept_as_float32_are_recognised() -> None:
    z = 2 * np.random.default_rng(1).standard_normal((500, 4))
    p = np.round(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), 3).astype(np.float32)
    assert recognised(p).kind == "softmax" and recognised(p.astype(np.float64)).kind == "softmax"
