"""Page settings, the table of pages, and what stands before the server; nothing else.

Read twice over: by ``streamlit run``, which finds the server's ``app`` here and runs it, and, as
the script of its page, by every session.
"""

from types import ModuleType

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from hosting.life import Life
    from hosting.routes import routes
    from hosting.settings import check
    from serving import middleware

    def process() -> ModuleType:
        """The program and its background work, which the server does not wait for."""
        import pages  # noqa: F401  # the gate, alone and first
        from pages.shell import process

        return process

    check()
    life = Life(process)
    app = st.App(
        __file__, middleware=middleware(), lifespan=life.lifespan, routes=routes(life.board)
    )
else:
    import pages  # noqa: F401  # the gate, alone and first
    from hosting.counts import COUNTS
    from pages.shell import navigation, visitor

    COUNTS.page(visitor.who().key)
    st.set_page_config(
        page_title="Expand and Cluster",
        page_icon="assets/icon.svg",
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.navigation(navigation.navigation_pages(), position="hidden").run()
