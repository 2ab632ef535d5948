"""From students that are too wide to the fewest neurons that do: remove, refit, look.

With a curve of its own a student explains the answers at any width that is enough, down to what its
knots can tell, and at one neuron less by nothing like it: the loss falls off a cliff of four to six
decades. So neurons are removed as far as the cliff, and the smallest network before it is taken.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ec_core.control import Control
from ec_core.curves.learning import Fitted, Lesson
from ec_core.curves.starts import last_layer, settled
from ec_core.curves.students import layers_of
from ec_core.events import Event, PruneStep
from ec_core.networks.network import Network

STAGE = "reconstruct"

ROUNDS = (15, 15)
"""Iterations after a removal; the knots follow once."""

_TRIED = 3
"""Removals tried at one size, cheapest first, and at least one of every layer."""

CLIFF = 100.0
"""A loss that rises by so much with one neuron less does not come back."""

_AT_ONCE = 10.0
"""One that comes back so near to the loss before needs no other removal tried."""

_LOST = 1e-3
"""A loss beyond which nothing is explained, whatever it was before."""

_EDGES = 2
"""Networks that are refined, at most."""


@dataclass(frozen=True)
class Pruned:
    """A network at the edge of a cliff, and the next smaller one beyond it (None: none is)."""

    fitted: Fitted
    less: Fitted | None


def _without(network: Network, layer: int, neuron: int, h: np.ndarray) -> Network:
    """One neuron less; what its layer's readers sum is made of the others h (N, H) as well as can
    be.
    """
    weights, biases = list(network.weights), list(network.biases)
    sums = h @ weights[layer + 1].T + biases[layer + 1]
    rows = last_layer(np.delete(h, neuron, axis=1), sums, ridge=1e-9)
    weights[layer] = np.delete(weights[layer], neuron, axis=0)
    biases[layer] = np.delete(biases[layer], neuron)
    weights[layer + 1], biases[layer + 1] = rows[:, :-1], rows[:, -1]
    return replace(network, weights=tuple(weights), biases=tuple(biases))


def removals(network: Network, lesson: Lesson) -> list[tuple[float, int, Network]]:
    """Loss at once, layer and network of every removal, cheapest first."""
    found = []
    for i, layer in enumerate(layers_of(network, lesson.x)):
        for neuron in range(layer.z.shape[1]) if layer.z.shape[1] > 1 else ():
            smaller = _without(network, i, neuron, layer.above)
            found.append((lesson.loss(smaller), i, smaller))
    return sorted(found, key=lambda removal: removal[0])


def _worth_trying(network: Network, lesson: Lesson) -> Iterator[Network]:
    order = removals(network, lesson)
    seen: set[int] = set()
    for place, (_, layer, smaller) in enumerate(order):
        if place < _TRIED or layer not in seen:
            seen.add(layer)
            yield smaller


def one_less(
    fitted: Fitted, lesson: Lesson, knots: int, control: Control, enough: float
) -> Fitted | None:
    """The best network with one neuron less that was found; None where none can go.

    enough : a loss that ends the search
    """
    best: Fitted | None = None
    for smaller in _worth_trying(fitted.network, lesson):
        work = settled(Fitted(smaller, np.inf), lesson, ROUNDS, knots, control)
        while True:
            try:
                next(work)
            except StopIteration as end:
                after: Fitted = end.value
                break
        best = after if best is None or after.loss < best.loss else best
        if best.loss <= enough or control.over:
            break
    return best


def prune(
    start: Fitted, lesson: Lesson, knots: int, control: Control
) -> Generator[Event, None, list[Pruned]]:
    """Remove neurons to beyond the cliff; the networks that stand at an edge, smallest first.

    There can be two: of a double step the wider one has single steps. Finer knots decide.
    """
    path = [start]
    while not control.over:
        least = min(fitted.loss for fitted in path)
        less = one_less(path[-1], lesson, knots, control, _AT_ONCE * path[-1].loss)
        if less is None:
            break
        size = sum(path[-1].network.sizes[1:-1])
        accepted = less.loss <= CLIFF * path[-1].loss
        reason = "the loss came back" if accepted else "the loss did not come back"
        yield PruneStep(STAGE, size, size - 1, less.loss, accepted, reason)
        path.append(less)
        if less.loss > max(CLIFF * least, _LOST):
            break
    pairs = [Pruned(*pair) for pair in zip(path, [*path[1:], None], strict=True)]
    edges = [
        pair for pair in pairs if pair.less is None or pair.less.loss > CLIFF * pair.fitted.loss
    ]
    least = min(fitted.loss for fitted in path)
    edges += [
        pair
        for pair in pairs
        if pair.fitted.loss == least and not any(pair is edge for edge in edges)
    ]
    fitting = [pair for pair in edges if pair.fitted.loss <= _LOST]
    return sorted(fitting or edges, key=lambda pair: sum(pair.fitted.network.sizes))[:_EDGES]
