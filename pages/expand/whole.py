"""Everything in one job: how far it is, and what it came to, in one line."""

from __future__ import annotations

import html

import streamlit as st

from ec_core import events
from ec_core.jobs import JobSnapshot
from ec_core.runs import race_words, races, results, tree_cache
from ec_core.runs.run import Run
from ec_core.verify.certificate import ESTIMATE, EXACT_STATUS, VERIFIED
from ec_core.verify.evidence import up_to
from pages.parts import next_candidate
from pages.shell import frame, steps, words

_VERDICTS = {
    EXACT_STATUS: "verified to the last digit",
    VERIFIED: "verified as exactly as the answers are",
    ESTIMATE: "an estimate, not proved right",
}


def _race(run: Run, race: races.Race | None) -> tuple[str, str]:
    if race is None or not race.over:
        return "now", "Race of the candidates: which activation, how many hidden layers?"
    taken = race.taken or run.candidate
    return "done", f"The race: {taken.words} is ahead"


def _learning(run: Run, snapshot: JobSnapshot) -> list[tuple[str, str]]:
    """The stages where the activation is learnt as a curve."""
    built, seen = run.has("recovered"), snapshot.seen.events
    steps_ = [event for event in seen if isinstance(event, events.PruneStep)]
    removed = sum(event.accepted for event in steps_)
    remove = "Remove superfluous neurons"
    if removed:
        remove = f"{words.many(removed, 'superfluous neuron')} removed"
    beside = any("to look at beside" in note.message for note in snapshot.seen.notes)
    return [
        ("done" if steps_ or built else "now", "Learn weights and curve together"),
        ("done" if beside or built else "now" if steps_ else "", f"{remove}, make the curve finer"),
        ("done" if built else "now" if beside else "", "Check the network and its curve"),
    ]


def stages(run: Run, race: races.Race | None, snapshot: JobSnapshot) -> list[tuple[str, str]]:
    """(state, sentence) of each stage of a job that does it all."""
    if run.field.curve:
        return _learning(run, snapshot)
    raced = run.field.only is None
    trained, cut, built = run.has("ensemble"), run.has("cut"), run.has("recovered")
    known = not raced or (race is not None and race.over)
    train = "Train students of it on the answers" if raced else "Train students on the answers"
    if trained:
        ensemble = run.ensemble()
        train = (
            f"{int(ensemble.converged().sum())} of {ensemble.students} students learned every "
            f"answer, to a loss of {words.power(float(ensemble.losses.min()))}"
        )
    agree = "See which neurons they agree on"
    if cut:
        kept = len(tree_cache.clusters_of(run, run.cut()).kept)
        agree = f"{words.many(kept, 'neuron')} found in most students"
    build = "Build the network, remove what is superfluous, and check it"
    removed = sum(
        isinstance(event, events.PruneStep) and event.accepted for event in snapshot.seen.events
    )
    if cut and removed and not built:
        build = f"Building: {words.many(removed, 'superfluous neuron')} removed"
    if built:
        build = f"A {words.shape(run.reconstruction().network.sizes)} network, built and refined"
    told = [
        ("done" if trained else "now" if known else "", train),
        ("done" if cut else "now" if trained else "", agree),
        ("done" if built else "now" if cut else "", build),
    ]
    return [_race(run, race), *told] if raced else told


def story(run: Run, race: races.Race | None, snapshot: JobSnapshot) -> None:
    """The stages as a list that is ticked off."""
    items = "".join(
        f'<li class="{state}"><b>{"✓" if state == "done" else "●" if state else "○"}</b>'
        f"<span>{html.escape(sentence)}</span></li>"
        for state, sentence in stages(run, race, snapshot)
    )
    with st.container(key="whole_story"):
        st.html(f'<ul class="ec-stages">{items}</ul>')


def result_line(run: Run) -> str:
    """What was found, in one line: tanh (or sigmoid), one hidden layer, 4–8–3, verified …"""
    certificate, probes = results.of(run).certificate, run.probes()
    verdict = _VERDICTS.get(certificate.status, "not verified")
    network = run.reconstruction().network
    if certificate.status == VERIFIED and network.curves:
        verdict = f"verified with this curve, to {words.power(results.learnt(run)['curve_error'])}"
    if certificate.verified:
        verdict += up_to(len(probes.free_directions), probes.output.gauge)
    return race_words.result(run.answer, network.sizes, verdict, raced=run.field.only is None)


def result(run: Run) -> None:
    """That line, and the way to what stands behind it; nothing before a network is built."""
    if not run.has("recovered"):
        return
    verified = results.of(run).certificate.verified
    with st.container(key="whole_result", horizontal=True, vertical_alignment="center"):
        st.html(
            f'<div class="ec-verdict {"" if verified else "not"}">'
            f"<strong>{html.escape(result_line(run))}</strong></div>"
        )
        steps.next_button("compare", "Check the result", run)
    next_candidate.offer(run)


def wait_note() -> None:
    """That nobody has to stay."""
    frame.note("You can leave this page, reload it, or open its address elsewhere: it goes on.")
