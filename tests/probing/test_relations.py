"""Free directions in words."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.probing.columns import Columns
from ec_core.probing.probes import make_probes

RNG = np.random.default_rng(0)
A, B, C = (RNG.standard_normal((200, 1)) for _ in range(3))
GROUP = np.eye(4)[RNG.integers(4, size=200)]
ONE = np.ones((200, 1))

SAID: dict[str, tuple[list[np.ndarray], list[str]]] = {
    "nothing": ([A, B, C], []),
    "a constant": ([A, 3 * ONE, B], ["Column 2 never changes."]),
    "constants": ([ONE, A, 2 * ONE, B, 0 * ONE], ["Columns 1, 3 and 5 never change."]),
    "one-hot": ([GROUP, A], ["Columns 1 to 4 always sum to 1."]),
    "one-hot apart": (
        [GROUP[:, :2], A, GROUP[:, 2:]],
        ["Columns 1, 2, 4 and 5 always sum to 1."],
    ),
    "shares in percent": ([A, 100 * GROUP], ["Columns 2 to 5 always sum to 100."]),
    "a copy": ([A, B, A], ["Column 3 always equals column 1."]),
    "a copy, moved": ([A, B, A + 2.5], ["Column 3 always equals column 1 plus 2.5."]),
    "turned round": ([A, -A + 4, B], ["Columns 1 and 2 always sum to 4."]),
    "other units": ([A, B, 1.8 * A + 32], ["Column 3 is always 1.8 times column 1 plus 32."]),
    "other units, turned": ([B, A, -2 * A], ["Column 3 is always -2 times column 2."]),
    "a total": ([A, B, C, A + B + C], ["Column 4 is always the sum of columns 1 to 3."]),
    "a total, first": (
        [A + B + 2, A, B],
        ["Column 1 is always the sum of columns 2 and 3 plus 2."],
    ),
    "a difference": ([A, B, A - B], ["Column 1 is always the sum of columns 2 and 3."]),
    "something else": ([A, B, 2 * A + 3 * B], ["1 combination of columns 1 to 3 never changes."]),
    "two of them": (
        [A, B, 2 * A + 3 * B, C, A - 5 * B],
        ["2 combinations of columns 1, 2, 3 and 5 never change."],
    ),
    "apart": (
        [A, B, C, 2 * A + 3 * B, GROUP[:, 0:1], C - 4 * GROUP[:, 0:1]],
        [
            "1 combination of columns 1, 2 and 4 never changes.",
            "1 combination of columns 3, 5 and 6 never changes.",
        ],
    ),
}


@pytest.mark.parametrize("case", sorted(SAID))
def test_what_is_said(case: str) -> None:
    columns, expected = SAID[case]
    x = np.hstack(columns)
    probes = make_probes(x, np.tanh(A + B) + C)
    assert sorted(probes.free_directions) == sorted(expected)


def test_columns_are_called_by_their_names() -> None:
    x = np.hstack([A, GROUP, A, 5 * ONE])
    names = ("height", "red", "green", "blue", "black", "size", "year")
    probes = make_probes(x, np.tanh(A + GROUP[:, :1])).named(Columns(names, ()))
    assert probes.free_directions == (
        'Column "year" never changes.',
        'Columns "red" to "black" always sum to 1.',
        'Column "size" always equals column "height".',
    )


def test_many_columns_are_not_all_named() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((200, 3)) @ rng.standard_normal((3, 15))
    x = np.insert(x, [4, 9], rng.standard_normal((200, 2)), axis=1)
    (said,) = make_probes(x, np.tanh(x[:, :1])).free_directions
    assert said == "12 combinations of columns 1, 2, 3, 4, … 17 (15 of them) never change."
