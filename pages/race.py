"""What difference does one choice make?

Two to four trainings on the same text, in the same order and from the same first weights, with one thing changed.
They run one after another, so that none takes another's time.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import race, state
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.navigation import pages

TITLE = "Race"
SECTION = "Train your own"
ORDER = 54

with open_page(__doc__):
    shared = race.controls(state.RACE)
    group = state.chosen(state.RACE_OF)
    if group is None:
        race.example()
    else:
        race.show(group)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
Each run keeps its colour in every picture. With **equal steps** you compare what a step teaches; with **equal
seconds** what a second does: an optimizer that learns more per step may still lose if its step is dear. One run is
one throw of the dice: differences of a few per cent need several seeds before you believe them.

Losses are compared in validation: bounds in nats a cell of the same held-out texts. Runs that differ in their
*loss* are all judged by the likelihood bound. Runs of different *processes* have bounds of their own; that of the
insertion process also pays for the order of words and is left out of the comparison.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Race *sgd*, *momentum*, *adam* and *muon* on the toy sentences. Who leaves the plateau first, in steps and in
   seconds?
2. Race three learning rates of one optimizer, each three times the last. Which is too timid, which too bold?
3. Race the losses *count*, *nelbo* and *cross-entropy*. They have the same minimum; what then is different?
""")
        st.page_link(pages()["train"], label="**Train**: one run, watched closely")
    if shared is not None:
        source_expander(
            lab.optimizers[lab.optimizers.build(shared.optimizer).name], "The code of an optimizer"
        )
    with st.expander("Sources"):
        st.markdown("""
- Robbins and Monro 1951, *A stochastic approximation method*; Polyak 1964 (momentum)
- Tieleman and Hinton 2012 (RMSProp); Kingma and Ba 2014, *Adam*, arXiv:1412.6980
- Loshchilov and Hutter 2017, *Decoupled weight decay regularization*, arXiv:1711.05101; Jordan et al. 2024, *Muon*
""")
