"""What is printed: JSON without surprises, one line per event worth one."""

import json
from collections.abc import Generator

import numpy as np
import pytest

from ec_core.cli.output import json_text, plain
from ec_core.cli.progress import line, watch
from ec_core.events import (
    CONVERGED,
    TRAINING,
    Event,
    LayerStep,
    Note,
    PruneStep,
    RefineProgress,
    SignsFound,
    TrainingProgress,
    WidthTried,
)


def test_plain_turns_everything_into_what_json_knows() -> None:
    value = {"a": np.array([1.0, np.inf]), "b": (np.float32(0.5), np.bool_(True)), 3: float("nan")}
    assert plain(value) == {"a": [1.0, None], "b": [0.5, True], "3": None}
    assert json.loads(json_text(value)) == plain(value)
    assert "\n" not in json_text(value)


def training(iteration: int, losses: list[float]) -> TrainingProgress:
    return TrainingProgress(
        stage="expand",
        iteration=iteration,
        losses=np.array(losses),
        statuses=(CONVERGED, TRAINING),
        iterations=np.array([1, 1]),
        restarts=np.array([0, 0]),
        width=7,
        seconds=1.0,
        throughput=1.0,
    )


@pytest.mark.parametrize(
    ("event", "parts"),
    [
        (Note("expand", "A sentence."), ["A sentence."]),
        (Note("expand", "Few probes.", warning=True), ["Warning: Few probes."]),
        (training(20, [1e-30, np.nan]), ["iteration 20", "width 7", "1 converged", "1.0e-30"]),
        (training(0, [np.nan, np.nan]), ["none yet"]),
        (WidthTried("expand", 8, 2, 6, 1e-9, False), ["Width 8: 2 of 6", "too narrow"]),
        (WidthTried("expand", 8, 6, 6, 1e-9, True, (8, 4)), ["Width 8-4: 6 of 6", "enough"]),
        (
            LayerStep("reconstruct", 2, 3, "freeze", "Four neurons are held."),
            ["Layer 2 of 3, freeze: Four neurons are held."],
        ),
        (PruneStep("reconstruct", 9, 8, 1e-30, True, "loss back"), ["9 to 8", "removed"]),
        (RefineProgress("reconstruct", 40, 1e-31, 8), ["8 neurons", "iteration 40"]),
        (SignsFound("reconstruct", (1, 2), 1e-12, 0.4, True), ["2 flipped", "4.0e-01"]),
    ],
)
def test_events_worth_a_line_get_one(event: Event, parts: list[str]) -> None:
    text = line(event)
    assert text is not None and "\n" not in text
    assert all(part in text for part in parts)


def test_most_iterations_are_worth_none() -> None:
    assert line(training(21, [1.0, 1.0])) is None
    assert line(RefineProgress("reconstruct", 41, 1e-31, 8)) is None
    assert line(Event("cluster")) is None


def test_watch_prints_on_stderr_and_returns_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    def stage() -> Generator[Event, None, int]:
        yield Note("expand", "One.")
        yield Event("expand")
        return 42

    assert watch(stage()) == 42
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "One.\n")
