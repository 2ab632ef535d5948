"""The real data that come with scikit-learn, ready for use: offline, standardised, split once.

Features are standardised by their own mean and standard deviation over all rows; constant
features are left as they are. Regression targets are standardised too. A quarter of the rows,
always the same, is held out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ec_core.errors import InputError

CLASSIFICATION, REGRESSION = "classification", "regression"
HELD_OUT = 0.25
SPLIT_SEED = 20230425
"""One split for every teacher and every seed, so that accuracies can be compared."""


@dataclass(frozen=True)
class Dataset:
    """Rows of real data.

    x (n, D) : standardised features
    targets : (n,) class numbers, or (n, K) standardised values
    classes : number of classes, 0 for a regression
    train, test : row numbers of the two parts
    """

    name: str
    x: np.ndarray
    targets: np.ndarray
    task: str
    classes: int
    train: np.ndarray
    test: np.ndarray

    @property
    def outputs(self) -> int:
        """K: one logit per class, or the number of values to predict."""
        return self.classes or self.targets.shape[1]

    @property
    def x_train(self) -> np.ndarray:
        return np.asarray(self.x[self.train])

    @property
    def x_test(self) -> np.ndarray:
        return np.asarray(self.x[self.test])

    @property
    def targets_train(self) -> np.ndarray:
        return np.asarray(self.targets[self.train])

    @property
    def targets_test(self) -> np.ndarray:
        return np.asarray(self.targets[self.test])

    @property
    def constant_features(self) -> tuple[int, ...]:
        """Features with one value only; their weights cannot be learnt from these rows."""
        return tuple(int(i) for i in np.flatnonzero(np.ptp(self.x, axis=0) == 0))


def standardise(values: np.ndarray) -> np.ndarray:
    """Columns of values (n, D) with mean 0 and standard deviation 1; constant ones untouched.

    >>> standardise(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 5.0], [1.0, 5.0]]
    """
    varies = np.ptp(values, axis=0) > 0
    mean = np.where(varies, values.mean(axis=0), 0.0)
    scale = np.where(varies, values.std(axis=0), 1.0)
    return np.asarray((values - mean) / scale)


def pooled_digits(images: np.ndarray) -> np.ndarray:
    """Digits (n, 8, 8) as (n, 16): the means of their 2×2 blocks."""
    return np.asarray(images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16))


def _bundled(name: str) -> Any:
    """A data set of scikit-learn, whose import takes a second that most runs need not spend."""
    try:
        from sklearn import datasets
    except ImportError:
        raise InputError(
            "The real data sets come with scikit-learn, which is not installed; install it with "
            "pip install scikit-learn, or choose a synthetic teacher."
        ) from None
    return getattr(datasets, f"load_{name}")()


def _digits8x8() -> tuple[np.ndarray, np.ndarray]:
    data = _bundled("digits")
    return data.data, data.target


def _digits4x4() -> tuple[np.ndarray, np.ndarray]:
    data = _bundled("digits")
    return pooled_digits(data.images), data.target


def _wine() -> tuple[np.ndarray, np.ndarray]:
    data = _bundled("wine")
    return data.data, data.target


def _breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    data = _bundled("breast_cancer")
    return data.data, data.target


def _diabetes() -> tuple[np.ndarray, np.ndarray]:
    data = _bundled("diabetes")
    return data.data, data.target


@dataclass(frozen=True)
class _Source:
    read: Callable[[], tuple[np.ndarray, np.ndarray]]
    task: str
    description: str


_SOURCES = {
    "digits8x8": _Source(
        _digits8x8, CLASSIFICATION, "1,797 handwritten digits, 64 pixels, 10 classes"
    ),
    "digits4x4": _Source(
        _digits4x4, CLASSIFICATION, "the same digits pooled to 16 pixels, 10 classes"
    ),
    "wine": _Source(_wine, CLASSIFICATION, "178 wines, 13 measurements, 3 growers"),
    "breast-cancer": _Source(
        _breast_cancer, CLASSIFICATION, "569 tumours, 30 measurements, 2 diagnoses"
    ),
    "diabetes": _Source(
        _diabetes, REGRESSION, "442 patients, 10 measurements, progress of the disease"
    ),
}

DATASETS: dict[str, str] = {name: source.description for name, source in _SOURCES.items()}


def load_dataset(name: str) -> Dataset:
    """One of ``DATASETS`` as a Dataset. Raises InputError for another name.

    >>> data = load_dataset("wine")
    >>> data.x.shape, data.outputs, len(data.test)
    ((178, 13), 3, 44)
    """
    if name not in _SOURCES:
        raise InputError(f"Data set {name!r} is not known; choose one of {', '.join(_SOURCES)}.")
    source = _SOURCES[name]
    x, targets = source.read()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(x))
    held = round(HELD_OUT * len(x))
    classifies = source.task == CLASSIFICATION
    return Dataset(
        name=name,
        x=standardise(np.asarray(x, dtype=np.float64)),
        targets=(
            np.asarray(targets, dtype=np.int64)
            if classifies
            else standardise(np.asarray(targets, dtype=np.float64)[:, None])
        ),
        task=source.task,
        classes=int(targets.max()) + 1 if classifies else 0,
        train=np.sort(order[held:]),
        test=np.sort(order[:held]),
    )
