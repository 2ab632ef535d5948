"""Reconstruct: one neuron per cluster, superfluous ones removed, the rest refined to rounding."""

from __future__ import annotations

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame

# isort: split
from ec_core.runs.run import Run
from pages.parts import courier
from pages.reconstruct import beside, building


@frame.page(
    "reconstruct",
    "Build the network",
    "From each cluster one neuron. Then every neuron has to prove that it is needed, and what "
    "is left is refined until only rounding remains.",
)
def _page(run: Run | None) -> None:
    run = frame.needs(
        run,
        "cut",
        "There are no clusters yet to build from.",
        "teacher" if run is None else run.next_step,
        "Choose a teacher" if run is None else "Go to the next step of this run",
    )
    courier.hand_in(run)
    building.body(run)
    beside.seen(run)
    frame.formula("The four steps, as formulas", "reconstruct")
