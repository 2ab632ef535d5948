"""Mutated uploads, addresses and files of runs: no traceback, no hang, nothing outside, no flood of
memory. Every case is made from its number, which ``tests.fuzz.cases`` repeats.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ec_core.errors import ECError, quoted
from ec_core.probing.remote.address import is_address, parse_address
from ec_core.probing.remote.hosts import Hosts
from ec_core.probing.remote.plain import parse_template
from ec_core.store import RunStore
from tests.fuzz import seeds, targets
from tests.fuzz.mutate import mutated

ROOT = Path(__file__).resolve().parents[2]
KNOWN_AS = {-signal.SIGPROF: "hangs", -signal.SIGKILL: "killed", -signal.SIGSEGV: "crashes"}

LONG = {"table": 5000, "answers": 1500, "model": 4500, "configuration": 3000, "archive": 1500}
LONG["address"] = 2500


def faults(target: str, count: int, first: int = 0) -> list[dict[str, Any]]:
    """What goes wrong in so many cases; a case that ends the process is one of them."""
    found: list[dict[str, Any]] = []
    end = first + count
    while first < end:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.cases", target, str(first), str(end - first)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        found += [json.loads(line) for line in lines if line.startswith("{")]
        if done.returncode == 0:
            break
        last = max((int(line) for line in lines if line.isdigit()), default=None)
        if last is None:
            raise AssertionError(done.stderr[-2000:])
        what = KNOWN_AS.get(done.returncode, f"exit code {done.returncode}")
        found.append({"what": what, "case": f"{target} {last}", "said": done.stderr[-300:]})
        first = last + 1
    return found


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("target", LONG)
def test_thousands_of_mutated_files(target: str) -> None:
    assert faults(target, LONG[target]) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="no atheris here; python tests/check.py --long installs it",
)
@pytest.mark.parametrize("target", ["table", "model", "configuration"])
def test_files_mutated_by_what_of_the_readers_they_reach(target: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", target, "10000", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


FEW = {
    **dict.fromkeys((*seeds.CONFIGURATIONS,), targets.configuration),
    **dict.fromkeys(("a.npz", "a.npy", "a.csv", "a.csv.gz", "a.mat"), targets.table),
    **dict.fromkeys(("n.safetensors", "n.json"), targets.model),
}


@pytest.mark.parametrize("name", FEW)
def test_a_few_of_them(name: str, tmp_path: Path) -> None:
    """Every day, in this process: none of these formats has a library that could end it."""
    made = {**seeds.TABLES, **seeds.MODELS, **seeds.CONFIGURATIONS}[name]()
    for number in range(12):
        data = mutated(made, random.Random(number), made)
        with contextlib.suppress(ECError):
            FEW[name](name, data, tmp_path)


FOUND = [
    ("events.npz", "configuration", (2, 10, 130)),
    ("outcome.json", "configuration", (99,)),
    ("given.ecrun", "archive", (248,)),
    ("a.tsv", "table", (1423,)),
]
"""What was found: numpy's header of a damaged array, brackets within brackets, a name of a file in
an archive that is no UTF-8, a table with answers and no questions.
"""


@pytest.mark.parametrize(("name", "target", "numbers"), FOUND)
def test_what_was_found_is_a_sentence_now(
    name: str, target: str, numbers: tuple[int, ...], tmp_path: Path
) -> None:
    from tests.fuzz.cases import TARGETS, bytes_of

    act, kinds = TARGETS[target]
    for number in numbers:
        called, data = bytes_of(kinds(), number)
        assert called == name
        with pytest.raises(ECError):
            act(name, data, tmp_path)


BITS = st.sampled_from(
    [
        "http://",
        "https://",
        "[",
        "]",
        "@",
        ":",
        "/",
        "?",
        "#",
        "%",
        "::1",
        "v2/models/",
        "$x",
        "$row",
    ]
)
TEXTS = st.lists(st.one_of(BITS, st.text(max_size=8), st.integers().map(str)), max_size=12).map(
    "".join
)


def typed(text: str, place: Path) -> None:
    """Whatever a person types where an address, a list of hosts, a template or a run stands."""
    for act in (
        lambda: parse_address(text) if is_address(text) else parse_address(f"http://{text}"),
        lambda: Hosts.of_environment({"EC_ALLOW_HOSTS": text}),
        lambda: parse_template(text),
        lambda: RunStore(place).open(text),
    ):
        try:
            act()
        except ECError as error:
            assert len(str(error)) < 1200 and "\n" not in str(error)


@given(TEXTS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_typed(text: str) -> None:
    typed(text, Path(tempfile.gettempdir()) / "no-such-folder")


@pytest.mark.long
@given(TEXTS)
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
def test_much_that_is_typed(text: str) -> None:
    typed(text, Path(tempfile.gettempdir()) / "no-such-folder")


def test_a_name_as_long_as_a_file_is_not_repeated() -> None:
    with pytest.raises(ECError) as refused:
        targets.answers("a.csv", b"[" * 5000 + b",b\n1,2\n3,4\n", Path())
    assert len(str(refused.value)) < 1000


def test_a_sentence_repeats_the_ends_of_something_long() -> None:
    assert quoted("short") == "'short'"
    assert len(quoted("x" * 10**6)) < 200 and len(quoted("\x00" * 10**6)) < 600
    for text in ("http://" + "[" * 5000, "http://x:" + "9" * 5000, "http://" + "a b" * 3000):
        with pytest.raises(ECError) as refused:
            parse_address(text)
        assert len(str(refused.value)) < 1200
