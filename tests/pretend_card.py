"""A card that is not there: tensors that compute on the CPU and behave as on CUDA.

``with pretend_card() as card:`` makes ``device="cuda"`` work on a machine without one. A tensor
there wraps one of the CPU's, and whatever touches it is held to CUDA's rules:

- tensors of both devices in one operation are an error, single numbers excepted
- ``numpy()`` of a tensor on the card is an error; lists and numbers make the host wait
- random numbers on the card need a generator of the card
- least squares has one driver only
- an allocation beyond ``card.largest`` bytes is out of memory

What would make the host wait for the card is written down with the line of the engine that did it
(``card.waits``), so that tests can say how often that may happen in a loop. Operations that would
start a kernel are counted (``card.launches``). Not pretended: streams, speed, and how CUDA rounds.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

CUDA = torch.device("cuda:0")
MEMORY = 8 * 2**30

_aten = torch.ops.aten

_WAITING = {
    # their result's size is known only when they are done, or they look at a flag of the card
    _aten._local_scalar_dense.default,
    _aten.nonzero.default,
    _aten.masked_select.default,
    _aten.equal.default,
    _aten.is_nonzero.default,
    _aten._unique2.default,
    _aten._linalg_eigh.default,
    _aten._linalg_svd.default,
    _aten._linalg_check_errors.default,
    _aten.linalg_lstsq.default,
}
_COPIES = {_aten._to_copy.default, _aten.copy_.default}
_INDEXING = {_aten.index.Tensor, _aten.index_put_.default, _aten.index_put.default}


@dataclass
class Ledger:
    """What happened on the pretended card.

    waits : for which line of the engine the host waited, how often; uploads: the same for copies
    to the card; launches: operations that start a kernel
    largest : bytes of the largest tensor that still fits; failures : how often one did not
    """

    waits: Counter[str] = field(default_factory=Counter)
    uploads: Counter[str] = field(default_factory=Counter)
    launches: int = 0
    largest: int = MEMORY
    failures: int = 0
    used: bool = False

    def clear(self) -> None:
        self.waits.clear()
        self.uploads.clear()
        self.launches = 0


_ledger = Ledger()


def _place() -> str:
    """The innermost line of the engine that is being run."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename.replace("\\", "/")
        if "/ec_core/" in name:
            return f"{name.rpartition('/ec_core/')[2]}:{frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return "outside"


def _waited() -> None:
    _ledger.waits[_place()] += 1


class OnCard(Tensor):
    """A tensor of the pretended card; ``held`` has its numbers."""

    held: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> OnCard:
        wrapper: Any = Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=CUDA,
        )
        wrapper.held = inner
        size = inner.untyped_storage().nbytes()
        if size > _ledger.largest:
            _ledger.failures += 1
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} bytes.")
        _ledger.used = True
        made: OnCard = wrapper
        return made

    def __repr__(self) -> str:  # type: ignore[override]
        return f"OnCard({self.held!r})"

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        target = kwargs.get("device")
        away = target is not None and torch.device(target).type != "cuda"
        if target is not None:
            kwargs["device"] = torch.device("cpu")
        _check(func, args, kwargs)
        if func in _WAITING or (func in _COPIES and away):
            _waited()
        if func is _aten.copy_.default and isinstance(args[0], OnCard) != isinstance(
            args[1], OnCard
        ):
            (_ledger.uploads if isinstance(args[0], OnCard) else _ledger.waits)[_place()] += 1
        _ledger.launches += not func.is_view
        result = func(*_inner(args), **_inner(kwargs))
        return result if away else _wrapped(result)


def _mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A value, and what tuples, lists and dicts hold, with every tensor changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, (tuple, list)):
        parts = [_mapped(part, change) for part in value]
        # named tuples, as linear algebra returns them, take their fields one by one
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {key: _mapped(part, change) for key, part in value.items()}
    return value


def _unwrap(tensor: Tensor) -> Tensor:
    return tensor.held if isinstance(tensor, OnCard) else tensor


def _wrap(tensor: Tensor) -> Tensor:
    return tensor if isinstance(tensor, OnCard) else OnCard(tensor)


def _inner(value: Any) -> Any:
    return _mapped(value, _unwrap)


def _wrapped(value: Any) -> Any:
    return _mapped(value, _wrap)


def _tensors(*values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _tensors(*value)
        elif isinstance(value, dict):
            yield from _tensors(*value.values())


def _check(func: Any, args: Any, kwargs: dict[str, Any]) -> None:
    """What CUDA would refuse."""
    if func is _aten.linalg_lstsq.default and kwargs.get("driver") not in (None, "gels"):
        raise RuntimeError("torch.linalg.lstsq: `driver` should be one of (gels) on CUDA")
    if func in _COPIES:
        return
    looked_at: Any = (args, kwargs)
    if func in _INDEXING:
        # indices may lie on the host, and are copied
        hosts = [i for i in _tensors(args[1]) if not isinstance(i, OnCard)]
        _ledger.uploads[_place()] += bool(hosts)
        looked_at = (args[0], *args[2:])
    for tensor in _tensors(looked_at):
        if not isinstance(tensor, OnCard) and tensor.ndim > 0:
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two devices, "
                f"cuda:0 and cpu! ({func})"
            )


def _is_cuda(device: Any) -> bool:
    return (
        device is not None and not isinstance(device, int) and torch.device(device).type == "cuda"
    )


def _indices(index: Any) -> list[Any]:
    return list(index) if isinstance(index, (tuple, list)) else [index]


def _look_up(index: Any, on_card: bool) -> Any:
    """The index without wrappers; what it costs is written down."""
    for part in _indices(index):
        if isinstance(part, OnCard):
            if not on_card:
                raise RuntimeError(
                    "indices should be either on cpu or on the same device as the indexed tensor "
                    "(cpu)"
                )
            if part.dtype == torch.bool or part.ndim == 0:
                _waited()
        elif on_card and not isinstance(part, (int, slice, type(None), type(Ellipsis))):
            _ledger.uploads[_place()] += 1
    return _inner(index)


def _get(tensor: Tensor, index: Any) -> Any:
    on_card = isinstance(tensor, OnCard)
    if not on_card and not any(isinstance(part, OnCard) for part in _indices(index)):
        return tensor[index]
    return _wrapped(_inner(tensor)[_look_up(index, on_card)])


def _set(tensor: Tensor, index: Any, value: Any) -> None:
    on_card = isinstance(tensor, OnCard)
    advanced = any(
        not isinstance(i, (int, slice, type(None), type(Ellipsis))) for i in _indices(index)
    )
    if isinstance(value, Tensor) and value.ndim > 0 and isinstance(value, OnCard) != on_card:
        if advanced:
            raise RuntimeError("Expected all tensors to be on the same device (index_put_)")
        (_ledger.uploads if on_card else _ledger.waits)[_place()] += 1
    if on_card:
        _ledger.launches += 1
    _inner(tensor)[_look_up(index, on_card)] = _inner(value)


def _to(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.to: what is asked may be a device, a type, or another tensor's."""
    device, plain = kwargs.pop("device", None), []
    for arg in args:
        if isinstance(arg, Tensor):
            device = arg.device
            kwargs.setdefault("dtype", arg.dtype)
        elif isinstance(arg, (torch.device, str)):
            device = arg
        else:
            plain.append(arg)
    on_card = isinstance(tensor, OnCard)
    wanted = on_card if device is None else _is_cuda(device)
    found: Tensor = _inner(tensor).to(*plain, **kwargs) if plain or kwargs else _inner(tensor)
    if wanted == on_card:
        return tensor if found is _inner(tensor) else (OnCard(found) if on_card else found)
    if on_card:
        _waited()
        return found.clone()
    _ledger.uploads[_place()] += 1
    return OnCard(found.clone())


def _where(condition: Tensor, a: Any, b: Any) -> Tensor:
    """A number here becomes a tensor of the card by a way that only a real card can go."""
    like = next((part for part in (a, b) if isinstance(part, Tensor)), None)
    dtype = torch.get_default_dtype() if like is None else like.dtype
    numbers = [
        part if isinstance(part, Tensor) else torch.tensor(part, dtype=dtype, device="cpu")
        for part in (a, b)
    ]
    chosen: Tensor = torch.ops.aten.where.self(condition, *numbers)
    return chosen


def _refuse_numpy() -> None:
    raise TypeError(
        "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
        "host memory first."
    )


_READS = {
    Tensor.__float__,
    Tensor.__int__,
    Tensor.__index__,
    Tensor.__bool__,
    Tensor.item,
    Tensor.tolist,
}

_GUARDED = {
    # their Python bindings ask for a device guard before they dispatch
    Tensor.contiguous: _aten.contiguous.default,
    Tensor.copy_: _aten.copy_.default,
    torch.nonzero: _aten.nonzero.default,
    Tensor.nonzero: _aten.nonzero.default,
    Tensor.__invert__: _aten.bitwise_not.default,
}


class _Rules(TorchFunctionMode):
    """Calls that never reach the dispatcher in a shape that could be pretended there."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is Tensor.__getitem__:
            return _get(*args)
        if func is Tensor.__setitem__:
            return _set(*args)
        if func is Tensor.to:
            return _to(*args, **kwargs)
        if func is Tensor.cuda:
            return _to(args[0], CUDA)
        if func in _READS and isinstance(args[0], OnCard):
            _waited()
            return func(args[0].held)
        if func in _GUARDED and isinstance(args[0], OnCard):
            return _GUARDED[func](*args, **kwargs)
        if func in (Tensor.numpy, Tensor.__array__) and isinstance(args[0], OnCard):
            _refuse_numpy()
        if func in (torch.where, Tensor.where) and len(args) == 3 and isinstance(args[0], OnCard):
            return _where(*args)
        if _is_cuda(kwargs.get("device")):
            given = kwargs.get("generator")
            if given is not None and given.device.type != "cuda":
                raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
            return _wrapped(func(*_inner(args), **{**kwargs, "device": torch.device("cpu")}))
        return func(*args, **kwargs)


def _cuda_module(memory: int) -> dict[str, Callable[..., Any]]:
    """What torch.cuda says of the card."""
    properties = SimpleNamespace(
        name="a pretended card", total_memory=memory, major=9, minor=0, multi_processor_count=1
    )
    return {
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "get_device_name": lambda *_: properties.name,
        "get_device_properties": lambda *_: properties,
        "mem_get_info": lambda *_: (memory, memory),
        "memory_reserved": lambda *_: 0,
        "memory_allocated": lambda *_: 0,
        "max_memory_allocated": lambda *_: 0,
        "reset_peak_memory_stats": lambda *_: None,
        "empty_cache": lambda: None,
        "synchronize": lambda *_: None,
        "set_sync_debug_mode": lambda *_: None,
    }


@contextmanager
def pretend_card(memory: int = MEMORY) -> Iterator[Ledger]:
    """A card of so many bytes until the end of the block; gives the ledger of what happens on it.

    Raises AssertionError at the end if nothing was ever computed on the card: then a test that
    trusts in it would prove nothing.
    """
    global _ledger
    before, _ledger = _ledger, Ledger(largest=memory)
    with ExitStack() as stack:
        for name, stand_in in _cuda_module(memory).items():
            stack.enter_context(mock.patch.object(torch.cuda, name, stand_in))
        stack.enter_context(_Rules())
        try:
            yield _ledger
            assert _ledger.used, "nothing was computed on the pretended card"
        finally:
            _ledger = before
