"""Which device to compute on: an argument everywhere, never global state."""

from __future__ import annotations

import torch

from ec_core.errors import InputError

DEVICES = ("auto", "cpu", "cuda")


def resolve_device(name: str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU.

    Raises InputError for an unknown name or for CUDA on a machine without it.
    """
    if name not in DEVICES:
        raise InputError(f"Device {name!r} is not known; choose one of {', '.join(DEVICES)}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("There is no CUDA device on this machine; choose 'cpu' or 'auto'.")
    use_cuda = name != "cpu" and torch.cuda.is_available()
    return torch.device("cuda" if use_cuda else "cpu")


def memory_bound(device: torch.device) -> int:
    """Bytes the engine may use for matrices on a device: a fixed 2 GiB, or half of a GPU's."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory // 2)
    return 2 * 2**30
