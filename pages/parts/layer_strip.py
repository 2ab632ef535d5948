"""Which hidden layer of a deep network is worked on now, and how: a strip of boxes."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from ec_core.events import PHASES, Event, LayerStep
from pages.shell import words

_PHASE_WORDS = {
    "cluster": "find shared neurons",
    "freeze": "give them to all students",
    "retrain": "retrain what is above",
    "prune": "remove the superfluous",
    "refine": "refine",
}

NOW, DONE, LATER = "now", "done", "later"


@dataclass(frozen=True)
class Standing:
    """Where the work is. ``layers`` and ``phases`` hold (name, state) pairs, in order."""

    layers: tuple[tuple[str, str], ...]
    phases: tuple[tuple[str, str], ...]
    message: str


def standing(events: Iterable[Event]) -> Standing | None:
    """Read off the newest step; None where no deep network is worked on.

    Phases are those of the newest step's layer: one it has had is done, whatever their order.
    """
    steps = [event for event in events if isinstance(event, LayerStep)]
    if not steps or steps[-1].layers < 2:
        return None
    last = steps[-1]
    begun = {step.layer for step in steps}
    had = {step.phase for step in steps if step.layer == last.layer}
    if "freeze" in had:
        had.add("cluster")  # what is held was found before

    def state(now: bool, done: bool) -> str:
        return NOW if now else DONE if done else LATER

    return Standing(
        layers=tuple(
            (f"layer {number}", state(number == last.layer, number in begun))
            for number in range(1, last.layers + 1)
        ),
        phases=tuple(
            (_PHASE_WORDS.get(phase, phase), state(phase == last.phase, phase in had))
            for phase in PHASES
        ),
        message=last.message,
    )


def _row(pairs: tuple[tuple[str, str], ...], kind: str) -> str:
    marks = {NOW: ' aria-current="step"'}
    items = "".join(
        f'<li class="{state}"{marks.get(state, "")}>{html.escape(name)}</li>'
        for name, state in pairs
    )
    return f'<ol class="{kind}">{items}</ol>'


def strip(events: Iterable[Event], inputs: int, outputs: int) -> None:
    """The network as a row of boxes, the layer at work standing out; its phases beneath."""
    current = standing(events)
    if current is None:
        return
    ends = [words.many(inputs, "input"), words.many(outputs, "output")]
    with st.container(key="layer_strip"):
        st.html(
            f'<div class="ec-layers"><div class="net"><span>{ends[0]}</span>'
            f"{_row(current.layers, 'boxes')}<span>{ends[1]}</span></div>"
            f"{_row(current.phases, 'phases')}<p>{html.escape(current.message)}</p></div>"
        )
