"""How does noise become a story?

It begins with nothing but noise. At each step the model reads the whole page and says what its words could be,
and the page comes a little nearer to language. Play it, stop anywhere, and ask any word how sure it was.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import live, runs, state, takeaway
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import model_card, open_page, source_expander
from textdiff_ui.player import process_of

TITLE = "Denoise"
SECTION = "See how it works"
ORDER = 20
TEXTS_OF = {
    "toy": "toy sentences", "package:shakespeare": "Shakespeare's plays, letter by letter",
    "package:recipes": "recipes, piece by piece",
    "english": "recipes, encyclopedia articles, verses, conversations and plays, piece by piece",
}  # fmt: skip
OF_REGISTERS = (
    "Change the register and keep the seed: which words stay?",
    "Set the guidance to 3. What becomes more typical, and what is lost? Watch the network calls.",
    "Choose the sampler *confidence*: why do blanks and frequent words come first, and texts become short?",
)
DRAFT = "Take the finished story as the draft, at level 0.4. What survives, and what is told anew around it?"

with open_page(__doc__):
    config = run_controls()
    beside = runs.toolbar()
    with st.sidebar, st.expander("Open a recording"):
        brought = takeaway.brought_trace()
    trace = runs.replay(brought) if brought is not None else runs.watch(config, beside)

    if trace is not None:
        runs.draft_button(config, trace)
        st.subheader("Take it along", anchor=False)
        takeaway.downloads(trace)

    shown = trace.config if trace else config
    process = process_of(shown)
    known = lab.model_info(shown.model) if lab.offered(shown.model) else None
    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown(process.seen)
        if known and known.corpus == "tales":
            st.markdown("""
The model never sees how the story was meant: there is none. It learned from tales in which whatever is said
early returns late (who, which colour, what weather), and it must make all the words of one page agree.
""")
        elif known:
            st.caption(f"This model was trained on {TEXTS_OF.get(known.corpus, 'a text of its own')}.")
    with try_it:
        st.subheader("Try", anchor=False)
        tries = OF_REGISTERS if known and known.registers else process.tries
        st.markdown("\n".join(f"1. {text}" for text in (*tries, DRAFT)))

    st.subheader("The step as a formula", anchor=False)
    st.markdown(process.step)
    st.caption(
        "With its numbers the player shows the sampler's own rule where it has one, and else this formula."
    )
    source_expander(lab.samplers[lab.samplers.build(shown.sampler).name])
    source_expander(process, f"The code of this process ({process.title or process.name})")
    model_card(config.model)
    with st.expander("Sources"):
        st.markdown("\n".join(f"- {source}" for source in process.sources))
live.warm_up(state.config().model)
