"""What has been learned here?

Every training of this app and of its command line, kept in one folder. Use a run's model on any page, put curves
side by side, take a run along as a file, or bring one back.
"""

import streamlit as st

from textdiff_ui import shelf
from textdiff_ui.frame import open_page
from textdiff_ui.navigation import pages

TITLE = "Runs"
SECTION = "Train your own"
ORDER = 56

with open_page(__doc__):
    shelf.bring()
    chosen = shelf.listed()
    shelf.act(chosen)
    shelf.compare(chosen)
    st.page_link(pages()["train"], label="**Train**: begin another one")
    st.subheader("Where they lie", anchor=False)
    st.markdown(shelf.where())
