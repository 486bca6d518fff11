"""Same model, same seed: what does the schedule change?

Several ways to spend network calls on one page of noise. One clock moves all lanes together; a wavy line marks
what breaks the world's rules. Change any lane at the left, or add one of your own.
"""

import streamlit as st

from textdiff_ui import compare, lanes, live
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page
from textdiff_ui.lanes import SCREEN

TITLE = "Compare"
ORDER = 35

with open_page(__doc__):
    shown = run_controls(SCREEN, lanes.describe)
    lanes.toolbar(shown)
    traces = compare.watch(shown)
    if traces is not None:
        st.subheader("Take it along", anchor=False)
        compare.downloads(traces)

live.warm_up(SCREEN.default.runs[0].model)
