"""Can noise be translated?

The source stands on the page from the start and is never noised; its translation comes out of noise beside it.
For numbers and dates the truth is known to the letter, so every answer can be judged.
"""

import streamlit as st

from textdiff_core import lab, translating
from textdiff_ui import live, runs, translate
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.translate import SCREEN

TITLE = "Translate"
ORDER = 65

with open_page(__doc__):
    translating.check(SCREEN.default)  # one sentence where the packages that know the truth are missing
    asked = st.container()
    translate.examples()
    config = run_controls(SCREEN, lambda shown, fill: translate.describe(shown, fill, asked))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs.noise_buttons(SCREEN)
    trace = translate.show_run(config)
    if trace is not None:
        translate.verdict(trace)
        translate.where_it_looks(trace)
    st.subheader("How many steps does it need?", anchor=False)
    translate.show_matches(config)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Kept words.** The tag of the target (`fr:`), the source and the sign between are given. They are read at every step
  and never change; only the twelve cells behind the sign begin as noise. Empty ones end as blanks.
- **One model for all directions.** The same network reads all five forms and writes all five; the tag alone says which.
- **Pieces.** A cell is a word with the space before it, a digit or a mark; German compounds are cut at their numbers.
- **Exact match** means equal to the truth letter by letter. The numbers and dates counted below were never trained on.
- **Why more steps help here.** A number has one translation: it depends on the source alone, and whoever knows it
  may write all its words at once. A date has two ways in English and in digits (*21 March 1998*, *March 21, 1998*).
  Words written together do not agree on one of them, and the mixture is wrong. That is the price of few steps; the
  lowest line shows those dates alone.
- The marks by language show where the model is weak. It knows numbers to 9999 and days of two centuries, nothing else.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Translate *7429* into German and watch the last two digits: which word is written in which place?
2. *2031-05-09* into English with *random* and 1 step, then other seeds: what is mixed?
3. The same with 12 steps. After which word is it decided whether the day or the month comes first?
4. Press on a written word, put it back to noise, and see whether the same one returns.
5. Open *Where does each word look?* and go from block to block: which reads the source, which does it skip?
6. Which kind of answer loses most by few steps, and why is it not German numbers?
7. Set the temperature to 0. Which of the two errors, not knowing and not agreeing, becomes rarer?
""")
    st.subheader("The step as a formula", anchor=False)
    st.latex(
        r"-\ln p(y \mid x) \;\le\; \mathbb{E}_{l \sim \{1..T\}} \; \frac{T}{l} "
        r"\sum_{i \text{ hidden}} -\ln p_\theta(y_i \mid y_{\text{visible}}, x)"
    )
    st.markdown(
        "The loss is that of plain masking with the source $x$ beside it: of the target's $T = 12$ cells $l$ are "
        "hidden, and only those are scored. The source has no noise, no level and no loss."
    )
    source_expander(lab.Conditional, "The code of the loss beside a source")
    source_expander(lab.samplers[lab.samplers.build(config.sampler).name], "The code of this sampler")
    with st.expander("Sources"):
        st.markdown("""
- Gong et al. 2022, *DiffuSeq: sequence to sequence text generation with diffusion models*, arXiv:2210.08933: noise
  on the target alone
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- Gu et al. 2018, *Non-autoregressive neural machine translation*, arXiv:1711.02281: words that do not agree
- Unicode CLDR, by the package babel: names of months and orders of dates; the package num2words: numbers in words
""")
live.warm_up(SCREEN.default.model)
