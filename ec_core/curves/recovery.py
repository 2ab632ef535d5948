"""What a search for curves found, as a recovery like any other, with what is said of its curves."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ec_core import chain
from ec_core.chain import Built, Done, Recovery, Source
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.curves.names import Named, nearest
from ec_core.curves.refine import Level
from ec_core.curves.search import Learnt, search
from ec_core.curves.verdict import LIMIT, Found, Judged, judge
from ec_core.errors import InputError
from ec_core.events import Event, Note
from ec_core.networks.network import Network
from ec_core.networks.spline import Spline
from ec_core.probing.asking import asking_facts
from ec_core.probing.linear import refuse_linear
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.reconstruct import Learning, Reconstruction
from ec_core.report import make_report
from ec_core.verify.certificate import Certificate, certify

STAGE = "curves"

PRECISE = LIMIT**2
"""Mean squared error of answers up to which a curve can be read off them."""

BESIDE = 3
"""Students of a named activation that are trained beside, for who wants to look at a cloud."""


def reconstruction_of(learnt: Learnt) -> Reconstruction:
    """How the network came about."""
    network, certificate = learnt.network, learnt.judged.certificate
    removed = tuple(a - b for a, b in zip(learnt.begun, network.sizes[1:-1], strict=True))
    return Reconstruction(
        network=learnt.probes.to_original(network),
        standard=network,
        loss=learnt.found.loss,
        heldout_loss=certificate.heldout_loss,
        steps=learnt.steps,
        signs=None,
        from_clusters=0,
        started=sum(learnt.begun),
        pruned=sum(removed),
        exact=certificate.verified,
        notes=sentences(learnt),
        history=np.array(learnt.history),
        removed=removed,
        learning=Learning(
            learnt.found.rows,
            tuple(level.knots for level in learnt.found.levels),
            tuple(level.loss for level in learnt.found.levels),
            learnt.found.less,
        ),
    )


def certificate_of(reconstruction: Reconstruction, probes: ProbeSet) -> Certificate:
    """The verdict on any network, one with learnt curves or not, from what is kept of it."""
    judged = _judged(reconstruction, probes)
    return certify(reconstruction, probes) if judged is None else judged.certificate


def facts_kept(reconstruction: Reconstruction, probes: ProbeSet) -> dict[str, Any]:
    """The part of the report that only a learnt activation has, from what is kept of it; empty for
    an activation that was not learnt.
    """
    judged = _judged(reconstruction, probes)
    if judged is None:
        return {}
    network = reconstruction.standard
    return facts_of(network, judged, tuple(nearest(curve) for curve in network.curves))


def _judged(reconstruction: Reconstruction, probes: ProbeSet) -> Judged | None:
    learning = reconstruction.learning
    if learning is None:
        return None
    levels = tuple(map(Level, learning.knots, learning.losses))
    found = Found(
        reconstruction.standard, learning.rows, reconstruction.loss, levels, learning.less
    )
    return judge(found, probes)


def sentences(learnt: Learnt) -> tuple[str, ...]:
    """What is said of the curves, for a person."""
    said = []
    layers = len(learnt.network.kinds)
    if not learnt.network.curves:
        names = " and then ".join(map(str, learnt.network.kinds))
        said.append(f"The activation was learnt as a curve, which turned out to be {names}.")
    for i, (curve, near) in enumerate(zip(learnt.network.curves, learnt.nearest, strict=True)):
        where = f" of hidden layer {i + 1}" if layers > 1 else ""
        low, high = curve.range
        error = learnt.judged.told.curves[i]
        said.append(
            f"The activation{where} was learnt as a curve with {len(curve.coefficients)} "
            f"coefficients, known from {low:.2f} to {high:.2f} to {error:.0e} of its spread; "
            f"{near_in_words(near.typical, near.deviation, error, near.words)}."
        )
    if learnt.network.curves:
        said.append(
            f"Of the questions kept for verification {100 * learnt.judged.inside:.0f} % lie where "
            "the curves are known; beyond, the network goes on along straight lines."
        )
    return tuple(said)


WITHIN = 2.0
"""A named function within so many times a curve's error is said to be the curve."""


def near_in_words(typical: float, deviation: float, error: float, words: str) -> str:
    """Which named function is nearest, and whether it is the curve.

    >>> near_in_words(0.1, 0.3, 1e-7, "s(z) = tanh(z)")
    'no named function lies within that, the nearest, s(z) = tanh(z), is 3e-01 away'
    """
    if deviation <= WITHIN * error:
        return f"within that it is a named function, {words}"
    return f"no named function lies within that, the nearest, {words}, is {deviation:.0e} away"


def facts_of(network: Network, judged: Judged, near: tuple[Named, ...]) -> dict[str, Any]:
    """The part of the report that only a learnt activation has.

    curves : of every hidden layer knots, coefficients, range, error (of its spread, at most), and
        ``nearest``, the named function nearest to it with its numbers, ``within`` its error or not;
    curve_error : of answers and curves, at most; curve_share : of the questions kept for
        verification, those at which the curves are known
    """
    curves = []
    for curve, named, error in zip(network.curves, near, judged.told.curves, strict=True):
        beside = {**asdict(named), "within": named.deviation <= WITHIN * error}
        curves.append({**_plain(curve), "error": error, "nearest": beside})
    error_of_all = judged.error if network.curves else None
    return {"curves": curves, "curve_error": error_of_all, "curve_share": judged.inside}


def _plain(curve: Spline) -> dict[str, Any]:
    return {
        "knots": curve.knots.tolist(),
        "coefficients": curve.coefficients.tolist(),
        "range": list(curve.range),
    }


def run(
    source: Source,
    depths: tuple[int, ...],
    config: RecoverConfig,
    control: Control,
    done: Done = chain.unheeded,
) -> Generator[Event, None, Recovery]:
    """Learn the activation with the weights, whatever it is; as ``chain.run``.

    Raises InputError for answers that are one linear map, and where time is over before anything is
    found.
    """
    began = time.monotonic()
    probes = source if isinstance(source, ProbeSet) else source(source.first)
    refuse_linear(probes.told(config.precision))
    learnt = yield from search(source, depths, config.width, config.precision, config.seed, control)
    if learnt is None:
        raise InputError("The time was over before any curve was learnt; allow more seconds.")
    beside = replace(
        config,
        students=BESIDE,
        width=max(learnt.begun),
        hidden_layers=len(learnt.begun),
        iterations=12,
        restarts=0,
    )
    probes = learnt.probes
    yield Note(STAGE, "A few students of a named activation are trained, to look at beside it.")
    _, ensemble = yield from chain.train(probes, beside, control, done=done)
    seen = chain.look(ensemble, beside, done)
    built = built_of(learnt)
    done(built)
    report = make_report(
        probes,
        ensemble,
        seen.clusters,
        built.reconstruction,
        built.certificate,
        time.monotonic() - began,
        config.device,
    )
    facts = {**facts_of(learnt.network, learnt.judged, learnt.nearest), **asking_facts(source)}
    return Recovery(
        built.reconstruction.network,
        {**report, **facts},
        ensemble,
        seen,
        built.reconstruction,
        built.certificate,
        probes,
    )


def built_of(learnt: Learnt) -> Built:
    """The network, and the verdict on it."""
    return Built(reconstruction_of(learnt), learnt.judged.certificate)


def instead_of(
    best: Recovery,
    source: Source,
    depths: tuple[int, ...],
    config: RecoverConfig,
    control: Control,
    done: Done,
) -> Generator[Event, None, tuple[Recovery, Learnt | None]]:
    """Where no listed activation is verified: one that is learnt, if that is; else ``best``."""
    yield Note(STAGE, "No listed activation is verified; now the activation itself is learnt.")
    learnt = yield from search(source, depths, None, config.precision, config.seed, control)
    if learnt is None:
        return best, None
    certificate = learnt.judged.certificate
    if not certificate.verified:
        return best, learnt
    built = built_of(learnt)
    done(learnt.probes)
    done(built)
    report = make_report(
        learnt.probes,
        best.ensemble,
        best.clusters,
        built.reconstruction,
        certificate,
        0.0,
        config.device,
    )
    found = replace(
        best,
        network=built.reconstruction.network,
        report={**report, **facts_of(learnt.network, learnt.judged, learnt.nearest)},
        reconstruction=built.reconstruction,
        certificate=certificate,
        probes=learnt.probes,
    )
    return found, learnt
