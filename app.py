"""Page settings and the table of pages; nothing else."""

import streamlit as st

import pages  # noqa: F401  # the gate, alone and first
from pages.shell import navigation

st.set_page_config(
    page_title="Expand and Cluster",
    page_icon="assets/icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.navigation(navigation.navigation_pages(), position="hidden").run()
