"""Can noise hold a conversation?

Say something: your turn and those before it stand on the canvas, and the reply comes out of noise behind them. This
is a small model that read conversations of students and repeats what it read. It knows nothing, and means nothing.
"""

import streamlit as st

from textdiff_core import chatting
from textdiff_ui import chat, live
from textdiff_ui.frame import model_card, open_page, source_expander

TITLE = "Chat"
SECTION = "Put it to use"
ORDER = 36

with open_page(__doc__):
    config = chat.settings()
    st.caption(
        "Nothing typed here is stored: it is in your session's memory only, and gone two minutes after you close the "
        "page. It stands in no link, no log and no file."
    )
    talk = st.container()
    chat.listen(config)
    with talk:
        chat.show() if chat.turns() else chat.openers(config)
    if chat.turns():
        st.button(
            "Forget everything", key="chat_forget", on_click=chat.forget, help="Ends this conversation."
        )

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown(f"""
- **What it is.** One network for five kinds of text, here with the tag of conversations. Those are some thousand talks
  between two students (the package chitchat-dataset). The model card says how well it predicts them.
- **Its memory** is the canvas: 63 pieces, of which at least {chatting.LEAST} stay free for the reply. The last turns
  that fit are kept, whole, as given words; older ones are forgotten.
- **Rude words.** Before training, conversations in which a word of the list of the package glin-profanity falls were
  left out. That list is not here, and replies are not filtered: what no list knows, and what harmless words say
  together, may come up. Small models repeat what they read.
- **The order.** The free cells are cut into eight blocks, written one after the other; within a block words come in any
  order, each with all that stands in sight. That reads better than any order over the whole canvas.
- **The reply is a line.** What the model writes behind the line's end is its guess at the turns to come, and is not
  kept.
- **Click a word** of the reply to have it and its neighbours written anew. Later turns keep what they had in sight.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Say the same thing twice. Does it notice?
2. Step through a reply: within a block, which words come sure of themselves, and which only fit what stands already?
3. Mark the middle of a reply and have it written anew. How far does the sense change?
4. Ask for something it cannot know, such as today's date. How does it sound?
5. Set the temperature to 0 and begin anew. Why are the replies so alike?
""")
    source_expander(chatting.ask, "The code that puts the turns on the canvas")
    model_card(config.model)
    with st.expander("Sources"):
        st.markdown("""
- Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- Nie et al. 2025, *Large language diffusion models*, arXiv:2502.09992: conversations by masked diffusion, at a size at
  which they are useful
- Ho and Salimans 2022, *Classifier-free diffusion guidance*, arXiv:2207.12598
- The conversations: the package chitchat-dataset, see the model card for its licence
""")
live.warm_up(chatting.USUAL.model)
