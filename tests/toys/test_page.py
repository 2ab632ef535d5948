"""Whoever adds a page writes tests/toys/page.py as a page's file, and one line in the table of
pages.

The app is started as it would then be, from a copy, in a process of its own: this one has the
pages loaded as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path("pages/shell/navigation.py")
BESIDE = "ASIDE = ("
ENTRY = 'Step("activations", "Activations", "What can be known of each."), '

OPEN = """
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

app = AppTest.from_file("app.py", default_timeout=60)
app._page_hash = calc_hash("activations")
app.run()
assert not app.exception, app.exception
print(app.table[0].value.to_string())
print(*(part.body for part in app.get("html")), sep="\\n")
"""


def _with_the_page(place: Path) -> None:
    """The app with the new file and the one line, ready to be started in ``place``."""
    for name in ("assets", "ec_core", "hosting", "serving"):
        (place / name).symlink_to(ROOT / name, target_is_directory=True)
    shutil.copy(ROOT / "app.py", place)
    shutil.copytree(ROOT / "pages", place / "pages")
    new = place / "pages" / "activations"
    new.mkdir()
    shutil.copy(Path(__file__).with_name("page.py"), new / "page.py")
    before = (place / TABLE).read_text("utf-8")
    after = before.replace(BESIDE, BESIDE + ENTRY)
    changed = [
        line
        for line, old in zip(after.splitlines(), before.splitlines(), strict=True)
        if line != old
    ]
    assert len(changed) == 1
    (place / TABLE).write_text(after, "utf-8")


@pytest.mark.long
def test_a_page_is_a_file_and_a_line(tmp_path: Path) -> None:
    _with_the_page(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", OPEN],
        cwd=tmp_path,
        env={**os.environ, "EC_HOME": str(tmp_path / "runs"), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "What can be known?" in done.stdout
    assert "even + linear + positive scaling" in done.stdout
    assert "Traceback" not in done.stderr
