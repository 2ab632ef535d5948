"""The cuts of a run, layer by layer: the one in use, those under names, the one that was built
from; and the steps at the workbench that led to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ec_core.cluster import Cut
from ec_core.runs.loading import store
from ec_core.store import StoredRun

_UNNAMED, _BUILT, _NAMED = "", "built", "named: "
"""Names of the cut in use and of the one the network was built from; what a person's own names
begin with in the store."""
_BENCH = "workbench"
"""The part that holds the steps which led to the cut in use."""


def _of_layer(name: str, layer: int) -> str:
    """What belongs to a later hidden layer has its number before the name."""
    return f"layer{layer + 1}-{name}" if layer else name


@dataclass(frozen=True)
class RunCuts:
    """What a run keeps of its trees; ``Run`` is this and all the rest of it."""

    id: str

    @property
    def stored(self) -> StoredRun:
        return store().open(self.id)

    @property
    def is_cut(self) -> bool:
        """Is there a cut in use?"""
        return self.stored.has("cuts") and _UNNAMED in self.stored.cuts()

    def cut(self) -> Cut:
        return self.stored.cuts()[_UNNAMED]

    def named_cuts(self, layer: int = 0) -> dict[str, Cut]:
        """The cuts of a layer that a person kept under a name, in the order of keeping."""
        cuts, mark = self.stored.cuts(), _of_layer(_NAMED, layer)
        return {n.removeprefix(mark): cuts[n] for n in cuts if n.startswith(mark)}

    def bench(self, layer: int = 0) -> dict[str, Any]:
        """The steps of a layer's workbench (plain data), {} at first."""
        part = _of_layer(_BENCH, layer)
        return self.stored.load_json(part) if self.stored.has(part) else {}

    def layer_cut(self, layer: int) -> Cut | None:
        """The cut of a layer, None where it was never cut here; layer 0 has the cut in use."""
        return self.stored.cuts().get(_of_layer(_UNNAMED, layer))

    @property
    def built_cut(self) -> Cut:
        """The cut the network was built from."""
        return self.stored.cuts().get(_BUILT) or self.cut()

    def save_cut(self, cut: Cut) -> None:
        self.stored.save_cut(cut)

    def save_named_cuts(self, cuts: dict[str, Cut], layer: int = 0) -> None:
        """Keep these cuts of a layer under their names, and no others."""
        kept, mark = self.named_cuts(layer), _of_layer(_NAMED, layer)
        for name in kept.keys() - cuts.keys():
            self.stored.forget_cut(mark + name)
        for name, cut in cuts.items():
            if kept.get(name) != cut:
                self.stored.save_cut(cut, mark + name)

    def save_bench(self, facts: dict[str, Any], layer: int = 0) -> None:
        self.stored.save_json(_of_layer(_BENCH, layer), facts)

    def save_layer_cut(self, cut: Cut, layer: int) -> None:
        self.stored.save_cut(cut, _of_layer(_UNNAMED, layer))

    def save_built_cut(self, cut: Cut) -> None:
        """The cut that the network in use was built from."""
        self.stored.save_cut(cut, _BUILT)
