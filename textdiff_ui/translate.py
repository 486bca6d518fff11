"""Translation on screen: what is asked, the player, the verdict beside the truth, and how often it is right.

What is shown of verses alone stands in `verses`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import lab, translating
from textdiff_core.trace import Trace
from textdiff_core.translating import FORMS, KINDS, ORDERS, STEPS, VERSE, Matches, Tally, TranslateConfig
from textdiff_core.verses import EXAMPLES as TO_TRY
from textdiff_ui import cache, plots, runs, state, studies, translate_plots, verses
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown
from textdiff_ui.screens import Query
from textdiff_ui.studies import TRANSLATED

EXAMPLES = (
    ("21 March 1998", "fr"), ("mille neuf cent quatre-vingt-dix-huit", "en"), ("7429", "de"),
    ("1. Dezember 2024", "digits"), ("dieciséis", "fr"), ("2031-05-09", "en"),
)  # fmt: skip

VALUES, VERSES = "Numbers and dates", "King James verses"


class TranslateScreen(state.Screen):
    """The page, whose address tells what differs from the usual run of the kind that is translated."""

    def read(self, query: Mapping[str, Sequence[str]]) -> tuple[Any, list[str]]:
        told = dataclasses.replace(self, default=VERSE) if query.get("to", ("",))[-1] == VERSE.to else self
        return state.Screen.read(told, query)

    def write(self, shown: TranslateConfig) -> Query:
        if of_verses(shown):
            return {"to": [shown.to]} | {name: [text] for name, text in shown.to_query(VERSE).items()}
        return super().write(shown)


SCREEN = TranslateScreen(
    "translate", TranslateConfig(), translating.check, fit=lambda config: config,
    offered=translating.offered, branches=True,
)  # fmt: skip


def of_verses(config: TranslateConfig) -> bool:
    """Whether verses are translated, and not numbers and dates."""
    return config.to == VERSE.to


def describe(shown: TranslateConfig, fill: Filler, asked: DeltaGenerator) -> TranslateConfig:
    """Draws the controls: what is asked on the page itself, the rest in the sidebar."""
    with asked:
        there = VERSES if of_verses(shown) else VALUES
        what = fill.either("what", (VALUES, VERSES), there, "What is translated?")
        if what != there:
            state.show(VERSE if what == VERSES else SCREEN.default, SCREEN)
            st.rerun()
    serving = lab.serving(lab.model_info(shown.model))
    sampler = fill.pick(lab.samplers, shown.sampler, "Sampler", "Decides which words a step writes.", serving)
    free_steps = lab.samplers.build(sampler).uses_grid()
    steps = fill.number(
        "steps", shown.steps, "Steps",
        f"{translating.usual(shown.to).steps} write one token a step; fewer write several at once.",
        disabled=not free_steps,
    )  # fmt: skip
    if not free_steps:
        st.caption("Not used here: this sampler finds its own steps, of one word at most.")
    temperature = fill.number(
        "temperature", shown.temperature, "Temperature", "0 always takes the likeliest token.", step=0.1
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise: the same seed gives the same words.")
    with asked:
        text, to = _verse(shown, fill) if of_verses(shown) else _value(shown, fill)
    wanted = TranslateConfig(
        model=shown.model, sampler=sampler, steps=steps, temperature=temperature, seed=seed, text=text, to=to
    )
    edited = wanted.replace(edits=shown.edits)  # the reader's changes belong to one very run
    return edited if edited == shown else wanted


def _verse(shown: TranslateConfig, fill: Filler) -> tuple[str, str]:
    return verses.text(shown.text, fill), shown.to


def _value(shown: TranslateConfig, fill: Filler) -> tuple[str, str]:
    """The box for a number or a date, and the form of its translation."""
    left, right = st.columns([3, 1], gap="medium")
    with left:
        text = fill.text(
            "text", shown.text, "A number or a date",
            "0 to 9999, or a day from 1900 to 2099; in digits or in words of any of the languages.",
            example="21 March 1998",
        )  # fmt: skip
    with right:
        to = fill.choice(
            "to", list(FORMS), shown.to, "Into", "The tag that the model reads first.", names=FORMS.__getitem__
        )  # fmt: skip
    return text, to


def examples(config: TranslateConfig) -> None:
    """Buttons that ask for something else of the same kind."""
    if of_verses(config):
        found = [(verse.place, verse.old, VERSE.to) for verse in TO_TRY]
    else:
        found = [(f"{text} → {FORMS[to]}", text, to) for text, to in EXAMPLES]
    with st.container(horizontal=True, key="examples"):
        for number, (label, text, to) in enumerate(found):
            st.button(label, key=f"example_{number}", on_click=_ask, args=(text, to), type="tertiary")


def _ask(text: str, to: str) -> None:
    state.show(state.config(SCREEN).replace(text=text, to=to, edits=()), SCREEN)


def show_run(config: TranslateConfig) -> Trace | None:
    """The player; returns the whole trace once it is there. What of a verse is not on the canvas is said first."""
    run = config.run()
    if cut := translating.cut(config):
        st.warning(escape_markdown(f"{cut}."))

    def picture(traces: Sequence[Trace]) -> dict[str, Any]:
        return {"lanes": [runs.lane(trace) for trace in traces]}

    return runs.follow([cache.job(run, state.again(SCREEN))], picture, SCREEN)[0]


def verdict(trace: Trace) -> None:
    """The translation beside the truth, and what is wrong with it; beside a reference where there is no truth."""
    source, to, target = translating.parts(trace)
    if to == VERSE.to:
        verses.verdict(source, target)
        return
    truths = translating.truths(source, to)
    right, exact = st.container(key="verdict").columns(2, gap="medium")
    with right, st.container(border=True, height="stretch"):
        st.metric("Translation", target or "nothing", border=False)
        if target in truths:
            st.caption("Right: equal to the truth, letter by letter.")
        else:
            told = (
                trace.verdict.faults[0].message if trace.verdict and trace.verdict.faults else "not the truth"
            )
            st.caption(f"Wrong: {escape_markdown(told)}.")
    with exact, st.container(border=True, height="stretch"):
        st.metric("Truth", truths[0], border=False)
        also = f"; as right is “{truths[1]}”" if len(truths) > 1 else ""
        st.caption(escape_markdown(f"By the packages babel and num2words, from “{source}”{also}."))


@st.fragment
def where_it_looks(trace: Trace) -> None:
    """A closed box with the attention from the target to the source; it is computed when the box is opened."""
    box = st.expander("Where does each word look?", key="looks", on_change="rerun")
    if not box.open:
        return
    depth = int(cache.attention(trace.config, 0, trace).shares.shape[0])
    with box:
        st.markdown(
            "A row is a cell of the translation at one step, still noise (▒) or written; a column is a cell of the "
            "source. The darker, the more of the row's attention goes there: the mean of a block's heads. "
            "Attention says what was read, not why a word was chosen."
        )
        left, right = st.columns([3, 2], gap="medium")
        with left:
            step = st.slider("Before step", 1, trace.num_steps, 1, key="looks_step")
        with right:
            block = st.segmented_control(
                "Block", range(1, depth + 1), default=depth, key="looks_block", required=True
            )
        looks = cache.attention(trace.config, step - 1, trace)
        shares = looks.shares[(block or depth) - 1]
        plots.draw(
            translate_plots.attention(looks, shares),
            "looks_map",
            translate_plots.told_attention(looks, shares),
        )


# ---- how often it is right ------------------------------------------------------------------------------


def show_matches(config: TranslateConfig) -> None:
    """Exact matches over the steps: recorded, or measured here."""
    recorded = cache.recorded_matches(config.model)

    def show(tally: Tally | None) -> None:
        rows = tally.rows if tally is not None else None if recorded is None else recorded.rows
        if rows is None:
            st.info("Nothing was recorded of this model: press the button, and the curve appears here.")
            return
        if tally is None and recorded is not None:
            told = f"{recorded.by}, {recorded.pairs:,} held-out pairs at temperature {recorded.temperature:g}"
            st.caption(
                f"{told}; the button measures anew, here, with the temperature and seed of the sidebar."
            )
        _matches(
            config, {order: {n: one for n, one in found.items() if one.num} for order, found in rows.items()}
        )

    studies.follow(TRANSLATED, cache.study(TRANSLATED, config), SCREEN, show)


def _matches(config: TranslateConfig, rows: dict[str, dict[int, Matches]]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Exact matches over the steps**")
        plots.draw(translate_plots.by_steps(rows), "match_steps", translate_plots.told_steps(rows))
    last = rows[ORDERS[0]].get(STEPS[-1])
    with right:
        st.markdown("**By what is asked, at one token a step**")
        if last is None:
            st.info("Not measured yet.")
        else:
            plots.draw(translate_plots.by_form(last), "match_forms", translate_plots.told_forms(last))
    table = [
        (order, steps, kind, to, *one.of(kind, to))
        for order, found in rows.items()
        for steps, one in found.items()
        for kind in KINDS
        for to in FORMS
    ]
    header = ("sampler", "steps", "kind", "into", "exact matches", "pairs")
    studies.download(
        f"translations-{config.key}",
        header,
        table,
        "match_csv",
        "Every count by order, steps, kind and language.",
    )
