"""The reconstruct page's body: the job while it runs, then the network and how it came about."""

from __future__ import annotations

import streamlit as st

from ec_core import events, figures
from ec_core.jobs import JobSnapshot
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import builds, keeping, tree_cache, work
from ec_core.runs.run import Run
from pages.parts import layer_strip, layer_table, learnt_curves, live, next_candidate, pace
from pages.parts.job_controls import show_state, steer
from pages.reconstruct import beside
from pages.shell import frame, show, steps, theme, words
from pages.shell.process import active, board, job_of

REFRESH_SECONDS = 0.7
_KINDS = (work.RECONSTRUCT, work.DEMO, work.WHOLE)
"""Jobs that build a network; the demo does so at its end."""


def _path(tried: list[events.PruneStep], key: str) -> None:
    show.figure(
        show.drawn(figures.size_path, tried, theme=theme.figure_theme()),
        key=key,
        height=380,
        alt="The loss against the number of neurons while superfluous ones are removed.",
    )


def _signs(signs: events.SignsFound) -> str:
    who = ", ".join(str(j + 1) for j in signs.flipped) or "none"
    sure = "no other choice explains the answers" if signs.unique else "another choice fits as well"
    return (
        f"Signs: neurons flipped: {who}; what is left over is {words.power(signs.residual)}, "
        "with the "
        f"second-best choice {words.power(signs.runner_up)}: {sure}."
    )


def _progress(run: Run, snapshot: JobSnapshot) -> None:
    progress = snapshot.seen
    layer_strip.strip(progress.events, run.source().inputs, run.source().outputs)
    tried = [event for event in progress.events if isinstance(event, events.PruneStep)]
    removed = [step for step in tried if step.accepted]
    pairs: list[tuple[str, str] | tuple[str, str, str]] = [
        ("superfluous neurons removed", str(sum(s.size_before - s.size_after for s in removed))),
        ("removals refused", str(len(tried) - len(removed))),
    ]
    if removed:
        pairs.append(("neurons now", str(removed[-1].size_after)))
    if progress.refine is not None:
        pairs.append(("loss", words.power(progress.refine.loss)))
    pairs.append(("running for", words.duration(snapshot.seconds)))
    frame.facts(pairs, key="building_facts")
    if progress.refine is None and progress.training is not None:
        # deep networks: the students are trained again above the layer that is held
        live.losses(
            progress.curve.iterations,
            progress.curve.losses,
            progress.training.statuses,
            floor=run.probes().floor,
            key="live_retrain",
            height=260,
        )
    if progress.refine is not None:
        live.losses(
            progress.refine_curve.iterations,
            progress.refine_curve.losses,
            ("refining",),
            floor=0.0,
            key="live_refine",
            label="network",
            height=260,
        )
    for note in progress.notes[-2:]:
        frame.note(words.on_paper(note.message))
    for step in tried[-4:]:
        verb = "removed" if step.accepted else "kept"
        frame.note(f"{step.size_before} → {step.size_after} neurons: {verb}. {step.reason}")
    for signs in (event for event in progress.events if isinstance(event, events.SignsFound)):
        frame.note(_signs(signs))


def _live(run_id: str, refresh: float) -> None:
    run = Run(run_id)
    job = active(run, *_KINDS)
    if job is None:
        st.rerun()
    pace.keep(job, refresh, REFRESH_SECONDS)
    snapshot = job.snapshot()
    show_state(snapshot)
    with st.container(horizontal=True, key="building_controls"):
        steer(run, job, snapshot)
    _progress(run, snapshot)


def _in_words(result: Reconstruction, exactly: bool) -> str:
    if exactly:
        return (
            f"One neuron for every cluster kept: a **{words.shape(result.network.sizes)}** "
            "network, nothing added and nothing removed. It answers the questions it was fitted to "
            f"with a loss of **{words.power(result.loss)}**, and those kept aside with "
            f"**{words.power(result.heldout_loss)}**."
        )
    if result.learning is not None:
        return (
            "The activation was **learnt** with the weights, one curve for each hidden layer. The "
            f"**{words.shape(result.network.sizes)}** network answers the questions it was fitted "
            f"to with a loss of **{words.power(result.loss)}**, and those kept aside with "
            f"**{words.power(result.heldout_loss)}**."
        )
    suggested = words.many(result.from_clusters, "neuron")
    if result.layers:
        kept = [len(view.clusters.kept) for view in result.layers]
        suggested = f"{words.shape(kept)} neurons"
    sentences = [f"The clusters suggest **{suggested}**."]
    if not result.exact:
        sentences.append(
            "**No network was found that explains the answers exactly**; this is the best so far."
        )
    elif result.pruned:
        sentences.append(
            f"Of the {result.started} neurons that pruning began with, **{result.pruned}** turned "
            "out superfluous and were removed; every other one is needed."
        )
    else:
        sentences.append("Every one of them proved to be needed: without it the answers are lost.")
    sentences.append(
        f"The **{words.shape(result.network.sizes)}** network answers the questions it was fitted "
        f"to with a loss of **{words.power(result.loss)}**, and those kept aside with "
        f"**{words.power(result.heldout_loss)}**."
    )
    return " ".join(sentences)


def _result(run: Run) -> None:
    result, used = run.reconstruction(), builds.in_use(run)
    exactly = used is not None and used.how == builds.EXACT
    with st.container(horizontal=True, key="after_building"):
        steps.next_button("compare", "Check the result", run)
        if run.workable and st.button(
            "Build again",
            key="rebuild",
            icon=":material/refresh:",
            help="Pruning decides the size, beginning with the cut in use.",
        ):
            work.start_reconstruct(board(), run)
            st.rerun()
        beside.exact_button(run)
    if run.built_cut != run.cut():
        st.warning("The cut has been changed since; this network was built from the earlier one.")
    beside.cards(run)
    with st.container(key="building_words"):
        st.markdown(_in_words(result, exactly))
        if result.signs is not None:
            st.markdown(_signs(result.signs))
        for sentence in () if exactly or result.learning else result.notes:
            frame.note(words.on_paper(sentence))
        next_candidate.offer(run)
        why = None if exactly else keeping.why_no_others(run)
        if why is not None:
            frame.note(why)
    learnt_curves.draw(run, "built_curve")
    layer_table.table(run)
    beside.kept_settings(run)
    look = theme.figure_theme()
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("The recovered network", anchor=False)
        show.figure(
            show.drawn(figures.network_diagram, result.network, theme=look),
            key="built_diagram",
            height=380,
            alt="The recovered network with its weights.",
        )
    with right:
        st.subheader("How its size was found", anchor=False)
        if exactly:
            st.markdown("By hand: one neuron for each cluster that was kept.")
        else:
            _path(list(result.steps), "size_path")


def _ready(run: Run) -> None:
    clusters = tree_cache.clusters_of(run, run.cut())
    frame.facts(
        [
            (
                "clusters to build from",
                str(len(clusters.kept)),
                "good" if clusters.kept else "warn",
            ),
            ("cut at", words.power(clusters.cut.height)),
            (
                "found by",
                {"plateau": "plateau", "paper": "paper's rule", "share": "a fixed share"}.get(
                    clusters.cut.rule, "hand"
                ),
            ),
        ],
        key="building_facts",
    )
    if not clusters.kept:
        st.markdown(
            "No cluster is kept at this cut. The network can still be built by pruning the best "
            "student, but there is no agreement to support it."
        )
    with st.container(horizontal=True, key="before_building"):
        if run.workable and st.button(
            "Build the network",
            key="start_reconstruct",
            type="primary",
            icon=":material/construction:",
            help="Begins with the clusters; then every neuron has to prove that it is needed.",
        ):
            work.start_reconstruct(board(), run)
            st.rerun()
        beside.exact_button(run)
    beside.kept_settings(run)


def body(run: Run) -> None:
    """The running job, the result, or the button that starts."""
    job = job_of(run)
    refresh = pace.every(active(run, *_KINDS), REFRESH_SECONDS)
    if refresh is not None:
        st.fragment(frame.guarded(_live), run_every=refresh)(run.id, refresh)
        return
    if job is not None and job.label.startswith(work.RECONSTRUCT):
        snapshot = job.snapshot()
        if snapshot.state in ("failed", "stopped"):
            show_state(snapshot)
    if run.has("recovered"):
        _result(run)
    else:
        _ready(run)
