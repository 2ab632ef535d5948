"""Earlier results of a run: kept before its students change, and brought back."""

from __future__ import annotations

from typing import Any

from ec_core import store as kept
from ec_core.networks.network import Network
from ec_core.runs import builds, results
from ec_core.runs.run import Run
from ec_core.store import Version

_SETTINGS: dict[str, Any] = {
    "steered": False,
    "best_students": None,
    "build_seconds": 0.0,
    "retried": False,
    "whole": False,
    "found": None,
    "raced": False,
    "made_with": {},
}
"""Settings that belong to the students of a run, and what they are before anything was done."""


def facts(run: Run) -> dict[str, Any]:
    """What is said of the run as it stands now: its students, and its network where it has one."""
    ensemble = run.ensemble()
    said: dict[str, Any] = {
        "students": ensemble.students,
        "converged": int(ensemble.converged().sum()),
    }
    if run.has("recovered"):
        used = builds.in_use(run)
        result = run.reconstruction()
        verified = results.of(run).certificate.verified if used is None else used.verified
        said |= {"sizes": list(result.network.sizes), "loss": result.loss, "verified": verified}
    return said


def _cut_by_hand(run: Run) -> bool:
    """Has a person cut the trees of these students otherwise than by their rule, or named a cut?"""
    if not run.has("ensemble") or not run.has("cut"):
        return False
    named = any(run.named_cuts(layer) for layer in range(run.layers))
    return named or run.settings().chose(run.cut())


def keep(run: Run, why: str, *, students: bool = False) -> None:
    """Keep what the run has, where there is a network that would be lost, or a person's own
    clusters: somebody else may have made them a moment ago.

    students : keep students of whom nothing has been built yet, too
    """
    worth = run.has("recovered") or _cut_by_hand(run)
    if not worth and not (students and run.has("ensemble")):
        return
    settings = run.stored.settings()
    own = {name: settings.get(name, usual) for name, usual in _SETTINGS.items()}
    kept.keep_version(run.stored, why, facts(run), own)


def bring_back(run: Run, number: int) -> None:
    """A version in the place of what is there now, which becomes a version itself."""
    keep(run, "before an earlier one was brought back", students=True)
    version = kept.bring_back(run.stored, number)
    # one that was kept by an earlier program knows of fewer settings
    run.stored.update_settings(**{**_SETTINGS, **version.settings})


def all_of(run: Run) -> tuple[Version, ...]:
    """The versions kept, newest first."""
    return kept.versions(run.stored)


def network(run: Run, number: int) -> Network:
    """The network of a version that has one."""
    return kept.version_folder(run.stored, number).load_network("recovered")
