"""The chain from where a run stands: what is stored of it is begun with, and each part kept."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict

import numpy as np

from ec_core import chain, race
from ec_core.candidates import Candidate
from ec_core.chain import Begun
from ec_core.checkpoints import Plain
from ec_core.cluster import Cut, apply_cut
from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.events import Event
from ec_core.expand.enough import asked
from ec_core.expand.students import ensemble_arrays, ensemble_from_arrays
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import finding_out, races, tree_cache
from ec_core.runs.keeping import hands_on, keeping
from ec_core.runs.run import Run


def begun_with(run: Run, control: Control, cut: Cut | None) -> Begun:
    """What is stored of a run, to be built from with a cut; without one that is still to be made.

    Kept as it was when the work began: a better attempt is stored in its place.
    """

    def stored() -> Plain:
        facts = {
            "best": run.best_students,
            "asked": asked(run.probes()),
            "cut": None if cut is None else asdict(cut),
        }
        return {**ensemble_arrays(run.ensemble()), "facts": np.array(json.dumps(facts))}

    plain = dict(control.marks.once("begun with", stored))
    facts = json.loads(str(plain.pop("facts")))
    ensemble, probes, asker = ensemble_from_arrays(plain), run.probes(), run.asker()
    if asker is not None and facts["asked"] < asked(probes):
        probes = asker(facts["asked"]).told(run.settings().precision)
    if facts["cut"] is None:
        return Begun(probes, ensemble)
    then = Cut.from_plain(facts["cut"])
    cloud, tree = tree_cache.grow(ensemble, facts["best"])
    view = LayerView(cloud, tree, then, apply_cut(tree, cloud, then))
    return Begun(probes, ensemble, view, run.settings().chose(then))


def onward(
    run: Run,
    probes: ProbeSet,
    begun: Begun | None,
    control: Control,
    candidate: Candidate | None = None,
) -> Generator[Event, None, Reconstruction | None]:
    """The chain from where a run stands; every part is stored as it is done.

    probes : the questions asked so far; candidate : the one to recover, where it is chosen

    What nobody told is found out first; None where a person stopped that.
    """
    config, asker = run.recover_config(candidate), run.asker()
    cut, once = None, False
    if begun is not None:
        cut = None if begun.seen is None else begun.seen.cut
        # of a chosen cut the chain knows itself
        chosen = begun.chosen

        def only() -> Plain:
            return {"once": np.array(run.retried or (hands_on(run) and not chosen))}

        once = bool(control.marks.once("once only", only)["once"])
        if asker is not None:
            # as many as were asked already, as if the same asker had gone on
            asker(asked(probes))
    source, done = probes if asker is None else asker, keeping(run, asker, control.marks, cut)
    run.mark_whole(False)
    if once:
        return (yield from chain.attempt(source, config, control, begun, done)).reconstruction
    if begun is None:
        run.mark_raced(run.field.only is None and candidate is None)
    if begun is None and run.raced:
        work = race.run(source, run.field, config, control, done)
        recovered = yield from races.unless_stopped(work, finding_out.keeper(run), control)
        if recovered is None:
            return None
        recovery = recovered
    else:
        recovery = yield from chain.run(source, config, control, begun, done)
    kept = np.array_equal(recovery.ensemble.theta, run.ensemble().theta)
    run.mark_whole(kept and not control.over)
    return recovery.reconstruction
