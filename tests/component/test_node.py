"""The workbench's own logic, tested by Node's test runner as part of the one check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec_core.cluster.view import RULES
from pages.shell.modules import bundle
from tests.component.node import HERE, run_node

ROOT = HERE.parents[1]
ASSETS = ROOT / "assets"
COMPONENTS = (
    *(("workbench", entry) for entry in ("mount", "blob", "courier")),
    *(("live", entry) for entry in ("losses", "plane", "cloud", "race")),
)


def test_what_node_tests() -> None:
    files = sorted(file.name for file in HERE.glob("*.test.mjs"))
    names = ("leaving", "logic", "pictures", "race", "sync")
    assert files == [f"{name}.test.mjs" for name in names]
    report = run_node("--test", *files)
    assert "# fail 0" in report or "ℹ fail 0" in report


def test_samples_have_the_rules_of_the_engine() -> None:
    script = "import('./samples.mjs').then(s => console.log(JSON.stringify(s.RULES)))"
    assert json.loads(run_node("-e", script)) == RULES


def test_no_file_of_npm_names_where_packages_come_from() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert len(lock["packages"]) > 1
    assert not any("resolved" in package for package in lock["packages"].values())


def test_the_modules_make_one_script(tmp_path: Path) -> None:
    for folder, entry in COMPONENTS:
        text = bundle(ASSETS / folder, entry)
        assert text.count("export default function") == 1
        assert "import " not in text.replace("important", "")
        file = tmp_path / f"{entry}.mjs"
        file.write_text(text, encoding="utf-8")
        run_node("--check", str(file))


def test_a_name_that_is_not_exported_is_no_silent_undefined(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("export const ONE = 1, TWO = 2\n", encoding="utf-8")
    (tmp_path / "b.js").write_text('import { ONE } from "./a.js"\n', encoding="utf-8")
    (tmp_path / "c.js").write_text('import { ONE, TWO as T } from "./a.js"\n', encoding="utf-8")
    assert "_a = (() =>" in bundle(tmp_path, "b")
    with pytest.raises(ValueError, match="c.js imports TWO, which a.js has not"):
        bundle(tmp_path, "c")
