"""Can noise write to order?

Say what kind of text it shall be, how it begins and ends, and which words must occur. They stand from the start; the
rest comes out of noise around them, to their left as well as to their right.
"""

import streamlit as st

from textdiff_core import lab, placing, writing
from textdiff_ui import live, runs, write
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import model_card, open_page, source_expander
from textdiff_ui.write import SCREEN

TITLE = "Write"
SECTION = "Put it to use"
ORDER = 30

with open_page(__doc__):
    asked = st.container()
    config = run_controls(SCREEN, lambda shown, fill: write.describe(shown, fill, asked))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs.noise_buttons(SCREEN)
    traces = write.show_runs(config)
    if traces is not None:
        write.to_copy(traces)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Three alternatives** of one order, from three seeds. They share a clock.
- **Blocks**: the free cells are cut into eight, written from left to right, the words of each in any order. The text
  hangs together better than where words may come anywhere, and what is given behind a block is in sight all the same.
- **What is given** is underlined and never changes. A model that writes from left to right cannot be given an end, or a
  word in the middle; here every cell is asked with all others in sight.
- **The tag** in the first cell names the register. It is given as well, and is no part of the text.
- **Cells are pieces**: a word, a part of a rare one, a mark, or the end of a line. Texts are in lower case and without
  accents. Cells left blank at the end mean that the text is over.
- **Click a word** when the run has ended: it and its neighbours are marked, and written anew with all others standing.
  A second time, other random numbers are drawn.
- **Guidance** above 1 asks the network twice, with the tag and without it, and lets what the tag adds count more: texts
  become more typical of their register, and more alike.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Put *cinnamon* among the words that must occur. Where does it go in each of the three texts?
2. Give a beginning and an end that do not belong together. How does the middle get from one to the other?
3. Set the register to *verses* and keep the recipe's words. Which of the two wins?
4. Set the guidance to 3, then to 0. What is lost each time?
5. Set 8 steps. Which errors are those of words that did not know of each other?
6. Set the blocks to 1, so that words come anywhere from the first step on. What gets worse?
""")
    st.subheader("Words for any place", anchor=False)
    st.markdown(
        f"The model first writes freely, in {placing.STEPS} steps. Then each word $w$ with its pieces "
        "$w_1 \\dots w_k$ is tried at every free place $i$ of that text $x$, and is put where the model gives it the "
        "highest probability:"
    )
    st.latex(
        r"\hat\imath = \arg\max_i \; \sum_{j=1}^{k} \ln p_\theta(w_j \mid x_{\text{without } i..i+k-1},\, w_{<j})"
    )
    st.markdown(
        "There it is kept, and everything else is written anew from noise. Places that lie far enough apart are asked "
        "about at once, so up to half of the text is hidden when a place is judged. Longer words are placed first."
    )
    source_expander(placing.fits, "The code that finds the place")
    source_expander(writing.form, "The code that turns the order into kept words")
    source_expander(lab.samplers[lab.samplers.build(config.sampler).name], "The code of this sampler")
    model_card(config.model)
    with st.expander("Sources"):
        st.markdown("""
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- Ho and Salimans 2022, *Classifier-free diffusion guidance*, arXiv:2207.12598; for masked text Schiff et al. 2024,
  arXiv:2412.10193
- Chang et al. 2022, *MaskGIT: Masked generative image transformer*, arXiv:2202.04200: confidence order, and filling in
- Salazar et al. 2020, *Masked language model scoring*, arXiv:1910.14659: a word judged with the rest in sight
- The texts that the model was trained on, with their licences, stand in its model card
""")
live.warm_up(SCREEN.default.model)
