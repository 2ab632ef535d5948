"""What the chain hands on is stored with the run, every part as soon as it is done.

Parts of a better attempt replace students, cut and network together; what was there before them is
kept as an earlier result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ec_core.candidates import Candidate, worth_another
from ec_core.chain import KEPT, Built, Done, Part
from ec_core.checkpoints import Checkpoints, Plain
from ec_core.cluster import Cut
from ec_core.cluster.layer import LayerView
from ec_core.expand.enough import asked
from ec_core.expand.students import StudentEnsemble
from ec_core.probing.asking import Asker
from ec_core.probing.probes import ProbeSet
from ec_core.provenance import made_with
from ec_core.race import with_slope
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import builds, results, versions
from ec_core.runs.run import Run
from ec_core.verify.certificate import Certificate
from ec_core.verify.cures import Cure

BEFORE_ANOTHER = "before other students were trained, since it was not verified"
"""Why the result of an earlier attempt is kept."""

BEFORE_A_CANDIDATE = "before another candidate was recovered"


@dataclass(frozen=True)
class Building:
    """One way of building a run's network: how, from which cuts, and under which key it is kept."""

    run: Run
    cuts: tuple[Cut | None, ...]
    how: str = builds.AUTOMATIC
    setting: str = ""
    key: str = builds.AUTOMATIC
    base: Cut | None = None

    def keep(
        self,
        result: Reconstruction,
        certificate: Certificate,
        seconds: float,
        use: bool = True,
    ) -> None:
        """Store a network with its verdict, beside those there are; ``use``: as the result."""
        run = self.run
        before = None
        if run.has("recovered") and builds.in_use(run) is None:
            before = results.of(run).certificate
        about = builds.describe(
            self.key,
            self.how,
            self.setting,
            self.cuts,
            result,
            certificate,
            seconds,
            self.base,
        )
        builds.keep(run, about, result, before)
        run.mark_made(self.key, made_with(run.settings().device, run.settings().seed))
        # kept for the pages: of a large network the certificate takes its time
        results.certified(run, self.key, certificate)
        used = builds.in_use(run)
        if use or (used is not None and used.key == self.key):
            builds.use(run, self.key)


def keeping(run: Run, asker: Asker | None, marks: Checkpoints, cut: Cut | None = None) -> Done:
    """Where the chain's parts go, each of them once: not again where a process that is gone did it.

    asker : who asked the questions, where more than the settings say may have been asked
    cut : the one that is built from, where it is there already
    """
    began, attempts, left_alone = time.monotonic(), 0, False

    def done(part: Part) -> None:
        nonlocal began, attempts, cut, left_alone
        if isinstance(part, ProbeSet):
            # of another attempt: whoever cut these students' tree meanwhile is not disturbed
            left_alone = attempts > 0 and _hands_on(run, marks)
        if left_alone:
            return
        if isinstance(part, ProbeSet):
            if attempts:
                _once(marks, "another", lambda: versions.keep(run, BEFORE_ANOTHER))
            if asker is not None:
                run.keep_asked(asker, asked(part))
        elif isinstance(part, StudentEnsemble):
            _once(marks, "students", lambda: _students(run, part, attempts))
        elif isinstance(part, LayerView):
            cut = part.cut
            _once(marks, "cut", lambda: run.save_cut(part.cut))
            if not attempts:
                began = time.monotonic()
        elif isinstance(part, Built):
            attempts += 1
            now, seconds = run.cut() if cut is None else cut, time.monotonic() - began
            _once(marks, "network", lambda: _network(run, part, now, seconds))

    return done


def _students(run: Run, part: StudentEnsemble, attempts: int) -> None:
    if not attempts:
        versions.keep(run, BEFORE_A_CANDIDATE, students=True)
    run.save_ensemble(part)
    run.mark_found(of_students(part))
    run.mark_retried(attempts > 0)


def _network(run: Run, part: Built, cut: Cut, seconds: float) -> None:
    Building(run, (cut,)).keep(part.reconstruction, part.certificate, seconds)
    run.mark_judged(part.certificate.status, part.reconstruction)


def _once(marks: Checkpoints, name: str, act: Callable[[], None]) -> None:
    """Do it, unless it was done in a process that is gone."""

    def nothing() -> Plain:
        act()
        return {}

    marks.once(name, nothing)


def _hands_on(run: Run, marks: Checkpoints) -> bool:
    """As it was when it was asked first: what follows stores other students."""
    kept = marks.once("hands on", lambda: {"hands": np.array(hands_on(run))})
    return bool(kept["hands"])


def of_students(ensemble: StudentEnsemble) -> Candidate:
    """Activation and depth of these students."""
    return Candidate(ensemble.shape.activation, len(ensemble.shape.sizes) - 2)


def why_no_others(run: Run) -> str | None:
    """Why other students, which could help a result that is not verified, were not trained."""
    if Cure.WIDER not in results.of(run).certificate.cures:
        return None
    if hands_on(run):
        return KEPT
    if run.settings().width is not None:
        return (
            "Not verified. Wider students could help; where the width was told they are not "
            "trained by themselves."
        )
    return None


def next_candidate(run: Run) -> Candidate | None:
    """Who comes after one whose network was not verified, as ``ec.recover`` would go on; None where
    nobody does.
    """
    race = run.race()
    if race is None or not run.has("recovered") or run.field.only is not None:
        return None
    status, built = results.of(run).certificate.status, run.reconstruction()
    slope = [] if built.own_slope else with_slope(run.candidate, built)
    for candidate in (*slope, *race.ahead):
        standing = race.of(candidate)
        tried = candidate == run.found or (standing is not None and standing.verdict)
        if not tried and worth_another(status, run.layers, candidate):
            return candidate
    return None


def hands_on(run: Run) -> bool:
    """Has a person chosen among these students or on their trees, so that others may not follow?"""
    layers = range(run.layers)
    return (
        run.best_students is not None
        or (run.has("cut") and run.settings().chose(run.cut()))
        or any(run.named_cuts(layer) for layer in layers)
        or any(len(run.bench(layer).get("steps", ())) > 1 for layer in layers[1:])
        or any(build.how == builds.EXACT for build in builds.all_of(run).values())
    )
