"""The books and the code as text: which pages and anchors there are, and what cites them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ROOMS = ("ec_core", "pages", "tests", "assets")

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
CITED = re.compile(r"(?<![\w/])docs/[\w/-]+\.\w+(?:#[\w-]+)?")


def source_files() -> tuple[Path, ...]:
    """The Python files, without those of environments and caches."""
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return (ROOT / "app.py", *found)


def browser_files() -> tuple[Path, ...]:
    """The browser's files, and the tests' files that run in node."""
    rooms = [ROOT / "assets", ROOT / "tests"]
    found = [path for room in rooms for path in sorted(room.rglob("*")) if path.is_file()]
    kept = (path for path in found if "node_modules" not in path.parts)
    return tuple(path for path in kept if path.suffix in {".js", ".mjs", ".css", ".html"})


def pages() -> tuple[Path, ...]:
    """The pages of the books, and what a newcomer reads before them."""
    return (*sorted(DOCS.glob("**/*.md")), *sorted(ROOT.glob("*.md")))


def slug(heading: str) -> str:
    """The anchor that a heading gets from Markdown, and from GitHub.

    >>> slug("What `recover` asks, and what it does not")
    'what-recover-asks-and-what-it-does-not'
    """
    words = re.sub(r"[^\w\s-]", "", heading).strip().lower()
    return re.sub(r"[\s-]+", "-", words)


def anchors(page: str) -> frozenset[str]:
    r"""The anchors of a page's headings; what stands between fences is no heading.

    >>> sorted(anchors("# A\n## B c\n```\n# d\n```"))
    ['a', 'b-c']
    """
    return frozenset(slug(text) for text in HEADING.findall(FENCE.sub("", page)))


def unresolved(text: str) -> Iterator[str]:
    """The places in the books that a text names and that are not there.

    >>> list(unresolved("docs/method.md#symmetries, docs/method.md#nothing, docs/nowhere.md"))
    ['docs/method.md#nothing', 'docs/nowhere.md']
    """
    for cited in CITED.findall(text):
        name, _, anchor = cited.partition("#")
        path = ROOT / name
        if not path.is_file() or (anchor and anchor not in anchors(path.read_text("utf-8"))):
            yield cited
