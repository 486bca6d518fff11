"""The page against autoregression on screen: two lanes on one clock, and what was measured of both models."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import streamlit as st

from textdiff_core import against, lab
from textdiff_core.against import CAUSAL, MASKED, AgainstConfig, Found
from textdiff_core.trace import Trace
from textdiff_ui import autoregressive_plots, cache, lanes, plots, runs, state, studies
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown
from textdiff_ui.studies import AGAINST


class Pair(state.Screen):
    """A page of two models, of which each may be gone."""

    def without_lost(self, shown: AgainstConfig) -> tuple[AgainstConfig, str]:
        if lab.offered(shown.rival) or shown.rival == self.default.rival:
            found, told = super().without_lost(shown)
            return found, told
        return (
            self.default,
            f"The model {shown.rival[:80]} is not here any more; these are those the page opens with.",
        )


def check(config: AgainstConfig) -> None:
    """Raises ValueError, in one sentence, for models that a link may not name or that cannot be compared."""
    if not lab.offered(config.rival):
        raise ValueError(f"no model here is called {config.rival[:60]!r}")
    against.check(config)
    for run in config.runs():
        lab.check(run)


SCREEN = Pair("against", AgainstConfig(), check, fit=lambda config: config)


def describe(shown: AgainstConfig, fill: Filler) -> AgainstConfig:
    """Draws the controls: what both lanes share, and how the masked model writes."""
    masked, causal = (_models(kind) for kind in (MASKED, CAUSAL))
    model = fill.choice("model", masked, shown.model, "Masked model", "Writes anywhere, and sees both sides.")
    rival = fill.choice("rival", causal, shown.rival, "Autoregressive model", "Writes from left to right.")
    serving = [name for name, part in lab.samplers.items() if MASKED in part.serves]
    sampler = fill.pick(
        lab.samplers, shown.sampler, "Sampler", "Of the masked model: decides which words a step writes.", serving
    )  # fmt: skip
    free = lab.samplers.build(sampler).uses_grid()
    steps = fill.number(
        "steps", shown.steps, "Steps", "Of the masked model; the other one takes a step a word.", disabled=not free
    )  # fmt: skip
    if not free:
        st.caption("Not used here: this sampler finds its own steps.")
    length = lab.model_info(shown.model).length
    offered = [0, *(cells for cells in against.USUAL.gaps if cells < length)]
    cells = fill.among(
        "gap", offered, shown.gap, "Words missing in the middle",
        "Beginning and end of a tale are given, and both write what is between; 0: they write a whole tale.",
        names=lambda cells: str(cells or "all"),
    )  # fmt: skip
    temperature = fill.number(
        "temperature", shown.temperature, "Temperature", "0 always takes the likeliest word.", step=0.1
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise, and the tale with a gap.")
    return AgainstConfig(
        model=model, rival=rival, sampler=sampler, steps=steps, gap=cells, temperature=temperature, seed=seed
    )  # fmt: skip


def _models(process: str) -> list[str]:
    return [name for name in (*lab.models(), *lab.shelf_models()) if lab.model_info(name).process == process]


def picture(traces: Sequence[Trace]) -> dict[str, Any]:
    """What the player takes of both runs: a card for each, the clock set to equal network calls."""
    shown = [
        dataclasses.replace(
            runs.lane(trace, title), loss_curve=None, note=lanes.note(trace.config, model=True)
        )
        for trace, title in zip(traces, ("Diffusion", "Autoregression"), strict=True)
    ]
    return {"lanes": shown, "compact": True, "comparing": True, "pace": "calls"}


def watch(config: AgainstConfig) -> list[Trace] | None:
    """Shows both lanes, live while they are computed. Returns the whole traces once both are there."""
    return runs.watch_lanes(config.runs(), picture, SCREEN)


# ---- what was measured ----------------------------------------------------------------------------------


def show_found(config: AgainstConfig) -> None:
    """The four measurements: recorded, or measured here."""
    if sentence := against.why_not(config):
        st.info(escape_markdown(f"{sentence}."))
        return
    recorded = cache.recorded_against(config.model)
    fits = recorded is not None and (recorded.rival, recorded.seed) == (config.rival, config.seed)

    def show(found: Found | None) -> None:
        if found is None and recorded is not None and fits:
            st.caption(f"{recorded.by}; the button measures anew, here.")
            found = recorded.found
        if found is None:
            st.info(
                "Nothing was recorded of these models and this seed: press the button, and the numbers come."
            )
            return
        _found(config, found)

    studies.follow(AGAINST, cache.study(AGAINST, config), SCREEN, show)


def _found(config: AgainstConfig, found: Found) -> None:
    st.markdown("\n".join(f"- {sentence}" for sentence in autoregressive_plots.verdicts(found)))
    if found.written:
        st.markdown("**Quality, and diversity beside it**")
        st.html(autoregressive_plots.written_table(found))
    if {CAUSAL, MASKED} <= set(found.nats):
        _nats(found)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Beginning and end given: the middle written anew**")
        plots.draw(
            autoregressive_plots.filled(found), "against_filled", autoregressive_plots.told_filled(found)
        )
    with right:
        st.markdown("**Seconds of one text, by its length**")
        plots.draw(autoregressive_plots.timed(found), "against_timed", autoregressive_plots.told_timed(found))
    studies.download(
        f"against-{config.key}", ("part", "way", "of", "value", "texts"), against.rows(found), "against_csv",
        "Every number of this measurement.",
    )  # fmt: skip


def _nats(found: Found) -> None:
    """What a tale costs both, as formulas with the numbers of this measurement."""
    theirs, ours = found.nats[CAUSAL], found.nats[MASKED]
    st.markdown("**What a tale costs in nats**")
    exact, bound = st.columns(2, gap="large")
    with exact:
        st.latex(
            r"\begin{aligned}-\ln p(x) &= \textstyle\sum_i -\ln p(x^i \mid x^{<i})\\"
            rf"&= {found.entropy:.2f} + {theirs.excess:.3f} \pm {theirs.half:.3f}\end{{aligned}}"
        )
        st.caption(
            "Autoregression: the chain rule in one order, exact. First the entropy of the world of tales."
        )
    with bound:
        st.latex(
            r"\begin{aligned}-\ln p(x) &\le \mathbb{E}_o \textstyle\sum_k -\ln p(x^{o_k} \mid x^{o_{<k}})\\"
            rf"&= {found.entropy:.2f} + {ours.excess:.3f} \pm {ours.half:.3f}\end{{aligned}}"
        )
        st.caption(
            f"Diffusion: the mean over random orders, an upper bound. The same {ours.texts} tales for both."
        )
