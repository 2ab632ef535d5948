"""The certificate in words, and the recovered network beside its teacher."""

from __future__ import annotations

import html
from dataclasses import replace

import numpy as np
import streamlit as st

from ec_core import figures
from ec_core.networks.chain import Naming
from ec_core.networks.equal_writings import equal_writings
from ec_core.networks.network import Network
from ec_core.probing.precision import FLOAT64
from ec_core.runs import builds, keeping, results, truth, work
from ec_core.runs.run import Run
from ec_core.verify.certificate import ESTIMATE, EXACT_STATUS, Certificate
from ec_core.verify.cures import Cure
from ec_core.verify.evidence import evidence
from ec_core.verify.match import LayerMatch, MatchReport
from pages.compare import bring, weights
from pages.parts import build_title, layer_table, learnt_curves, next_candidate
from pages.shell import frame, show, steps, theme, words
from pages.shell.process import board

_MOST_LISTED = 12
"""So many sentences about inputs are read; the report has all."""


def _which(run: Run) -> None:
    """Which of several networks this page is about, where a person chose between them."""
    used, known = builds.in_use(run), builds.all_of(run)
    if used is None or len(known) < 2:
        return
    others = ", ".join(
        f"{build_title.title(other)}: {words.shape(other.sizes)}, {other.verdict}"
        for other in known.values()
        if other.key != used.key
    )
    frame.note(
        f"This is the network “{build_title.title(used)}”. Built beside it, to be chosen on the "
        f"Reconstruct page: {others}."
    )


def _advice(run: Run, given: tuple[str, ...]) -> tuple[str, ...]:
    """What to try next; of a network built by hand, the hand first."""
    used = builds.in_use(run)
    if used is None or used.how != builds.EXACT:
        return given
    mine = (
        "Keep other clusters, and build exactly again, or take the network where pruning decides."
    )
    return (mine, *given)


def certificate(run: Run) -> None:
    """Verified or not, why, and what to try next."""
    _which(run)
    checks = results.of(run)
    ticket = checks.certificate
    shape = words.shape(run.reconstruction().network.sizes)
    lines = "".join(f"<li>{html.escape(words.on_paper(reason))}</li>" for reason in ticket.reasons)
    if ticket.verified:
        title, body = _verified(run, ticket, shape)
    else:
        estimate = ticket.status == ESTIMATE
        title = "An estimate" if estimate else "Not verified"
        best = f"The best network so far has the sizes {shape}, but it is not proved right:"
        if estimate:
            best = (
                f"The smallest network that explains the answers has the sizes {shape}; its "
                "weights are as far right as their error bars say. It is not proved right:"
            )
        tips = "".join(
            f"<li>{html.escape(words.on_paper(tip))}</li>" for tip in _advice(run, ticket.advice)
        )
        body = f"<p>{best}</p><ul>{lines}</ul>" + (
            f"<p>What to try next:</p><ul>{tips}</ul>" if tips else ""
        )
    body += _found_out(run)
    with st.container(key="verdict"):
        st.html(
            f'<div class="ec-verdict {"" if ticket.verified else "not"}"><strong>{title}</strong>'
            f"{body}</div>"
        )
    learnt_curves.draw(run, "compare_curve")
    _rows(run)
    _how_exact(run)
    next_candidate.offer(run)
    if Cure.WIDER in ticket.cures:
        why = keeping.why_no_others(run)
        if why is not None:
            frame.note(why)
        _try_wider(run)
    pairs: list[tuple[str, str] | tuple[str, str, str]] = []
    if checks.match is not None:
        error = checks.match.max_weight_error
        if checks.match.teacher_within is not None:
            error = checks.match.max_weight_error_identified
        pairs.append(
            ("largest weight error", "sizes differ", "warn")
            if error is None
            else ("largest weight error", words.power(error), "good" if error <= 1e-8 else "warn")
        )
        apart = checks.match.function_error
        if checks.match.teacher_within is not None:
            apart = checks.match.function_error_identified
        if apart is not None:
            pairs.append(("difference of the answers", words.power(apart)))
    pairs.append(("loss on unseen questions", words.power(ticket.heldout_loss)))
    if ticket.rank is not None and ticket.condition is not None:
        pairs += [
            ("directions the answers determine", f"{ticket.rank} of {ticket.expected}"),
            ("condition", words.power(ticket.condition)),
        ]
    if ticket.max_error_bar is not None:
        pairs.append(("largest error bar of a weight", words.power(ticket.max_error_bar)))
    found_by, students = layer_table.found_by(run)
    where = " of layer 1" if len(run.reconstruction().network.sizes) > 3 else ""
    pairs.append((f"students of {students} that found each neuron{where}", found_by))
    frame.facts(pairs, key="compare_facts")
    layer_table.table(run)
    if checks.match is not None:
        # the plain number, to be copied, and read by the browser test
        error = checks.match.max_weight_error
        with st.container(key="max_weight_error"):
            text = "null" if error is None else repr(float(error))
            st.html(f'<p class="ec-note">max_weight_error = <code>{text}</code></p>')


def _found_out(run: Run) -> str:
    """That activation and depth were found out, and how else the function can be written."""
    if run.field.only is not None:
        return ""
    same = "".join(f" {sentence}" for sentence in equal_writings(run.answer.activation).values())
    return (
        f"<p>Nobody told what it is: <b>{html.escape(run.answer.words)}</b> was found out."
        f"{html.escape(same)}</p>"
    )


def _verified(run: Run, ticket: Certificate, shape: str) -> tuple[str, str]:
    """The title and the words of a verified network: exact, or as exact as its answers."""
    free = run.probes().free_directions
    beyond = ""
    if free:
        beyond = (
            " Of all networks that give these answers this one has the smallest weights. Nothing "
            "is said of answers to questions of another kind, for all that were asked have this in "
            f"common:</p><ul>{_listed(free)}</ul><p>"
        )
    symmetries = "up to the order and signs of its neurons"
    if free:
        symmetries += " and to weights that no question tells"
    only = f"and no other network of this size does, {symmetries}.{beyond}"
    if run.reconstruction().network.curves:
        error = words.power(float(np.sqrt(ticket.heldout_loss)))
        return "Verified: this network with this learnt curve", (
            f"<p>The recovered {shape} network, with a curve that was learnt in place of a named "
            f"activation, answers questions it has never seen to {error} of the answers’ spread "
            "where the curve is known. Another curve as near to this one would do as well, so "
            f"nothing more than that is said.{beyond}</p>"
        )
    if ticket.status == EXACT_STATUS:
        return "Verified", (
            f"<p>The recovered {shape} network answers questions it has never seen to the last "
            f"digit, {only}</p>"
        )
    error = words.power(float(np.sqrt(ticket.heldout_loss)))
    return "Verified, as exactly as the answers are", (
        f"<p>The recovered {shape} network answers questions it has never seen to {error} of the "
        f"answers' spread, which is their own precision, {only} How far each weight may be off is "
        "told by its error bar.</p>"
    )


def _listed(sentences: tuple[str, ...]) -> str:
    """List items of the first sentences, and how many more there are."""
    more = len(sentences) - _MOST_LISTED
    shown = sentences[:_MOST_LISTED] + ((f"… and {more} more, in the report.",) if more > 0 else ())
    return "".join(f"<li>{html.escape(words.on_paper(said))}</li>" for said in shown)


def _rows(run: Run) -> None:
    """What was done to the rows that were given, where anything was."""
    remarks = run.probes().remarks
    if remarks:
        with st.container(key="row_remarks"):
            frame.note(" ".join(words.on_paper(said) for said in remarks))


def _how_exact(run: Run) -> None:
    """How exact the answers are and what shows it, where they are not full float64 numbers."""
    reconstruction, probes = run.reconstruction(), run.probes()
    if probes.looks == FLOAT64 and reconstruction.error is None:
        return
    with st.container(key="how_exact"), st.expander("How exact the answers are"):
        for sentence in evidence(reconstruction, probes):
            st.markdown(words.on_paper(sentence))
        vague = Cure.QUESTIONS in results.of(run).certificate.cures
        if reconstruction.confidence is not None and not vague:
            sure = reconstruction.confidence > 0.99
            chance = "more than 99" if sure else f"{100 * reconstruction.confidence:.0f}"
            st.markdown(
                "With one neuron less the answers are explained so much worse, and with one more "
                f"so little better, that this size is right with odds of {chance} in 100."
            )


def _try_wider(run: Run) -> None:
    """The next thing to try by hand: students twice as wide."""
    hidden = tuple(2 * size for size in run.ensemble().shape.sizes[1:-1])
    width = hidden if len(hidden) > 1 else hidden[0]
    if st.button(
        f"Try again with {words.shape(hidden)} neurons each",
        key="try_wider",
        icon=":material/unfold_more:",
        help="A new run with the same teacher and questions; this one stays as it is.",
    ):
        again = run.another(replace(run.settings(), width=width, expansion=1.0))
        work.start_expand(board(), again)
        steps.go("expand", again)


def _who_is_who(layer: LayerMatch, reducible: bool, key: str) -> None:
    rows = []
    for teacher, (other, sign) in enumerate(zip(layer.order, layer.signs, strict=True)):
        if other < 0:
            rows.append(f"<tr><td>{teacher + 1}</td><td>–</td><td>missing</td></tr>")
            continue
        how = "the same" if sign > 0 else "all signs flipped"
        rows.append(f"<tr><td>{teacher + 1}</td><td>{int(other) + 1}</td><td>{how}</td></tr>")
    exact = not layer.missing and not layer.extra
    heading = "is recovered" if exact else "nearest recovered"
    with st.container(key=key, height=320 if len(rows) > 9 else "content"):
        st.html(
            f'<table class="ec-table"><thead><tr><th>teacher’s neuron</th><th>{heading}</th>'
            f"<th>with</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
    if (layer.missing or layer.extra) and not reducible:
        st.warning(
            f"{words.many(layer.missing, 'neuron')} of the teacher missing, "
            f"{words.many(layer.extra, 'neuron')} too many."
        )


def _matched(
    teacher: Network, report: MatchReport, recovered: Network, namings: tuple[Naming, ...]
) -> None:
    look = theme.figure_theme()
    shown = report.teacher_within or teacher
    if not report.layers:
        frame.note(
            "Weights beside a learnt curve have a scale and a shift that no answer tells, so they "
            "are not laid beside the teacher’s; the answers are compared."
        )
        show.figure(
            show.drawn(figures.network_diagram, recovered, theme=look),
            key="compare_diagram",
            alt="The recovered network.",
        )
        return
    if report.teacher_within is not None:
        frame.note(
            "The teacher is shown as far as questions tell it: of all networks that answer like it "
            "to every question that could be asked here, the one with the smallest weights."
        )
    names = ["Which neuron is which", "Weights side by side"]
    if teacher.sizes[0] == 2 and recovered.sizes[0] == 2:
        names.append("Difference of the functions")
    if report.teacher_reducible:
        st.info(
            "The teacher can be written with fewer neurons: a smaller network gives the same "
            f"answers. {' '.join(report.teacher_reducible)}"
        )
    tabs = st.tabs(names, key="compare_tabs")
    with tabs[0]:
        for index, layer in enumerate(report.layers):
            if len(report.layers) > 1:
                st.markdown(f"**Hidden layer {index + 1}**")
            left, right = st.columns([0.4, 0.6], gap="medium")
            with left:
                _who_is_who(layer, bool(report.teacher_reducible), f"permutation_{index}")
            with right:
                show.figure(
                    show.drawn(figures.alignment_bars, report, shown, theme=look, layer=index),
                    key=f"alignment_{index}",
                    height=340,
                    alt="The largest weight error of each neuron on a logarithmic axis.",
                )
    with tabs[1]:
        if report.aligned is not None:
            weights.side_by_side(shown, report.aligned, namings)
        else:
            st.markdown("The sizes differ, so the weights cannot be laid side by side.")
    if len(names) > 2:
        with tabs[2]:
            show.square(
                show.drawn(figures.function_difference, teacher, recovered, theme=look),
                "How far the answers of the two networks differ at every point of the plane. What "
                "is left is the rounding of floating-point numbers, without a pattern.",
                key="function_difference",
                alt="How far the two functions differ, over the plane of the inputs.",
            )


def side_by_side(run: Run) -> None:
    """Teacher, or a truth that was brought, and recovered network; or the recovered one alone."""
    source, recovered = run.source(), run.reconstruction().network
    report, known = results.of(run).match, truth.attached(run)
    teacher = source.network if known is None else known.network
    if teacher is None or report is None:
        if source.locked:
            frame.note("The teacher is locked away, so that nothing is compared with it here.")
        else:
            frame.note(
                "There is no teacher to compare with: only questions and answers were given."
            )
            bring.offer(run)
        show.figure(
            show.drawn(figures.network_diagram, recovered, theme=theme.figure_theme()),
            key="compare_diagram",
            alt="The recovered network.",
        )
        return
    if known is not None:
        bring.brought(run, known)
    _matched(teacher, report, recovered, source.namings if known is None else known.namings)
