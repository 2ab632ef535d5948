"""Difficulty: the paper's 150 problems as a map, down to a single one."""

from __future__ import annotations

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame

# isort: split
from ec_core.runs.run import Run
from pages.difficulty import maps


@frame.page(
    "difficulty",
    "Which networks are hard to read?",
    "The paper tried 150 random networks of 15 sizes. Here is how many of each size this program "
    "recovers exactly, and how long that takes.",
)
def _page(run: Run | None) -> None:
    maps.body()
