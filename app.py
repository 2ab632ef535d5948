"""Page settings and the table of pages; nothing else."""

import streamlit as st

from pages.ui.steps import navigation_pages

st.set_page_config(page_title="Expand and Cluster", page_icon="assets/icon.svg", layout="wide")
st.navigation(navigation_pages(), position="hidden").run()
