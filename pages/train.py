"""How does a model learn to denoise?

Hide words of a text, let the network guess them, and change its weights a little so that it would have guessed
better. Choose a text, start, and watch the loss fall while the same noise turns from soup into sentences.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import state, training, training_run
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.navigation import pages

TITLE = "Train"
SECTION = "Train your own"
ORDER = 52

with open_page(__doc__):
    wish = training.controls(state.TRAIN)
    run_id = state.chosen(state.RUN)
    if run_id is None:
        training_run.example()
    else:
        training_run.show(run_id)

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Training loss** (thin): the surprise at the hidden words of each batch, in nats a cell. It jumps, because each
  batch hides other words, and some batches hide nearly all. **Validation loss** (dots): of texts that are never
  trained on.
- **All words alike** is where an untrained network begins: ln V. **Word frequencies only** is what a model costs that
  knows how often each word occurs and nothing of its neighbours. What lies below was learned from context.
- **The sample** is grown by the averaged weights of that moment, always from the same noise.
- A loss that climbs and stays up **diverges**: the steps are longer than the slope is straight. The run is then
  stopped, its curve and its last good weights stay, and the remedy is a smaller learning rate or a longer warm-up.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Train the toy sentences. At which step are the words right, at which the grammar, and at which do the name and
   its pronoun agree?
2. Take *sgd* with the same learning rate as *adamw*. Where does it stand after as many steps, and what rate does it
   need?
3. Set the learning rate to 10. How many steps does it take until the run is given up?
4. Paste a text of your own: a chapter, a hundred recipes, your mails. What is learned first?
""")
        st.page_link(pages()["race"], label="**Race**: the same training with one thing changed")
        st.page_link(pages()["loss"], label="**Loss**: how the number adds up")
    if wish is not None:
        source_expander(lab.losses[lab.losses.build(wish.config.loss).name], "The code of this loss")
        source_expander(
            lab.optimizers[lab.optimizers.build(wish.config.optimizer).name], "The code of this optimizer"
        )
    with st.expander("Sources"):
        st.markdown("""
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- Nie et al. 2025, *Large language diffusion models*, arXiv:2502.09992
- Kingma and Ba 2014, *Adam*, arXiv:1412.6980; Loshchilov and Hutter 2017, arXiv:1711.05101; Jordan et al. 2024, *Muon*
""")
