"""The workbench's own logic, tested by Node's test runner as part of the one check."""

from __future__ import annotations

from pathlib import Path

from pages.ui.modules import bundle
from tests.component.node import HERE, run_node

MODULES = HERE.parents[1] / "assets" / "workbench"


def test_what_node_tests() -> None:
    files = sorted(file.name for file in HERE.glob("*.test.mjs"))
    assert files == ["logic.test.mjs", "pictures.test.mjs"]
    report = run_node("--test", *files)
    assert "# fail 0" in report or "ℹ fail 0" in report


def test_the_modules_make_one_script(tmp_path: Path) -> None:
    for entry in ("mount", "blob"):
        text = bundle(MODULES, entry)
        assert text.count("export default function") == 1
        assert "import " not in text.replace("important", "")
        file = tmp_path / f"{entry}.mjs"
        file.write_text(text, encoding="utf-8")
        run_node("--check", str(file))
