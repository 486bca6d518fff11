"""Same model, same seed: what does the schedule change?

Several ways to spend network calls on one page of noise. One clock moves all lanes together; a wavy line marks
what breaks the world's rules. Change any lane at the left, or add one of your own.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import compare, frontier, lanes, live
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.lanes import SCREEN

TITLE = "Compare"
SECTION = "Compare and measure"
ORDER = 40

with open_page(__doc__):
    shown = run_controls(SCREEN, lanes.describe)
    lanes.toolbar(shown)
    traces = compare.watch(shown)
    if traces is not None:
        st.subheader("Take it along", anchor=False)
        compare.downloads(traces)
    frontier.section(lanes.by_title(shown))

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
Each card is a whole run of its own: model, sampler, schedule, steps, seed. They share a clock, which can hold
three things equal:

- **Noise**: all lanes have as much left to write. Where is one surer than another, with the same left to do?
- **Steps**: short runs are over while long ones still begin. This is what a diagram of the schedule shows.
- **Network calls**: all lanes have cost the same. This is the fair race, since calls are what takes the time.

A lane that is over stands finished and shows its verdict. Below stand, along the same clock, the schedule
$\\alpha(t)$, how many words each step wrote, how sure the model was of the cells still noise, and the calls so far.
Words written in one step do not know of each other: that is what few steps cost, and *informed* looks for words that
need not.

The seconds are those that the run really took when it was computed, lanes at the same time sharing the machine. The
page opens with a seed on which the lanes differ as they do on average; one text is an anecdote all the same.
""")
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Switch to *equal calls* and stop at 8 calls. Two lanes have told their whole tale. Why does only one break rules?
2. Press *Mark the difference* and *Go to where they part*. From one word on, the same seed tells two tales.
3. Confidence order writes the surest words first. Watch the mean confidence of what is left: why does it fall
   where the others' rises?
4. Press *New noise* a few times. Which lane breaks rules every time, and which only now and then?
5. Give one lane the sampling schedule *cosine-mdlm* and switch to *equal steps*: where do its words come now?
6. Copy the link of a run on the Denoise page and add it here as a lane.
""")
    compare.exactness(shown)
    with st.expander("The samplers in the code"):
        for name in dict.fromkeys(run.sampler.partition(":")[0] for run in shown.runs):
            source_expander(lab.samplers[name], f"The code of {name}")
    with st.expander("Sources"):
        st.markdown("""
Each sampler names its source in its code above. Those of the four lanes that the page opens with:

- Ancestral: Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524
- First-hitting: Zheng et al. 2024, *Masked diffusion models are secretly time-agnostic masked models and exploit
  inaccurate categorical sampling*, arXiv:2409.02908
- Confidence order: Chang et al. 2022, *MaskGIT: Masked generative image transformer*, arXiv:2202.04200
- Informed: our own; docs/decisions/0017 has its figures and what did not work
""")
live.warm_up(SCREEN.default.runs[0].model)
