"""Whatever the code and the books cite is in the repository: pages, sections, files, names."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.books import ROOT, browser_files, pages, source_files, unresolved

NOT_OURS = {"docs/nowhere.md", "docs/method.md#nothing"}
"""Named by an example because they are not there."""

SEE = re.compile(r"(?:see|See) ``(\w+)``")
DOTTED = re.compile(r"``(?:ec_core\.)?([a-z_]+)\.(\w+)``")
PATH = re.compile(r"(?<![\w./])((?:[\w-]+/)+[\w-]+\.py)\b")
MARKDOWN = re.compile(r"(?<![\w./-])([A-Za-z_-]+\.md)\b")
IN_BOOKS = re.compile(r"(?<![\w./])((?:ec_core|pages|tests|assets|docs)/[\w/.-]*\w)")


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


def test_pages_and_sections_that_the_code_cites_are_there() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {cited}"
        for path in (*source_files(), *browser_files())
        for cited in unresolved(text(path))
        if cited not in NOT_OURS
    }
    assert not missing


@pytest.mark.parametrize("name", ["method.md", "design.md", "app.md"])
def test_no_file_outside_the_repository_is_cited(name: str) -> None:
    # docs/method.md is in the repository; what stands alone never was
    alone = re.compile(rf"(?<![\w/]){re.escape(name)}")
    files = [path for path in (*source_files(), *browser_files()) if path != Path(__file__)]
    assert not [str(path) for path in files if alone.search(text(path))]


def test_files_of_python_that_the_code_names_are_there() -> None:
    """``expand/config.py`` in a room of ec_core, ``pages/expand.py`` from the root."""
    missing = set()
    for path in source_files():
        if path == Path(__file__):
            continue
        for name in PATH.findall(text(path)):
            folders = (ROOT, ROOT / "ec_core", path.parent)
            if "__torch__" not in name and not any((base / name).is_file() for base in folders):
                missing.add(f"{path.relative_to(ROOT)}: {name}")
    assert not missing


def test_names_that_docstrings_send_a_reader_to_are_there() -> None:
    """After "see": a file of the engine or of the pages, or something one of them defines."""
    files = [path for path in source_files() if "tests" not in path.parts]
    modules = {path.stem for path in files} | {path.parent.name for path in files}
    code = "\n".join(text(path) for path in files)
    defined = set(re.findall(r"^\s*(?:def|class) (\w+)", code, re.MULTILINE))
    defined |= set(re.findall(r"^\s*(\w+)(?:,[\w, ]+)?(?::[^=\n]+)? = ", code, re.MULTILINE))
    named = {name for path in files for name in SEE.findall(text(path))}
    assert not named - modules - defined


def test_modules_that_docstrings_name_are_there() -> None:
    """``networks.files`` is a file of the room networks, ``probing.remote`` a room in a room."""
    missing = {
        f"{path.relative_to(ROOT)}: {room}.{name}"
        for path in source_files()
        for room, name in DOTTED.findall(text(path))
        if (ROOT / "ec_core" / room).is_dir()
        and not (ROOT / "ec_core" / room / f"{name}.py").is_file()
        and not (ROOT / "ec_core" / room / name / "__init__.py").is_file()
    }
    assert not missing


def test_files_that_the_books_name_are_there() -> None:
    missing = {
        f"{page.name}: {name}"
        for page in pages()
        # what changed once may be gone by now
        if page.name != "CHANGELOG.md"
        for name in IN_BOOKS.findall(text(page))
        if not (ROOT / name).exists()
    }
    assert not missing
