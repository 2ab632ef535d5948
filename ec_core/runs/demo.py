"""The demo: a planar teacher and the settings with which it is recovered while one watches."""

from __future__ import annotations

from ec_core.jobs import JobBoard
from ec_core.probing.presets import make_teacher
from ec_core.runs import work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source

SEED = 6
SETTINGS = Settings(
    students=8, width=8, probes=1500, distribution="gaussian", seed=SEED, show_truth=True, demo=True
)
"""Small enough for 20 s on two cores, wide enough that most students get there."""


def begin(board: JobBoard) -> Run:
    """Make the run and put its job in line."""
    run = Run.create(Source.from_card(make_teacher("planar", seed=SEED), {}), SETTINGS)
    work.start_whole(board, run)
    return run
