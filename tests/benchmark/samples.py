"""Outcomes to count and to draw: real dataclasses with chosen numbers."""

from __future__ import annotations

from pathlib import Path

from ec_core.benchmark import Outcome, Problem, Settings
from ec_core.benchmark.outcomes import write_outcome


def outcome(
    inputs: int = 2,
    hidden: int = 2,
    seed: int = 0,
    *,
    error: float | None = 1e-14,
    seconds: float = 1.0,
    verified: bool = True,
    settings: Settings | None = None,
) -> Outcome:
    """An outcome; ``error`` None is one of the wrong size."""
    problem = Problem(inputs, hidden, seed, settings or Settings())
    sizes = problem.sizes if error is not None else (inputs, hidden + 1, 1)
    return Outcome(
        problem=problem,
        device="cpu",
        threads=1,
        seconds=seconds,
        sizes=sizes,
        verified=verified,
        reasons=() if verified else ("The loss is not at rounding level.",),
        converged=7,
        loss=1e-30,
        heldout_loss=float("inf"),
        max_weight_error=error,
        function_error=None,
    )


def write(folder: Path, *outcomes: Outcome) -> None:
    """Put outcomes into a folder as the benchmark does."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in outcomes:
        write_outcome(folder, one)
