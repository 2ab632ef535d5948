"""``.pt`` and ``.pth``: state dicts, opened with ``weights_only=True`` and in no other way."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ec_core.errors import InputError
from ec_core.networks.named import read_named
from ec_core.networks.readers.archive import Archive
from ec_core.networks.reading import NetworkFile, from_tensors
from ec_core.networks.tensors import MAX_NUMBERS, refuse_more

_NESTED = ("state_dict", "model_state_dict", "model", "net", "network", "module", "weights")
"""Where training programs put the state dict among what else they keep."""


def _load(data: bytes, name: str) -> Any:
    if data[:2] == b"PK":
        Archive(data, name)  # refused here if it unpacks to too much
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types; none of them has run anything
        if "weights_only" in str(error) or "Unsupported" in str(error) or "GLOBAL" in str(error):
            raise InputError(
                f"{name} holds more than weights (a whole module, or a program), which is never "
                "opened; where you trust it: import torch; "
                f"model = torch.load({name!r}, weights_only=False); "
                "torch.save(model.state_dict(), 'state.pt')."
            ) from None
        raise InputError(
            f"{name} cannot be read as a PyTorch file; it is damaged or cut short: save "
            "model.state_dict() again."
        ) from None


def _state(content: Any, name: str) -> Mapping[str, torch.Tensor]:
    """The state dict, also where a training program put it among other things."""
    if isinstance(content, Mapping):
        if any(isinstance(value, torch.Tensor) for value in content.values()):
            others = [str(k) for k, v in content.items() if not isinstance(v, torch.Tensor)]
            if others:
                raise InputError(
                    f"{name} holds {others[0]!r} among its tensors; expected the state dict alone, "
                    "torch.save(model.state_dict(), …)."
                )
            return {str(key): value for key, value in content.items()}
        for key in _NESTED:
            if isinstance(content.get(key), Mapping):
                return _state(content[key], name)
    raise InputError(
        f"{name} holds a {type(content).__name__} and no state dict; expected "
        "torch.save(model.state_dict(), …)."
    )


def numbers(value: torch.Tensor, key: str, name: str) -> np.ndarray:
    """A tensor as NumPy numbers. Raises InputError for one that is no plain array of them."""
    plain = value.layout == torch.strided and not value.is_quantized and not value.is_meta
    if not plain or value.is_complex():
        raise InputError(
            f"{name} holds {key!r}, a sparse, quantised, complex or empty tensor; expected plain "
            "numbers."
        )
    if value.numel() > MAX_NUMBERS:
        raise InputError(
            f"{name} holds {key!r} of shape {tuple(value.shape)}; expected at most "
            f"{MAX_NUMBERS:,} numbers."
        )
    value = value.detach()
    return np.asarray((value.double() if value.is_floating_point() else value).numpy())


def read(data: bytes, name: str) -> NetworkFile:
    """A state dict. Raises InputError for everything else that torch saves."""
    state = _state(_load(data, name), name)
    # views of one storage are small in the file, however many and large they are
    refuse_more(sum(value.numel() for value in state.values()), name)
    tensors = {key: numbers(value, key, name) for key, value in state.items()}
    return from_tensors(read_named(tensors, name, kept=True), name)
