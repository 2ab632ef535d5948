"""The stages composed once: train, look, build. App, command line, ``ec.recover``, the benchmark
and downloaded scripts all run what is here.

Stages report; this file decides what comes next: where a run is not verified and more could help,
students twice as wide, or from other starts, are trained and everything is done again.

A part is handed to ``done`` as soon as it is there, so that whoever composes can keep it: the
ProbeSet, the StudentEnsemble, the LayerView, and what was Built. Parts of another attempt are
handed on, in the same order, once that attempt as a whole has turned out better. So what was
handed on last always belongs together, and is the best so far.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from ec_core.cluster.cloud import WeightCloud
from ec_core.cluster.cut import Clusters, Cut
from ec_core.cluster.dendrogram import Dendrogram
from ec_core.cluster.layer import LayerView, view_layer
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.events import Event, Note, WidthTried, relay
from ec_core.expand.enough import enough, questions_for
from ec_core.expand.estimate import verdict_seconds
from ec_core.expand.regimes import regime_of
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.expand.width import WidthFound
from ec_core.leastsquares.memory import fits_densely
from ec_core.networks.architecture import Architecture
from ec_core.networks.network import Network
from ec_core.probing.asking import Asker, asking_facts
from ec_core.probing.linear import refuse_linear
from ec_core.probing.probes import ROUNDING_FLOOR, ProbeSet
from ec_core.reconstruct.reconstruct import ReconstructConfig, Reconstruction, reconstruct
from ec_core.report import make_report
from ec_core.verify.certificate import STATUSES, Certificate, certify
from ec_core.verify.cures import Cure
from ec_core.verify.parsimony import LARGEST

__all__ = [
    "Begun",
    "Built",
    "Done",
    "Part",
    "RecoverConfig",
    "Recovery",
    "Source",
    "attempt",
    "build",
    "look",
    "run",
    "train",
]

STAGE = "chain"

WIDENINGS = 3
"""How often students are made twice as wide, or start elsewhere, when a run is not verified."""
AT_A_TOLD_WIDTH = 1
"""How often students of a width that was told start elsewhere. Of the 150 problems 2-8-1 seed 8
needs it: students stayed at 4e-12, and from each of three other starts the network was exact."""
WORTH_BEGINNING = 0.1
"""Share of the time taken so far that must be left in a budget for another attempt."""

Source = ProbeSet | Asker
"""Answers that were given, or what can be asked for as many as it takes."""


@dataclass(frozen=True)
class Built:
    """The network, and the verdict on it."""

    reconstruction: Reconstruction
    certificate: Certificate


Part = ProbeSet | StudentEnsemble | LayerView | Built
Done = Callable[[Part], None]
"""Called in the thread that works, with each part as it is done."""


@dataclass(frozen=True)
class Begun:
    """What is there already, to go on from: students, and how their first layer was looked at.

    chosen : a person chose the cut; it is built from as it is, and no other students are trained
    """

    probes: ProbeSet
    ensemble: StudentEnsemble
    seen: LayerView | None = None
    chosen: bool = False


@dataclass(frozen=True)
class Recovery:
    """What a run ends with: the network in the teacher's coordinates, the report (plain data, the
    fields of the contract) and everything a person may want to look at.

    ensemble : the students; seen : how their first layer was looked at; reconstruction : how the
    network was built from it; certificate : the verdict; probes : the questions and answers
    """

    network: Network
    report: dict[str, object]
    ensemble: StudentEnsemble
    seen: LayerView
    reconstruction: Reconstruction
    certificate: Certificate
    probes: ProbeSet

    @property
    def cloud(self) -> WeightCloud:
        """The pooled weight vectors of the students' first hidden layer."""
        return self.seen.cloud

    @property
    def tree(self) -> Dendrogram:
        """The tree of these vectors."""
        return self.seen.tree

    @property
    def cut(self) -> Cut:
        """Where it was cut."""
        return self.seen.cut

    @property
    def clusters(self) -> Clusters:
        """The clusters at that cut."""
        return self.seen.clusters


def unheeded(part: Part) -> None:
    """Where nobody keeps parts."""


def train(
    source: Source,
    config: RecoverConfig,
    control: Control,
    more: StudentEnsemble | None = None,
    done: Done = unheeded,
) -> Generator[Event, None, tuple[ProbeSet, StudentEnsemble]]:
    """The first stage: ask, and train students; returns the answers and the students.

    more : let these go on where they stood; nothing is asked then
    """
    told = config.expand_config()
    search: WidthFound | None = None
    if isinstance(source, Asker):
        if more is None:
            asking = enough(source, source.first, config.activation, told, control)
            probes, search = yield from asking
        else:
            probes = source(source.first)
    else:
        probes = source
    probes = probes.told(config.precision)
    refuse_linear(probes)
    done(probes)
    _keep_time(control, probes, config, told.hidden(config.width or 2))

    def looked_at(event: Event) -> Event:
        # the search for the width tells how large a network will be judged
        if isinstance(event, WidthTried):
            _keep_time(control, probes, config, event.hidden)
        return event

    training = expand(probes, config.activation, told, control, more, search)
    ensemble = yield from relay(training, looked_at)
    done(ensemble)
    return probes, ensemble


def look(ensemble: StudentEnsemble, config: RecoverConfig, done: Done = unheeded) -> LayerView:
    """The second stage: the first hidden layer of all students, cut automatically."""
    view = view_layer(ensemble, 0, config.gamma, config.beta)
    done(view)
    return view


def build(
    begun: Begun, config: RecoverConfig, control: Control, done: Done = unheeded
) -> Generator[Event, None, Built]:
    """The last stage: the network of students that were looked at, and the verdict on it."""
    _keep_time(control, begun.probes, config, begun.ensemble.shape.sizes[1:-1])
    how = ReconstructConfig(device=config.device, chosen=begun.chosen)
    reconstruction = yield from reconstruct(begun.ensemble, begun.seen, begun.probes, how, control)
    built = Built(reconstruction, certify(reconstruction, begun.probes, control.marks))
    control.reserve(0.0)
    done(built)
    return built


def attempt(
    source: Source,
    config: RecoverConfig,
    control: Control,
    begun: Begun | None = None,
    done: Done = unheeded,
) -> Generator[Event, None, Recovery]:
    """One pass through the stages, or through those that are left to do."""
    began = time.monotonic()
    if begun is None:
        probes, ensemble = yield from train(source, config, control, done=done)
        begun = Begun(probes, ensemble)
    probes, ensemble, view = begun.probes, begun.ensemble, begun.seen
    if view is None:
        view = look(ensemble, config, done)
    yield Note("cluster", f"{len(view.clusters.kept)} clusters are shared by enough students.")
    built = yield from build(replace(begun, seen=view), config, control, done)
    reconstruction, certificate = built.reconstruction, built.certificate
    seconds = time.monotonic() - began
    report = make_report(
        probes, ensemble, view.clusters, reconstruction, certificate, seconds, config.device
    )
    return Recovery(
        reconstruction.network, report, ensemble, view, reconstruction, certificate, probes
    )


def run(
    source: Source,
    config: RecoverConfig,
    control: Control,
    begun: Begun | None = None,
    done: Done = unheeded,
) -> Generator[Event, None, Recovery]:
    """Recover a network from answers alone; yields events, returns the Recovery.

    source : the answers, or an Asker, which is asked as many questions as the students need
    begun : students that are there already; done : called with every part, see above

    Where the result is not verified for a reason that wider students could cure, students twice as
    wide are tried, up to ``WIDENINGS`` times and while they fit and help; the best is returned.
    Students of some regimes start elsewhere instead, and so do those whose width was told, once,
    unless no restarts were allowed. A cut that a person chose is never given up for other students;
    then a note says what could be tried.

    >>> from ec_core.events import drain
    >>> from ec_core.probing.asking import probe
    >>> import numpy as np
    >>> probes = probe(lambda x: np.tanh(x @ [[1.0], [2.0]]), count=200, inputs=2)
    >>> config, parts = RecoverConfig("tanh", students=3, width=2), []
    >>> recovery = drain(run(probes, config, Control(), done=parts.append))
    >>> [type(part).__name__ for part in parts], recovery.certificate.verified
    (['ProbeSet', 'StudentEnsemble', 'LayerView', 'Built'], True)
    """
    began = time.monotonic()
    best = yield from attempt(source, config, control, begun, done=done)
    chosen = begun is not None and begun.chosen
    wider: tuple[int, ...] = ()
    for trial in range(1, other_attempts(config) + 1):
        if Cure.WIDER not in best.certificate.cures or control.over:
            break
        if not best.reconstruction.own_slope:
            break  # another activation, which wider students do not cure
        if chosen:
            yield Note(STAGE, KEPT)
            break
        if not control.room_for(WORTH_BEGINNING * (time.monotonic() - began)):
            break
        width = best.ensemble.shape.sizes[1:-1]
        if config.width is not None or regime_of(best.ensemble.shape).retry == "elsewhere":
            yield Note(STAGE, "Not verified yet; trying students from other starts.")
            changed = replace(config, width=width, expansion=1.0, seed=config.seed + trial)
        else:
            width = tuple(2 * size for size in width)
            shape = best.ensemble.shape.with_hidden(*width)
            # wider students did no better, and the same once more would end the same
            if width == wider or not _could_learn(source, best.probes, shape):
                break
            wider = width
            hidden = "-".join(map(str, width))
            yield Note(STAGE, f"Not verified yet; trying students with {hidden} hidden neurons.")
            changed = replace(config, width=width, expansion=1.0)
        parts: list[Part] = []
        again = yield from attempt(source, changed, control, done=parts.append)
        better = max(best, again, key=worth)
        if better is again and again is not best:
            for part in parts:
                done(part)
        best = better
    facts = asking_facts(source)
    report = {**best.report, **facts, "seconds": time.monotonic() - began}
    return replace(best, report=report)


def other_attempts(config: RecoverConfig) -> int:
    """How many attempts may follow the first one.

    >>> [other_attempts(RecoverConfig("tanh", width=w, restarts=r)) for w, r in ((None, 0), (8, 0))]
    [3, 0]
    """
    if config.width is None:
        return WIDENINGS
    return 0 if config.restarts == 0 else AT_A_TOLD_WIDTH


KEPT = (
    "Not verified. Wider students, or students from other starts, could help; they were not "
    "trained, since the cut was chosen by a person and says something of these students only."
)


def _keep_time(
    control: Control, probes: ProbeSet, config: RecoverConfig, hidden: tuple[int, ...]
) -> None:
    """Keep time for the verdict, on a network half as wide as its students."""
    sizes = (probes.inputs.shape[1], *(-(-size // 2) for size in hidden), probes.y.shape[1])
    shape = Architecture(sizes, config.activation)
    refits = shape.parameter_count <= LARGEST or probes.precision > ROUNDING_FLOOR
    control.reserve(verdict_seconds(shape, len(probes.x), refits))


def worth(recovery: Recovery) -> tuple[int, float]:
    """An honest estimate is worth more than what fits a little better and is no answer."""
    return -STATUSES.index(recovery.certificate.status), -recovery.reconstruction.loss


def _could_learn(source: Source, probes: ProbeSet, shape: Architecture) -> bool:
    """Do students of this shape fit into memory, and are there answers enough for them?"""
    if not fits_densely(shape, resolve_device("cpu")):
        return False
    if isinstance(source, Asker):
        probes = source(questions_for(shape))
    return shape.parameter_count <= probes.answers.size
