"""The page against autoregression on screen: two lanes on one clock, and what was measured of both models."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from textdiff_core import against, lab
from textdiff_core.against import CAUSAL, MASKED, AgainstConfig, Found, Nats
from textdiff_core.trace import Trace
from textdiff_ui import autoregressive_plots, cache, lanes, plots, runs, state, studies
from textdiff_ui import autoregressive_verdicts as verdicts
from textdiff_ui.controls import Filler
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
    if config.rival and not lab.offered(config.rival):
        raise ValueError(f"no model here is called {config.rival[:60]!r}")
    against.check(config)
    for run in config.runs():
        lab.check(run)


SCREEN = Pair("against", AgainstConfig(), check, fit=lambda config: config)


def describe(shown: AgainstConfig, fill: Filler) -> AgainstConfig:
    """Draws the controls: which two models, what both lanes share, and how the masked model writes."""
    pairs = _pairs()
    now = next(name for name, pair in pairs.items() if pair == (shown.model, shown.causal))
    pair = fill.choice(
        "pair", list(pairs), now, "Models",
        "A masked one, which writes anywhere, and an autoregressive one of the same words; your own trainings as well.",
    )  # fmt: skip
    model, causal = pairs[pair]
    rival = "" if causal == lab.rival(lab.model_info(model)) else causal
    if pair != now:
        state.show(dataclasses.replace(shown, model=model, rival=rival, gap=0), SCREEN)
        st.rerun()  # the controls must offer what fits the new canvas
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
    info = lab.model_info(model)
    offered = [0, *(cells for cells in against.USUAL.gaps if cells < info.length)]
    cells = fill.among(
        "gap", offered, shown.gap, f"{info.vocabulary.unit.capitalize()}s missing in the middle",
        "Beginning and end of a held-out text are given, and both write what is between; 0: they write a whole one.",
        names=lambda cells: str(cells or "all"),
    )  # fmt: skip
    temperature = fill.number(
        "temperature", shown.temperature, "Temperature", "0 always takes the likeliest word.", step=0.1
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise, and the text with a gap.")
    return AgainstConfig(
        model=model, rival=rival, sampler=sampler, steps=steps, gap=cells, temperature=temperature, seed=seed
    )  # fmt: skip


def _pairs() -> dict[str, tuple[str, str]]:
    """All pairs of models that can be compared, by what they are called."""
    infos = [lab.model_info(name) for name in (*lab.models(), *lab.shelf_models())]
    return {
        f"{ours.name}, {theirs.name}": (ours.name, theirs.name)
        for ours in infos
        for theirs in infos
        if ours.process == MASKED and lab.processes[theirs.process].ordered
        and (ours.vocabulary.words, ours.length) == (theirs.vocabulary.words, theirs.length)
    }  # fmt: skip


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
    recorded = cache.recorded_against(config.model)
    fits = recorded is not None and (recorded.rival, recorded.seed) == (config.causal, config.seed)

    def show(found: Found | None) -> None:
        if found is None and recorded is not None and fits:
            third = f" The third model is {recorded.judge}." if recorded.judge else ""
            st.caption(f"{recorded.by}; the button measures anew, here.{third}")
            found = recorded.found
        if found is None:
            st.info(
                "Nothing was recorded of these models and this seed: press the button, and the numbers come."
            )
            return
        _found(config, found)

    studies.follow(AGAINST, cache.study(AGAINST, config), SCREEN, show)


def _found(config: AgainstConfig, found: Found) -> None:
    unit = lab.model_info(config.model).vocabulary.unit
    words = verdicts.of_world(found) if found.entropy is not None else verdicts.of_text(found, unit)
    st.markdown("\n".join(f"- {sentence}" for sentence in words))
    if found.written:
        st.markdown("**What each way wrote: quality, and diversity beside it**")
        st.html(autoregressive_plots.written_table(found))
    if {CAUSAL, MASKED} <= set(found.nats):
        _nats(config, found)
    left, right = st.columns(2, gap="large")
    with left:
        _gaps(found, unit)
    with right:
        st.markdown("**Seconds of one text, by its length**")
        chart, told = autoregressive_plots.timed(found, unit), autoregressive_plots.told_timed(found, unit)
        plots.draw(chart, "against_timed", told)
    if found.middles:
        st.markdown("**Middles that were written between beginning and end, word by word**")
        st.html(autoregressive_plots.middles_table(found))
    studies.download(
        f"against-{config.key}", ("part", "way", "of", "value", "texts"), against.rows(found), "against_csv",
        "Every number of this measurement.",
    )  # fmt: skip


def _gaps(found: Found, unit: str) -> None:
    """What a gap costs: rules that break where there are rules, else nats of what really stands there."""
    if found.entropy is not None:
        st.markdown("**Beginning and end given: the middle written anew**")
        chart, told = autoregressive_plots.filled(found), autoregressive_plots.told_filled(found)
    else:
        st.markdown("**How likely is the true middle?**")
        chart, told = autoregressive_plots.costs(found, unit), autoregressive_plots.told_costs(found, unit)
    plots.draw(chart, "against_filled", told)


def _nats(config: AgainstConfig, found: Found) -> None:
    """What a text costs both, as formulas with the numbers of this measurement."""
    theirs, ours = found.nats[CAUSAL], found.nats[MASKED]
    st.markdown("**What a held-out text costs in nats**")
    exact, bound = st.columns(2, gap="large")
    with exact:
        st.latex(
            r"\begin{aligned}-\ln p(x) &= \textstyle\sum_i -\ln p(x^i \mid x^{<i})\\"
            rf"&= {_sum(found, theirs)}\end{{aligned}}"
        )
        first = " First the entropy of the world of tales." if found.entropy is not None else ""
        st.caption(f"Autoregression: the chain rule in one order, exact.{first}")
    with bound:
        st.latex(
            r"\begin{aligned}-\ln p(x) &\le \mathbb{E}_o \textstyle\sum_k -\ln p(x^{o_k} \mid x^{o_{<k}})\\"
            rf"&= {_sum(found, ours)}\end{{aligned}}"
        )
        st.caption(
            f"Diffusion: the mean over random orders, an upper bound. The same {ours.texts} texts for both."
        )
    if found.entropy is None:
        info = lab.model_info(config.model)
        st.caption(
            f"A text is a window of {info.length} {info.vocabulary.unit}s and {found.characters:.0f} characters on "
            f"average, from the part that was never trained on. Bits a character: {_bits(found, theirs)} and at most "
            f"{_bits(found, ours)}."
        )


def _sum(found: Found, nats: Nats) -> str:
    """The nats of a text in TeX, after the truth's where they are known."""
    if found.entropy is None:
        return rf"{nats.mean:.1f} \pm {nats.half:.1f}"
    return rf"{found.entropy:.2f} + {nats.mean:.3f} \pm {nats.half:.3f}"


def _bits(found: Found, nats: Nats) -> str:
    a_nat = 1 / math.log(2) / found.characters
    return f"{nats.mean * a_nat:.3f} ± {nats.half * a_nat:.3f}"
