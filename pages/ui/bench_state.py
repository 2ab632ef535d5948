"""What the workbench keeps with the run: the cut in use, every step that led to it, named cuts.

The browser sends what it did on release; this is where that is checked, judged and stored. No
Streamlit in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ec_core.cluster import Cut, Dendrogram, automatic_cut, paper_cut
from ec_core.errors import InputError
from pages.ui.runs import Run

MOST_STEPS = 2000
"""Steps kept on disk; the browser itself forgets none while it is open."""

MOST_NAMES, LONGEST_NAME = 60, 60


@dataclass(frozen=True)
class BenchState:
    """steps, at : the history and where in it we are; serial : the last message taken."""

    steps: tuple[Cut, ...]
    at: int
    serial: str

    @property
    def cut(self) -> Cut:
        return self.steps[self.at]


def plain(cut: Cut) -> dict[str, Any]:
    """A cut as JSON holds it."""
    return {**asdict(cut), "edits": [list(edit) for edit in cut.edits]}


def by_rule(tree: Dendrogram, cut: Cut) -> Cut:
    """The cut with the height that its rule asks for; by hand it stays as it is."""
    if cut.rule == "plateau":
        return replace(cut, height=automatic_cut(tree, cut.gamma, cut.beta).height)
    if cut.rule == "paper":
        return replace(cut, height=paper_cut(tree, cut.gamma, cut.beta).height)
    return cut


def load(
    run: Run, tree: Dendrogram, name: str, layer: int = 0, first: Cut | None = None
) -> BenchState:
    """The stored state; a fresh one where the students have changed since (another ``name``).

    first : the cut of a later layer that Reconstruct made, with which its bench begins
    """
    now, kept = run.layer_cut(layer), run.bench(layer)
    if now is None or (first is not None and kept.get("tree") != name):
        settings = run.settings()
        now = first or automatic_cut(tree, settings.gamma, settings.beta)
        run.save_layer_cut(now, layer)
        return BenchState((now,), 0, "")
    if kept.get("tree") == name:
        try:
            steps = tuple(Cut.from_plain(step) for step in kept["steps"])
            found = BenchState(steps, int(kept["at"]), str(kept["serial"]))
            if steps and 0 <= found.at < len(steps):
                if found.cut == now:
                    return found
                # cut anew by another page: one more step
                return BenchState((*steps[: found.at + 1], now), found.at + 1, found.serial)
        except (InputError, KeyError, TypeError, ValueError):
            pass  # of another version: the cut in use is what counts
    return BenchState((now,), 0, "")


def _cut(facts: Any) -> Cut:
    if not isinstance(facts, Mapping):
        raise InputError(f"{facts!r} is no cut; expected height, gamma, beta, rule and edits.")
    return Cut.from_plain(facts)


def _names(given: Any) -> dict[str, Cut]:
    if not isinstance(given, Mapping) or len(given) > MOST_NAMES:
        raise InputError(f"At most {MOST_NAMES} settings can be kept; forget some of them first.")
    found = {str(name).strip(): _cut(facts) for name, facts in given.items()}
    for name in found:
        if not name or len(name) > LONGEST_NAME:
            raise InputError(
                f"{name!r} is no name for a setting; expected 1 to {LONGEST_NAME} characters."
            )
    return found


def take(
    run: Run,
    tree: Dendrogram,
    name: str,
    message: Any,
    layer: int = 0,
    first: Cut | None = None,
) -> bool:
    """Store what the browser did; True if the message was new.

    message : {"tree", "serial", "base", "steps", "at", "names" (optional)}: the steps after the
        first ``base`` ones. One for another tree, or one taken already, is left alone.
    Raises InputError, and stores nothing, if it is not in order.
    """
    if not isinstance(message, Mapping) or message.get("tree") != name:
        return False
    before, serial = load(run, tree, name, layer, first), str(message.get("serial", ""))
    if serial in ("", before.serial):
        return False
    try:
        base, at = int(message["base"]), int(message["at"])
        fresh = tuple(_cut(step) for step in message["steps"])
    except (KeyError, TypeError, ValueError):
        raise InputError("The workbench sent no history of cuts; reload the page.") from None
    names = _names(message["names"]) if "names" in message else None
    steps = before.steps[: max(base, 0)] + fresh
    at = min(max(at - max(base - len(before.steps), 0), 0), len(steps) - 1)
    if not steps:
        raise InputError("The workbench sent an empty history of cuts; reload the page.")
    judged = by_rule(tree, steps[at])
    steps = (*steps[:at], judged, *steps[at + 1 :])
    gone = max(len(steps) - MOST_STEPS, 0)
    if names is not None:
        run.save_named_cuts(names, layer)
    if run.layer_cut(layer) != judged:
        run.save_layer_cut(judged, layer)
    kept = {"tree": name, "serial": serial, "at": max(at - gone, 0)}
    run.save_bench({**kept, "steps": [plain(step) for step in steps[gone:]]}, layer)
    return True
