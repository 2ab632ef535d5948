"""Which device to compute on: an argument everywhere, never global state."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from ec_core.errors import InputError

DEVICES = ("auto", "cpu", "cuda")

CPU_MEMORY = 2 * 2**30
"""Bytes for matrices on a CPU."""

Result = TypeVar("Result")


def resolve_device(name: str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU.

    Raises InputError for an unknown name or for CUDA on a machine without it.
    """
    if name not in DEVICES:
        raise InputError(f"Device {name!r} is not known; choose one of {', '.join(DEVICES)}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("There is no CUDA device on this machine; choose 'cpu' or 'auto'.")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    with _ONE_AT_A_TIME:
        _set_up()
    return torch.device("cuda")


_ONE_AT_A_TIME = threading.Lock()


@cache
def _set_up() -> None:
    """Load the card's linear algebra, once and in one thread.

    PyTorch loads it at the first call, and where two threads make that one together one of them
    fails: "lazy wrapper should be called at most once" (torch 2.11 on an H200).
    """
    one = torch.ones(1, 1, dtype=torch.float64, device="cuda")
    torch.linalg.cholesky_ex(one)
    torch.linalg.eigh(one)
    torch.linalg.svd(one)
    torch.linalg.lstsq(one, one, driver="gels")


def memory_bound(device: torch.device) -> int:
    """Bytes the engine may use for matrices on a device: a fixed 2 GiB, or half of a GPU's.

    Where others hold more than half of the GPU, a quarter, an eighth, and so on: by halves, since
    the bound decides how sums over probes are split, and with them the last digits of a result,
    which should not change with every megabyte that somebody else takes or gives back.
    """
    if device.type != "cuda":
        return CPU_MEMORY
    free, total = torch.cuda.mem_get_info(device)
    # what this process holds already is the engine's own, whether in use just now or kept for later
    free += torch.cuda.memory_reserved(device)
    bound = total // 2
    while bound > free > 0:
        bound //= 2
    return int(bound)


_INFO, _CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def _main_memory() -> tuple[int, int] | None:
    """Bytes free and in all, as far as the system or a container's limit lets this process have
    them; None where neither says.
    """
    try:
        lines = _INFO.read_text("ascii").splitlines()
        said = {name: int(rest.split()[0]) * 1024 for name, _, rest in map(_parted, lines)}
        free, total = said["MemAvailable"], said["MemTotal"]
    except (OSError, ValueError, KeyError, IndexError):
        return None
    try:
        most = int((_CGROUP / "memory.max").read_text("ascii"))
        used = int((_CGROUP / "memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return free, total
    return min(free, max(0, most - used)), min(total, most)


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def free_memory(device: torch.device) -> int | None:
    """Bytes of a device that nobody uses; None where that cannot be told."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    known = _main_memory()
    return None if known is None else known[0]


def memory_of(name: str) -> float:
    """Bytes of a device in all, infinite where that cannot be told."""
    if resolve_device(name).type == "cuda":
        return float(torch.cuda.mem_get_info()[1])
    known = _main_memory()
    return float("inf") if known is None else float(known[1])


def or_less(work: Callable[[], Result], less: Callable[[], bool]) -> Result:
    """``work()``, again and again with ``less()`` where the GPU's memory does not suffice.

    less : makes the next try smaller; False where nothing can be made smaller any more
    Raises InputError then. On a CPU memory is the operating system's, and nothing is tried again.
    """
    while True:
        try:
            return work()
        except torch.OutOfMemoryError:
            pass
        # outside of the handler, which would keep alive what the failed try had made
        torch.cuda.empty_cache()
        if not less():
            raise InputError(
                "The GPU's memory does not suffice even for one student and a few probes at a "
                "time; free some of it, train narrower students, or choose device cpu."
            )


def small_svd(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The thin singular value decomposition (U, S, V') of one small matrix, on its own device.

    Computed on the CPU: whoever asks waits for the result anyway, a GPU's library takes as long
    for a single matrix, and small singular values, by which it is decided what is noise, should
    come from one algorithm everywhere.
    """
    parts = torch.linalg.svd(matrix.cpu(), full_matrices=False)
    u, s, vh = (part.to(matrix.device) for part in parts)
    return u, s, vh
