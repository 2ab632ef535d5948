"""What can be done with the runs that are picked: said of, put away, deleted, taken along."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ec_core.errors import ECError
from ec_core.runs import said as sayings
from ec_core.runs import shelf
from ec_core.runs.run import Run
from ec_core.runs.said import OvertakenError, Said
from ec_core.store.notes import LONGEST_NOTE
from pages.runs import picked
from pages.shell import frame, words
from pages.shell.callbacks import safely
from pages.shell.process import board

_BASE, _THEIRS, _UNDO = "said_base", "said_theirs", "runs_undo"
_REFUSED = "import_refused"
_TITLE, _NOTE, _TAGS = "said_title", "said_note", "said_tags"


def _fill(run: Run, now: Said) -> None:
    """The fields of a run as they are kept, and what an edit of them is based on."""
    st.session_state[_BASE] = (run.id, now)
    st.session_state[_TITLE], st.session_state[_NOTE] = now.title, now.note
    st.session_state[_TAGS] = list(now.tags)
    st.session_state.pop(_THEIRS, None)


def _typed() -> Said:
    state = st.session_state
    return Said(str(state[_TITLE]), str(state[_NOTE]), tuple(map(str, state[_TAGS])))


def _save(run: Run) -> None:
    try:
        _fill(run, sayings.say(run, _typed(), st.session_state[_BASE][1]))
        st.toast("Saved.", icon=":material/check:")
    except OvertakenError as error:
        st.session_state[_THEIRS] = (run.id, error)


def _mine(run: Run, theirs: Said) -> None:
    """A person has seen theirs, and wants their own."""
    st.session_state[_BASE] = (run.id, theirs)
    st.session_state.pop(_THEIRS, None)
    _save(run)


def _overtaken(run: Run) -> None:
    known = st.session_state.get(_THEIRS)
    if known is None or known[0] != run.id:
        return
    error: OvertakenError = known[1]
    theirs = error.theirs
    with st.container(key="panel_overtaken"):
        st.markdown(words.plain(str(error)))
        frame.note(f"There: “{theirs.title}”; tags: {', '.join(theirs.tags) or 'none'}.")
        if theirs.note:
            frame.note(f"Note: {theirs.note}")
        with st.container(horizontal=True):
            st.button("Take theirs", key="take_theirs", on_click=_fill, args=(run, theirs))
            st.button("Keep mine", key="keep_mine", on_click=safely, args=(_mine, run, theirs))


def _one(run: Run) -> None:
    """Title, note and tags of one run."""
    now = sayings.said(run)
    base = st.session_state.get(_BASE)
    untouched = base is not None and base[0] == run.id and _untouched(base[1])
    if base is None or base[0] != run.id or _TITLE not in st.session_state:
        _fill(run, now)
    elif untouched and base[1] != now:
        _fill(run, now)  # nothing was typed: what somebody else said shows at once
    st.text_input("Title", key=_TITLE, max_chars=sayings.LONGEST_TITLE)
    st.text_area("Note", key=_NOTE, height=110, max_chars=LONGEST_NOTE)
    st.multiselect(
        "Tags",
        sorted({*shelf.choices().tags, *now.tags, *st.session_state[_TAGS]}),
        key=_TAGS,
        accept_new_options=True,
        placeholder="choose, or type a new one",
    )
    _overtaken(run)
    st.button(
        "Save",
        key="said_save",
        type="primary",
        on_click=safely,
        args=(_save, run),
        disabled=_typed() == st.session_state[_BASE][1],
    )


def _untouched(base: Said) -> bool:
    return _TITLE in st.session_state and _typed() == base


def _archive(ids: tuple[str, ...], archived: bool) -> None:
    shelf.archive(ids, archived)
    picked.only(())


def _discard(ids: tuple[str, ...]) -> None:
    gone = shelf.discard(board(), ids)
    picked.only(())
    st.session_state[_UNDO] = gone


def _undo(ids: tuple[str, ...]) -> None:
    st.session_state.pop(_UNDO, None)
    shelf.bring_back(ids)


def _undo_bar() -> None:
    """The way back, as long as nothing else is done."""
    gone = st.session_state.get(_UNDO)
    if not gone:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="panel_undo", gap="small"):
        st.html(f"<p>{words.many(len(gone), 'run')} deleted.</p>", width="stretch")
        st.button("Undo", key="undo", icon=":material/undo:", on_click=safely, args=(_undo, gone))


def _add_tag(ids: tuple[str, ...]) -> None:
    shelf.tag(ids, [str(st.session_state.get("tag_all", ""))])
    st.session_state["tag_all"] = ""


def _several(ids: tuple[str, ...]) -> None:
    st.markdown(f"**{words.many(len(ids), 'run')} picked**")
    few = len(ids) <= picked.MOST_BESIDE
    st.button(
        "Look at them side by side",
        key="look_beside",
        type="primary",
        icon=":material/view_column:",
        on_click=picked.look,
        args=(ids,),
        disabled=not few,
    )
    if not few:
        frame.note(f"Two to {picked.MOST_BESIDE} fit side by side.")
    st.text_input(
        "Give all of them a tag",
        key="tag_all",
        on_change=safely,
        args=(_add_tag, ids),
    )


def _acts(ids: tuple[str, ...], runs: tuple[Run, ...]) -> None:
    """What can be done with one or several."""
    hidden = st.session_state.get("runs_show") == "Archived"
    with st.container(horizontal=True, key="runs_acts"):
        if len(ids) == 1 and runs:
            run = runs[0]
            st.download_button(
                "Export",
                partial(shelf.exported, run),
                shelf.file_name(run),
                "application/octet-stream",
                key="export_run",
                on_click="ignore",
                icon=":material/download:",
                help="One file, which this app opens on another computer to the same state.",
            )
        st.button(
            "Show again" if hidden else "Archive",
            key="archive_runs",
            icon=":material/unarchive:" if hidden else ":material/archive:",
            on_click=safely,
            args=(_archive, ids, not hidden),
            help=None if hidden else "Kept, but in no list, unless you ask for the archived ones.",
        )
        st.button(
            "Delete",
            key="delete_runs",
            icon=":material/delete:",
            on_click=safely,
            args=(_discard, ids),
            help="They go to the trash, and come back from there with one click.",
        )
        st.button("Pick none", key="pick_none", on_click=picked.only, args=((),))


def _import() -> None:
    with st.expander("Take runs in from files", expanded=_REFUSED in st.session_state):
        key = f"import_runs_{st.session_state.get('import_round', 0)}"
        files = st.file_uploader(
            f"Files that end in {shelf.ENDING}", key=key, accept_multiple_files=True
        )
        if files and st.button("Take in", key="import_go", type="primary"):
            taken, refused = [], []
            for file in files:
                try:
                    taken.append(shelf.taken_in(file.getvalue(), file.name))
                except ECError as error:
                    refused.append(f"{file.name}: {error}")
            # the uploader forgets them, or they would come once more
            st.session_state["import_round"] = int(st.session_state.get("import_round", 0)) + 1
            st.session_state[_REFUSED] = refused
            picked.only(run.id for run in taken)
            st.rerun()
        for sentence in st.session_state.pop(_REFUSED, ()):
            frame.callout(sentence)


def draw() -> None:
    """The panel beside the list."""
    _undo_bar()
    ids = picked.there()
    runs = shelf.mine(ids)
    with st.container(key="panel_picked"):
        if not ids:
            frame.note(
                "Pick a run by its box to rename it, to note something or to give it tags; pick "
                "two to five to see them side by side."
            )
        elif len(ids) == 1 and runs:
            _one(runs[0])
        else:
            _several(ids)
        if ids:
            _acts(ids, runs)
    _import()
