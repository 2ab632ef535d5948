"""How fast is this machine, now? A short product tells, measured once per process.

Estimates are for a person who is about to start: on a laptop, in a container with half a core, on
a server that others use. A constant would be right on one machine.
"""

from __future__ import annotations

import time
from functools import lru_cache

import torch

_SIDE, _PRODUCTS = 384, 8
"""Of the matrices multiplied: 0.9 GFLOP in all, some 20 ms of one core."""

_TRIES = 3

_SMALL = 200
"""Operations on next to nothing, whose time is that of starting them."""


def _timed(work: object, device: torch.device) -> float:
    assert callable(work)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


@lru_cache(maxsize=8)
def product_rate(device: str, single: bool = False) -> float:
    """Operations per second in a matrix product, float64 or float32.

    The mean of three tries, for a person waits while others use the machine too.
    """
    at, kind = torch.device(device), torch.float32 if single else torch.float64
    a = torch.ones(_SIDE, _SIDE, dtype=kind, device=at) / _SIDE

    def work() -> None:
        b = a
        for _ in range(_PRODUCTS):
            b = a @ b

    work()
    seconds = sum(_timed(work, at) for _ in range(_TRIES)) / _TRIES
    return 2.0 * _PRODUCTS * _SIDE**3 / max(seconds, 1e-9)


@lru_cache(maxsize=8)
def call_seconds(device: str) -> float:
    """Seconds that one operation takes however little it has to do."""
    at = torch.device(device)
    a = torch.ones(4, dtype=torch.float64, device=at)

    def work() -> None:
        b = a
        for _ in range(_SMALL):
            b = b + a

    work()
    return sum(_timed(work, at) for _ in range(_TRIES)) / _TRIES / _SMALL
