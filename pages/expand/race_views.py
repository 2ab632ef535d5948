"""The race of the candidates as a person sees it: live, and for ever after."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.candidates import SAME, activation_in_words
from ec_core.curves.search import FREE
from ec_core.runs import keeping, race_words, races, work
from ec_core.runs.run import Run
from pages.parts import live
from pages.shell import frame, words
from pages.shell.callbacks import safely
from pages.shell.process import board

HEIGHT = 430

_VERDICTS = {
    "exact": "recovered, verified to the last digit",
    "verified": "recovered, verified as exactly as the answers are",
    "estimate": "recovered, an estimate",
    "failed": "recovered, not verified",
    SAME: SAME,
}


def sentences(run: Run, race: races.Race) -> list[str]:
    """Where the race stands, or what it found."""
    if race.learning:
        return [race_words.so_far(race)]
    taken = race.taken or (race.ahead[0] if race.ahead else None)
    if not race.over or taken is None:
        return [race_words.so_far(race)]
    kept = run.found if run.has("ensemble") else None
    if run.has("recovered") and run.reconstruction().learning is not None:
        return race_words.outcome(race, run.answer)
    return race_words.outcome(race, kept or taken)


def picture(run: Run, race: races.Race) -> None:
    """The curves."""
    says = " ".join(sentences(run, race))
    floor = run.probes().floor
    live.race(race, says=says, floor=floor, over=race.over, key="live_race", height=HEIGHT)


def told(run: Run, race: races.Race) -> None:
    """The same in words."""
    with st.container(key="race_words"):
        first, *others = sentences(run, race)
        st.markdown(f"**{words.on_paper(first)}**" if race.over else words.on_paper(first))
        for sentence in (*others, *race_words.earlier(race)):
            frame.note(words.on_paper(sentence))
    if race.learning:
        frame.note(
            "No formula is given: a curve of a few pieces, the same for all neurons of a layer, is "
            "trained with the weights. It falls step by step as the curve gets finer; one that "
            "lacks a layer or a neuron stalls."
        )
    elif not race.over:
        frame.note(
            "Students of every candidate learn from the same answers. Those of the right "
            "activation and depth can become the network itself, and dive; all others can only "
            "imitate it, and stall. The better half goes on after each round; where nobody dives, "
            "more neurons and more layers are tried."
        )


def shelf(run: Run, *, busy: bool = False) -> None:
    """The race of a run as it ended, with every candidate; nothing where there was none.

    busy : the run is being worked on, so that no other candidate can be begun
    """
    race = run.race()
    if race is None:
        return
    with st.container(key="race"):
        left, right = st.columns([0.3, 0.7], gap="medium")
        with left:
            st.subheader("How it was found out", anchor=False)
            told(run, race)
        with right:
            picture(run, race)
        with st.expander(f"All candidates ({len(race.candidates)})"):
            _table(run, race)
            if not busy and run.workable:
                _another(run, race)


def _table(run: Run, race: races.Race) -> None:
    rows = []
    for one in race.told(run.answer if run.has("recovered") else run.candidate):
        verdict = _VERDICTS.get(str(one["verdict"]), str(one["verdict"]))
        if one["activation"] == FREE and one["verdict"] == "verified":
            verdict = "learnt, verified with this curve"
        kind = "good" if one["verdict"] in ("exact", "verified") else ""
        rows.append(
            f"<tr><td>{html.escape(activation_in_words(str(one['activation'])))}</td>"
            f"<td class='num'>{one['hidden_layers']}</td>"
            f"<td class='num'>{words.power(float(one['loss']))}</td>"
            f"<td class='{kind}'>{html.escape(verdict)}</td></tr>"
        )
    with st.container(key="candidates", height=300 if len(rows) > 8 else "content"):
        st.html(
            '<table class="ec-table"><thead><tr><th>activation</th>'
            '<th class="num">hidden layers</th><th class="num">loss</th><th>how it ended</th>'
            f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )


def _another(run: Run, race: races.Race) -> None:
    """Any candidate can be recovered by hand, whoever was ahead."""
    raced = [one.candidate for one in race.candidates if one.activation != FREE]
    others = [candidate for candidate in raced if candidate != run.found]
    if not others:
        return
    first = keeping.next_candidate(run)
    with st.container(horizontal=True, vertical_alignment="bottom", key="another_candidate"):
        chosen = st.selectbox(
            "Recover another one",
            others,
            index=others.index(first) if first in others else 0,
            format_func=lambda candidate: candidate.words,
            key="candidate",
            width=320,
        )
        st.button(
            "Recover it",
            key="start_candidate",
            icon=":material/play_arrow:",
            on_click=safely,
            args=(work.start_whole, board(), run, chosen),
            help="Its students are trained and a network is built from them; what is here now is "
            "kept as an earlier result.",
        )
