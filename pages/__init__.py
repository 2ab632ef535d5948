"""The pages: a folder per step, ``page.py`` and its parts; ``parts`` of several steps; ``shell``.

This is the gate to the program: it is loaded once, here. Every session runs its page in a thread of
its own. Where several import the program at the same moment, each by another entrance, each holds
what another waits for, and Python breaks the tie by letting some of them fail or see half a module.
Whoever imports this package first loads all of it, and Python lets the others wait for that; so a
page imports it, alone, before anything else of ours (tests/server holds the pages to it): who asks
for ``pages.shell`` holds that name while it waits here.
"""

from __future__ import annotations

import importlib
import pkgutil

_LATER = ("pandas", "plotly.graph_objects", "sklearn.datasets")
"""Large packages that are otherwise imported within functions, ours or others', when needed."""

for _name in _LATER:
    importlib.import_module(_name)
for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    # a page and its door draw when they are run, and are run by Streamlit alone
    if not _module.name.endswith(".page") and not _module.name.startswith(f"{__name__}._"):
        importlib.import_module(_module.name)
