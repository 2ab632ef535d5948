"""Several networks built from one run's students, side by side; one of them is the result in use.

builds.json              what each is: how it was built, from which cuts, and what came of it
build-<key>.npz          the network and how it came about
reconstruction.npz       the one in use (as without builds: runs of earlier versions have it only)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ec_core.cluster.cut import Cut
from ec_core.errors import InputError
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.store.run import StoredRun

INDEX, PREFIX = "builds", "build-"

AUTOMATIC, EXACT = "automatic", "exact"
"""How a network is built: pruning decides its size, or a person's clusters do."""

BEFORE = "before"
"""The key under which a verified network is kept that one of no proof would have replaced."""


@dataclass(frozen=True)
class Build:
    """What is known about a network without loading it.

    key : of letters, digits and hyphens; how : ``AUTOMATIC`` or ``EXACT``
    setting : the name of the kept setting it was built from, "" for the cut in use
    cuts : one per hidden layer that was cut for it, None where that was left to the engine
    loss, heldout_loss, verified, reasons : as its certificate says; sizes : (D, H1, …, K)
    seconds : what building took; made : when, in seconds since the epoch
    base : the cut with which pruning began when later layers were compared, None where none were
    status : the certificate's, "" in runs of earlier versions
    """

    key: str
    how: str
    setting: str
    cuts: tuple[Cut | None, ...]
    sizes: tuple[int, ...]
    loss: float
    heldout_loss: float
    verified: bool
    reasons: tuple[str, ...]
    seconds: float
    made: float
    base: Cut | None = None
    status: str = ""

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.status == "estimate":
            return "an estimate"
        return "verified" if self.verified else "not verified"

    @classmethod
    def from_plain(cls, facts: Mapping[str, Any]) -> Build:
        cuts = tuple(None if cut is None else Cut.from_plain(cut) for cut in facts["cuts"])
        base = None if facts.get("base") is None else Cut.from_plain(facts["base"])
        sizes, reasons = tuple(facts["sizes"]), tuple(facts["reasons"])
        return cls(**{**facts, "cuts": cuts, "base": base, "sizes": sizes, "reasons": reasons})


def builds(run: StoredRun) -> dict[str, Build]:
    """The networks built, by key, oldest first; {} where none was, or by an earlier version."""
    if not run.has(INDEX):
        return {}
    try:
        records = [Build.from_plain(facts) for facts in run.load_json(INDEX)["builds"]]
    except (KeyError, TypeError, ValueError, InputError):
        raise run.damaged(f"{INDEX}.json") from None
    return {build.key: build for build in records}


def in_use(run: StoredRun) -> str | None:
    """The key of the network that is the run's result; None where that is not known."""
    return run.load_json(INDEX).get("in_use") if run.has(INDEX) else None


def _write(run: StoredRun, known: Mapping[str, Build], used: str | None) -> None:
    run.save_json(INDEX, {"in_use": used, "builds": [asdict(build) for build in known.values()]})


def save_build(run: StoredRun, build: Build, result: Reconstruction) -> None:
    """Keep a network under its key. A verified one that this would replace by one that is not
    stays, as ``BEFORE``.
    """
    known, used = builds(run), in_use(run)
    old = known.get(build.key)
    if old is not None and old.verified and not build.verified:
        moved = replace(old, key=f"{BEFORE}-{old.key}")
        run.save_plain(PREFIX + moved.key, load_build(run, old.key))
        known[moved.key] = moved
        used = moved.key if used == old.key else used
    run.save_plain(PREFIX + build.key, result)
    known.pop(build.key, None)
    _write(run, {**known, build.key: build}, used)


def load_build(run: StoredRun, key: str) -> Reconstruction:
    """A network by its key. Raises InputError if there is none."""
    return run.load_reconstruction(PREFIX + key)


def use_build(run: StoredRun, key: str) -> Build:
    """Make a network the run's result; the others stay. Raises InputError if there is none."""
    known = builds(run)
    if key not in known:
        raise InputError(f"Run {run.id} has no network {key!r}; it may have been built anew.")
    run.save_reconstruction(load_build(run, key))
    _write(run, known, key)
    return known[key]


def forget_builds(run: StoredRun) -> None:
    """Remove all of them; the result in use stays where it is."""
    run.forget(INDEX, *(part for part in run.parts() if part.startswith(PREFIX)))
