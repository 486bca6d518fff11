"""What does the loss add up?

Hide some words of a sentence and ask the model for each of them. The less it believes in the true word, the more that
word costs; weighted and added up, that is the very number that training makes small.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import by_hand, cache, live, runs, state
from textdiff_ui.by_hand import SCREEN
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander

TITLE = "Loss"
SECTION = "See how it works"
ORDER = 26

with open_page(__doc__):
    sentence = st.container()
    config = run_controls(SCREEN, lambda shown, fill: by_hand.describe(shown, fill, sentence))
    with st.spinner("The model reads the sentence."):
        added = cache.added_up(by_hand.asked(config))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "New noise", type="primary", key="new_noise", on_click=state.new_noise, args=(SCREEN,),
            help="The next seed: noise hides other words.",
        )  # fmt: skip
        runs.link_button(SCREEN)
        by_hand.download(config, added)
    by_hand.noisy_text(added)
    by_hand.table(added)
    by_hand.formulas(added)

    st.subheader("Other noise, other sums", anchor=False)
    by_hand.show_spread(config)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Hatched words** are hidden from the model; you see them to judge it. The bar under one is the probability $p$ that
  the model gives it. What can be told from the rest has a full bar and costs nothing.
- **A short bar** is a choice that the sentence leaves open. It costs $-\\ln p$: 0.69 nats, or one bit, for an even
  chance of two. Blanks after the end are cells as well.
- **Three weights, one minimum.** All three losses are smallest where every $p$ is the exact probability. Counting and
  the NELBO estimate the same bound, counting with less scatter, since how many words are hidden is not left to chance.
- **Plain cross-entropy** equals counting divided by $L$ for one sentence. In a batch it counts every hidden word the
  same, so sentences with much noise pull hardest; the bounds give a word that is hidden alone the same say as $L$
  that are hidden together.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Move t to 0.05, then to 1. Which words have the short bars, and why are they not the same ones?
2. Change one name in the middle of the sentence. Which hidden words pay for it?
3. Choose the schedule *cosine-mdlm* under More: the NELBO's weight moves. Do the means below?
""")

    st.subheader("Why perplexity is an upper bound here", anchor=False)
    st.markdown("""
A model that reads from left to right gives a sentence one probability. A masked model can write it in any order, and
each order gives it another one. Its own probability is their mean:
""")
    st.latex(
        r"-\ln p(x) \;=\; -\ln \operatorname{mean}_{\text{orders}} p(x \mid \text{order})"
        r"\;\le\; \operatorname{mean}_{\text{orders}} \bigl(-\ln p(x \mid \text{order})\bigr) \;=\; \text{bound}"
    )
    st.markdown("""
The sign is Jensen's inequality: $-\\ln$ of a mean is at most the mean of $-\\ln$. Only the right side can be measured,
so a perplexity made of it, exp(nats / words), is an upper bound. The two sides are equal when every order gives the
same probability, as an exact model does. *The chain* goes through whole orders, hiding one word more at a time;
*strata* spread the noise levels evenly, so that less of the scatter is luck. Few versions near $t = 0$ hide a word that
is told once, and those cost hundreds of nats: intervals from 64 dots are rough, often too narrow. For one sentence the
model may lie above or below the world's exact value; on average over the world's sentences its bound never lies below.
""")
    for name in ("count", "nelbo", "cross-entropy"):
        source_expander(lab.losses[name], f"The code of this loss: {name}")
    with st.expander("Sources"):
        st.markdown("""
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524: the NELBO
- Shi et al. 2024, *Simplified and generalized masked diffusion for discrete data*, arXiv:2406.04329
- Nie et al. 2025, *Large language diffusion models*, arXiv:2502.09992: counting
- Hoogeboom et al. 2021, *Autoregressive diffusion models*, arXiv:2110.02037: orders and the chain
- Kingma et al. 2021, *Variational diffusion models*, arXiv:2107.00630: noise levels in strata
- Cochran 1977, *Sampling techniques*: the interval of a mean over strata
""")
live.warm_up(state.config(SCREEN).model)
