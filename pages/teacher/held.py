"""A file that was chosen stays chosen, though an uploader forgets it with its page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.shell import frame, words


@dataclass(frozen=True)
class File:
    """A file as it was chosen."""

    name: str
    data: bytes


def _slot(key: str) -> str:
    return f"held_{key}"


def _take(key: str) -> None:
    """What the uploader holds now; nothing where its file was taken away."""
    given = st.session_state.get(key)
    if given is None:
        st.session_state.pop(_slot(key), None)
    else:
        st.session_state[_slot(key)] = File(given.name, given.getvalue())


def _let_go(key: str) -> None:
    st.session_state.pop(_slot(key), None)


def there(key: str) -> bool:
    """Is a file held?"""
    return isinstance(st.session_state.get(_slot(key)), File)


def file(label: str, key: str, help_: str) -> File | None:
    """An uploader whose file is still there when a person comes back to the page.

    A file that is held so is named below the uploader, with a button that lets it go.
    """
    given = st.file_uploader(label, key=key, help=help_, on_change=_take, args=(key,))
    if given is not None:
        _take(key)
    held = st.session_state.get(_slot(key))
    if not isinstance(held, File):
        return None
    if given is None:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_held"):
            frame.note(f"Still here: {held.name}, {words.size(len(held.data))}.")
            st.button(
                "Remove",
                key=f"{key}_remove",
                icon=":material/close:",
                on_click=_let_go,
                args=(key,),
            )
    return held
