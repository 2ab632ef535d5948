"""Page settings and the table of pages; nothing else."""

import streamlit as st

from pages.ui import table

st.set_page_config(
    page_title="Expand and Cluster",
    page_icon="assets/icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.navigation(table.navigation_pages(), position="hidden").run()
