"""Several plain ES modules as the one text that a Streamlit component takes.

Browsers could load them one by one, but a component's JavaScript has no address that others could
be imported from. Each module keeps a scope of its own, so that names never collide.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_IMPORT = re.compile(r'^import (?:\* as (\w+)|\{([^}]*)\}) from "\./([\w-]+)\.js"$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) (\w+))", re.MULTILINE)


def _name(module: str) -> str:
    return "module_" + module.replace("-", "_")


def _imports(source: str) -> list[tuple[str, str, str]]:
    """(namespace, names, module) of every import line; one of the two is empty."""
    return [(m[1] or "", m[2] or "", m[3]) for m in _IMPORT.finditer(source)]


def _in_order(folder: Path, module: str, done: list[str]) -> list[str]:
    """Every module after those it imports; imports in a circle do not occur."""
    source = (folder / f"{module}.js").read_text(encoding="utf-8")
    for _, _, other in _imports(source):
        if other not in done:
            _in_order(folder, other, done)
    if module not in done:
        done.append(module)
    return done


def _body(folder: Path, module: str) -> tuple[str, list[str]]:
    """A module's text without imports and exports, and the names it exports."""
    source = (folder / f"{module}.js").read_text(encoding="utf-8")

    def bound(match: re.Match[str]) -> str:
        if match[1]:
            return f"const {match[1]} = {_name(match[3])}"
        names = re.sub(r"(\w+) as (\w+)", r"\1: \2", match[2])
        return f"const {{{names}}} = {_name(match[3])}"

    source = _IMPORT.sub(bound, source)
    exported = _EXPORT.findall(source)
    return _EXPORT.sub("", source), exported


@lru_cache
def bundle(folder: Path, entry: str) -> str:
    """The module ``entry`` of a folder with all it imports, its default export at the end.

    Understands one-line ``import { a, b } from "./x.js"``, ``import * as X from "./x.js"`` and
    ``export`` before function, class, const and let (one name each): what the modules in assets
    use. Raises ValueError for a name that its module does not export in this way: in the browser
    it would silently be undefined.
    """
    parts, known = [], dict[str, list[str]]()
    for module in _in_order(folder, entry, []):
        for _, names, other in _imports((folder / f"{module}.js").read_text(encoding="utf-8")):
            for name in (word.split(" as ")[0].strip() for word in names.split(",")):
                if name and name not in known[other]:
                    raise ValueError(f"{module}.js imports {name}, which {other}.js has not.")
        source, exported = _body(folder, module)
        known[module] = exported
        if module == entry:
            parts.append(source)
        else:
            names = ", ".join(exported)
            parts.append(
                f"const {_name(module)} = (() => {{\n{source}\nreturn {{ {names} }}\n}})()"
            )
    return "\n".join(parts)
