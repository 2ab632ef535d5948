"""Splines against scipy's, their derivatives against differences, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from ec_core.errors import InputError
from ec_core.networks.spline import Spline, fitted


def _curve(seed: int, intervals: int) -> Spline:
    rng = np.random.default_rng(seed)
    knots = np.cumsum(rng.uniform(0.1, 1.0, intervals + 1)) - 2.0
    return Spline(knots, rng.standard_normal(intervals + 3))


def _scipys(curve: Spline) -> BSpline:
    t = np.r_[np.repeat(curve.knots[0], 3), curve.knots, np.repeat(curve.knots[-1], 3)]
    return BSpline(t, curve.coefficients, 3)


@pytest.mark.parametrize("intervals", [1, 2, 3, 7, 40])
def test_values_slopes_and_basis_are_scipys(intervals: int) -> None:
    curve = _curve(intervals, intervals)
    reference = _scipys(curve)
    z = np.r_[np.linspace(*curve.range, 301), curve.knots]
    value, slope = curve.both(z)
    np.testing.assert_allclose(value, reference(z), atol=1e-12)
    np.testing.assert_allclose(slope, reference.derivative()(z), atol=1e-10)
    design = BSpline.design_matrix(z, reference.t, 3).toarray()
    np.testing.assert_allclose(curve.design(z), design, atol=1e-12)


def test_beyond_the_knots_it_is_the_tangent() -> None:
    curve = _curve(1, 6)
    for end, away in ((curve.range[0], -3.0), (curve.range[1], 3.0)):
        value, slope = curve.both(np.array([end]))
        far, same = curve.both(np.array([end + away]))
        assert far[0] == pytest.approx(value[0] + away * slope[0], abs=1e-12)
        assert same[0] == pytest.approx(slope[0], abs=1e-12)
        np.testing.assert_allclose(
            curve.design(np.array([end + away])) @ curve.coefficients, far, atol=1e-12
        )


@given(st.integers(0, 1000), st.integers(1, 9), st.floats(-2, 2), st.floats(0.2, 3), st.booleans())
def test_moving_scaling_and_inserting_keep_the_curve(
    seed: int, intervals: int, shift: float, scale: float, mirrored: bool
) -> None:
    curve = _curve(seed, intervals)
    scale = -scale if mirrored else scale
    z = np.linspace(curve.range[0] - 1, curve.range[1] + 1, 101)
    np.testing.assert_allclose(curve.moved(shift, scale)((z - shift) / scale), curve(z), atol=1e-9)
    np.testing.assert_allclose(curve.scaled(scale, shift)(z), scale * curve(z) + shift, atol=1e-9)
    middle = 0.5 * (curve.knots[1:] + curve.knots[:-1])
    np.testing.assert_allclose(curve.inserted(middle)(z), curve(z), atol=1e-9)


def test_the_error_of_an_interval_is_that_of_interpolation() -> None:
    z = np.linspace(-3, 3, 4001)
    for count in (20, 40):
        curve = fitted(np.linspace(-3, 3, count), z, np.tanh(z))
        true = np.abs(curve(z) - np.tanh(z)).max()
        assert true / 4 < curve.error_by_interval().max() < 8 * true


@pytest.mark.parametrize(
    ("knots", "coefficients", "said"),
    [
        ([0.0], [0.0] * 3, "two knots"),
        ([0.0, 1.0], [0.0] * 3, "two coefficients more"),
        ([0.0, 0.0], [0.0] * 4, "do not increase"),
        ([0.0, np.nan], [0.0] * 4, "NaN"),
    ],
)
def test_what_is_no_curve_is_refused(
    knots: list[float], coefficients: list[float], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Spline(np.array(knots), np.array(coefficients))
