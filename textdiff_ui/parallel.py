"""Several words a step on screen: a language small enough to list, exactly, and stories of a model, measured."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import joint, lab, parallel
from textdiff_core.joint import RULES, TOYS, Predicted
from textdiff_core.parallel import EXACT, MODEL, Drawn, ParallelConfig, Stories, Tally, Told
from textdiff_core.trace import Trace
from textdiff_ui import cache, parallel_plots, runs, state, studies
from textdiff_ui.controls import Filler
from textdiff_ui.parallel_plots import several, share
from textdiff_ui.plots import draw
from textdiff_ui.studies import STORIES, TEXTS

KINDS = {
    "random": "random: so many words a step, anywhere",
    "ancestral": "ancestral: each word on its own, so many on average",
    "confidence": "confidence: so many words a step, the surest ones",
}
MARGINAL = 0.01  # shares that differ by less are told as equal


def check(config: ParallelConfig) -> None:
    """Raises ValueError, in one sentence, for settings that cannot be shown."""
    parallel.check(lab.model_info(config.model), config)


SCREEN = state.Screen("parallel", ParallelConfig(), check, fit=lambda config: config)


def describe(
    shown: ParallelConfig, fill: Filler, listed: DeltaGenerator, told: DeltaGenerator
) -> ParallelConfig:
    """Draws the controls: those of both parts in the sidebar, each part's own in its place."""
    rule = fill.choice(
        "rule", list(RULES), shown.sampler, "Which words a step writes", "The sampler, of both parts.",
        names=KINDS.__getitem__,
    )  # fmt: skip
    model = fill.choice(
        "model",
        _models(),
        shown.model,
        "Model",
        "Tells the stories below; only masking writes words for good.",
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise of all that is drawn.")
    with listed:
        first, second, third = st.columns(3, gap="large")
        with first:
            toy = fill.choice(
                "toy", list(TOYS), shown.toy, "The language", "Small enough to compute everything."
            )
        weighed, cells = shown.share, joint.listed(toy, shown.share).length
        with second:
            words = fill.among(
                f"words of {cells}", list(range(1, cells + 1)), shown.words, "Words written in one step",
                f"Of {cells}. All at once is one step.",
            )  # fmt: skip
        with third:
            if TOYS[toy].weighed:
                weighed = fill.slider("share", shown.share, TOYS[toy].weighed, "How often it is told.")
        st.caption(TOYS[toy].about)
    with told:
        length = lab.model_info(model).length
        at_once = fill.among(
            f"at once of {length}", parallel.offered(length), shown.at_once, "Words written in one step",
            f"Of {length} cells, spread evenly over the steps.",
        )  # fmt: skip
    return ParallelConfig(
        model=model, sampler=rule, seed=seed, toy=toy, share=weighed, words=words, at_once=at_once
    )


def _models() -> list[str]:
    infos = map(lab.model_info, (*lab.models(), *lab.shelf_models()))
    return [info.name for info in infos if info.process == "absorbing" and info.corpus in lab.corpora]


# ---- the listed language --------------------------------------------------------------------------------


@functools.lru_cache(maxsize=128)
def predicted(toy: str, weighed: float, rule: str) -> list[Predicted]:
    """For every number of words a step, exactly."""
    return joint.predicted(joint.listed(toy, weighed), rule)


def show_listed(config: ParallelConfig) -> None:
    """Bars of the joint and of the product, what breaks over the words a step, and why in nats."""
    language, ways = config.language, predicted(config.toy, config.share, config.sampler)
    one = ways[config.words - 1]
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**Every text there could be**")
        draw(parallel_plots.texts(language, one), "joint_texts", parallel_plots.told_texts(language, one))
    with right:
        _why(config, one)
        studies.follow(TEXTS, cache.study(TEXTS, config), SCREEN, functools.partial(_breaking, config, ways))


def _why(config: ParallelConfig, one: Predicted) -> None:
    """Total correlation and what this number of words ignores, as formulas with their numbers."""
    language, ignored = config.language, abs(one.ignored)  # abs: rounding may leave a negative zero
    total = float(language.entropies.sum() - language.entropy)
    st.markdown("**What the words know of each other: total correlation**")
    st.latex(
        r"\begin{aligned}\mathrm{KL}\Bigl(p \,\Big\|\, \prod_i p_i\Bigr) &= \sum_i H(X_i) - H(X)\\"
        rf"&= {_summed(language.entropies)} - {language.entropy:.3f}\\&= {total:.3f}\text{{ nats}}\end{{aligned}}"
    )
    st.markdown(f"**Of which {several(one.words)} a step ignore{'s' if one.words == 1 else ''}**")
    st.latex(
        rf"\begin{{aligned}}\mathrm{{KL}}(p \,\|\, q_{{{one.words}}}) &= {ignored:.3f}\text{{ nats}}\\"
        rf"P(\text{{possible}}) \ge e^{{-{ignored:.3f}}} &= {_percent(math.exp(-ignored))}\end{{aligned}}"
    )
    st.markdown(
        f"Computed by carrying every state's probability from step to step: **{_plain(1 - one.impossible)} possible, "
        f"{_plain(one.impossible)} impossible**; total variation from the language {one.distance:.3f}."
    )


def _breaking(config: ParallelConfig, ways: Sequence[Predicted], drawn: Drawn | None) -> None:
    alt = "; ".join(f"{several(one.words)} a step {one.impossible:.1%}" for one in ways)
    if drawn is not None:
        found = (f"{n}: {share(hits, drawn.num)}" for n, hits in drawn.impossible.items())
        alt += f". Of {drawn.num:,} texts drawn by the sampler, " + "; ".join(found)
    draw(
        parallel_plots.breaking(ways, drawn, config.words),
        "joint_breaking",
        f"Impossible texts, exactly: {alt}.",
    )
    rows = [
        (one.words, one.impossible, one.distance, one.ignored, *_counted(drawn, one.words)) for one in ways
    ]
    studies.download(
        f"words-at-once-{config.key}",
        ("words a step", "impossible", "total variation", "nats ignored", "drawn", "of them impossible"),
        rows, "joint_csv", "What is predicted and drawn at every number of words a step.",
    )  # fmt: skip


def _counted(drawn: Drawn | None, words: int) -> tuple[Any, Any]:
    return ("", "") if drawn is None else (drawn.num, drawn.impossible[words])


def _summed(nats: Sequence[float]) -> str:
    """The entropies added up; where all are one number, as a product."""
    if max(nats) - min(nats) < 5e-4:
        return rf"{len(nats)} \cdot {nats[0]:.3f}"
    return "(" + " + ".join(f"{one:.3f}" for one in nats) + ")"


def _percent(value: float) -> str:
    return rf"{100 * value:.1f}\,\%"


def _plain(value: float) -> str:
    return f"{100 * value:.1f} %"


# ---- stories --------------------------------------------------------------------------------------------


def show_story(config: ParallelConfig) -> None:
    """One story with so many words a step, its faults marked as everywhere."""
    run = config.run(lab.model_info(config.model).length)

    def picture(traces: Sequence[Trace]) -> dict[str, Any]:
        title = f"{several(config.at_once)} a step, {run.steps} step{'' if run.steps == 1 else 's'}"
        return {
            "lanes": [runs.lane(trace, title) for trace in traces], "compact": True, "autoplay": False,
            "start": traces[0].num_steps,
        }  # fmt: skip

    runs.follow([cache.job(run, state.again(SCREEN))], picture, SCREEN)


def show_stories(config: ParallelConfig) -> None:
    """How many stories hold every rule, beside what the exact denoiser would give, and which rules break."""
    recorded = cache.recorded_stories(config.model)
    before = None if recorded is None or recorded.seed != config.seed else recorded.told[config.sampler]

    def show(tally: Tally | None) -> None:
        told = before if tally is None else tally.told
        if told is None:
            st.info(
                "Nothing was recorded of this model and seed: press the button, and the counts appear here."
            )
            return
        if tally is None:
            st.caption(f"{recorded.by}; the button measures anew, here.")
        _counts(config, told)

    studies.follow(STORIES, cache.study(STORIES, config), SCREEN, show)
    if recorded is not None:
        st.caption(
            f"The total correlation of a whole tale is {recorded.total_correlation:.1f} nats. Told in one step, "
            f"at least a share of $e^{{-{recorded.total_correlation:.1f}}}$ is possible, which promises nothing."
        )


def _counts(config: ParallelConfig, told: Told) -> None:
    _verdict(config, told)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Stories in which every rule holds**")
        draw(parallel_plots.valid(told, config.at_once), "stories_valid", parallel_plots.told_valid(told))
    with right:
        st.markdown(f"**Which rules break at {several(config.at_once)} a step**")
        alt = parallel_plots.told_rules(told, config.at_once)
        draw(parallel_plots.rules(told, config.at_once), "stories_rules", alt)
    soonest = [
        f"*{rule}* from {several(n)} a step on" for rule, n in parallel.first_to_break(told[EXACT]) if n
    ]
    if soonest:
        st.markdown("Broken in most stories even by the exact denoiser: " + ", ".join(soonest) + ".")
    names = list(next(iter(told[EXACT].values())).broken)
    rows = [
        (by, n, one.num, one.valid, *(one.broken[name] for name in names))
        for by, found in told.items()
        for n, one in found.items()
        if one.num
    ]
    studies.download(
        f"stories-{config.key}", ("told by", "words a step", "stories", "valid", *(f"break {n}" for n in names)),
        rows, "stories_csv", "Stories, valid ones, and those that break each rule.",
    )  # fmt: skip


def _verdict(config: ParallelConfig, told: Told) -> None:
    """The counts at the chosen number of words, and whose doing the broken stories are."""
    ours, best = (told[by].get(config.at_once, Stories()) for by in (MODEL, EXACT))
    if not (ours.num and best.num):
        return
    both, sampler = (1 - one.valid / one.num for one in (ours, best))
    cards = [
        (
            f"{by}: every rule holds",
            _short(one.valid / one.num),
            f"{share(one.valid, one.num)} of {one.num} stories",
        )
        for by, one in (("Model", ours), ("Exact denoiser", best))
    ]
    if both - sampler > MARGINAL:
        rest = (
            f"The exact denoiser breaks {_short(sampler)} at as many words a step; the rest is the model's."
        )
        cards.append(
            ("Broken by the sampler, and by the model", f"{_short(sampler)} + {_short(both - sampler)}", rest)
        )
    else:
        rest = "The exact denoiser breaks no fewer: nothing that a better model could mend."
        cards.append(("Broken by the sampler alone", _short(both), rest))
    for column, (name, value, note) in zip(st.columns(3), cards, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.metric(name, value)
            st.caption(note)


def _short(value: float) -> str:
    return f"{100 * value:.0f} %"
