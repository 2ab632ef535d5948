"""What is known about a run's result: the certificate, the match, and the report."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ec_core.curves.recovery import certificate_of, facts_kept
from ec_core.report import make_report
from ec_core.runs import builds, tree_cache, truth
from ec_core.runs.loading import store
from ec_core.runs.once import once
from ec_core.runs.run import Run
from ec_core.store import AUTOMATIC
from ec_core.store.folder import State
from ec_core.verify.certificate import Certificate
from ec_core.verify.match import MatchReport, match


@dataclass(frozen=True)
class Results:
    """Certificate always; match only where the teacher is known."""

    certificate: Certificate
    match: MatchReport | None

    @property
    def weight_error(self) -> float | None:
        return None if self.match is None else self.match.max_weight_error


_MOST = 256
_CERTIFICATES: OrderedDict[tuple[str, str, int], Certificate] = OrderedDict()
"""Of the networks built, by run, key and stamp: of a large network one takes its time."""


def certified(run: Run, key: str, certificate: Certificate | None = None) -> Certificate:
    """The certificate of the network under a key; one that is given is remembered."""
    name = (run.id, key, run.stamp(builds.part(key)))
    if certificate is None:
        certificate = _CERTIFICATES.get(name)
    if certificate is None:
        certificate = certificate_of(builds.load(run, key), run.probes())
    _CERTIFICATES[name] = certificate
    while len(_CERTIFICATES) > _MOST:
        _CERTIFICATES.popitem(last=False)
    return certificate


@lru_cache(maxsize=64)
def _of(
    run_id: str, stamp: int, root: str, used: str | None, locked: bool, brought: int
) -> Results:
    run = Run(run_id)
    probes, result = run.probes(), run.reconstruction()
    teacher = run.source().network
    return Results(
        certificate_of(result, probes) if used is None else certified(run, used),
        truth.compared(run) if teacher is None else match(teacher, result.network, within=probes),
    )


def of(run: Run) -> Results:
    """Computed once per result; the match is made here, the method itself never sees a teacher.

    While the truth is locked away there is no match. Where only answers are known it is with the
    network that somebody brought (``truth``).
    """
    used = builds.in_use(run)
    key = None if used is None else used.key
    stamps = run.stamp("reconstruction"), run.stamp(truth.PART)
    return _of(run.id, stamps[0], str(store().root), key, run.truth_locked, stamps[1])


@lru_cache(maxsize=64)
def _learnt(run_id: str, stamp: int, root: str) -> dict[str, Any]:
    run = Run(run_id)
    return facts_kept(run.reconstruction(), run.probes())


def learnt(run: Run) -> dict[str, Any]:
    """What the report says of an activation that was learnt; empty where it was a named one."""
    return _learnt(run.id, run.stamp("reconstruction"), str(store().root))


def made(run: Run) -> dict[str, Any]:
    """What the network in use was made with, and the script that repeats it.

    Of a run of an earlier version its date and seed are known, and no more.
    """
    used = builds.in_use(run)
    known = run.made_with.get(AUTOMATIC if used is None else used.key)
    if known is None:
        nobody = {"version": "before 0.2.0", "commit": None, "device": "an unknown device"}
        at = run.summary.created if used is None else used.made
        date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        known = {**nobody, "date": date, "threads": None, "seed": run.settings().seed}
    return {**known, "command": f"python repeat-{run.id}.py"}


def report(run: Run) -> dict[str, Any]:
    """The report of the contract (docs/files.md#the-report), as the command line writes it. Made
    once for as long as nothing of the run changes; nobody may change what it holds.
    """
    return dict(_report(run, str(store().root), run.stored.state()))


@once(most=64)
def _report(run: Run, root: str, state: State) -> dict[str, Any]:
    built = run.built_cut
    facts = make_report(
        run.probes(),
        run.ensemble(),
        tree_cache.clusters_of(run, built),
        run.reconstruction(),
        of(run).certificate,
        run.ensemble().seconds + run.build_seconds,
        run.settings().computing,
    )
    facts |= learnt(run)
    used = builds.in_use(run)
    if used is not None:
        facts["built"] = {"how": used.how, "setting": used.setting}
    facts["made"] = made(run)
    race = run.race()
    if race is not None:
        facts["candidates"] = race.told(run.answer)
    report = of(run).match
    return facts if report is None else {**facts, "match": report.as_json()}
