"""Why do few steps break a story?

Words that are written in the same step do not know of each other. Each is drawn as if it were alone, from what stood
there before; so what should agree agrees only by luck.
"""

import streamlit as st

from textdiff_core import joint, lab
from textdiff_ui import live, parallel, runs, state
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.navigation import pages
from textdiff_ui.parallel import SCREEN

TITLE = "Few steps"
SECTION = "Compare and measure"
ORDER = 42

with open_page(__doc__):
    notices = st.container()
    st.subheader("A language of a few texts, exactly", anchor=False)
    listed, pictures = st.container(), st.container()
    st.subheader("A tale, measured", anchor=False)
    told = st.container()
    with notices:
        config = run_controls(SCREEN, lambda shown, fill: parallel.describe(shown, fill, listed, told))
    with pictures:
        parallel.show_listed(config)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "New noise", type="primary", key="new_noise", on_click=state.new_noise, args=(SCREEN,),
            help="The next seed: another story, other texts.",
        )  # fmt: skip
        runs.link_button(SCREEN)
    parallel.show_story(config)
    parallel.show_stories(config)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Joint and product.** Full bars: how often each text is told. Hatched bars: how often it comes when every letter is
  drawn on its own with the right frequency, which is all that one single step can do. Diamonds: where the chosen number
  of words a step ends, between the two.
- **Total correlation** is the distance between the bars in nats: what the letters know of each other, and what one
  step throws away. A step of one word throws nothing away, so one word a step is exact.
- **Predicted and measured.** The line is computed; the crosses are texts that the sampler itself has drawn, with 95 %
  intervals.
- **Whose fault?** The exact denoiser knows every probability of the world of tales. What it gets wrong, no training can
  mend: it is the price of writing words together. Only what the model breaks beyond that is the model's.
- A word with a **wavy line** in the story breaks a rule. Once the words written contradict each other, no tale agrees
  with them any more; the exact denoiser then falls back on how often words occur, and a trained one may cope better.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. ABAB or BABA: go from one word a step to four. Why does every further word halve what is right?
2. *An even number of B*: three words a step are exact and two are not. Which letters may be written together?
3. *Two cells, three words*: nothing is impossible, and still something is lost. What?
4. Choose *ancestral*, one word a step. On average it writes one; why does it break texts nevertheless?
5. In the tale, go from 1 word a step to 2, 3, 4. Which rule breaks first, and what has to agree for it?
6. Choose *confidence* with two words a step. Words that hang on one choice are equally sure: step through the story
   and find two of them that were written together. Does this order help?
""")
        st.page_link(pages()["denoise"], label="**Denoise**: watch the same run word by word")
    source_expander(joint.reached, "The code that carries the probabilities")
    source_expander(lab.samplers[config.sampler], "The code of this sampler")
    with st.expander("Sources"):
        st.markdown("""
- Watanabe 1960, *Information theoretical analysis of multivariate correlation*: total correlation
- Austin et al. 2021, *Structured denoising diffusion models in discrete state-spaces*, arXiv:2107.03006
- Zheng et al. 2024, *Masked diffusion models are secretly time-agnostic masked models*, arXiv:2409.02908: exact steps
- Nie et al. 2025, *Large language diffusion models*, arXiv:2502.09992: random and confidence order
- Clopper and Pearson 1934, *The use of confidence or fiducial limits*, Biometrika 26(4): intervals of shares
""")
live.warm_up(state.config(SCREEN).model)
