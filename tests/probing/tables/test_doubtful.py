"""Tables that could be read in two ways: refused with the reason, never read in the wrong one."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import numpy as np
import pytest

from ec_core.errors import InputError
from ec_core.probing.tables import parse_answers


def table(header: str, row: Callable[[int], str]) -> bytes:
    return "\n".join([header, *map(row, range(20))]).encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        # thousands beside decimals, in the ways of two countries
        (
            table("x1;x2;y", lambda i: f"1,{230 + i};2.5{i};3.1"),
            "with a comma and numbers with a p",
        ),
        (
            table("x1\tx2\ty", lambda i: f"1,{230 + i}\t2.5{i}\t3"),
            "with a comma and numbers with a",
        ),
        (
            table("x1;x2;y", lambda i: f"1.{230 + i};2,5{i};3,1"),
            "with a comma and numbers with a p",
        ),
        # cut at the comma between thousands
        (table("x1,x2,y", lambda i: f"1,{230 + i},2.5{i},3.1"), "names 3 columns, and its rows h"),
        (
            table("x1,x2,y", lambda i: f"{i / 7},2.5{i},3.1,5"),
            "names 3 columns, and its rows have 4",
        ),
        (table("x1,x2,y,", lambda i: f"1,{230 + i},2.5,3.1,7"), "names 4 columns, and its rows"),
        (table("x1,x2,x3,y", lambda i: f"{i},2.5{i},3.1"), "names 4 columns, and its rows have 3"),
        # numbers as people write them
        (table("x1,x2,y", lambda i: f'"1,{230 + i}",2.5{i},3'), "Column x1 .* without separators"),
        (table("x1,x2,y", lambda i: f"{i} kg,2.5{i},3.1"), "Column x1 .* without units"),
        (table("x1,x2,y", lambda i: f"{i}%,2.5{i},3.1"), "Column x1 .* without units"),
    ],
)
def test_it_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        parse_answers(data, "t.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("x1;x2;y", lambda i: f"{i},5;{i + 0.25};{i}".replace(".", ",")),  # a decimal comma
        ("x1;x2;y", lambda i: f"{i},5;{i + 0.25};{i};".replace(".", ",")),
        ("x1,x2,y", lambda i: f"row {i},{i}.5,{i + 0.25},{i}"),  # R's rows have names
        ('"x1","x2","y"', lambda i: f'"{i + 1}",{i}.5,{i + 0.25},{i}'),
        ("x1,x2,y,", lambda i: f"{i}.5,{i + 0.25},{i}"),
        ("x1,x2,y,", lambda i: f"{i}.5,{i + 0.25},{i},"),
    ],
)
def test_what_is_plain_is_read(header: str, row: Callable[[int], str]) -> None:
    x, y = parse_answers(table(header, row), "t.csv")
    i = np.arange(20)
    assert np.array_equal(x, np.stack([i + 0.5, i + 0.25], axis=1))
    assert np.array_equal(y.ravel(), i)


def test_a_table_packed_in_parts_is_read_to_its_end() -> None:
    parts = (table("x1,x2,y", lambda i: f"{i},{i * 2},{i * 3}") + b"\n", b"7.5,8,9\n")
    x, _ = parse_answers(b"".join(map(gzip.compress, parts)), "t.csv.gz")
    assert len(x) == 21 and x[-1].tolist() == [7.5, 8.0]
