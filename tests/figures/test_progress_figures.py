"""The pruning path and the search for the width."""

from __future__ import annotations

import numpy as np

from ec_core.events import PruneStep, WidthTried
from ec_core.figures import size_path, width_search
from ec_core.figures.log_axis import LOSS_FLOOR
from tests.figures import samples

STEPS = [
    PruneStep("reconstruct", 6, 5, 1e-30, True, ""),
    PruneStep("reconstruct", 5, 4, 0.0, True, ""),
    PruneStep("reconstruct", 4, 3, 1e-2, False, "the loss stayed at 1e-2"),
    PruneStep("reconstruct", 4, 3, float("nan"), False, ""),
]


def test_path_separates_accepted_from_refused_and_names_the_end() -> None:
    fig = size_path(STEPS)
    kept = samples.named(fig, "removal accepted")
    assert list(kept.x) == [5, 4] and np.asarray(kept.y).tolist() == [1e-30, LOSS_FLOOR]
    refused = samples.named(fig, "refused: the loss did not come back")
    assert list(refused.x) == [3, 3] and "stayed" in refused.text[0]
    assert refused.marker.symbol != kept.marker.symbol
    assert "stops at 4 neurons" in samples.words(fig)
    assert fig.layout.yaxis.type == "log"
    left, right = fig.layout.xaxis.range
    assert left > right, "from wide to narrow"


def test_path_with_nothing_accepted_and_nothing_at_all() -> None:
    assert "stops at 4 neurons" in samples.words(size_path(STEPS[2:]))
    assert "nothing was pruned" in samples.words(size_path([]))


def test_path_of_hundreds_of_steps() -> None:
    steps = [PruneStep("reconstruct", n, n - 1, 1e-29, True, "") for n in range(600, 1, -1)]
    fig = size_path(steps)
    assert fig.layout.xaxis.dtick is None and fig.layout.xaxis.nticks <= 10
    fig.to_json()


def test_width_search_marks_the_smallest_that_is_enough() -> None:
    tried = [
        WidthTried("expand", 2, 0, 6, 1e-2, False),
        WidthTried("expand", 4, 1, 6, 1e-9, False),
        WidthTried("expand", 8, 6, 6, 1e-30, True),
    ]
    fig = width_search(tried)
    bars = samples.named(fig, "converged")
    assert list(bars.x) == ["2", "4", "8"]
    assert np.allclose(np.asarray(bars.y), [0, 1 / 6, 1])
    assert len(set(bars.marker.color[:2])) == 1 and bars.marker.color[2] != bars.marker.color[0]
    assert list(bars.text) == ["0 of 6", "1 of 6", "6 of 6"]
    assert "8 neurons" in samples.words(fig)


def test_width_search_before_the_first_try_and_after_a_second_one() -> None:
    assert "doubling" in samples.words(width_search([]))
    again = [
        WidthTried("expand", 4, 0, 0, float("inf"), False),
        WidthTried("expand", 4, 2, 4, 1e-9, False),
    ]
    fig = width_search(again)
    assert list(fig.data[0].text) == ["2 of 4"]
    assert not fig.layout.annotations


def test_width_search_names_the_neurons_of_every_layer() -> None:
    tried = [
        WidthTried("expand", 4, 0, 6, 1e-2, False, (4, 4)),
        WidthTried("expand", 8, 6, 6, 1e-30, True, (8, 8)),
        WidthTried("expand", 8, 5, 6, 1e-30, True, (8, 4)),
    ]
    fig = width_search(tried)
    bars = samples.named(fig, "converged")
    assert list(bars.x) == ["4–4", "8–4", "8–8"]
    assert bars.marker.color[1] not in (bars.marker.color[0], bars.marker.color[2])
    assert "8–4 neurons" in samples.words(fig)
