"""What can each kind of noise do that the others cannot?

One seed, one noise level, one clock: every lane goes from noise to a story by a process of its own. Ask the
three questions and see in all lanes at once whether a word is ever changed, put back, or inserted.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import live, runs, side_by_side
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.side_by_side import SCREEN

TITLE = "Side by side"
SECTION = "See how it works"
ORDER = 24

with open_page(__doc__):
    config = run_controls(SCREEN, side_by_side.describe)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs.noise_buttons(SCREEN)
    traces = side_by_side.watch(config)
    if missing := side_by_side.missing():
        st.caption(missing)
    if traces is not None:
        st.subheader("Take it along", anchor=False)
        side_by_side.downloads(traces, config.key)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
All lanes stand at the **same noise level**: the clock runs from 100 % noise down to none, and each lane shows
its last step that is no less noisy. The **ledger** keeps account of every cell (a row) at every step.

- **Masking** hides words. A hidden cell is a blank to fill; once filled, it stays.
- **Uniform** noise swaps words for random ones. Nothing marks which words are noise, so every word stays open.
- **Gaussian** noise shakes word vectors; what you read is the nearest word, and it may flip until the end.
- **Insertion** also takes cells away, and has to learn where words are missing.

The same seed does not mean the same story: each process spends its random numbers on other things.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Press *Can it change its mind?* and step through the last tenth. Which words does uniform noise still
   change, and does the story get better or worse by it?
2. Set 8 steps. Which process suffers most, and can the one that revises repair its own mistakes?
3. Find a word that masking got wrong early (a wavy line in the end). What would have had to happen for it to be
   corrected?
""")
    with st.expander("The processes in the code"):
        for process, model in side_by_side.models().items():
            if model:
                source_expander(lab.processes[process], f"The code of {side_by_side.called(process)}")
    with st.expander("Sources"):
        st.markdown("""
- Austin et al. 2021, *Structured denoising diffusion models in discrete state-spaces*, arXiv:2107.03006
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- Schiff et al. 2024, *Simple guidance mechanisms for discrete diffusion models*, arXiv:2412.10193
- Li et al. 2022, *Diffusion-LM improves controllable text generation*, arXiv:2205.14217
- Kim et al. 2025, *Any-order flexible length masked diffusion*, arXiv:2509.01025
- Wang et al. 2025, *Remasking discrete diffusion models with inference-time scaling*, arXiv:2503.00307
""")
live.warm_up(config.model if "config" in globals() else SCREEN.default.model)
