"""Work on a card that is the same again and again, handed over in one piece.

One iteration of small students is five hundred kernels of a microsecond each, and handing one over
takes the host five: the card waits. Recorded once, as a CUDA graph, the same kernels are handed
over in one call. What is recorded may only depend on its arguments' shapes, and must not look at a
number on the card.

A function of tensors is called through a ``Call``: ``direct``, or a ``Recorder`` on a card.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

import torch
from torch import Tensor

from ec_core.devices import memory_bound

Function = Callable[..., tuple[Tensor, ...]]
"""(held, *tensors) to tensors; ``held`` is what stays the same from call to call."""

RECORDED_AT = 5
"""The call with the same shapes from which on they are worth recording: that costs about four."""

SHARE = 1 / 32
"""Of the memory bound: work with more numbers than that keeps a card busy, and a recording keeps
what it works with."""

_one_at_a_time = threading.Lock()


class Call(Protocol):
    """How a function of tensors is called."""

    def __call__(self, function: Function, held: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
        """function(held, *tensors); the result may be overwritten by the next such call."""


def direct(function: Function, held: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
    """Called as it is.

    >>> direct(lambda power, x: (x**power,), 2, torch.tensor([3.0]))
    (tensor([9.]),)
    """
    return function(held, *tensors)


def caller(device: torch.device, numbers: int) -> Call:
    """A Recorder where the work is on a card, and so small that handing it over is what takes time.

    numbers : float64 numbers that are worked with at once
    """
    # a pretended card, of the tests, is never set up
    real = device.type == "cuda" and torch.cuda.is_initialized()
    small = real and 8 * numbers <= SHARE * memory_bound(device)
    return Recorder(device) if small else direct


class Recorder:
    """Records what is called with the same shapes again and again; what fails stays direct."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seen: dict[tuple[object, ...], int | _Recording] = {}
        self.pool = torch.cuda.graph_pool_handle()
        self.trouble: list[str] = []
        """Why something could not be recorded, for whoever looks for it."""

    def __call__(self, function: Function, held: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
        """As of ``Call``."""
        # a recording holds on to ``held``, so its id is not given to another
        key = (function, id(held), *(tensor.shape for tensor in tensors))
        known = self.seen.get(key, 0)
        if not isinstance(known, int):
            return known(tensors)
        self.seen[key] = known + 1
        if known + 1 == RECORDED_AT:
            try:
                self.seen[key] = recording = _recorded(
                    function, held, tensors, self.device, self.pool
                )
            except RuntimeError as error:
                # a library that it calls does not allow it, or there is no memory to record in
                self.trouble.append(str(error))
            else:
                return recording(tensors)
        return function(held, *tensors)


class _Recording:
    """A recorded call: the tensors that it reads and writes, and what happens in between."""

    def __init__(
        self, held: Any, inputs: list[Tensor], outputs: tuple[Tensor, ...], graph: Any
    ) -> None:
        self.held, self.inputs, self.outputs, self.graph = held, inputs, outputs, graph

    def __call__(self, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        torch._foreach_copy_(self.inputs, list(tensors))  # one kernel
        self.graph.replay()
        return self.outputs


@cache
def _stream(device: torch.device) -> Any:
    """The one stream on which recordings are made; each has workspaces of its own."""
    return torch.cuda.Stream(device)


@contextmanager
def _alone() -> Iterator[None]:
    """No other recording is made meanwhile, and none that nobody needs any more taken apart."""
    with _one_at_a_time:
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if collecting:
                gc.enable()


def _recorded(
    function: Function, held: Any, tensors: Sequence[Tensor], device: torch.device, pool: Any
) -> _Recording:
    """function(held, *tensors) recorded; RuntimeError where something in it does not allow it."""
    here, graph = torch.cuda.current_stream(device), torch.cuda.CUDAGraph()
    inputs = [tensor.clone() for tensor in tensors]
    with _alone():
        stream = _stream(device)
        stream.wait_stream(here)
        with torch.cuda.stream(stream):
            # once before, since libraries set themselves up at their first call on a stream
            function(held, *inputs)
            # other threads may ask for memory meanwhile
            graph.capture_begin(pool=pool, capture_error_mode="thread_local")
            try:
                outputs = function(held, *inputs)
            finally:
                graph.capture_end()
        here.wait_stream(stream)
    return _Recording(held, inputs, outputs, graph)
