"""Formulas of the books as MathML, made while they are built: no reader's browser fetches a script.

A Markdown extension, named in zensical.toml. ``$…$`` in a sentence and ``$$…$$`` on lines of its
own, as GitHub reads them too.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pymdownx.arithmatex import ArithmatexExtension


def formula(tex: str, block: bool = False) -> str:
    r"""The MathML of a formula in LaTeX.

    Raises ValueError for a command that the converter does not know: it would be shown as it is.

    >>> "<mi>a</mi>" in formula("a_1")
    True
    >>> formula(r"\nosuch x")
    Traceback (most recent call last):
        ...
    ValueError: this formula has a command that cannot be shown: \nosuch x
    """
    html = str(convert(tex, display="block" if block else "inline"))
    if "\\" in html:
        raise ValueError(f"this formula has a command that cannot be shown: {tex}")
    return html


class Formulas(Treeprocessor):
    """Puts MathML where ``pymdownx.arithmatex`` found a formula."""

    def run(self, root: Element) -> None:
        for element in root.iter():
            if element.get("class") == "arithmatex":
                # the text stands between \( and \), or \[ and \]
                tex = (element.text or "").strip()[2:-2].strip()
                html = formula(tex, element.tag == "div")
                element.text = AtomicString(self.md.htmlStash.store(html))


class MathML(Extension):
    """``pymdownx.arithmatex`` finds the formulas, ``Formulas`` writes them."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name Markdown gives it
        ArithmatexExtension(generic=True).extendMarkdown(md)
        md.treeprocessors.register(Formulas(md), "formulas", 5)


def makeExtension(**options: object) -> MathML:  # noqa: N802 - the name Markdown looks for
    """What Markdown calls by its name."""
    return MathML(**options)
