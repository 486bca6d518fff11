"""Can noise be translated?

The source stands on the page from the start and is never noised; its translation comes out of noise beside it.
For numbers and dates the truth is known to the letter, so every answer can be judged. Verses of the King James Version
become modern English, and what people wrote stands beside them.
"""

import streamlit as st

from textdiff_core import lab, translating
from textdiff_ui import live, runs, translate, verses
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import model_card, open_page, source_expander
from textdiff_ui.translate import SCREEN

TITLE = "Translate"
SECTION = "Put it to use"
ORDER = 32
SEE_VALUES = """
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
"""
TRY_VALUES = """
1. Translate *7429* into German and watch the last two digits: which word is written in which place?
2. *2031-05-09* into English with *random* and 1 step, then other seeds: what is mixed?
3. The same with 12 steps. After which word is it decided whether the day or the month comes first?
4. Press on a written word, put it back to noise, and see whether the same one returns.
5. Open *Where does each word look?* and go from block to block: which reads the source, which does it skip?
6. Which kind of answer loses most by few steps, and why is it not German numbers?
7. Set the temperature to 0. Which of the two errors, not knowing and not agreeing, becomes rarer?
"""
SEE_VERSES = """
- **Kept words.** The tag of the register, the source and the sign between are given: 33 cells that are read at every
  step and never change. The 31 behind them begin as noise. Empty ones end as blanks.
- **A small model.** It is `english` of the Write page, trained on for this: it had read the modern verses of other
  chapters, and learnt from pairs which old words they come from. Texts are in lower case.
- **Pieces.** A cell is a word, a part of a rare one, or a mark. Most names are cut, and so easily misspelt.
- **chrF and BLEU** count the runs of letters, and of words, that the translation shares with one by people, 0 to 100.
  Both versions share most of their words: the source itself, copied, scores high, and is what the model must beat.
  A right word that the people did not choose counts as wrong.
- **From left to right** is best at one piece a step: the model then knows how far in the source it has come. With few
  steps it is worst, for neighbours written at once do not know of each other; confidence spreads them.
- **Words of their time** are *thee*, *unto*, *hath*, endings in *-eth* and some thirty more, as a share of all words.
"""
TRY_VERSES = """
1. Translate *Proverbs 10:12* with the sampler *confidence*. Which words are copied, which changed, which come first?
2. Set 1 step: every piece is written without knowing the others. What breaks first, words or order?
3. Type old English of your own, such as *Whither goest thou, and what hast thou done?*
4. Type modern English. Does the model leave it alone?
5. Set the temperature to 1 and press *New noise*: how many different translations does it know?
6. Open *Where does each word look?* Which block finds the word in the source that a cell is made from?
7. Press on a word you do not believe, put it back to noise, and see whether the same one returns.
"""

with open_page(__doc__):
    translating.check(SCREEN.default)  # one sentence where the packages that know the truth are missing
    asked, offered = st.container(), st.container()
    config = run_controls(SCREEN, lambda shown, fill: translate.describe(shown, fill, asked))
    of_verses = translate.of_verses(config)
    with offered:
        translate.examples(config)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs.noise_buttons(SCREEN)
    trace = translate.show_run(config)
    if trace is not None:
        translate.verdict(trace)
        translate.where_it_looks(trace)
    if of_verses:
        st.subheader("How close does it come?", anchor=False)
        verses.show_scores(config.model)
    else:
        st.subheader("How many steps does it need?", anchor=False)
        translate.show_matches(config)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown(SEE_VERSES if of_verses else SEE_VALUES)
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown(TRY_VERSES if of_verses else TRY_VALUES)
    st.subheader("The step as a formula", anchor=False)
    st.latex(
        r"-\ln p(y \mid x) \;\le\; \mathbb{E}_{l \sim \{1..T\}} \; \frac{T}{l} "
        r"\sum_{i \text{ hidden}} -\ln p_\theta(y_i \mid y_{\text{visible}}, x)"
    )
    st.markdown(
        "The loss is that of plain masking with the source $x$ beside it: of the target's "
        f"$T = {translating.usual(config.to).steps}$ cells $l$ are hidden, and only those are scored. The source has "
        "no noise, no level and no loss."
    )
    source_expander(lab.Conditional, "The code of the loss beside a source")
    source_expander(lab.samplers[lab.samplers.build(config.sampler).name], "The code of this sampler")
    if of_verses:
        model_card(config.model)
    with st.expander("Sources"):
        st.markdown("""
- Gong et al. 2022, *DiffuSeq: sequence to sequence text generation with diffusion models*, arXiv:2210.08933: noise
  on the target alone
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- Gu et al. 2018, *Non-autoregressive neural machine translation*, arXiv:1711.02281: words that do not agree
- Papineni et al. 2002, *BLEU*, ACL; Popović 2015, *chrF: character n-gram F-score*, WMT; by the package sacrebleu
- The King James Version (1611) and the World English Bible, both in the public domain
- Unicode CLDR, by the package babel: names of months and orders of dates; the package num2words: numbers in words
""")
live.warm_up(SCREEN.default.model)
