"""What is recorded and when; that recordings give the same numbers is checked on a card.

(``recorded steps`` of ``benchmarks/gpu_checks.py``.)
"""

from __future__ import annotations

import gc
import weakref
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor

from ec_core import recording
from ec_core.leastsquares.stepping import Stepper
from ec_core.recording import RECORDED_AT, Recorder, caller, direct
from tests.benchmarks.gpu_checks import bench


class _Card:
    """CUDA graphs as far as the recorder sees them; a replay changes nothing."""

    def __init__(self) -> None:
        self.recording = False
        self.refuse = False
        self.made = 0

    def functions(self) -> dict[str, Any]:
        card = self

        class Graph:
            def capture_begin(self, pool: object, capture_error_mode: str) -> None:
                assert capture_error_mode == "thread_local"
                assert not gc.isenabled()
                card.recording = True

            def capture_end(self) -> None:
                card.recording = False
                card.made += 1
                if card.refuse:
                    raise RuntimeError("operation not permitted when stream is capturing")

            def replay(self) -> None:
                pass

        stream = SimpleNamespace(wait_stream=lambda other: None)
        return {
            "CUDAGraph": Graph,
            "graph_pool_handle": object,
            "Stream": lambda device: stream,
            "current_stream": lambda device: stream,
            "stream": lambda one: nullcontext(),
        }


@contextmanager
def _card(**given: Any) -> Any:
    card = _Card()
    recording._stream.cache_clear()
    with mock.patch.multiple(torch.cuda, **{**card.functions(), **given}):
        yield card
    recording._stream.cache_clear()


def _doubled(held: float, x: Tensor) -> tuple[Tensor, ...]:
    return (held * x,)


def test_what_is_called_again_and_again_is_recorded_once_per_shape() -> None:
    with _card() as card:
        call = Recorder(torch.device("cuda"))
        for size in (2, 3):
            for turn in range(RECORDED_AT - 1):
                assert (
                    call(_doubled, 2.0, torch.full((size,), turn))[0].tolist() == [2 * turn] * size
                )
            before = card.made
            call(_doubled, 2.0, torch.zeros(size))
            assert card.made == before + 1
        call(_doubled, 2.0, torch.zeros(3))
        assert card.made == 2
    assert gc.isenabled()


def test_a_recording_reads_what_it_is_given_this_time() -> None:
    held, read = object(), []

    def noted(held: object, x: Tensor) -> tuple[Tensor, ...]:
        return (x,)  # its input itself: a replay shows what was copied there

    with _card():
        call = Recorder(torch.device("cuda"))
        for turn in range(RECORDED_AT + 3):
            read.append(call(noted, held, torch.tensor([float(turn)]))[0].item())
    assert read == list(map(float, range(RECORDED_AT + 3)))


def test_another_problem_of_the_same_shapes_is_not_taken_for_the_first() -> None:
    problems = [[1.0], [5.0]]

    def scaled(problem: list[float], x: Tensor) -> tuple[Tensor, ...]:
        return (problem[0] * x,)

    with _card():
        call = Recorder(torch.device("cuda"))
        for problem in problems:
            for _ in range(RECORDED_AT + 1):
                found = call(scaled, problem, torch.ones(1))[0].item()
            assert found == problem[0]


def test_what_cannot_be_recorded_is_called_as_before() -> None:
    with _card() as card:
        card.refuse = True
        call = Recorder(torch.device("cuda"))
        for turn in range(RECORDED_AT + 3):
            assert call(_doubled, 2.0, torch.tensor([float(turn)]))[0].item() == 2.0 * turn
        assert card.made == 1
        assert len(call.trouble) == 1
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("device", "initialised", "numbers", "kind"),
    [
        ("cpu", True, 1, "function"),
        ("cuda", False, 1, "function"),
        ("cuda", True, 2**27 // 32, "Recorder"),
        ("cuda", True, 2**27 // 32 + 1, "function"),
    ],
)
def test_only_small_work_on_a_real_card_is_recorded(
    device: str, initialised: bool, numbers: int, kind: str
) -> None:
    with (
        _card(is_initialized=lambda: initialised),
        mock.patch.object(recording, "memory_bound", return_value=2**30),
    ):
        assert type(caller(torch.device(device), numbers)).__name__ == kind


def test_a_stepper_is_gone_when_nobody_holds_it() -> None:
    """Its recordings hold a card's memory, which may not wait for the garbage collector."""
    gc.disable()
    try:
        stepper: Stepper | None = Stepper(bench("cpu", "tanh", (2, 2, 1), (3,)).here)
        there = weakref.ref(stepper)
        stepper = None
        assert there() is None
    finally:
        gc.enable()


def test_direct_is_the_function_itself() -> None:
    assert direct(_doubled, 3.0, torch.ones(2))[0].tolist() == [3.0, 3.0]
