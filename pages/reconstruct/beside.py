"""Networks built from the same students, side by side: which is in use, and what could be built."""

from __future__ import annotations

import html

import streamlit as st

from ec_core.cluster import Cut
from ec_core.runs import builds, chosen, tree_cache, work
from ec_core.runs.builds import AUTOMATIC, EXACT, Build
from ec_core.runs.run import Run
from pages.parts import build_title
from pages.shell import frame, words
from pages.shell.callbacks import safely
from pages.shell.process import board

_SEEN = "builds_seen"
"""In the session: the run whose page was drawn last, and which of its networks was in use."""

EXACT_LABEL = "Build exactly what I chose"
_EXACT_HELP = (
    "One neuron for every cluster that is kept, in every layer: nothing is added and nothing "
    "removed. The certificate says what came of it."
)


def counts(run: Run, cuts: tuple[Cut | None, ...]) -> list[int | None]:
    """Kept clusters of every hidden layer, None where it was never compared."""
    return [
        None if cut is None else len(tree_cache.clusters_of(run, cut, layer).kept)
        for layer, cut in enumerate(cuts)
    ]


def exact_button(run: Run, *, primary: bool = False) -> None:
    """The button, or the sentence that says why there is none."""
    if not run.workable:
        return
    cuts = chosen.cuts(run)
    empty = [layer for layer, count in enumerate(counts(run, cuts)) if count == 0]
    if empty:
        where = f"layer {empty[0] + 1}" if len(cuts) > 1 else "the tree"
        frame.note(
            f"No cluster of {where} is kept, so nothing can be built exactly; keep at least one on "
            "the Cluster page."
        )
        return
    if st.button(
        EXACT_LABEL,
        key="start_exact",
        type="primary" if primary else "secondary",
        icon=":material/front_hand:",
        help=_EXACT_HELP,
        on_click=safely,
        args=(work.start_exact, board(), run),
    ):
        st.rerun()


def _use(run: Run, key: str) -> None:
    """Make a network the one in use, unless somebody else chose another since this page was drawn:
    then that is said, and the next click counts.
    """
    used, seen = builds.in_use(run), st.session_state.get(_SEEN)
    now = None if used is None else used.key
    if seen is not None and seen[0] == run.id and now not in (seen[1], key) and used is not None:
        frame.callout(
            f"Somebody chose “{build_title.title(used)}” meanwhile in another window, and it is in "
            "use now; click once more to use yours in its place."
        )
        return
    builds.use(run, key)
    st.session_state[_SEEN] = (run.id, key)
    st.rerun()


def seen(run: Run) -> None:
    """The page is drawn: a person sees which network is in use."""
    used = builds.in_use(run)
    st.session_state[_SEEN] = (run.id, None if used is None else used.key)


def _card(run: Run, build: Build, used: bool) -> None:
    why = words.on_paper(next(iter(build.reasons), ""))
    first = "" if build.verified else f"<p>{html.escape(why)}</p>"
    kind = "good" if build.verified else "warn"
    with st.container(key=f"build_{build.key}", border=True):
        st.html(
            f'<div class="ec-build"><h3>{html.escape(build_title.title(build))}</h3>'
            f"<p><b>{words.shape(build.sizes)}</b> &ensp; "
            f'<span class="{kind}">{build.verdict}</span></p>'
            f"<p>loss {words.power(build.loss)}, on unseen questions "
            f"{words.power(build.heldout_loss)}</p>{first}</div>"
        )
        if chosen.changed_since(run, build):
            frame.note("Built from an earlier cut than the one in use now.")
        if used:
            frame.note("In use: Compare shows this one, and it is what is downloaded.")
        elif run.workable and st.button(
            "Use this one", key=f"use_{build.key}", icon=":material/check:"
        ):
            _use(run, build.key)


def cards(run: Run) -> None:
    """The two ways of building, and an earlier verified result, each with what came of it."""
    known, used = builds.all_of(run), builds.in_use(run)
    shown = [known[key] for key in (AUTOMATIC, EXACT) if key in known]
    shown += [build for key, build in known.items() if key.startswith("before-")]
    if not shown:
        return
    with st.container(key="side_by_side"):
        for build, column in zip(shown, st.columns(max(len(shown), 2)), strict=False):
            with column:
                _card(run, build, used is not None and used.key == build.key)


def kept_settings(run: Run) -> None:
    """One row for each setting that was kept under a name: size, loss, verdict, and a button."""
    used = builds.in_use(run)
    layers = range(run.layers)
    named = [(layer, name, cut) for layer in layers for name, cut in run.named_cuts(layer).items()]
    if not named:
        return
    st.subheader("Kept settings", anchor=False)
    with st.container(key="kept_settings"):
        for layer, name, cut in named:
            build = chosen.of_setting(run, name, layer)
            same = used is not None and build is not None and used.key == build.key
            _setting(run, layer, name, cut, build, same)


def _setting(run: Run, layer: int, name: str, cut: Cut, build: Build | None, used: bool) -> None:
    key = builds.exact_key(name, layer)
    where = f"layer {layer + 1}, " if run.layers > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center", key=f"setting_{key}"):
        said = "not built yet"
        if build is not None:
            changed = ", kept anew since" if build.cuts[layer] != cut else ""
            said = (
                f"{words.shape(build.sizes)}, loss {words.power(build.loss)}, "
                f"{build.verdict}{changed}"
            )
        st.html(
            f'<p class="ec-setting"><b>{html.escape(name)}</b> {where}{html.escape(said)}</p>',
            width="stretch",
        )
        if used:
            st.html('<span class="ec-note">in use</span>', width="content")
        elif build is not None and run.workable and st.button("Use", key=f"use_setting_{key}"):
            _use(run, build.key)
        if not run.workable:
            return
        label = "Build exactly" if build is None else "Build again"
        act = (work.start_exact, board(), run, name, layer)
        if st.button(label, key=f"exactly_{key}", on_click=safely, args=act):
            st.rerun()
