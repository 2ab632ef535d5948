"""The pages: a folder per step, ``page.py`` and its parts; ``parts`` of several steps; ``shell``.

This is the gate to the program: it is loaded once, here. Every session runs its page in a thread of
its own. Where several import the program at the same moment, each by another entrance, each holds
what another waits for, and Python breaks the tie by letting some of them fail or see half a module.
Whoever imports this package first loads all of it, and Python lets the others wait for that; so a
page imports from here before anything else of ours (tests/server holds the pages to it).
"""

from __future__ import annotations

import importlib
import pkgutil

_LATER = ("pandas", "plotly.graph_objects", "sklearn.datasets")
"""Large packages that are otherwise imported within functions, ours or others', when needed."""

for _name in _LATER:
    importlib.import_module(_name)
for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    # a page draws when it is run, and is run by Streamlit alone
    if not _module.name.endswith(".page"):
        importlib.import_module(_module.name)
