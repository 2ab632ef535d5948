"""A map is a job: in a line of its own, stoppable, and its errors are sentences."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

import ec_core as ec
from ec_core.cluster.embedding import UMAP, Embedding
from ec_core.errors import InputError
from ec_core.jobs import JobBoard
from ec_core.runs import maps as room
from ec_core.runs.maps import LINE, Maps
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source

PATIENCE = 60
Tell = Callable[[float], None]


@pytest.fixture
def run() -> Run:
    settings = Settings(students=2, width=2, probes=60, device="cpu")
    run = Run.create(Source.from_card(ec.make_teacher("xor"), {}), settings)
    probes = run.ask()
    found = ec.recover(probes, activation="tanh", students=2, width=2, iterations=3)
    run.save_ensemble(found.ensemble)
    return run


def _laid(vectors: np.ndarray, seed: int, tell: Tell) -> Embedding:
    tell(0.5)
    return Embedding(vectors[:, :2], len(vectors), UMAP)


def test_it_waits_behind_nobody_and_is_made_once(
    board: JobBoard, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "umap_embedding", _laid)
    maps = Maps(board)
    first = maps.of(run, False)
    assert first.job.device == LINE and board.of_run(run.id) is None
    assert first.job.wait(PATIENCE) and first.layout.share == 0.5
    assert first.made is not None and len(first.made.points) == 4
    assert maps.of(run, False) is first and maps.of(run, True) is not first


def test_its_error_is_a_sentence_and_it_can_be_tried_again(
    board: JobBoard, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> Embedding:
        raise InputError("The vectors hold NaN.")

    monkeypatch.setattr(room, "umap_embedding", broken)
    maps = Maps(board)
    failed = maps.of(run, False)
    assert failed.job.wait(PATIENCE) and failed.made is None
    assert failed.error == "The vectors hold NaN."
    monkeypatch.setattr(room, "umap_embedding", _laid)
    assert maps.of(run, False) is failed
    maps.again(run, False)
    assert maps.of(run, False).job.wait(PATIENCE) and maps.of(run, False).made is not None


def test_it_stops_within_umap_s_own_loop(
    board: JobBoard, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(vectors: np.ndarray, seed: int, tell: Tell) -> Embedding:
        while True:
            begun.set()
            tell(0.1)

    monkeypatch.setattr(room, "umap_embedding", endless)
    slow = Maps(board).of(run, False)
    assert begun.wait(PATIENCE)
    slow.job.stop()
    assert slow.job.wait(PATIENCE) and slow.job.state == "stopped" and slow.made is None
    assert slow.error is None
