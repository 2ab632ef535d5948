"""The drawing of the rooms, made from the code: who imports whom, floor by floor.

    python tests/docs/rooms.py > rooms.svg

The order of the floors is import-linter's in pyproject.toml, the arcs are the imports themselves.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "ec_core"

FACADES = ("__main__",)
"""Doors of the house that are no rooms."""

ROW, TOP, LEFT, NAME = 30, 8, 1, 100
TEXT, WIDTH = 56, 720
ARCS = 530
"""Where arcs begin, in the units of the drawing; before it stand name, size and words."""


@dataclass(frozen=True)
class Room:
    """name, lines of code, and what it is for in a few words (its own docstring's first)."""

    name: str
    lines: int
    words: str


def floors() -> tuple[tuple[str, ...], ...]:
    """The rooms of ec_core from the roof down, as import-linter holds them."""
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = facts["tool"]["importlinter"]["contracts"]
    layers = next(
        each["layers"]
        for each in contracts
        if each["type"] == "layers" and each.get("containers") == ["ec_core"]
    )
    split = (layer.replace("|", ":").split(":") for layer in layers)
    rows = (tuple(name.strip(" ()") for name in names) for names in split)
    return tuple(row for row in rows if row[0] not in FACADES)


def files_of(room: str) -> tuple[Path, ...]:
    """The files of a room: of a folder, or the one file; ``pages`` with app.py."""
    if room == "pages":
        return (ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")))
    folder = ENGINE / room
    return tuple(sorted(folder.rglob("*.py"))) if folder.is_dir() else (folder.with_suffix(".py"),)


def first_sentence(words: str, name: str = "") -> str:
    r"""The first sentence of a docstring, on one line, short enough to be drawn.

    >>> first_sentence("Verify: the certificate,\nand so on. And more.", "verify")
    'the certificate, and so on'
    """
    text = " ".join(words.replace("``", "").split())
    text = text.split(". ")[0].removesuffix(".")
    head, _, rest = text.partition(": ")
    text = rest if rest and head.lower() in {name, f"ec.{name}"} else text
    if len(text) > TEXT:
        ends = [text.rfind(sign, 0, TEXT) for sign in (",", ";", ":", " (")]
        cut = max(ends)
        text = text[:cut] if cut > TEXT // 2 else f"{text[: text.rfind(' ', 0, TEXT)]} …"
    return text


@cache
def room(name: str) -> Room:
    """One room as it stands now."""
    files = files_of(name)
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in files)
    head = files[0] if name != "pages" else ROOT / "pages" / "__init__.py"
    words = ast.get_docstring(ast.parse(head.read_text("utf-8"))) or ""
    return Room(name, lines, first_sentence(words, name))


@cache
def imports(name: str) -> Counter[str]:
    """How many files of a room import each other room of the engine."""
    found: Counter[str] = Counter()
    for path in files_of(name):
        seen = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            seen |= {m.split(".")[1] for m in modules if m.startswith("ec_core.")}
        found.update(seen - {name})
    return found


def _arc(high: int, low: int, files: int, names: tuple[str, str], reach: float) -> str:
    """One arc from the row that imports to the row that is imported."""
    y0, y1 = (TOP + ROW * row + ROW / 2 for row in (high, low))
    out = ARCS + 24 + reach * (low - high)
    width = 0.8 + min(files, 12) / 4
    words = f"{names[0]} imports {names[1]} in {files} file{'s' if files > 1 else ''}"
    return (
        f'<path class="arc" d="M{ARCS} {y0:g} C{out:g} {y0:g} {out:g} {y1:g} {ARCS + 6} {y1:g}" '
        f'stroke-width="{width:g}" marker-end="url(#tip)"><title>{escape(words)}</title></path>'
    )


def drawing() -> str:
    """The rooms as SVG: a row each, from the roof down; an arc from who imports to what."""
    rows = [(0, "pages")] + [
        (level, name) for level, names in enumerate(floors(), start=1) for name in names
    ]
    place = {name: row for row, (_, name) in enumerate(rows)}
    reach = (WIDTH - ARCS - 40) / max(1, len(rows) - 1) * 4 / 3
    height = 2 * TOP + ROW * len(rows)
    parts = [
        f'<svg class="rooms" viewBox="0 0 {WIDTH} {height}" role="img" '
        'xmlns="http://www.w3.org/2000/svg" '
        'aria-label="The rooms of the program and who imports whom">',
        '<defs><marker id="tip" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="7" '
        'markerHeight="7" markerUnits="userSpaceOnUse" orient="180">'
        '<path d="M0 0 L6 3 L0 6 z"/></marker></defs>',
    ]
    for row, (_, name) in enumerate(rows):
        parts += [
            _arc(row, place[other], files, (name, other), reach)
            for other, files in sorted(imports(name).items())
            if other in place
        ]
    for row, (level, name) in enumerate(rows):
        here, y = room(name), TOP + ROW * row
        shade = "even" if level % 2 == 0 else "odd"
        parts.append(
            f'<g class="room {shade}"><rect x="{LEFT}" y="{y + 3}" width="{ARCS - LEFT}" '
            f'height="{ROW - 6}" rx="4"/>'
            f'<text class="name" x="{LEFT + 10}" y="{y + ROW / 2 + 4.5:g}">{escape(name)}</text>'
            f'<text class="size" x="{LEFT + NAME + 44}" y="{y + ROW / 2 + 4.5:g}" '
            f'text-anchor="end">{here.lines:,}</text>'
            f'<text class="words" x="{LEFT + NAME + 56}" y="{y + ROW / 2 + 4.5:g}">'
            f"{escape(here.words)}</text></g>"
        )
    return "\n".join([*parts, "</svg>"])


if __name__ == "__main__":
    sys.stdout.write(drawing() + "\n")
