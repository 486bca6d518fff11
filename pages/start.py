"""What is text diffusion?

Language models usually write from left to right, one word after another. A diffusion model begins with a page
of pure noise and turns it into text step by step, anywhere on the page.
"""

import streamlit as st

from textdiff_core.records import RunConfig
from textdiff_ui import live, runs
from textdiff_ui.frame import open_page
from textdiff_ui.navigation import pages, question

TITLE = "Start"
SECTION = ""
ORDER = 10
NOTATION = """
| Sign | Meaning |
|---|---|
| $x_0$ | the clean text, $L$ words |
| $x_t$ | the same text at noise level $t$: some words are hidden (or, by other noise, replaced, blurred or taken out) |
| $t$ | noise level, from 0 (clean) to 1 (nothing but noise) |
| $s$ | the noise level a step goes to, $s < t$ |
| $\\alpha_t$ | share of words that noise has not hit yet: 1 at $t = 0$, 0 at $t = 1$ |
| $N$ | number of steps from noise to text |
| $L$ | number of cells on the canvas; a cell holds one word |
| $V$ | number of words the model knows |
| $p(x_0 \\mid x_t)$ | the model's prediction: for each hidden cell, a probability for each of the $V$ words |
| nats | unit of surprise, $-\\ln p$: 0 for what was certain, 0.69 for a coin toss; 1 nat is 1.44 bits |
| loss | average surprise of the model at the true hidden words, in nats |
| NELBO | the loss over all noise levels: no less than the text's true $-\\ln p$ |
"""

with open_page(__doc__):
    picture, story = st.columns([7, 5], gap="large")
    with picture:
        if runs.show_shipped(RunConfig()):
            st.switch_page(pages()["denoise"])
        st.caption(
            "A small model, trained for this app on short tales. The words in italics are its guesses; a framed "
            "word has just been written; the bar tells how likely it was."
        )
    with story:
        st.markdown("""
1. **Noise.** Take a text and hide its words one after another until none is left. That needs no learning.
2. **Learning.** Show a network half-hidden texts and let it guess the hidden words. It is scored by its
   surprise at the true ones.
3. **Going back.** Start with everything hidden. Ask for all words at once, write a few of the guesses, ask
   again. After some steps noise has become language.

Each guess sees the whole page, before and after the gap. That is the appeal: words may come in any order and
several at a time, and a finished word can be put back. It is also the difficulty: words written at the same
moment do not know of each other, and may disagree.

Diffusion models are not built on GANs, as some popular articles have it: nothing here is adversarial, one
network is trained by plain prediction.

Hiding words is one kind of noise. Words can also be replaced by others, blurred as vectors, or taken out: the
pages **Noise** and **Side by side** show all four.
""")

    st.subheader("The path through the pages", anchor=False)
    for name, page in pages().items():
        if name != "start":
            st.page_link(page, label=f"**{page.title}**: {question(name)}")

    st.subheader("The signs used everywhere", anchor=False)
    st.markdown(NOTATION)
live.warm_up(RunConfig.model)
