"""The bundled data: shapes, scaling, split and pooling."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ec_core.errors import InputError
from ec_core.probing.datasets import DATASETS, load_dataset, pooled_digits, standardise

SHAPES = {
    "digits8x8": (1797, 64, 10),
    "digits4x4": (1797, 16, 10),
    "wine": (178, 13, 3),
    "breast-cancer": (569, 30, 2),
    "diabetes": (442, 10, 1),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shapes_scaling_and_split(name: str) -> None:
    data = load_dataset(name)
    rows, features, outputs = SHAPES[name]
    assert data.x.shape == (rows, features) and data.outputs == outputs
    varying = np.setdiff1d(np.arange(features), data.constant_features)
    np.testing.assert_allclose(data.x[:, varying].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.x[:, varying].std(axis=0), 1, rtol=1e-12)
    assert np.array_equal(np.sort(np.concatenate([data.train, data.test])), np.arange(rows))
    assert len(data.test) == round(rows / 4)
    assert len(data.x_train) == len(data.targets_train) == rows - len(data.test)
    assert len(data.x_test) == len(data.targets_test)
    assert np.array_equal(load_dataset(name).test, data.test)


def test_the_table_names_all_of_them() -> None:
    assert set(DATASETS) == set(SHAPES)
    with pytest.raises(InputError, match=r"'iris' is not known; choose one of digits8x8"):
        load_dataset("iris")


def test_constant_pixels_are_left_as_they_are() -> None:
    data = load_dataset("digits8x8")
    assert data.constant_features == (0, 32, 39)
    raw = load_digits().data
    assert np.array_equal(data.x[:, [0, 32, 39]], raw[:, [0, 32, 39]])
    assert load_dataset("digits4x4").constant_features == ()


def test_regression_targets_are_standardised_and_classes_counted_from_zero() -> None:
    targets = load_dataset("diabetes").targets
    assert targets.shape == (442, 1)
    assert abs(targets.mean()) < 1e-12 and targets.std() == pytest.approx(1)
    assert set(np.unique(load_dataset("wine").targets)) == {0, 1, 2}


def test_pooling_is_the_mean_of_two_by_two_blocks() -> None:
    images = np.random.default_rng(0).standard_normal((3, 8, 8))
    pooled = pooled_digits(images)
    for n in range(3):
        for i in range(4):
            for j in range(4):
                block = images[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                assert pooled[n, 4 * i + j] == pytest.approx(block.mean())


def test_standardise_leaves_a_constant_column_alone() -> None:
    values = np.column_stack([np.arange(4.0), np.full(4, 0.1)])
    assert np.array_equal(standardise(values)[:, 1], values[:, 1])
