"""The numbers that decide something, read off the code: name, value, place, and what it says there.

    python tests/docs/constants.py

prints the table that docs/constants.md shows.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "probing",
    "leastsquares",
    "expand",
    "cluster",
    "reconstruct",
    "verify",
    "curves",
    "networks",
)
"""Rooms whose numbers decide what is recovered; those of pictures and pages are left out."""


@dataclass(frozen=True)
class Constant:
    """One name or several that are set together; words : the string below it, as one paragraph."""

    names: str
    value: str
    place: str
    words: str


def _numeric(node: ast.expr) -> bool:
    """Is this a number, or an expression or a tuple of numbers?"""
    if isinstance(node, ast.Tuple):
        return bool(node.elts) and all(_numeric(part) for part in node.elts)
    if isinstance(node, ast.BinOp):
        return _numeric(node.left) and _numeric(node.right)
    if isinstance(node, ast.UnaryOp):
        return _numeric(node.operand)
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    )


def _names(target: ast.expr) -> list[str]:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _value(node: ast.expr, source: str) -> str:
    """The numbers as they are written in the code, a power with a hat."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    written = (ast.get_source_segment(source, part) or "" for part in parts)
    return ", ".join(text.replace("**", "^").replace(" * ", " · ") for text in written)


def constants(source: str, place: str = "") -> Iterator[Constant]:
    r"""The constants of a module, in their order.

    >>> [found] = constants("NEAR, FAR = 0.1, 1e3\n'''Distances. In metres.'''\nname = 'x'")
    >>> found.names, found.value, found.words
    ('NEAR, FAR', '0.1, 1e3', 'Distances. In metres.')
    """
    body = ast.parse(source).body
    for here, after in zip(body, [*body[1:], None][: len(body)], strict=True):
        if not isinstance(here, ast.Assign) or not _numeric(here.value):
            continue
        names = _names(here.targets[0])
        if not names or not all(name.isupper() for name in names):
            continue
        words = ""
        if (
            isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            words = " ".join(after.value.value.split())
        yield Constant(", ".join(names), _value(here.value, source), place, words)


def of_room(room: str) -> tuple[Constant, ...]:
    """All constants of a room, file by file."""
    files = sorted((ROOT / "ec_core" / room).glob("*.py"))
    return tuple(found for path in files for found in constants(path.read_text("utf-8"), path.name))


def table(room: str) -> str:
    """The room's constants in Markdown; those without a word of their own are named last."""
    found = of_room(room)
    told = [constant for constant in found if constant.words]
    lines = [
        f"### {room}",
        "",
        "| name | value | what it says in the code |",
        "| --- | --- | --- |",
    ]
    for each in told:
        words = each.words.replace("``", "`").replace("|", "\\|")
        lines.append(f"| `{each.names}` | {each.value} | {words} *{each.place}* |")
    rest = [f"`{each.names}` = {each.value} ({each.place})" for each in found if not each.words]
    if rest:
        lines += ["", f"Explained where they are used: {'; '.join(rest)}."]
    return "\n".join([*(lines if told else lines[:1]), ""])


def page() -> str:
    """The tables of all rooms."""
    return "\n".join(table(room) for room in ROOMS if of_room(room))


if __name__ == "__main__":
    sys.stdout.write(page())
