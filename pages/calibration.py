"""Is the confidence worth its name?

A model that says 90 % should be right nine times in ten. Hide words of texts it has never seen, let it fill them
in, and count.
"""

import streamlit as st

from textdiff_core import reliability
from textdiff_ui import calibration, live, runs, state
from textdiff_ui.calibration import SCREEN
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander

TITLE = "Confidence"
SECTION = "Compare and measure"
ORDER = 44

with open_page(__doc__):
    notices = st.container()
    st.subheader("One look at a noisy text", anchor=False)
    looked, figures = st.container(), st.container()
    st.subheader("Word by word, as samplers write", anchor=False)
    written = st.container()
    with notices:
        config = run_controls(SCREEN, lambda shown, fill: calibration.describe(shown, fill, looked, written))
    with figures:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.button(
                "New noise", type="primary", key="new_noise", on_click=state.new_noise, args=(SCREEN,),
                help="The next seed: other texts, other words hidden.",
            )  # fmt: skip
            runs.link_button(SCREEN)
        calibration.show_look(config)
    calibration.show_ways(config)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Right** means: equal to the word that the held-out text has there. That, and nothing weaker, is what a probability
  $p(x_0 \\mid x_t)$ speaks of. A name that nothing gives away is believed with 1/16 and right one time in sixteen.
- **Allowed** means: no rule of the tales is broken by it. At one look: some tale has the word there, together with all
  that is visible. Word by word: the checker finds no fault at that word of the finished story. Almost every word is
  allowed, also the unsure ones, so a low confidence is no sign of a mistake.
- **The exact denoiser** knows the posterior itself. It is right exactly as often as it says; what is left of its error
  is luck with these texts, and shows how small an error can be told at all.
- **The intervals** take words for independent. Words of one text hang together, so they are a little too narrow.
- **Word by word even the exact denoiser looks too sure.** It has guessed words before, and takes its guess for told: it
  repeats a wrong name with confidence 1. Nothing is wrong with its probabilities, they speak of another text.
- **Order selects.** One word a step, every order of the exact denoiser gets equally many words right on average, but
  writes them at other confidences. Several a step, surest first, writes together what is sure anyway.
- **Words written together** may contradict each other, and then no tale agrees with the text any more. The exact
  denoiser has no answer there and falls back on how often words occur; the trained one copes better.
- With uniform or Gaussian noise every cell is asked about, as nothing marks which words are noise.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Move the temperature to 0.5 and to 2. On which side of the diagonal is a model that is too sure?
2. At which noise level is the error largest, and is it larger than the exact denoiser's?
3. Choose *equal mass*: most words are certain. What do ten bins of equal width hide?
4. Compare *first-hitting* with *confidence, 8 steps*: which writes words at a higher confidence, and which has more of
   them right?
5. Raise the noise level word by word: why does the gap between confidence and right widen?
""")
    source_expander(reliability.Reliability, "The code of the bins and their error")
    source_expander(reliability.judged, "The code of the temperature")
    with st.expander("Sources"):
        st.markdown("""
- Guo et al. 2017, *On calibration of modern neural networks*, arXiv:1706.04599: expected calibration error, temperature
- Niculescu-Mizil and Caruana 2005, *Predicting good probabilities with supervised learning*, ICML: reliability diagrams
- Nixon et al. 2019, *Measuring calibration in deep learning*, arXiv:1904.01685: bins of equal mass
- Clopper and Pearson 1934, *The use of confidence or fiducial limits*, Biometrika 26(4): intervals of shares
""")
live.warm_up(state.config(SCREEN).model)
