"""Several plain ES modules as the one text that a Streamlit component takes.

Streamlit can serve a component's modules one by one, so that the browser imports them itself: a
``js`` that is a path is looked up in the ``asset_dir`` which a pyproject.toml declares. That does
not work for this app, and this loader stays: Streamlit 1.67 reads such a pyproject.toml only of
distributions that are installed (``importlib.metadata``), and wants ``asset_dir`` inside the
folder of the package they are imported by. The app is started from its folder (app.py, pages,
assets), often with nothing installed but what it needs, and the one package here that can be
installed is the engine, ``ec_core``, which neither knows Streamlit nor holds browser code.
Everything else that it offers is a text with no address, from which nothing can be imported
relatively. Each module keeps a scope of its own here, so that names never collide.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_IMPORT = re.compile(
    r'^import (?:\* as (\w+)|\{([^}]*)\}) from "(\.\.?/[\w/-]+\.js)"$', re.MULTILINE
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) (\w+))", re.MULTILINE)


def _name(module: Path) -> str:
    return "module_" + re.sub(r"\W", "_", f"{module.parent.name}_{module.stem}")


def _target(module: Path, written: str) -> Path:
    return (module.parent / written).resolve()


def _imports(module: Path) -> list[tuple[str, Path]]:
    """(names, module) of every import line; no names where all of it is imported as one."""
    source = module.read_text(encoding="utf-8")
    return [(m[2] or "", _target(module, m[3])) for m in _IMPORT.finditer(source)]


def _in_order(module: Path, done: list[Path]) -> list[Path]:
    """Every module after those it imports; imports in a circle do not occur."""
    for _, other in _imports(module):
        if other not in done:
            _in_order(other, done)
    if module not in done:
        done.append(module)
    return done


def _body(module: Path) -> tuple[str, list[str]]:
    """A module's text without imports and exports, and the names it exports."""

    def bound(match: re.Match[str]) -> str:
        name = _name(_target(module, match[3]))
        if match[1]:
            return f"const {match[1]} = {name}"
        names = re.sub(r"(\w+) as (\w+)", r"\1: \2", match[2])
        return f"const {{{names}}} = {name}"

    source = _IMPORT.sub(bound, module.read_text(encoding="utf-8"))
    return _EXPORT.sub("", source), _EXPORT.findall(source)


@lru_cache
def bundle(folder: Path, entry: str) -> str:
    """The module ``entry`` of a folder with all it imports, its default export at the end.

    Understands one-line ``import { a, b } from "./x.js"``, ``import * as X from "../y/x.js"`` and
    ``export`` before function, class, const and let (one name each): what the modules in assets
    use. Raises ValueError for a name that its module does not export in this way: in the browser
    it would silently be undefined.
    """
    first = (folder / f"{entry}.js").resolve()
    parts, known = [], dict[Path, list[str]]()
    for module in _in_order(first, []):
        for names, other in _imports(module):
            for name in (word.split(" as ")[0].strip() for word in names.split(",")):
                if name and name not in known[other]:
                    raise ValueError(f"{module.name} imports {name}, which {other.name} has not.")
        source, exported = _body(module)
        known[module] = exported
        if module == first:
            parts.append(source)
        else:
            returned = ", ".join(exported)
            parts.append(
                f"const {_name(module)} = (() => {{\n{source}\nreturn {{ {returned} }}\n}})()"
            )
    return "\n".join(parts)
