"""Files read in a process of their own: the same is understood, and what is too much is said."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from ec_core import apart
from ec_core.apart import Limits, plainly, readers
from ec_core.errors import InputError
from ec_core.networks import reading
from ec_core.networks.asked import AskedModel
from ec_core.networks.reading import NetworkFile
from ec_core.probing import tables
from ec_core.probing.tables.contents import Block, Contents
from tests.fuzz import seeds
from tests.often import daily, long

CSV = b"x1,x2,word,y\n1,2.5,red,3\n4,,blue,6\n"


@pytest.fixture(scope="module", autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    apart.close()


def process() -> int:
    """The number of the process that waits for the next file."""
    apart.warm_up()
    return readers._READERS._idle[-1].process.pid


def same(one: Contents, other: Contents) -> None:
    for name in ("name", "arrays", "named", "across", "remarks", "names", "rows"):
        assert getattr(one, name) == getattr(other, name)
    for mine, theirs in zip(one.blocks, other.blocks, strict=True):
        assert mine.shape == theirs.shape
        a, b = mine.load(), theirs.load()
        assert a.shape == b.shape
        if b.dtype.kind in "fiub":
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        else:
            mine_, theirs_ = tables.numbers.as_numbers(a), tables.numbers.as_numbers(b)
            if theirs_ is None:
                assert [str(v) for v in a.ravel()] == [str(v) for v in b.ravel()]
            else:
                np.testing.assert_array_equal(np.asarray(mine_), theirs_)


@pytest.mark.parametrize("name", daily(seeds.TABLES, "a.npz", "german.csv"))
def test_a_table_is_understood_as_it_is_here(name: str) -> None:
    data = seeds.TABLES[name]()
    same(apart.read_contents(data, name), tables.read_contents(data, name))


def test_words_come_along_and_torch_is_not_needed() -> None:
    contents = apart.read_contents(CSV, "a.csv")
    same(contents, tables.read_contents(CSV, "a.csv"))
    assert contents.blocks[2].load().tolist() == ["red", "blue"]
    maps = Path(f"/proc/{process()}/maps")
    if maps.exists():
        assert "libtorch" not in maps.read_text()


@pytest.mark.parametrize("name", daily(seeds.MODELS))
def test_a_network_is_understood_as_it_is_here(name: str) -> None:
    data = seeds.MODELS[name]()
    one, other = apart.open_model(data, name), reading.open_model(data, name)
    assert isinstance(one, NetworkFile) and isinstance(other, NetworkFile)
    for field in fields(NetworkFile):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name == "layers":
            for a, b in zip(mine[0] + mine[1], theirs[0] + theirs[1], strict=True):
                assert (a is None) == (b is None)
                np.testing.assert_array_equal(a, b)
        elif field.name != "curves":
            assert mine == theirs, field.name


def test_what_is_refused_is_refused_in_the_same_words() -> None:
    for data, name in ((b"", "a.csv"), (b"junk\0", "a.parquet"), (b"\x80\x04.", "a.pkl")):
        with pytest.raises(InputError) as here:
            tables.read_contents(data, name)
        with pytest.raises(InputError) as there:
            apart.read_contents(data, name)
        assert str(here.value) == str(there.value)


def test_large_columns_are_read_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plainly, "AT_ONCE", 100)
    here = tables.read_contents(CSV, "a.csv")
    sent = plainly.contents_bytes(Contents("big", (Block.of("x", np.ones((50, 2))), *here.blocks)))
    asked: list[int] = []

    def more(i: int) -> np.ndarray:
        asked.append(i)
        return np.zeros(1)

    found = plainly.contents_from(sent, "big", more)
    assert found.blocks[0].load().tolist() == [0.0] and asked == [0]
    assert found.blocks[1].load().tolist() == [1, 4] and asked == [0]


def test_memory_is_limited() -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.zeros((1_500_000, 4)), y=np.zeros(9))
    with pytest.raises(InputError, match=r"a\.npz needs more than 0\.03125 GiB to be read"):
        apart.read_contents(buffer.getvalue(), "a.npz", Limits(memory=2**25))
    # the next one is read by another process
    assert apart.read_contents(CSV, "a.csv").rows == 2


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, "takes longer than 1 seconds"),
        *long(
            (signal.SIGXCPU, "takes longer than 1 seconds"),
            (signal.SIGKILL, "needs more than 4 GiB"),
            (signal.SIGABRT, r"broke off \(exit code -6\)"),
        ),
    ],
)
def test_one_that_hangs_or_dies_is_one_sentence(number: signal.Signals | None, said: str) -> None:
    """It does not answer: it is stopped first, and then killed in this way."""
    pid = process()
    os.kill(pid, signal.SIGSTOP)

    def kill() -> None:
        os.kill(pid, number or signal.SIGSTOP)
        if number is not None:
            os.kill(pid, signal.SIGCONT)

    timer = threading.Timer(0.1, kill)
    timer.start()
    with pytest.raises(InputError, match=f"a.csv .*{said}"):
        apart.read_contents(CSV, "a.csv", Limits(seconds=1))
    timer.join()
    assert apart.read_contents(CSV, "a.csv").rows == 2


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="no such limits on this system")
def test_a_processor_that_is_kept_too_long_ends_it() -> None:
    """The system counts it, whatever a library is doing."""
    work = "from ec_core.apart import child; child.limit(2**30, 1)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", work], timeout=120, check=False)
    assert done.returncode == -signal.SIGXCPU


def test_what_makes_no_sense_is_a_sentence() -> None:
    for data in (b"", b"junk", plainly.packed({"asked": False}, {}), plainly.packed(3, {})):
        with pytest.raises(InputError, match="makes no sense"):
            plainly.model_from(data, "n.pt")
        with pytest.raises(InputError, match="makes no sense"):
            plainly.contents_from(data, "a.csv", lambda i: np.zeros(1))


def test_a_model_that_can_only_be_asked_is_read_here_after_it_went_well_there() -> None:
    assert plainly.model_from(plainly.packed({"asked": True}, {}), "m.onnx") is None
    model = AskedModel("m", lambda x: x, 1, "it is a toy")
    assert plainly.model_from(plainly.model_bytes(model), "m") is None
