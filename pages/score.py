"""How surprised is the model by your text?

Hide words of a text and ask the model for them. The less it believes in what stands there, the more it is surprised;
added up, its surprise is what a language model knows of the text as a whole.
"""

import streamlit as st

from textdiff_core import scoring
from textdiff_ui import live, runs, score, state
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.score import SCREEN

TITLE = "Language model"
SECTION = "Put it to use"
ORDER = 34

with open_page(__doc__):
    notices, text = st.container(), st.container()
    with notices:
        config = score.asked(run_controls(SCREEN, lambda shown, fill: score.describe(shown, fill, text)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "New noise", type="primary", key="new_noise", on_click=state.new_noise, args=(SCREEN,),
            help="The next seed: noise hides other words.",
        )  # fmt: skip
        runs.link_button(SCREEN)
    st.caption(
        "Nothing typed is stored: your text is in this page's address and in your session's memory only."
    )
    score.show_score(config)
    st.subheader("Does the order matter?", anchor=False)
    st.markdown(
        "Left to right is one order among many. A model that knows the world exactly finds a text equally likely in "
        "each: every difference is something that this one does not know."
    )
    score.show_orders(config)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Colour and line** are a word's surprise: the mean of $-\\ln p$ over noisy versions that hid it, each together with
  other words. What can be told from anything else is pale; what is told once, such as a name's trait, stays dark.
- **The bound** is not the text's probability but an upper bound on $-\\ln p$: the mean over all orders of writing it.
  Its interval is wide, because few versions hide little, and those count most. Whole orders say it more sharply.
- **Exact** is known for the invented worlds only. The gap is what the model does not know, and some luck with noise.
- **The end.** Where texts are shorter than the canvas, the blanks after them are predicted too: they say where the text
  ends, and are part of its probability. Running text has no end, and what would follow stays hidden.
- **The odd word out** is not the most surprising one. A trait that nothing gives away costs much and is no mistake; odd
  is a word in whose place another one is far likelier, all others being seen. `python -m benchmarks scoring` made one
  word of 100 tales wrong: one was called odd in each, in 79 the wrong one itself, and in no tale that was right.
- **Bits a character** compare models with different words; perplexity compares only those with the same.
- **From left to right.** Where an autoregressive model of the same words is shipped, it reads the text too: each word
  given those before it, in one pass. That is exact. What a masked model tells from both sides it must tell from one, so
  early words cost it more and late ones less; the sums are what to compare.
- **Other noises.** Undoing uniform or Gaussian noise hides no words: there the whole text has a bound of its own, and
  words and orders have none.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. *One word wrong*: which words turn dark besides the wrong one, and why those? Put the better word in its place.
2. Compare the orders of a right text with those of a wrong one. Why do they begin to differ?
3. *Shuffled*: is any word odd, when nothing fits together? What has become of the perplexity?
4. Leave out the last sentence. What does the end cost now?
5. Which words cost more from left to right than when hidden at random, and which less? Then choose *tales-ar* itself.
6. Raise the noisy versions to 256: how much narrower is the interval, and why not four times?
""")
    source_expander(scoring.score, "The code of the noisy versions")
    source_expander(scoring.orders, "The code of whole orders")
    source_expander(scoring.chained, "The code of reading from left to right")
    source_expander(scoring.Score, "The code of surprise, bound and odd word")
    with st.expander("Sources"):
        st.markdown("""
- Nie et al. 2025, *Large language diffusion models*, arXiv:2502.09992: the bound by counting hidden words. The code
  published with it rounds the counts, which favours some of them; here they are the floor of stratified uniforms
- Hoogeboom et al. 2021, *Autoregressive diffusion models*, arXiv:2110.02037: any order, and the bound as their mean
- Salazar et al. 2020, *Masked language model scoring*, arXiv:1910.14659: words hidden alone
- Cochran 1977, *Sampling techniques*: the interval of a mean over strata
""")
live.warm_up(state.config(SCREEN).model)
