"""What a workbench keeps with the run: the cut in use, every step that led to it, named cuts.

The browser sends what it did on release; this is where that is checked, judged and stored.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ec_core.cluster import Cut, Dendrogram, automatic_cut, paper_cut
from ec_core.errors import InputError
from ec_core.runs.run import Run

MOST_STEPS = 2000
"""Steps kept on disk; the browser itself forgets none while it is open."""

MOST_NAMES, LONGEST_NAME = 60, 60


_MOST_ORIGINS = 30
"""Tabs whose last message is remembered, the newest ones."""


@dataclass(frozen=True)
class Mine:
    """What a tab would have stored: the cut it shows, and its settings if it changed them."""

    cut: Cut
    names: dict[str, Cut] | None


class ChangedMeanwhileError(InputError):
    """Somebody else has stored something since the state that a message goes on from."""

    def __init__(self, mine: Mine) -> None:
        super().__init__("The clusters were changed meanwhile in another window; choose whose.")
        self.mine = mine


@dataclass(frozen=True)
class BenchState:
    """steps, at : the history and where in it we are; serial : the last message taken, the
    revision that the next one goes on from; taken : the last number taken of each tab.
    """

    steps: tuple[Cut, ...]
    at: int
    serial: str
    taken: dict[str, int] = field(default_factory=dict)

    @property
    def cut(self) -> Cut:
        return self.steps[self.at]

    def is_new(self, message: Mapping[str, Any]) -> bool:
        """Was this message never taken?"""
        tab, number = _tab(str(message.get("serial", "")))
        return number == 0 or number > self.taken.get(tab, 0)


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
        if run.workable:  # whoever only looks sees the same
            run.save_layer_cut(now, layer)
        return BenchState((now,), 0, "")
    if kept.get("tree") == name:
        try:
            steps = tuple(Cut.from_plain(step) for step in kept["steps"])
            taken = {str(tab): int(number) for tab, number in kept.get("taken", {}).items()}
            state = BenchState(steps, int(kept["at"]), str(kept["serial"]), taken)
            if steps and 0 <= state.at < len(steps):
                if state.cut == now:
                    return state
                # cut anew by another page: one more step
                more = (*steps[: state.at + 1], now)
                return replace(state, steps=more, at=state.at + 1)
        except (AttributeError, InputError, KeyError, TypeError, ValueError):
            pass  # of another version: the cut in use is what counts
    return BenchState((now,), 0, "")


def _cut(facts: Any) -> Cut:
    if not isinstance(facts, Mapping):
        raise InputError(f"{facts!r} is no cut; expected height, gamma, beta, rule and edits.")
    return Cut.from_plain(facts)


def _names(given: Any) -> dict[str, Cut]:
    if not isinstance(given, Mapping) or len(given) > MOST_NAMES:
        raise InputError(f"At most {MOST_NAMES} settings can be kept; forget some of them first.")
    named = {str(name).strip(): _cut(facts) for name, facts in given.items()}
    for name in named:
        if not name or len(name) > LONGEST_NAME:
            raise InputError(
                f"{name!r} is no name for a setting; expected 1 to {LONGEST_NAME} characters."
            )
    return named


def _tab(serial: str) -> tuple[str, int]:
    """Which tab a serial is of, and its number there."""
    tab, _, number = serial.rpartition("-")
    return tab, int(number) if number.isdecimal() else 0


def _overtaken(message: Mapping[str, Any], before: BenchState) -> bool:
    """Has another tab stored something since the state that the message goes on from?"""
    if "seen" not in message or not before.serial:
        return False  # of an earlier version; or nothing was stored yet
    own = {_tab(str(message["serial"]))[0], *map(str, message.get("origins", ()))}
    return before.serial != str(message["seen"]) and _tab(before.serial)[0] not in own


def of_another_tree(run: Run, name: str, message: Any, layer: int = 0) -> Cut | None:
    """The cut of a message that was never taken and is of another tree than ``name``, the one of
    the students that are there now; None of any other message.
    """
    kept = run.bench(layer)
    if not isinstance(message, Mapping) or message.get("tree") in (None, name):
        return None
    if kept.get("tree") != message["tree"]:
        return None  # it was cut anew since: what came before that is long past
    tab, number = _tab(str(message.get("serial", "")))
    if not number or number <= int(kept.get("taken", {}).get(tab, 0)):
        return None
    try:
        return _cut(message["steps"][-1])
    except (InputError, KeyError, IndexError, TypeError, ValueError):
        return None


def take(
    run: Run,
    tree: Dendrogram,
    name: str,
    message: Any,
    layer: int = 0,
    first: Cut | None = None,
) -> bool:
    """Store what the browser did; True if the message was new.

    message : {"tree", "serial", "seen", "origins", "base", "steps", "at", "names" (optional)}: the
        steps after the first ``base`` ones, going on from the serial ``seen``; origins: of earlier
        visits of the tab. One for another tree, or one taken already, is left alone.
    Raises InputError, and stores nothing, if it is not in order; ChangedMeanwhileError where
    another tab was there first.
    """
    if not isinstance(message, Mapping) or message.get("tree") != name:
        return False
    before, serial = load(run, tree, name, layer, first), str(message.get("serial", ""))
    if serial in ("", before.serial):
        return False
    if not before.is_new(message):
        return False  # the browser's last word in its session, though others spoke since
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
    if _overtaken(message, before) and (judged != before.cut or names is not None):
        raise ChangedMeanwhileError(Mine(judged, names))
    steps = (*steps[:at], judged, *steps[at + 1 :])
    _keep(run, before, name, steps, at, serial, layer)
    if names is not None:
        run.save_named_cuts(names, layer)
    return True


def _keep(
    run: Run,
    before: BenchState,
    name: str,
    steps: tuple[Cut, ...],
    at: int,
    serial: str,
    layer: int,
) -> None:
    """Store a history; its serial is the revision that others' messages are held against."""
    gone = max(len(steps) - MOST_STEPS, 0)
    if run.layer_cut(layer) != steps[at]:
        run.save_layer_cut(steps[at], layer)
    tab, number = _tab(serial)
    others = {key: value for key, value in before.taken.items() if key != tab}
    taken = dict([*others.items(), (tab, number)][-_MOST_ORIGINS:])
    kept = {"tree": name, "serial": serial, "at": max(at - gone, 0), "taken": taken}
    run.save_bench({**kept, "steps": [plain(step) for step in steps[gone:]]}, layer)


def put(
    run: Run, tree: Dendrogram, name: str, cut: Cut, names: Mapping[str, Cut], layer: int = 0
) -> None:
    """One more step after whatever is stored, and settings beside those there are: by the page."""
    before = load(run, tree, name, layer)
    more = (*before.steps[: before.at + 1], cut)
    if cut == before.cut:
        more = before.steps[: before.at + 1]
    run.save_named_cuts({**run.named_cuts(layer), **names}, layer)
    _keep(run, before, name, more, len(more) - 1, f"{secrets.token_hex(4)}-1", layer)
