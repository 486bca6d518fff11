"""How does noise become a story?

Every cell starts as noise. At each step the model reads the whole page, says what each missing word could
be, and a few are written. Play it, stop anywhere, and ask any word how sure it was.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import live, runs, state, takeaway
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander

TITLE = "Denoise"
ORDER = 20

with open_page(__doc__):
    config = run_controls()
    beside = runs.toolbar()
    with st.sidebar, st.expander("Open a recording"):
        brought = takeaway.brought_trace()
    trace = runs.replay(brought) if brought is not None else runs.watch(config, beside)

    if trace is not None:
        st.subheader("Take it along", anchor=False)
        takeaway.downloads(trace)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
A hatched block is **noise**: a word that is not there yet. The italics on it are the model's best guess if
it had to answer now. A framed word was **written at this step**; it never changes again unless you put it
back. The bar under a word is the probability it had when it was written, so a short bar is a bold word.

The model never sees how the story was meant: there is none. It learned from tales in which whatever is said
early returns late (who, which colour, what weather), and it must make all the words of one page agree.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Find the step at which the animal's home is decided. Which word gave it away?
2. With the noise brush, put a name back to noise and resume. Does the pronoun keep up?
3. Choose the sampler *confidence* with 8 steps. What breaks first: the grammar, or who is who?
""")

    st.subheader("The step as a formula", anchor=False)
    st.markdown("""
Noise hides each word on its own: at noise level $t$ a share $\\alpha_t$ of the words has survived, from 1 at
$t = 0$ (clean) down to 0 at $t = 1$ (noise). Going back from $t$ to an earlier $s$, a hidden word appears with
""")
    st.latex(r"P(\text{a noisy cell is written}) = \frac{\alpha_s - \alpha_t}{1 - \alpha_t}")
    st.markdown("""
and which word appears is drawn from the model's prediction $p(x_0 \\mid x_t)$. The player shows it with the
numbers of each step. Words written in the same step do not know of each other: that is where mistakes come
from, and what more steps are for.
""")
    source_expander(lab.samplers[lab.samplers.build((trace.config if trace else config).sampler).name])
    with st.expander("Sources"):
        st.markdown("""
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- Shi et al. 2024, *Simplified and generalized masked diffusion for discrete data*, arXiv:2406.04329
- Zheng et al. 2024, *Masked diffusion models are secretly time-agnostic masked models*, arXiv:2409.02908
- Austin et al. 2021, *Structured denoising diffusion models in discrete state-spaces*, arXiv:2107.03006
""")
live.warm_up(state.config().model)
