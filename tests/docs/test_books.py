"""The books are whole: every page is in the table of contents, every public name in the API."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

import ec_core
from tests.docs.books import DOCS, ROOT, pages

PICTURE = re.compile(r"!\[[^\]]+\]\(([^)#]+)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:)([^)#]+)")


def _listed(entry: Any) -> list[str]:
    """The pages of a table of contents, in their order."""
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [page for part in parts for page in _listed(part)]


def test_every_page_is_in_the_table_of_contents_once() -> None:
    facts = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))
    written = [str(path.relative_to(DOCS)) for path in sorted(DOCS.rglob("*.md"))]
    assert sorted(_listed(facts["project"]["nav"])) == written


def test_every_public_name_is_in_the_api() -> None:
    named = re.findall(r"^::: ec_core\.([\w.]+)", (DOCS / "api.md").read_text("utf-8"), re.M)
    assert sorted(name.rsplit(".", 1)[-1] for name in named) == sorted(ec_core.__all__)


def test_pictures_and_files_that_pages_point_to_are_there() -> None:
    missing = {
        f"{page.name}: {name}"
        for page in pages()
        for pattern in (PICTURE, LINK)
        for name in pattern.findall(page.read_text("utf-8"))
        if not (page.parent / name).is_file()
    }
    assert not missing


def test_pictures_are_all_shown() -> None:
    shown = "\n".join(page.read_text("utf-8") for page in pages())
    kept = sorted(path.name for path in (DOCS / "pictures").iterdir())
    assert [name for name in kept if name not in shown] == []


def test_a_reader_fetches_nothing_from_elsewhere() -> None:
    settings = (ROOT / "zensical.toml").read_text("utf-8")
    looks = (DOCS / "books.css").read_text("utf-8")
    assert "font = false" in settings
    assert "http" not in re.sub(r"^ *#.*$", "", settings, flags=re.MULTILINE) + looks


def _words(code: str) -> str:
    """Code without its layout: in a test it may stand further to the right."""
    return " ".join(code.split())


def test_code_that_the_books_show_of_a_toy_is_a_tests_code() -> None:
    page = (DOCS / "extending.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", page))
    code = "\n".join(_words((ROOT / name).read_text("utf-8")) for name in named)
    assert blocks
    assert [block for block in blocks if _words(block) not in code] == []


def test_what_a_researcher_is_told_to_type_does_what_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (DOCS / "researcher.md").read_text("utf-8")
    first, second = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(first, names)
    said = re.search(r"prints `([^`]+)`", page)
    assert said is not None
    assert capsys.readouterr().out.strip() == said[1]
    exec(second, names)
    assert names["result"].report["verified"]
