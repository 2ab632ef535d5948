"""Regimes: what each is for, and that another is one more entry."""

from __future__ import annotations

import pytest

from ec_core.expand.config import ExpandConfig
from ec_core.expand.estimate import estimate
from ec_core.expand.learning import probes_needed
from ec_core.expand.regimes import KINKED, LARGE, regime_of
from ec_core.expand.students import initial_theta
from ec_core.networks.architecture import Architecture
from ec_core.networks.parameters import unpack
from tests.regimes import change


@pytest.mark.parametrize("width", [128, 256, 512])
def test_small_steps_are_the_shorter_training_where_students_are_large(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what both are estimated to take; the estimates are compared with the clock elsewhere."""
    config = ExpandConfig(students=4, device="cpu")
    assert regime_of(Architecture((32, width, 1), "g")).name == LARGE.name
    small = estimate(9000, 32, 1, "g", (width,), config).seconds
    change(monkeypatch, LARGE, applies=lambda _: False)
    assert small < estimate(9000, 32, 1, "g", (width,), config).seconds


def test_second_order_steps_are_the_shorter_training_where_students_are_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = ExpandConfig(students=4, device="cpu")
    assert regime_of(Architecture((4, 8, 1), "g")).small_steps is None
    whole = estimate(1000, 4, 1, "g", (8,), config).seconds
    change(monkeypatch, LARGE, applies=lambda _: True)
    assert whole < estimate(1000, 4, 1, "g", (8,), config).seconds


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
@pytest.mark.parametrize("depth", [3, 4])
def test_answers_of_kinked_students_do_not_grow_with_depth(name: str, depth: int) -> None:
    """What their own starts are for: with the usual ones every layer makes answers larger."""
    shape = Architecture((6, *(64,) * depth, 2), name)
    assert regime_of(shape).name == KINKED.name
    layers = unpack(shape, initial_theta(shape, 0, 5))
    for weight in map(layers.weight, range(1, depth)):
        # the mean square of relu's answers is half of what it is given
        gain = weight.square().sum(dim=2).mean() / 2
        assert gain == pytest.approx(1.0, rel=0.1)


def test_kinked_students_learn_from_more_answers() -> None:
    deep, shallow = (Architecture((6, *(40,) * depth, 2), "relu") for depth in (3, 2))
    each = [probes_needed(shape) * 2 / shape.parameter_count for shape in (deep, shallow)]
    assert each[0] > 3 * each[1]
