"""What reads tables is imported where a table is opened, and nowhere else in the engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ec_core

ENGINE = Path(ec_core.__file__).parent


@pytest.mark.parametrize("package", ["pandas", "pyarrow", "openpyxl"])
def test_only_tables_ask_for_it(package: str) -> None:
    asks = re.compile(rf"""need\(\s*["']{package}\b|^\s*(import|from) {package}\b""", re.MULTILINE)
    found = {
        path.relative_to(ENGINE).parent.as_posix()
        for path in ENGINE.rglob("*.py")
        if asks.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"probing/tables"}
