"""What other people's programs may rely on: the names that ``ec_core`` exports, and their words."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest

import ec_core as ec

ROOT = Path(__file__).resolve().parents[1]

PUBLIC = [
    "ACTIVATIONS",
    "PRESETS",
    "Asker",
    "Control",
    "ECError",
    "InputError",
    "JobError",
    "MatchReport",
    "Network",
    "ProbeSet",
    "RecoverConfig",
    "Recovery",
    "Teacher",
    "from_address",
    "from_keras",
    "from_onnx",
    "from_sklearn",
    "from_torch",
    "load_answers",
    "load_dataset",
    "load_network",
    "make_probes",
    "make_teacher",
    "match",
    "probe",
    "recover",
    "save_answers",
    "save_network",
]

FUNCTIONS = [name for name in ec.__all__ if isinstance(getattr(ec, name), FunctionType)]
MADE = [
    name
    for name in ec.__all__
    if isinstance(getattr(ec, name), type) and not issubclass(getattr(ec, name), Exception)
]


def test_the_public_names_are_these() -> None:
    """A name added or taken away is a promise made or broken: say so in CHANGELOG.md."""
    assert ec.__all__ == PUBLIC
    assert all(hasattr(ec, name) for name in ec.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_words_and_an_example(name: str) -> None:
    words = inspect.getdoc(getattr(ec, name)) or ""
    assert words and f"{name}(" in words and ">>>" in words


@pytest.mark.parametrize("name", [*FUNCTIONS, *MADE])
def test_a_public_name_says_what_its_parameters_are(name: str) -> None:
    """Ruff's rules for documented parameters read other styles than ours; this reads ours."""
    function = getattr(ec, name)
    words = inspect.getdoc(function) or ""
    unnamed = [
        p for p in inspect.signature(function).parameters if not re.search(rf"\b{p}\b", words)
    ]
    assert not unnamed


def test_the_citation_is_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version is not None
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version[1]}\n" in cited
