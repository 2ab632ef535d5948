"""Answers on disk: whatever breaks off, what was kept is found again and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ec_core.errors import InputError
from ec_core.probing.remote.kept import Kept

WHO = {"address": "http://localhost/v2/models/toy"}
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((10, 3)), RNG.standard_normal((10, 2))


def test_a_record_that_was_broken_off_is_asked_again_alone(tmp_path: Path) -> None:
    Kept(tmp_path, WHO).add(X, Y)
    path = Kept(tmp_path, WHO).path
    whole = path.read_bytes()
    head = whole.index(b"\n") + 1
    size = (3 + 2) * 8 + 4
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        kept = Kept(tmp_path, WHO)
        known, answers = kept.find(X)
        there = max(0, end - head) // size if end >= head else 0
        assert known.sum() == there and np.array_equal(answers.ravel(), Y[:there].ravel())
        if end % 37 == 0:  # whoever writes next takes the torn end away
            kept.add(X[there:], Y[there:]) if there < 10 else None
            assert path.read_bytes() == whole


def test_a_damaged_record_is_not_believed(tmp_path: Path) -> None:
    kept = Kept(tmp_path, WHO)
    kept.add(X, Y)
    data = bytearray(kept.path.read_bytes())
    data[data.index(b"\n") + 60] ^= 1
    kept.path.write_bytes(bytes(data))
    known, answers = Kept(tmp_path, WHO).find(X)
    assert known.tolist() == [True, False] + [True] * 8
    assert np.array_equal(answers, Y[known])


def test_two_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    one, two = Kept(tmp_path, WHO), Kept(tmp_path, WHO)
    one.add(X[:5], Y[:5])
    two.add(X[5:], Y[5:])
    one.add(X[:1] + 1, Y[:1])
    assert len(Kept(tmp_path, WHO)) == 11 and Kept(tmp_path, WHO).find(X)[0].all()


def test_another_size_is_another_model(tmp_path: Path) -> None:
    kept = Kept(tmp_path, WHO)
    kept.add(X, Y)
    with pytest.raises(InputError, match="another model under the same address; delete"):
        kept.add(X, Y[:, :1])
    assert Kept(tmp_path, WHO).find(X)[0].all()


def test_a_file_of_others_is_not_touched(tmp_path: Path) -> None:
    path = Kept(tmp_path, WHO).path
    path.write_bytes(b"a letter\nto somebody")
    with pytest.raises(InputError, match="Move it away"):
        Kept(tmp_path, WHO)
    assert path.read_bytes() == b"a letter\nto somebody"


@pytest.mark.long
def test_a_process_killed_while_it_writes_leaves_what_it_had(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np\n"
        "from ec_core.probing.remote.kept import Kept\n"
        f"kept = Kept(__import__('pathlib').Path({str(tmp_path)!r}), {WHO!r})\n"
        "for i in range(10**9):\n"
        "    kept.add(np.full((1, 3), float(i)), np.full((1, 2), float(i)))\n"
        "    print(i, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(30)]
    process.kill()
    told += [int(line) for line in process.stdout.read().split(b"\n")[:-1] if line.strip()]
    process.stdout.close()
    process.wait()
    kept = Kept(tmp_path, WHO)
    x = np.array(told, dtype=float)[:, None] * np.ones(3)
    known, answers = kept.find(x)
    assert known.all() and np.array_equal(answers, x[:, :2])
