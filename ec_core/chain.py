"""The stages composed into one headless run.

Stages report; this file decides what comes next: where a run is not verified and more could help,
students twice as wide, or from other starts, are trained and everything is done again.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from ec_core.cluster.cloud import WeightCloud, pool
from ec_core.cluster.cut import Clusters, Cut, apply_cut, automatic_cut
from ec_core.cluster.dendrogram import Dendrogram, build_tree
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.errors import InputError
from ec_core.events import Event, Note, WidthTried, relay
from ec_core.expand.config import ExpandConfig
from ec_core.expand.enough import asked, enough, questions_for
from ec_core.expand.estimate import verdict_seconds
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.expand.warm_up import helps, large
from ec_core.expand.width import WidthFound
from ec_core.leastsquares.memory import fits_densely
from ec_core.networks.activations import activation as look_up
from ec_core.networks.architecture import Architecture
from ec_core.networks.network import Network
from ec_core.probing.asking import Asker
from ec_core.probing.probes import ROUNDING_FLOOR, ProbeSet
from ec_core.reconstruct.reconstruct import ReconstructConfig, Reconstruction, reconstruct
from ec_core.verify.certificate import STATUSES, Certificate, certify
from ec_core.verify.coordinates import unit_notes
from ec_core.verify.cures import Cure
from ec_core.verify.evidence import evidence
from ec_core.verify.parsimony import LARGEST
from ec_core.verify.support import support

WIDENINGS = 3
"""How often students are made twice as wide, or start elsewhere, when a run is not verified."""
WORTH_BEGINNING = 0.1
"""Share of the time taken so far that must be left in a budget for another attempt."""


SHALLOW, DEEP = (120, 1), (60, 0)
"""Iterations and restarts of a student where nothing else is said. Deep students that are stuck
are helped by what they agree on, layer by layer; their order hardly changes after so many."""


@dataclass(frozen=True)
class RecoverConfig:
    """Everything a run depends on besides the probes; plain data with one schema.

    width, expansion, students, iterations, restarts : see ``ExpandConfig``
    gamma, beta : which clusters count (share of students, degrees)
    precision : root mean square error of the answers, as a share of their spread, where it is
        known; None: read off the answers and what the students leave over
    """

    activation: str
    hidden_layers: int = 1
    students: int = 10
    width: int | tuple[int, ...] | None = None
    expansion: float = 1.0
    iterations: int | None = None
    restarts: int | None = None
    gamma: float = 0.5
    beta: float = 30.0
    seed: int = 0
    device: str = "auto"
    precision: float | None = None

    def __post_init__(self) -> None:
        look_up(self.activation)
        if self.precision is not None and not 0 < self.precision < 1:
            raise InputError(
                f"precision is {self.precision}; expected a share of the answers' spread between "
                "0 and 1, such as 1e-7."
            )
        if not 0 < self.gamma <= 1:
            raise InputError(f"gamma is {self.gamma}; expected a share above 0, at most 1.")
        if not 0 < self.beta <= 180:
            raise InputError(f"beta is {self.beta}; expected degrees above 0, at most 180.")
        self.expand_config()

    def expand_config(self) -> ExpandConfig:
        """The part that the expand stage needs."""
        iterations, restarts = SHALLOW if self.hidden_layers == 1 else DEEP
        return ExpandConfig(
            students=self.students,
            width=self.width,
            expansion=self.expansion,
            iterations=iterations if self.iterations is None else self.iterations,
            restarts=restarts if self.restarts is None else self.restarts,
            seed=self.seed,
            device=self.device,
            hidden_layers=self.hidden_layers,
            precision=self.precision,
        )


@dataclass(frozen=True)
class Recovery:
    """What a run ends with: the network in the teacher's coordinates, the report (plain data, the
    fields of the contract) and everything a person may want to look at.
    """

    network: Network
    report: dict[str, object]
    ensemble: StudentEnsemble
    cloud: WeightCloud
    tree: Dendrogram
    cut: Cut
    clusters: Clusters
    reconstruction: Reconstruction
    certificate: Certificate
    probes: ProbeSet


Source = ProbeSet | Asker
"""Answers that were given, or what can be asked for as many as it takes."""


def attempt(
    source: Source, config: RecoverConfig, control: Control
) -> Generator[Event, None, Recovery]:
    """One pass: ask, expand, cluster, reconstruct, certify."""
    began = time.monotonic()
    found: WidthFound | None = None
    told = config.expand_config()
    if isinstance(source, Asker):
        asking = enough(source, source.first, config.activation, told, control)
        probes, found = yield from asking
    else:
        probes = source
    probes = probes.told(config.precision)
    _keep_time(control, probes, config, told.hidden(config.width or 2))
    training = expand(probes, config.activation, told, control, found=found)
    ensemble = yield from relay(training, lambda event: _looked_at(event, control, probes, config))
    _keep_time(control, probes, config, ensemble.shape.sizes[1:-1])
    cloud = pool(ensemble)
    tree = build_tree(cloud)
    cut = automatic_cut(tree, config.gamma, config.beta)
    clusters = apply_cut(tree, cloud, cut)
    yield Note("cluster", f"{len(clusters.kept)} clusters are shared by enough students.")
    built = yield from reconstruct(
        ensemble, clusters, cloud, probes, ReconstructConfig(device=config.device), control
    )
    certificate = certify(built, probes)
    control.reserve(0.0)
    seconds = time.monotonic() - began
    report = make_report(probes, ensemble, clusters, built, certificate, seconds, config.device)
    return Recovery(
        *(built.network, report, ensemble, cloud, tree, cut, clusters, built, certificate, probes)
    )


def _looked_at(event: Event, control: Control, probes: ProbeSet, config: RecoverConfig) -> Event:
    """An event of the training, which may tell how large a network will be judged."""
    if isinstance(event, WidthTried):
        _keep_time(control, probes, config, event.hidden)
    return event


def _keep_time(
    control: Control, probes: ProbeSet, config: RecoverConfig, hidden: tuple[int, ...]
) -> None:
    """Keep time for the verdict, on a network half as wide as its students."""
    sizes = (probes.inputs.shape[1], *(-(-size // 2) for size in hidden), probes.y.shape[1])
    shape = Architecture(sizes, config.activation)
    refits = shape.parameter_count <= LARGEST or probes.precision > ROUNDING_FLOOR
    control.reserve(verdict_seconds(shape, len(probes.x), refits))


def make_report(
    probes: ProbeSet,
    ensemble: StudentEnsemble,
    clusters: Clusters,
    found: Reconstruction,
    certificate: Certificate,
    seconds: float,
    device: str,
) -> dict[str, object]:
    """The report of the contract, as plain data ready for JSON."""
    return {
        "verified": certificate.verified,
        "status": certificate.status,
        **_precision(found, probes),
        "reasons": list(certificate.reasons),
        "advice": list(certificate.advice),
        "loss": found.loss,
        "heldout_loss": found.heldout_loss,
        "sizes": list(found.network.sizes),
        "activation": found.network.activation,
        "students": {
            "count": ensemble.students,
            "converged": int(ensemble.converged().sum()),
            "width": ensemble.shape.sizes[1],
        },
        "seconds": seconds,
        "device": str(resolve_device(device)),
        "questions": asked(probes),
        "unidentified_inputs": list(probes.unidentified_inputs),
        "layers": _layers(clusters, found),
        "rank": certificate.rank,
        "expected_rank": certificate.expected,
        "condition": certificate.condition,
        "max_error_bar": certificate.max_error_bar,
        "notes": [*found.notes, *unit_notes(found.network, probes, certificate.bars)],
    }


def _precision(found: Reconstruction, probes: ProbeSet) -> dict[str, object]:
    """How exact the answers are, and how that is known.

    precision : root mean square error of an answer, as a share of the answers' spread;
    precision_outputs : the same for every output; precision_evidence : sentences;
    size_confidence : see ``Reconstruction``
    """
    residual = found.standard(probes.inputs) - probes.answers
    left = 1.0 - min(found.standard.parameter_count / residual.size, 0.5)
    seen = probes.measured(found.error)
    return {
        "precision": float(np.sqrt(probes.precision if seen.error is None else seen.error)),
        "precision_outputs": [float(v) for v in np.sqrt(np.mean(residual**2, axis=0) / left)],
        "precision_evidence": list(evidence(found, probes)),
        "size_confidence": found.confidence,
    }


def _layers(clusters: Clusters, found: Reconstruction) -> list[dict[str, object]]:
    """One entry per hidden layer; what was not clustered has no height, clusters and support."""
    entries: list[dict[str, object]] = []
    for layer, removed in enumerate(found.removed):
        if found.layers:
            seen = found.layers[layer].clusters if layer < len(found.layers) else None
        else:
            seen = clusters if layer == 0 else None
        entries.append(
            {
                "gamma": clusters.cut.gamma,
                "beta": clusters.cut.beta,
                "height": None if seen is None else seen.cut.height,
                "clusters": None if seen is None else len(seen.kept),
                "support": None if seen is None or layer else list(support(found.standard, seen)),
                "pruned": removed,
            }
        )
    return entries


def run(
    source: Source, config: RecoverConfig, control: Control
) -> Generator[Event, None, Recovery]:
    """Recover a network from answers alone; yields events, returns the Recovery.

    source : the answers, or an Asker, which is asked as many questions as the students need
    Where the width was left to the engine and the result is not verified for a reason that wider
    students could cure, students twice as wide are tried, up to ``WIDENINGS`` times and while they
    fit and help; the best is returned. Students that are warmed up start elsewhere instead: wider
    ones explain the answers by other neurons.
    """
    began = time.monotonic()
    best = yield from attempt(source, config, control)
    wider: tuple[int, ...] = ()
    for trial in range(1, WIDENINGS + 1):
        if Cure.WIDER not in best.certificate.cures or config.width is not None or control.over:
            break
        if not control.room_for(WORTH_BEGINNING * (time.monotonic() - began)):
            break
        width = best.ensemble.shape.sizes[1:-1]
        if helps(best.ensemble.shape) or large(best.ensemble.shape):
            yield Note("chain", "Not verified yet; trying students from other starts.")
            changed = replace(config, width=width, expansion=1.0, seed=config.seed + trial)
        else:
            width = tuple(2 * size for size in width)
            shape = best.ensemble.shape.with_hidden(*width)
            # wider students did no better, and the same once more would end the same
            if width == wider or not _could_learn(source, best.probes, shape):
                break
            wider = width
            hidden = "-".join(map(str, width))
            yield Note("chain", f"Not verified yet; trying students with {hidden} hidden neurons.")
            changed = replace(config, width=width, expansion=1.0)
        again = yield from attempt(source, changed, control)
        best = max(best, again, key=_worth)
    report = {**best.report, "seconds": time.monotonic() - began}
    return replace(best, report=report)


def _worth(found: Recovery) -> tuple[int, float]:
    """An honest estimate is worth more than what fits a little better and is no answer."""
    return -STATUSES.index(found.certificate.status), -found.reconstruction.loss


def _could_learn(source: Source, probes: ProbeSet, shape: Architecture) -> bool:
    """Do students of this shape fit into memory, and are there answers enough for them?"""
    if not fits_densely(shape, resolve_device("cpu")):
        return False
    if isinstance(source, Asker):
        probes = source(questions_for(shape))
    return shape.parameter_count <= probes.answers.size
