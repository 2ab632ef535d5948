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
    UNKNOWN,
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


RNG = np.random.default_rng(4)
SAY_NOTHING = {
    "whole": RNG.integers(0, 200, (400, 2)),
    "whole and large": RNG.integers(-100_000, 100_000, (400, 1)),
    "whole, in one binade": RNG.integers(128, 256, (300, 1)),
    "tens": 10 * RNG.integers(0, 300, (300, 1)),
    "halves": RNG.integers(-40, 40, (400, 1)) / 2,
    "sixteenths": RNG.integers(0, 17, (400, 3)) / 16,
    "fixed point": RNG.integers(-(2**15), 2**15, (400, 1)) / 2**15,
    "two": RNG.choice([1.0, 2.0], (50, 1)),
    "three decimal ones": RNG.choice([0.1, 0.25, 0.9], (50, 1)),
    "three decimal ones in float32": RNG.choice([0.1, 0.25, 0.9], (50, 1)).astype(np.float32),
}


@pytest.mark.parametrize("name", sorted(SAY_NOTHING))
def test_whole_or_few_different_answers_say_nothing_of_their_precision(name: str) -> None:
    """A network may answer so exactly; no type and no rounding is claimed, learning tells."""
    y = SAY_NOTHING[name].astype(np.float64)
    found = stored(y, y.std(axis=0))
    assert (found.kind, found.error) == (UNKNOWN, 0.0)


@pytest.mark.parametrize("decimals", [1, 2])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_few_decimals_that_fill_their_range_are_rounded(decimals: int, kind: type) -> None:
    exact = np.random.default_rng(0).uniform(-0.9, 0.9, (3000, 1))
    short = np.round(exact, decimals).astype(kind).astype(np.float64)
    found = stored(short, np.ones(1))
    assert found.kind == DIGITS
    assert found.error == pytest.approx(np.mean((short - exact) ** 2), rel=0.1)


@pytest.mark.parametrize("count", [3, 10, 100, 3000])
@pytest.mark.parametrize("kind", [FLOAT32, FLOAT16, BFLOAT16])
def test_numbers_of_a_short_type_are_no_grid(kind: str, count: int) -> None:
    for seed in range(100):
        y = TYPES[kind](np.random.default_rng(seed).standard_normal((count, 1)))
        assert stored(y, np.ones(1)).kind == kind


def test_whole_percentages_are_as_coarse_as_they_look() -> None:
    z = np.random.default_rng(1).standard_normal((500, 3))
    p = np.round(100 * np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))
    assert rounding_unit(p)[0] == DIGITS and (rounding_unit(p)[1] == 1).all()
    assert recognised(p).kind == "softmax"
