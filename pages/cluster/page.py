"""Cluster: which neurons do independent students agree on?"""

from __future__ import annotations

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame, theme

# isort: split
from ec_core.runs.run import Run
from pages.cluster import maps, workbench


@frame.page(
    "cluster",
    "Find what the students agree on",
    "Where independent students hold the very same weights, they must have found a neuron of the "
    "teacher.",
)
def _page(run: Run | None) -> None:
    run = frame.needs(
        run,
        "ensemble",
        "There are no trained students yet whose neurons could be compared.",
        "teacher" if run is None else "expand",
        "Choose a teacher" if run is None else "Train students",
    )
    maps.warm_up()
    theme.wide()
    workbench.body(run)
    frame.formula("Tree, cut and verdict, as formulas", "cluster")
