"""What the books show of the code is made when they are built, so that it cannot be old.

A Markdown extension, named in zensical.toml: a line ``<!-- drawn: rooms -->`` becomes the drawing
of the rooms, ``<!-- drawn: constants -->`` the tables of the constants.
"""

from __future__ import annotations

import re

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from tests.docs import constants, rooms

DRAWN = re.compile(r"^<!-- drawn: (\w+) -->$")


def made(name: str) -> str:
    """The Markdown or HTML of one drawing.

    Raises KeyError for one that nobody draws.

    >>> made("constants").splitlines()[0]
    '### probing'
    """
    if name == "rooms":
        return f'<div class="rooms-frame">{rooms.drawing()}</div>'
    return {"constants": constants.page}[name]()


class Drawn(Preprocessor):
    """Replaces the lines that ask for a drawing."""

    def run(self, lines: list[str]) -> list[str]:
        out: list[str] = []
        for line in lines:
            asked = DRAWN.match(line)
            if asked is None:
                out.append(line)
            elif asked[1] == "rooms":
                out.append(self.md.htmlStash.store(made("rooms").replace("\n", "")))
            else:
                out += made(asked[1]).splitlines()
        return out


class Drawings(Extension):
    """After the lines were cleaned (30), before HTML is put aside (20), comments among it."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name Markdown gives it
        md.preprocessors.register(Drawn(md), "drawn", 25)


def makeExtension(**options: object) -> Drawings:  # noqa: N802 - the name Markdown looks for
    """What Markdown calls by its name."""
    return Drawings(**options)
