"""Can a network that only judges help to write?

In a GAN one network writes all words at once and another, the critic, tells its texts from true ones; diffusion has no
critic. Below both are measured on the same tales, and then put together: a judge of single steps guides diffusion.
"""

import streamlit as st

from textdiff_core import lab
from textdiff_ui import gan, live, runs
from textdiff_ui.controls import run_controls
from textdiff_ui.frame import open_page, source_expander
from textdiff_ui.gan import SCREEN
from textdiff_ui.navigation import pages

TITLE = "With GANs"
SECTION = "Compare and measure"
ORDER = 48

with open_page(__doc__):
    notices = st.container()
    st.subheader("A text GAN, from its first step to its last", anchor=False)
    game = st.container()
    st.subheader("Does it tell every tale, or one tale again and again?", anchor=False)
    collapse = st.container()
    st.subheader("A judge of steps guides diffusion", anchor=False)
    guided = st.container()
    with notices:
        config = run_controls(SCREEN, gan.describe)
    with guided:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            runs.noise_buttons(SCREEN)
        gan.show_lanes(config)
        gan.show_strengths(config)
        st.markdown("**What it costs, beside samplers without a judge**")
        gan.show_costs(config)
    with game:
        gan.show_history()
        gan.show_live(config)
    with collapse:
        gan.show_collapse()

    see, try_it = st.columns(2, gap="large")
    with see:
        st.subheader("What you see", anchor=False)
        st.markdown("""
- **Two losses.** Neither falls as a training loss does: each player's gain is the other's loss, and at ln 2 nobody
  wins. A GAN has no likelihood, so only its texts say how good it is.
- **Words have no slope.** The critic's opinion can't be followed back through a drawn word. The generator's gradient
  is that of a soft choice put in place of the hard one (straight-through Gumbel-softmax), which is not the true one.
- **Collapse.** A generator is never asked to tell *all* tales, only tales that pass; diffusion pays for every tale that
  it can't tell. Coverage counts names, animals and plots of valid tales. This GAN has none; its collapse shows in pairs
  of neighbouring words: most of its own are right, but of those that tales have it uses few, again and again.
- **The judge of steps** sees a page and which words were just written. It was trained to tell true steps from words
  drawn one by one. Its odds D / (1 − D) are what such a step lacks: the joint probability over the product.
- **Exact in theory.** With a perfect judge and many candidates even one single step is exact; ours is a small network.
  The table's exact judge shows what is left to learn, and what so few candidates can't reach whoever judges.
- **Calls.** Every candidate is a call of the judge's network, and is counted. Seconds are the fair comparison.
""")
        st.markdown(
            "**What popular articles get wrong:** they tell diffusion as a contest of two networks like a GAN's, but "
            "it has no opponent: one network minimises one loss, a bound on the likelihood (Ho et al. 2020; Sahoo et "
            "al. 2024), and so must answer for every tale there is, where a generator may leave out whatever it likes."
        )
    with try_it:
        st.subheader("Try", anchor=False)
        st.markdown("""
1. Move the slider over the reports. What does the generator learn first, and which rule last or never?
2. Train one here on the toy sentences, then again with another seed. Do both end in the same place?
3. Guide *ancestral* with 8 steps and 16 candidates. In which word do the two lanes part, and which one is right?
4. Set the strength to 0, 1 and 8. Is more always better?
5. Guide *informed* with 4 steps and 64 candidates: how many more tales are right, and for how many more seconds?
6. Find in the table the cheapest sampler, in seconds, with nine valid tales of ten. Does it have a judge?
""")
        st.page_link(pages()["parallel"], label="**Few steps**: why words written together break a tale")
    st.subheader("The step as a formula", anchor=False)
    st.latex(
        r"\frac{D(x_s, \text{new})}{1 - D(x_s, \text{new})} = \frac{q(x_s \mid x_t)}{k(x_s \mid x_t)} = "
        r"\frac{p(x^{\text{new}} \mid x_t)}{\prod_{i \,\in\, \text{new}} p(x^i \mid x_t)}"
    )
    source_expander(lab.samplers["guided"], "The code of guidance")
    with st.expander("Sources"):
        st.markdown("""
- Goodfellow et al. 2014, *Generative adversarial nets*, arXiv:1406.2661
- Jang et al. 2017, *Categorical reparameterization with Gumbel-softmax*, arXiv:1611.01144; Bengio et al. 2013,
  arXiv:1308.3432: straight through
- Mescheder et al. 2018, *Which training methods for GANs do actually converge?*, arXiv:1801.04406: the slope held down
- Jolicoeur-Martineau 2018, *The relativistic discriminator*, arXiv:1807.00734; Huang et al. 2024, *The GAN is dead;
  long live the GAN!*, arXiv:2501.05441
- Kim et al. 2022, *Refining generative process with discriminator guidance*, arXiv:2211.17091; Xu et al. 2024,
  *Energy-based diffusion language models*, arXiv:2410.21357: candidates of masked steps, weighed
- Xiao et al. 2021, *Tackling the generative learning trilemma with denoising diffusion GANs*, arXiv:2112.07804
- Ho et al. 2020, arXiv:2006.11239; Sahoo et al. 2024, arXiv:2406.07524: what diffusion is trained by
""")
live.warm_up(SCREEN.default.model)
