"""The networks built from one run's clusters: by pruning, exactly as chosen, of kept settings."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path

from ec_core import store as kept
from ec_core.cluster import Cut
from ec_core.cluster.layer import LayerView
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs.loading import store
from ec_core.runs.run import Run
from ec_core.store import AUTOMATIC, EXACT, Build
from ec_core.verify.certificate import Certificate

__all__ = ["AUTOMATIC", "EXACT", "Build", "all_of", "exact_key", "in_use", "keep", "load"]


def exact_key(setting: str = "", layer: int = 0) -> str:
    """Under which key the network of a kept setting is; "" is the cut in use.

    >>> exact_key(), len(exact_key("fine"))
    ('exact', 18)
    """
    if not setting:
        return EXACT
    return f"exact-{hashlib.sha256(f'{layer} {setting}'.encode()).hexdigest()[:12]}"


def all_of(run: Run) -> dict[str, Build]:
    """What was built, by key; of a run of an earlier version nothing is known but its result."""
    return kept.builds(run.stored)


def in_use(run: Run) -> Build | None:
    """The network that is the run's result, where more is known than the network itself."""
    key = kept.in_use(run.stored)
    return all_of(run).get(key) if key is not None else None


def describe(
    key: str,
    how: str,
    setting: str,
    cuts: tuple[Cut | None, ...],
    result: Reconstruction,
    certificate: Certificate,
    seconds: float,
    base: Cut | None = None,
) -> Build:
    """What is kept about a network beside it."""
    return Build(
        key=key,
        how=how,
        setting=setting,
        cuts=cuts,
        sizes=result.network.sizes,
        loss=result.loss,
        heldout_loss=result.heldout_loss,
        verified=certificate.verified,
        reasons=certificate.reasons,
        seconds=seconds,
        made=time.time(),
        base=base,
        status=certificate.status,
    )


def keep(run: Run, build: Build, result: Reconstruction, certificate: Certificate | None) -> None:
    """Store a network beside the others.

    certificate : of the result in use, where a run of an earlier version has one that is no build
    """
    if certificate is not None and run.has("recovered") and kept.in_use(run.stored) is None:
        before = run.reconstruction()
        old = describe(
            AUTOMATIC, AUTOMATIC, "", (run.built_cut,), before, certificate, run.build_seconds
        )
        kept.save_build(run.stored, old, before)
        kept.use_build(run.stored, AUTOMATIC)
    kept.save_build(run.stored, build, result)


def use(run: Run, key: str) -> None:
    """Make a network the one that Compare shows and that is downloaded."""
    build = kept.use_build(run.stored, key)
    cut = build.cuts[0] if build.cuts else None
    run.mark_built(cut or run.cut(), build.seconds)
    run.stored.set_status(build.verdict)


def part(key: str) -> str:
    """The part of the run that holds a network."""
    return f"build-{key}"


def load(run: Run, key: str) -> Reconstruction:
    """A network by its key."""
    return _loaded(store().root, run.id, key, run.stored.stamp(part(key)))


@lru_cache(maxsize=16)
def _loaded(root: Path, run_id: str, key: str, stamp: int) -> Reconstruction:
    return kept.load_build(Run(run_id).stored, key)


def base(run: Run) -> Cut | None:
    """The cut with which pruning began when it saw the later layers; None where it did not."""
    if not seen(run):
        return None
    pruned = all_of(run).get(AUTOMATIC)
    return run.built_cut if pruned is None else pruned.cuts[0]


def seen(run: Run) -> tuple[LayerView, ...]:
    """How each hidden layer of a deep network was seen when pruning decided, () before."""
    if run.stored.has(part(AUTOMATIC)):
        return load(run, AUTOMATIC).layers
    return run.reconstruction().layers if run.has("recovered") else ()
