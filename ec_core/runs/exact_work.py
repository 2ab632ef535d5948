"""A network of exactly the clusters that a person kept, and a pruned one to compare it with."""

from __future__ import annotations

import time
from collections.abc import Generator

from ec_core import chain
from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.events import Event
from ec_core.jobs.job import Stage
from ec_core.reconstruct.exact_build import build_exactly
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import builds, chosen, tree_cache
from ec_core.runs.keeping import Building
from ec_core.runs.onward import begun_with
from ec_core.runs.run import Run
from ec_core.verify.certificate import certify


def exactly(run: Run, setting: str, layer: int) -> Stage:
    """The work of building the network of the clusters kept by hand, in every layer.

    setting, layer : of a kept setting, and of the layer whose it is; "": of the cuts in use

    Where pruning has not built one from the same cut to compare with, that is done too: before,
    where it is what makes later layers comparable, else after. Raises InputError where a layer has
    no cluster to build from.
    """
    cuts = chosen.cuts(run, setting, layer)
    for which, cut in enumerate(cuts):
        if cut is not None and not tree_cache.clusters_of(run, cut, which).kept:
            name = f"Layer {which + 1}" if len(cuts) > 1 else "The hidden layer"
            raise InputError(f"{name} has no kept cluster at this cut; keep at least one.")
    first, key = cuts[0], builds.exact_key(setting, layer)
    assert first is not None
    known = builds.all_of(run).get(builds.AUTOMATIC)
    alone = known is not None or run.has("recovered")
    if not setting and len(cuts) == 1:
        alone = known is not None and known.cuts == (first,)

    def pruned(control: Control) -> Generator[Event, None, None]:
        began = time.monotonic()
        config = run.recover_config()
        built = yield from chain.build(begun_with(run, control, first), config, control)
        seconds = time.monotonic() - began
        mine = Building(run, (first,))
        mine.keep(built.reconstruction, built.certificate, seconds, use=False)

    def stage(control: Control) -> Generator[Event, None, Reconstruction]:
        if len(cuts) > 1 and None in cuts:
            yield from pruned(control)
        began, ensemble = time.monotonic(), run.ensemble()
        layers = chosen.views(ensemble, run.best_students, cuts, builds.seen(run))
        device = run.settings().computing
        result = yield from build_exactly(ensemble, layers, run.probes(), device, control)
        taken = tuple(None if view is None else view.cut for view in layers)
        mine = Building(run, taken, builds.EXACT, setting, key, builds.base(run))
        mine.keep(result, certify(result, run.probes()), time.monotonic() - began)
        if len(cuts) == 1 and not alone and not control.over:
            yield from pruned(control)
        return result

    return stage
