"""Rows in an order drawn at random, but the same whatever order they were given in.

Much is decided on a part of the probes: what students learn from, what a removal costs, the rank of
the Jacobian. The first rows of a file are no fair part of it (the real data first, then the noisy
ones; sorted by day). So the rows are put into an order that a seeded hash of their content gives:
any first n are a random sample of all, and shuffled rows give the same probes to the last bit.
"""

from __future__ import annotations

import numpy as np

from ec_core.seeding import stage_seed

_MIX1, _MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Multipliers of splitmix64 (Steele, Lea & Flood 2014), which scrambles the bits of a number."""


def _scrambled(bits: np.ndarray) -> np.ndarray:
    bits = (bits ^ (bits >> np.uint64(30))) * _MIX1
    bits = (bits ^ (bits >> np.uint64(27))) * _MIX2
    return np.asarray(bits ^ (bits >> np.uint64(31)))


def _hashed(values: np.ndarray, salts: np.ndarray) -> np.ndarray:
    """(N,) the sum over columns of each number's hash, values (N, D) with one salt (D,) each."""
    total = np.zeros(len(values), dtype=np.uint64)
    for column, salt in zip(values.T, salts, strict=True):
        # adding zero makes -0.0 and 0.0 the same number
        total += _scrambled((column + 0.0).view(np.uint64) + salt)
    return total


def row_hashes(values: np.ndarray) -> np.ndarray:
    """(N,) a number for each row of values (N, D): equal rows have equal ones.

    >>> hashes = row_hashes(np.array([[0.0, 1.0], [1.0, 0.0], [-0.0, 1.0]]))
    >>> bool(hashes[0] == hashes[2]), bool(hashes[0] == hashes[1])
    (True, False)
    """
    return _hashed(values, _scrambled(np.arange(1, values.shape[1] + 1, dtype=np.uint64)))


def drawn_order(x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Row numbers (N,) of questions x (N, D) and answers y (N, K) in a random order.

    It depends on the seed and on what the rows hold, on their given order only where rows are
    equal, and on that of the columns only where rows are permutations of each other.

    >>> x = np.arange(6.0)[:, None]; order = drawn_order(x, x, 0); back = x[::-1]
    >>> bool((x[order] == back[drawn_order(back, back, 0)]).all())
    True
    """
    salts = np.array([stage_seed(seed, "order", part) for part in range(3)], dtype=np.uint64)
    # the answers of a teacher whose columns are permuted differ in their last bits
    keys = [_hashed(x, np.full(x.shape[1], salts[0]))]
    if len(np.unique(keys[0])) < len(x):
        # the same question again, or the same numbers in other columns
        own = _scrambled(salts[1] + np.arange(x.shape[1], dtype=np.uint64))
        keys += [_hashed(y, np.full(y.shape[1], salts[2])), _hashed(x, own)]
        keys.append(_hashed(y, _scrambled(salts[2] + np.arange(y.shape[1], dtype=np.uint64))))
    return np.lexsort(keys[::-1])
