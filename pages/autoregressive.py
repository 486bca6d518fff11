"""From left to right, or everywhere at once?

The models that most people know write a text from its first word to its last. Here such a model, of the same size and
the same corpus, writes beside diffusion on one clock: who is better at what?
"""

import streamlit as st

from textdiff_core import against, lab
from textdiff_ui import autoregressive, live, runs, state
from textdiff_ui.autoregressive import SCREEN
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import model_card, open_page, source_expander
from textdiff_ui.navigation import pages

TITLE = "Against autoregressive"
SECTION = "Compare and measure"
ORDER = 46

with open_page(__doc__):
    config = run_controls(SCREEN, autoregressive.describe)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs.noise_buttons(SCREEN)
    autoregressive.watch(config)
    st.subheader("Who wins at what?", anchor=False)
    autoregressive.show_found(config)

    known, unit = against.is_known(config.model), lab.model_info(config.model).vocabulary.unit
    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown(f"""
- **Two lanes, one clock.** *Equal calls*: what the same number of network calls led to. *Equal seconds*: what the same
  time of computing led to. A call is not a call: the autoregressive model reads one {unit} and remembers the others,
  the masked one reads the whole page.{" A wavy line marks what breaks the world's rules." * known}
- **The same network.** In the shipped pairs width, depth, vocabulary and number of weights are equal. The causal
  one differs by a mask alone: at each place it sees what stands to the left. The model cards below tell both trainings.
- **Likelihood.** The chain rule in one order is exact. A masked model knows all orders, and its bound is their mean.
- **Filling in.** Given words stand on both pages from the start. The autoregressive model passes them when it comes to
  them, and cannot prepare for those that are still to come. This is not a matter of training: they are hidden from it.
- **Length.** The clock is measured with networks of these sizes and random weights, which take the same time.
- **Seconds** are those that each run really took; lanes computed at the same time share the machine.
""")
        if not known:
            st.markdown("""
- **No truth.** Of real text nobody knows which other words would do as well as the true ones. So the models are asked
  how likely they hold what really stands there, and a third model reads what they write, beside real text. Likely and
  dull go together: how varied the texts are stands beside it.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown(f"""
1. Stop at 8 calls. What does each lane know of its text by then: the beginning, or {unit}s all over the page?
2. Switch to *equal seconds*. How much is left of the lead that fewer calls gave, and why?
3. Choose 16 missing {unit}s. Where does the autoregressive text stop fitting its own end?
4. Set the masked model to *ancestral* with 8 steps: fewer calls, and what breaks?
5. Set the temperature to 0 for both and change the seed. Which of them still writes different texts?
6. In the table: is a way whose texts are {"right more often" if known else "likelier to a third model"} also less
   diverse?
7. Choose {"*recipes, recipes-ar*: what changes on" if known else "*tales, tales-ar*: what can be measured of"} a text \
{"whose truth nobody knows?" if known else "whose truth is known?"}
""")
        st.page_link(pages()["score"], label="**Language model**: one text, read by both")
    st.subheader("Both as one formula", anchor=False)
    st.latex(r"p(x) = \prod_{k=1}^{L} p(x^{o_k} \mid x^{o_1}, \dots, x^{o_{k-1}})")
    st.markdown(
        f"Here are $L = {lab.model_info(config.model).length}$ factors. Autoregression has the order "
        "$o = (1, 2, \\dots, L)$; masking at one word a step draws $o$ anew for each text. With a perfect model every "
        "order gives the same distribution, so word by word both are exact. They differ in what a trained network has "
        "to know: one order, or all."
    )
    model_card(config.model)
    model_card(config.causal)
    source_expander(lab.processes["autoregressive"], "The code of autoregression as a process")
    source_expander(lab.losses["next-word"], "The code of its loss")
    source_expander(against.measure, "The code of the measurement")
    with st.expander("Sources"):
        st.markdown("""
- Bengio et al. 2003, *A neural probabilistic language model*, JMLR 3: words given those before
- Vaswani et al. 2017, *Attention is all you need*, arXiv:1706.03762: the causal mask
- Hoogeboom et al. 2021, *Autoregressive diffusion models*, arXiv:2110.02037: masking as all orders at once
- Bavarian et al. 2022, *Efficient training of language models to fill in the middle*, arXiv:2207.14255: how
  autoregressive models are taught to fill in after all, by moving the middle to the end; not done here
- Nie et al. 2025, *Large language diffusion models*, arXiv:2502.09992
- Clopper and Pearson 1934, *The use of confidence or fiducial limits*, Biometrika 26(4): intervals of shares
""")
live.warm_up(state.config(SCREEN).model)
