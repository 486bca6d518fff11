"""How does text become noise?

Destroying a text needs no learning: it is a recipe, and every kind of diffusion has its own. Type a sentence, move t
from 0 to 1, and watch each of them do it, all with the same random numbers.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import live, noising, runs, state
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.navigation import pages
from textdiff_ui.noising import SCREEN

TITLE = "Noise"
SECTION = "See how it works"
ORDER = 22

with open_page(__doc__):
    sentence = st.container()
    config = run_controls(SCREEN, lambda shown, fill: noising.describe(shown, fill, sentence))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "New noise", type="primary", key="new_noise", on_click=state.new_noise, args=(SCREEN,),
            help="The next seed: noise hits other words.",
        )  # fmt: skip
        runs.link_button(SCREEN)
        st.button(
            "Use this schedule everywhere", key="use_everywhere", on_click=state.use_everywhere,
            args=(config.schedule,), help="Every other page takes it over when you go there.",
        )  # fmt: skip
    noising.show(config)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Masking** hides a word. What is hidden is seen, and a word that is seen is right.
- **Uniform** noise puts any word of the vocabulary in its place. The hatching here shows where: a model does not
  see it, and has to doubt every word.
- **Gaussian** noise shakes the word's vector until another word's is nearer. The text shows the nearest word; the
  bar under it is how near the word's own vector still is, which a model gets too.
- **Insertion** deletes words, some of them by way of a mask. What is left closes up, and nothing shows the gap; the
  grid view keeps the places.

Each word draws a number between 0 and 1 once, and is hit when $\\alpha_t$ falls to it. Masking, uniform noise and
deletion share these numbers, so they hit the same words at the same moment. A word once hit stays hit, and other
words and vectors are drawn once for all levels, so that the eye can follow.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Go to t = 0.5 and read each lane to a neighbour. From which one could the story still be guessed, and from
   which one would you not even know that something is wrong?
2. Choose the schedule *drawn* and pull its curve down near t = 0. What happens to the loss weight, and why must it?
3. Click a word that was hit. Its chance to return in one step is small at t = 1 and certain at the last step:
   which number in the formula sees to that?
""")

    st.subheader("The way back as a formula", anchor=False)
    st.markdown("""
At noise level $t$ a share $\\alpha_t$ of the words has survived. At an earlier $s$ it was more of them. So of those
that noise took by $t$, this share has to return on the way from $t$ to $s$:
""")
    st.latex(r"P(\text{it returns at this step}) = \frac{\alpha_s - \alpha_t}{1 - \alpha_t}")
    st.markdown("""
Training counts a hidden word at level $t$ with the weight $-\\alpha_t' / (1 - \\alpha_t)$, the rate at which it
returns. Whatever schedule is drawn, a word's expected weight over all levels is one; it only moves to other
$t$. That is why the bound of a masked model does not depend on the schedule, while the way it samples does.
""")
    for process in noising.kinds():
        part = lab.processes[process]
        source_expander(part, f"The code of {part.title or process}")
    source_expander(lab.schedules[lab.schedules.build(config.schedule).name], "The code of this schedule")
    with st.expander("Sources"):
        st.markdown("""
- Austin et al. 2021, *Structured denoising diffusion models in discrete state-spaces*, arXiv:2107.03006
- Shi et al. 2024, *Simplified and generalized masked diffusion for discrete data*, arXiv:2406.04329
- Schiff et al. 2024, *Simple guidance mechanisms for discrete diffusion models*, arXiv:2412.10193
- Sahoo et al. 2025, *The diffusion duality*, arXiv:2506.10892
- Kim et al. 2025, *Any-order flexible length masked diffusion*, arXiv:2509.01025
- Fritsch and Butland 1984, *A method for constructing local monotone piecewise cubic interpolants*, SIAM J. Sci.
  Stat. Comput. 5(2): the curve through drawn points
""")
    st.page_link(pages()["denoise"], label="**The way back**: watch a model undo the noise")
live.warm_up(state.config(SCREEN).model)
