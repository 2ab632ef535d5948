"""The network of the clusters that a person kept: nothing added, nothing taken away.

Beside ``reconstruct``, where pruning decides, this is the other way of building: the hand decides,
in every hidden layer, and the certificate says what came of it. One neuron per kept cluster, layer
by layer from the inputs: what a later layer's vectors read are the neurons of the students they
were found in, so each is fitted to the same sums on the layer as it was chosen. The output layer is
solved, everything is refined at that size, and signs are resolved as far as they can be.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.devices import resolve_device
from ec_core.errors import InputError
from ec_core.events import Event, LayerStep, Note, RefineProgress, SignsFound
from ec_core.expand.learning import make_problem
from ec_core.expand.noise import error_of
from ec_core.expand.regimes import regime_of
from ec_core.expand.students import StudentEnsemble
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import features, hidden_outputs
from ec_core.networks.parameters import pack, to_network
from ec_core.probing.probes import ROUNDING_FLOOR, ProbeSet
from ec_core.reconstruct.collapse import collapse
from ec_core.reconstruct.grow import ground
from ec_core.reconstruct.prune import STAGE, Pruned, approach
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.reconstruct.refit import Fitted, fitting, refit
from ec_core.reconstruct.sign_trials import try_signs
from ec_core.reconstruct.significance import IMPRECISE, at_errors, variance_of
from ec_core.reconstruct.unflip import resolve_signs, together

_ITERATIONS = 150
"""Far from the floor, where a neuron is missing, it takes more of them than at the exact size;
fits that are stuck end sooner."""

_ROWS = 4000
"""Questions on which a later layer's sums are fitted, spread over all of them."""

_RCOND = 1e-12
"""Directions of the features below this share are rounding."""


def checked(layers: Sequence[LayerView | None], depth: int) -> tuple[LayerView, ...]:
    """The views of all ``depth`` hidden layers, if a network can be built from them.

    Raises InputError, one sentence, for the first layer that was not compared or keeps no cluster.
    """
    views = []
    for layer in range(depth):
        view = layers[layer] if layer < len(layers) else None
        name = f"Layer {layer + 1}" if depth > 1 else "The hidden layer"
        if view is None:
            raise InputError(
                f"{name} has not been compared yet, so no clusters of it can be kept; build the "
                "network once, where pruning decides, then it can be cut by hand."
            )
        if not view.clusters.kept:
            raise InputError(
                f"{name} has no kept cluster, so there is nothing to build it from; keep at least "
                "one, or cut elsewhere."
            )
        if layer and len(view.below) != layer:
            raise InputError(
                f"{name} was compared by an earlier version of this program, which did not keep "
                "what its neurons read; build the network once more, then exactly."
            )
        views.append(view)
    return tuple(views)


def build_exactly(
    ensemble: StudentEnsemble,
    layers: Sequence[LayerView | None],
    probes: ProbeSet,
    device: str,
    control: Control,
) -> Generator[Event, None, Reconstruction]:
    """One neuron per kept cluster of every hidden layer, refined; yields events, returns it.

    ensemble : the students of the first layer's view
    layers : how each hidden layer was seen, with the clusters to build from (``LayerView``); those
        of later layers come from an earlier ``reconstruct``

    The network has exactly as many neurons as clusters are kept, whatever its loss: whether it is
    the teacher is the certificate's to say. Raises InputError where a layer cannot be built.
    """
    shape = ensemble.shape
    depth = len(shape.sizes) - 2
    views = checked(layers, depth)
    sizes = tuple(len(view.clusters.kept) for view in views)
    told = f"Built from the clusters kept, {_in_words(sizes)}: nothing added, nothing taken away."
    yield Note(STAGE, told)
    full = make_problem(probes, shape.activation, sizes, resolve_device(device))
    probes = probes.measured(error_of(ensemble, probes))
    thin = regime_of(shape).pruning.thin and probes.floor <= ROUNDING_FLOOR
    problem = full.thinned() if thin else full
    composed = _Composing(replace(full, x=full.x.cpu(), y=full.y.cpu()), ())
    for layer, view in enumerate(views):
        if depth > 1:
            neurons = _in_words(sizes[layer : layer + 1])
            yield LayerStep(STAGE, layer + 1, depth, "freeze", f"Layer {layer + 1}: {neurons}.")
        rows = composed.fitted(view) if layer else collapse(ensemble, view.cloud, view.clusters)
        composed = replace(composed, blocks=(*composed.blocks, rows))
    if depth > 1:
        yield LayerStep(STAGE, depth, depth, "refine", "Fitting the whole network.")
    start = composed.theta().to(problem.x.device)
    fitted = approach(problem, start, probes.floor, control)
    plain, theta, signs = _without_skip(problem, fitted.theta, start, probes.floor, control)
    if signs is not None:
        yield signs
    history = []
    for step in fitting(plain, theta, _ITERATIONS, 0.0, control):
        theta = step.theta
        history.append(float(step.loss[0]))
        yield RefineProgress(STAGE, step.iterations, history[-1], sum(sizes))
    standard = to_network(plain.shape, theta)
    network = probes.to_original(standard)
    # in the students' coordinates: a file's own may cost digits, which is not the network's fault
    held = standard(probes.standard_inputs(probes.x_heldout)) - probes.standard_answers(
        probes.y_heldout
    )
    loss = float(np.mean((standard(probes.inputs) - probes.answers) ** 2))
    built = Pruned(replace(plain, x=full.x, y=full.y), theta, loss)
    noisy = loss > IMPRECISE * probes.rounding and at_errors(built, probes, ensemble.seed, control)
    return Reconstruction(
        network=network,
        standard=standard,
        loss=loss,
        heldout_loss=float(np.mean(held**2)),
        steps=(),
        signs=signs,
        from_clusters=sizes[0],
        started=sum(sizes),
        pruned=0,
        exact=noisy or loss <= probes.floor,
        notes=(told,),
        history=np.array(history),
        removed=(0,) * depth,
        layers=views if depth > 1 else (),
        error=probes.measured(variance_of(built)).error if noisy else None,
    )


def _in_words(sizes: Sequence[int]) -> str:
    """Sizes as a person says them.

    >>> _in_words((1,)), _in_words((4, 3))
    ('1 neuron', '4 and 3 neurons')
    """
    counts = " and ".join(map(str, sizes))
    return f"{counts} neuron" if list(sizes) == [1] else f"{counts} neurons"


@dataclass(frozen=True)
class _Composing:
    """A network on its way up: ``blocks`` are rows (H, F) of the layers that stand.

    problem : the whole one, on the CPU
    """

    problem: Problem
    blocks: tuple[Tensor, ...]

    def fitted(self, view: LayerView) -> Tensor:
        """Rows (C, F) for the next layer: of each kept cluster the best member's.

        That member read its own student's neurons below; on those that stand here its sums are
        met as nearly as least squares can.
        """
        x, shape = self._spread(self.problem.x), self.problem.shape
        best = [cluster.best for cluster in view.clusters.kept]
        vectors = torch.from_numpy(view.cloud.original(best))
        reads = _outputs(shape, self.blocks, x)
        sums = torch.stack(
            [
                _sums(self.problem, view, int(student), vector, x)
                for student, vector in zip(view.cloud.student[best], vectors, strict=True)
            ],
            dim=1,
        )
        return _solved(reads, sums)

    def theta(self) -> Tensor:
        """(1, P): the layers that stand, and the output layer solved."""
        reads = _outputs(self.problem.shape, self.blocks, self.problem.x)
        last = _solved(reads, self.problem.y)
        return pack([block[None] for block in (*self.blocks, last)])

    @staticmethod
    def _spread(x: Tensor) -> Tensor:
        if len(x) <= _ROWS:
            return x
        return x[torch.linspace(0, len(x) - 1, _ROWS, device=x.device).long()]


def _sums(problem: Problem, view: LayerView, student: int, vector: Tensor, x: Tensor) -> Tensor:
    """(N,) what a vector (F,), bias last, of a student's layer makes of inputs x."""
    below = tuple(torch.from_numpy(block[student]) for block in view.below)
    width = below[-1].shape[0]
    if view.standardised:
        base = ground(problem, below)
        row = base.outside(vector[None])[0]
    else:
        row = torch.cat([vector[:width], vector[-1:], vector[width:-1]])
    return _outputs(problem.shape, below, x) @ row


def _outputs(shape: Architecture, blocks: Sequence[Tensor], x: Tensor) -> Tensor:
    """phi (N, F): what the layer above these reads."""
    return features(shape, hidden_outputs(shape, blocks, x))


def _solved(phi: Tensor, target: Tensor) -> Tensor:
    """Rows (C, F) that make target (N, C) of phi (N, F), the shortest of the best."""
    # a QR first: the decomposition then works on a small square matrix
    q, r = torch.linalg.qr(phi)
    solution: Tensor = torch.linalg.lstsq(r, q.T @ target, rcond=_RCOND, driver="gelsd").solution
    return solution.T.contiguous()


def _without_skip(
    problem: Problem, theta: Tensor, start: Tensor, floor: float, control: Control
) -> tuple[Problem, Tensor, SignsFound | None]:
    """The problem without skip paths, theta (1, P) for it, and what the search for signs said.

    Where no signs explain the leftover maps, what fits best without them: nothing may be added.
    start : the network before it was refined
    """
    shape = problem.shape
    if not shape.skip:
        return problem, theta, None
    flat, searched = resolve_signs(shape, theta.cpu())
    signs = together(searched)
    plain = replace(problem, shape=Architecture(shape.sizes, shape.activation))
    if signs is None or not signs.explained:
        tried = try_signs(problem, theta, searched, floor, control)
        candidates = [flat, resolve_signs(shape, start.cpu())[0]]
        if tried is not None:
            candidates.append(tried[0].cpu())
            signs = tried[1]
        ends: list[Fitted] = [
            refit(plain, each.to(theta.device), _ITERATIONS, floor, control, floor)
            for each in candidates
        ]
        flat = min(ends, key=lambda end: float(end.loss[0])).theta
    report = None
    if signs is not None:
        flipped = tuple(int(j) for j in np.flatnonzero(signs.flipped))
        report = SignsFound(STAGE, flipped, signs.residual, signs.runner_up, signs.unique)
    return plain, flat.to(theta.device), report
