"""Which settings of several runs differ, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ec_core.runs.run import Run
from pages.shell import words

_NAMES = {
    "source": "teacher or answers",
    "students": "students",
    "activation": "activation of the students",
    "hidden_layers": "hidden layers",
    "width": "neurons of a student",
    "expansion": "expansion factor",
    "probes": "questions",
    "distribution": "questions drawn from",
    "as_needed": "more questions where needed",
    "seed": "seed",
    "device": "device",
    "budget": "at most",
    "gamma": "gamma",
    "beta": "beta",
    "precision": "error of the answers",
    "best_students": "clustered are the best",
    "steered": "students steered by hand",
}


def _worded(name: str, value: Any) -> str:
    if name in ("width", "precision", "activation") and value is None:
        return "found out"
    if value is None:
        return "no limit" if name == "budget" else "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "budget":
        return words.duration(float(value))
    if name == "beta":
        return f"{value:g}°"
    if isinstance(value, list | tuple):
        return "–".join(map(str, value))
    if value == "auto":
        return "found out" if name != "device" else "auto"
    return f"{value:g}" if isinstance(value, float) else str(value)


def settings(run: Run) -> dict[str, Any]:
    """All that was set for a run, by name."""
    known = run.settings().as_json()
    source = run.source()
    known["source"] = source.title
    known["activation"] = known.get("activation") or source.activation
    known |= {"best_students": run.best_students, "steered": run.steered}
    return {name: known[name] for name in _NAMES if name in known}


def rows(runs: Sequence[Run]) -> list[tuple[str, tuple[str, ...]]]:
    """(name, a value of each run) of what differs, in words; () where nothing does."""
    known = [settings(run) for run in runs]
    found = []
    for name, called in _NAMES.items():
        values = [one.get(name) for one in known]
        if any(value != values[0] for value in values):
            found.append((called, tuple(_worded(name, value) for value in values)))
    return found
