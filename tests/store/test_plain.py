"""Plain data through a file and back, equal to the last bit, and nothing else through it."""

from __future__ import annotations

import io
import pickle
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ec_core.errors import InputError
from ec_core.store.plain import arrays_bytes, pack, parse_arrays, unpack


@dataclass(frozen=True)
class Leaf:
    number: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    leaf: Leaf | None
    array: np.ndarray
    more: tuple[Any, ...] = ()


def same(a: Any, b: Any) -> bool:
    """Equal in type and value, NaN equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        kind = a.dtype.kind == "f"
        return a.dtype == b.dtype and bool(np.array_equal(a, b, equal_nan=kind))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, Leaf | Tree):
        return same(vars(a), vars(b))
    return bool(a == b) or (a != a and b != b)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
arrays = hnp.arrays(np.float64, hnp.array_shapes(max_side=3, min_side=0)) | hnp.arrays(
    np.int64, hnp.array_shapes(max_side=3)
)
leaves = st.builds(Leaf, st.floats(), st.lists(st.text(max_size=4), max_size=3).map(tuple))
values = st.recursive(
    scalars | arrays | leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.builds(Tree, st.none() | leaves, arrays, st.lists(inner, max_size=2).map(tuple))
    ),
    max_leaves=8,
)


@given(values)
def test_anything_plain_comes_back_equal(value: Any) -> None:
    assert same(unpack(pack(value), [Leaf, Tree]), value)


def test_dicts_that_look_like_the_coding_come_back_too() -> None:
    value = {"array": "array0", "tuple": [1], "is": "Leaf", "fields": {"number": 2}}
    assert unpack(pack(value), [Leaf]) == value


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", Leaf, (lambda: 0), 1j])
def test_other_things_are_refused(value: Any) -> None:
    with pytest.raises(InputError, match="cannot be stored"):
        pack((value,))


def test_a_class_that_was_not_named_is_not_built() -> None:
    with pytest.raises(InputError, match="another version or is damaged"):
        unpack(pack(Leaf(1.0)), [Tree], "x.npz")


def test_fields_that_are_not_known_are_an_error_in_one_sentence() -> None:
    @dataclass(frozen=True)
    class Other:
        number: float
        colour: str = "red"

    data = pack(Other(1.0)).replace(b"Other", b"Leaf\x00")
    with pytest.raises(InputError):
        unpack(data, [Leaf], "x.npz")
    old = type("Other", (Leaf,), {})
    with pytest.raises(InputError, match="another version"):
        unpack(pack(Other(1.0)), [old], "x.npz")


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", pickle.dumps([1]), pack(1)[:-30], pack(np.zeros(50))[20:]],
)
def test_damage_is_reported_not_raised_raw(data: bytes) -> None:
    with pytest.raises(InputError, match="x.npz is damaged"):
        parse_arrays(data, "x.npz")


def test_pickled_arrays_are_neither_written_nor_read() -> None:
    nasty = np.array([{}], dtype=object)
    with pytest.raises(ValueError, match="Object arrays"):
        arrays_bytes({"a": nasty})
    buffer = io.BytesIO()
    np.savez(buffer, a=nasty)
    with pytest.raises(InputError, match="damaged"):
        parse_arrays(buffer.getvalue(), "x.npz")


@given(st.binary(max_size=60), st.integers(0, 10_000))
def test_any_change_of_bytes_is_either_harmless_or_reported(noise: bytes, at: int) -> None:
    data = bytearray(pack((Leaf(1.5, ("a", "b")), np.arange(4.0))))
    at %= len(data)
    data[at : at + len(noise)] = noise
    try:
        unpack(bytes(data), [Leaf], "x.npz")
    except InputError as error:
        assert "damaged" in str(error)


def test_arrays_that_unpack_to_much_more_than_their_file_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a run that was taken in may hold them: nobody's memory is filled by it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.zeros((1000, 100)))
    assert parse_arrays(buffer.getvalue(), "x.npz")["x"].shape == (1000, 100)
    monkeypatch.setattr("ec_core.store.plain._SPARE", 2**19)
    with pytest.raises(InputError, match="damaged"):
        parse_arrays(buffer.getvalue(), "x.npz")


def test_a_header_that_promises_more_than_there_is_memory_is_damage() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.zeros((3, 2)))
    promised = b"(3, 99999999999999), }"
    longer = len(promised) - len(b"(3, 2), }")
    lying = re.sub(
        rb"\(3, 2\), \}( +)", lambda found: promised + found[1][longer:], buffer.getvalue()
    )
    assert len(lying) == len(buffer.getvalue()) and promised in lying
    with pytest.raises(InputError, match="damaged"):
        parse_arrays(lying, "x.npz")
