"""What a built network is called, on every page that names it."""

from __future__ import annotations

from ec_core.store import AUTOMATIC, Build


def title(build: Build) -> str:
    """How a network was built, in a few words."""
    if build.key.startswith("before-"):
        return "Earlier, verified" + (f": {build.setting}" if build.setting else "")
    if build.setting:
        return f"Exactly: {build.setting}"
    return "Pruning decides" if build.how == AUTOMATIC else "Exactly what I chose"
