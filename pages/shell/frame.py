"""What every page has around its body: the style sheet, the steps, the heading, and errors
as sentences.
"""

from __future__ import annotations

import functools
import html
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st

from ec_core.errors import ECError
from ec_core.runs.run import Run
from pages.shell import garbage, interrupted, navigation, sharing, steps, theme, words
from pages.shell.opened import open_run

P = ParamSpec("P")

_LOG = logging.getLogger("ec_app")


def callout(sentence: str) -> None:
    """One sentence about what is wrong."""
    st.error(words.plain(sentence), icon=":material/error:")


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Show what goes wrong as one sentence; the traceback belongs to the server's log.

    Streamlit's own signals (rerun, stop, switch page) are no Exceptions and pass through.
    """
    try:
        yield
    except ECError as error:
        callout(str(error))
    except Exception as error:
        _LOG.exception("a page failed")
        callout(
            f"This part of the page failed inside the app ({type(error).__name__}); your runs are "
            "safe, and the details are in the server's log."
        )


def guarded(body: Callable[P, None]) -> Callable[P, None]:
    """The same for a fragment, which runs again by itself, outside its page's frame."""

    @functools.wraps(body)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        with errors_as_sentences():
            body(*args, **kwargs)

    return wrapped


def page(
    key: str, heading: str | None, lead: str = ""
) -> Callable[[Callable[[Run | None], None]], None]:
    """Draw a page: ``@page("teacher", "Heading", "one sentence")`` over its body, run at once."""

    def draw(body: Callable[[Run | None], None]) -> None:
        navigation.by_the_main_script()
        garbage.WATCH.settle_if_due()
        theme.inject()
        with errors_as_sentences():
            run, problem = open_run()
            steps.bar(key, run, lambda: sharing.share(run))
            if heading is not None:
                st.html(
                    f'<div class="ec-head"><h1>{html.escape(heading)}</h1>'
                    f"<p>{html.escape(lead)}</p></div>"
                )
            if problem:
                callout(problem)
            sharing.whose(run)
            interrupted.banner(run)
            body(run)

    return draw


def needs(run: Run | None, part: str, sentence: str, step: str, label: str) -> Run:
    """The run, if it has come far enough; else say what is missing, lead there, and end the
    page.
    """
    if run is not None and run.has(part):
        return run
    with st.container(key="panel_missing"):
        st.markdown(sentence)
        if st.button(label, key=f"missing_{step}", type="primary"):
            steps.go(step, run)
    st.stop()
    raise AssertionError("st.stop ends the script")


def facts(pairs: list[tuple[str, str] | tuple[str, str, str]], key: str | None = None) -> None:
    """A quiet row of numbers with their names; a third entry (good, warn) colours one."""
    cells = []
    for name, value, *kind in pairs:
        mark = f' class="{kind[0]}"' if kind else ""
        cells.append(f"<div{mark}><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>")
    with st.container(key=key):
        st.html(f'<dl class="ec-facts">{"".join(cells)}</dl>')


def note(sentence: str) -> None:
    """A small remark."""
    st.html(f'<p class="ec-note">{html.escape(sentence)}</p>')


def formula(title: str, name: str) -> None:
    """A lesson text from assets/texts behind a click: plain words first, the formula on demand."""
    with st.expander(title):
        st.markdown(theme.written(f"texts/{name}.md"))
