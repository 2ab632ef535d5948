"""One walk through the hidden layers of students, from the first to the last.

What the students agree on becomes the layer of all of them, what is above follows, and now that
all read the same neurons the next layer's vectors compare; and so on (Martinelli et al., ICML
2024). How what is above follows is a way of its own: it is trained again (``retrain``), composed by
least squares (``compose``), or grown anew (``grow``). Which one is said by the students' regime.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ec_core.cluster.layer import LayerView
from ec_core.control import Control
from ec_core.events import Event
from ec_core.expand.students import StudentEnsemble
from ec_core.reconstruct.prune import Pruned

EXACT = 1e-9
"""A student below this loss is on its way to the floor, and pruning takes it there."""

State = TypeVar("State")
"""What a way carries from layer to layer: students, or a network that is being put together."""


@dataclass(frozen=True)
class Risen(Generic[State]):
    """A layer is set: what there is now, how that layer was seen in the end, and those above it
    that could be looked at.
    """

    state: State
    seen: LayerView
    above: tuple[LayerView, ...]


@dataclass(frozen=True)
class Walked:
    """Where a walk led.

    views : how each hidden layer was seen, as far as that went
    students : those that were taken through the layers, None where there are no such
    network : what was put together of the layers, None where nothing was
    loss : of the best there is of these
    """

    views: tuple[LayerView, ...]
    loss: float
    students: StudentEnsemble | None = None
    network: Pruned | None = None

    def deeper(self, other: Walked) -> bool:
        """Were at least as many layers seen as on the other walk?"""
        return len(self.views) >= len(other.views)


class Way(Protocol[State]):
    """How what is above a layer follows once the layer is set.

    passages : how often the walk is made, at most; goal : the loss at which it is not made again
    """

    @property
    def passages(self) -> int:
        """See above."""

    @property
    def goal(self) -> float:
        """See above."""

    def begun(self, state: State, first: LayerView) -> Walked:
        """Where a walk stands before a layer is set."""

    def rise(
        self, state: State, layer_view: LayerView, layer: int, control: Control
    ) -> Generator[Event, None, Risen[State] | None]:
        """Set hidden layer ``layer`` as it was seen, and let what is above follow.

        None where the walk ends below this layer.
        """

    def end(
        self, state: State, views: tuple[LayerView, ...], passage: int, control: Control
    ) -> Generator[Event, None, Walked | None]:
        """What came of a passage; None where nothing did, and the walk is over."""

    def better(self, ended: Walked, best: Walked) -> bool:
        """Is a passage's end to be preferred?"""

    def again(
        self, state: State, ended: Walked, passage: int, control: Control
    ) -> Generator[Event, None, tuple[State, LayerView] | None]:
        """What the next passage begins with; None where another would lead nowhere."""


def walk(
    state: State, first: LayerView, way: Way[State], control: Control
) -> Generator[Event, None, Walked]:
    """Go up through the hidden layers, the first as seen in ``first``.

    As long as the way's goal is not reached this is done again, a few times: every passage leaves
    what is known better than it found it. Returns the best end there was.
    """
    best = way.begun(state, first)
    for passage in range(1, way.passages + 1):
        state, views = yield from _passage(state, first, way, control)
        ended = yield from way.end(state, views, passage, control)
        if ended is None:
            break
        if way.better(ended, best):
            best = ended
        if best.loss <= way.goal or control.over or passage == way.passages:
            break
        following = yield from way.again(state, ended, passage, control)
        if following is None:
            break
        state, first = following
    return best


def _passage(
    state: State, first: LayerView, way: Way[State], control: Control
) -> Generator[Event, None, tuple[State, tuple[LayerView, ...]]]:
    """Once from the first layer to the last, or as far as it goes."""
    views, layer = [first], 0
    while layer < len(views) and views[layer].clusters.kept:
        risen = yield from way.rise(state, views[layer], layer, control)
        if risen is None:
            break
        state, views[layer] = risen.state, risen.seen
        views += risen.above
        layer += 1
    return state, tuple(views)
