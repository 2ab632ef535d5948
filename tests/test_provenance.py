"""What a report says it was made with is what was used."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
import torch

from ec_core import provenance
from ec_core.cli import main
from ec_core.runs import citing

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As if nothing had been looked up yet."""
    for known in (provenance.version, provenance.commit):
        monkeypatch.setattr(provenance, known.__name__, known.__wrapped__)
    return monkeypatch


def test_the_version_is_that_of_the_package(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert f'version = "{provenance.version()}"' in text
    fresh.setattr(provenance, "_ROOT", tmp_path)
    assert provenance.commit() is None


def test_the_commit_says_where_files_differ(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        command = ["git", "-C", str(tmp_path), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    (tmp_path / "file").write_text("a")
    git("init", "-q")
    git("add", "file")
    git("commit", "-qm", "first")
    fresh.setattr(provenance, "_ROOT", tmp_path)
    assert provenance.commit() == git("rev-parse", "HEAD")
    (tmp_path / "file").write_text("b")
    assert provenance.commit() == git("rev-parse", "HEAD") + ", changed"
    fresh.setenv("PATH", "")
    assert provenance.commit() is None


def test_a_report_says_what_repeats_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    teacher, out = str(tmp_path / "t.safetensors"), str(tmp_path / "r r.safetensors")
    assert main(["teacher", "planar", "--seed", "1", "--out", teacher]) == 0
    words = ["recover", teacher, "--activation", "tanh", "--probes", "300", "--students", "3"]
    words += ["--width", "6", "--seed", "5", "--device", "cpu", "--out", out, "--json"]
    capsys.readouterr()
    before = time.time() - 1
    main(words)
    made = json.loads(capsys.readouterr().out)["made"]
    assert made["command"].startswith("ec-core recover ") and f"'{out}'" in made["command"]
    assert (made["seed"], made["threads"]) == (5, torch.get_num_threads())
    assert made["device"].startswith("cpu (") and made["version"] == provenance.version()
    assert made["libraries"]["torch"] == torch.__version__.partition("+")[0] or "+" in str(made)
    when = time.strptime(made["date"] + " UTC", "%Y-%m-%dT%H:%M:%SZ %Z")
    assert before <= __import__("calendar").timegm(when) + 1 <= time.time() + 2
    assert provenance.sentence(made).endswith("and seed 5.")


def test_of_what_is_not_known_nothing_is_said() -> None:
    said = provenance.sentence({"version": "0.1", "date": "?", "seed": 0, "device": "cpu"})
    assert "None" not in said and "thread" not in said


def test_the_citations_say_what_the_citation_file_says() -> None:
    """Without YAML: every value of the file's lines is in one of the two."""
    lines = [line.strip("- ").partition(": ") for line in _lines()]
    known = {name.strip(): value.strip().strip('"') for name, _, value in lines}
    paper = " ".join(citing.PAPER.replace("{\\c{S}}", "Ş").replace("{\\c{s}}", "ş").split())
    for name in ("title", "collection-title", "volume", "year", "value"):
        assert known[name] in paper, name
    assert f"{known['start']}--{known['end']}" in paper
    families = [value for name, _, value in lines if name.strip() == "family-names"]
    given = [value for name, _, value in lines if name.strip() == "given-names"]
    assert len(families) == 4
    for pair in zip(families, given, strict=True):
        assert ", ".join(pair) in paper
    program = citing.program()
    for value in ("Expand and Cluster", "The Expand-and-Cluster app authors", known["license"]):
        assert f"{{{value}}}" in program
    assert f"version = {{{known['version']}}}" in program
    for entry in (citing.PAPER, program):
        assert entry.count("{") == entry.count("}")


def _lines() -> list[str]:
    return (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
