"""Compare: is it right, which neuron is which, and everything to take away."""

from __future__ import annotations

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import frame

# isort: split
from ec_core.runs.run import Run
from pages.compare import comparison, downloads


@frame.page(
    "compare",
    "Check the result",
    "First the certificate, which needs no teacher. Then, where the teacher is known, the two "
    "networks side by side.",
)
def _page(run: Run | None) -> None:
    run = frame.needs(
        run,
        "recovered",
        "There is no recovered network yet to check.",
        "teacher" if run is None else run.next_step,
        "Choose a teacher" if run is None else "Go to the next step of this run",
    )
    comparison.certificate(run)
    comparison.side_by_side(run)
    downloads.shelf(run)
    frame.formula("What “verified” and “weight error” mean, exactly", "compare")
