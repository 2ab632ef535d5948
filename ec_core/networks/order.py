"""Which layer comes after which, by the numbers in their names, by words, or by their shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ec_core.errors import InputError

_LATEST_START = 1
"""A Sequential may begin with a Flatten; where more is missing, a layer is."""

_FIRST = re.compile(r"^(in|inp|input|inputs|first|embed|stem|entry|visible)", re.I)
_LAST = re.compile(
    r"^(out|output|outputs|last|final|head|heads|classifier|logits?|pred|predict|readout|score)",
    re.I,
)
"""Words that say where a layer stands, where numbers do not."""

_TRIED = 20_000
"""So many beginnings of orders are tried; a network has a handful of layers."""


def natural(stem: str) -> tuple[object, ...]:
    """A key that sorts numbers in names by their size: fc2 before fc10."""
    parts = re.split(r"(\d+)", stem)
    return tuple((1, int(part)) if i % 2 else (0, part) for i, part in enumerate(parts))


@dataclass(frozen=True)
class Numbering:
    """Names that differ in one number.

    positions : the number is the last part of the name, as in a torch ``nn.Sequential``
    bare : there is nothing else in the name; layers : the name says ``layers.N``
    """

    numbers: tuple[int, ...]
    positions: bool
    bare: bool
    layers: bool

    @property
    def consecutive(self) -> bool:
        """One after another; a list of layers, whose activations stand elsewhere."""
        start = self.numbers[0]
        latest = 0 if self.positions else _LATEST_START
        whole = self.numbers == tuple(range(start, start + len(self.numbers)))
        return whole and start <= latest and not self.bare


def numbering(stems: Sequence[str]) -> Numbering | None:
    """The numbers of some names, None where the names differ in something else.

    >>> numbering(["net.0", "net.2"]).positions, numbering(["fc1", "fc2"]).positions
    (True, False)
    """
    parts = [re.split(r"(\d+)", stem) for stem in stems]
    if len({len(part) for part in parts}) != 1:
        return None
    differ = [i for i, column in enumerate(zip(*parts, strict=True)) if len(set(column)) > 1]
    if len(stems) == 1:
        differ = list(range(1, len(parts[0]), 2))[-1:]
    if len(differ) != 1 or differ[0] % 2 == 0:
        return None
    at, first = differ[0], parts[0]
    before, after = "".join(first[:at]), "".join(first[at + 1 :])
    positions = not after and (not before or before.endswith("."))
    layers = positions and before.split(".")[-2:-1] == ["layers"]
    return Numbering(
        tuple(int(part[at]) for part in parts), positions, positions and not before, layers
    )


def refuse_gaps(
    found: Numbering,
    between: Callable[[int, int], int],
    stems: Sequence[str],
    ours: bool,
    name: str,
) -> None:
    """Numbers (ascending) of layers that cannot be all there is.

    between : how many places two numbers leave for an activation between their layers
    """
    numbers = found.numbers
    listed = ", ".join(map(str, numbers))
    if found.consecutive:
        return
    if found.layers and ours:
        missing = next(i for i, number in enumerate((*numbers, -1)) if i != number)
        raise InputError(
            f"{name} holds the layers {listed}, so layer {missing} is missing; expected 0, 1, 2, "
            "… without gaps."
        )
    if numbers[0] > _LATEST_START:
        raise InputError(
            f"{name} begins with layer {numbers[0]} ({stems[0]}), so layers before it are missing; "
            "load all files of the network together and save them as one."
        )
    at = next((i for i, pair in enumerate(pairwise(numbers)) if between(*pair) < 1), None)
    if found.positions and at is None:
        return
    if found.layers or not found.positions:
        raise InputError(
            f"{name} holds the layers {listed} ({stems[0]}, …); expected 0, 1, 2, … without gaps: "
            "a part of the network is missing."
        )
    assert at is not None
    raise InputError(
        f"{name} holds '{stems[at]}.weight' and '{stems[at + 1]}.weight', two Linear layers of a "
        "Sequential without an activation between them; multiply them into one layer, or, where "
        "an activation does stand between them, name the layers layers.0, layers.1, …."
    )


def _rank(stem: str) -> int:
    """Where the words of a name say that its layer stands: first, between, last."""
    words = [word for word in re.split(r"[./_]", stem) if word]
    if any(_FIRST.match(word) for word in words[-2:]):
        return 0
    return 2 if any(_LAST.match(word) for word in words[-2:]) else 1


def _orders(follows: Callable[[int, int], bool], count: int) -> list[tuple[int, ...]]:
    """At most two orders in which every layer fits the one before it; none where it would take
    too long to know that there is no other.
    """
    found: list[tuple[int, ...]] = []
    tried = 0

    def go(order: tuple[int, ...]) -> None:
        nonlocal tried
        tried += 1
        if len(found) > 1 or tried > _TRIED:
            return
        if len(order) == count:
            found.append(order)
            return
        for nxt in range(count):
            if nxt not in order and (not order or follows(order[-1], nxt)):
                go((*order, nxt))

    go(())
    return [] if tried > _TRIED and len(found) == 1 else found


def by_words(
    stems: Sequence[str], follows: Callable[[int, int], bool], kept: bool, name: str
) -> tuple[int, ...]:
    """The order of layers whose names are not numbers of one kind.

    follows : does a layer's shape fit after another's? kept : the order given is the file's own,
        in which the model was built
    Raises InputError where nothing tells the order.
    """
    count = len(stems)
    natural_order = tuple(sorted(range(count), key=lambda i: (_rank(stems[i]), natural(stems[i]))))
    fitting = _orders(follows, count)
    if len(fitting) == 1:
        first, last = (_rank(stems[fitting[0][end]]) for end in (0, -1))
        if first > 1 > last:  # kernels without biases fit backwards
            raise InputError(
                f"{name} holds the layers {', '.join(stems[i] for i in fitting[0])}, whose shapes "
                "fit in this order only and whose names say another; name them layers.0, "
                "layers.1, … in the order in which they act."
            )
        return fitting[0]

    def fits(order: Sequence[int]) -> bool:
        return all(follows(a, b) for a, b in pairwise(order))

    if kept and fits(range(count)):
        return tuple(range(count))
    middle = [stems[i] for i in natural_order if _rank(stems[i]) == 1]
    told = all(sum(_rank(stem) == rank for stem in stems) <= 1 for rank in (0, 2)) and (
        len(middle) < 2 or numbering(middle) is not None
    )
    if fits(natural_order) and told:
        return natural_order
    listed = ", ".join(sorted(stems))
    if not fitting:
        raise InputError(
            f"{name} holds the layers {listed}, whose shapes do not fit after one another in any "
            "order; expected the layers of one chain, and nothing else."
        )
    raise InputError(
        f"{name} holds the layers {listed}, whose names do not tell their order and whose shapes "
        "fit in several; rename them to layers.0, layers.1, … in the order in which they act."
    )
