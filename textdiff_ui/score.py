"""The Language model page on screen: settings, examples, the text coloured by surprise, its numbers, whole orders."""

from __future__ import annotations

import functools
import json
import math

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import lab, scoring
from textdiff_core.exports import inert
from textdiff_core.scoring import Orders, Score, ScoreConfig
from textdiff_ui import cache, plots, score_plots, score_views, state, studies
from textdiff_ui.controls import Filler, register_of
from textdiff_ui.frame import escape_markdown
from textdiff_ui.score_examples import examples

COLUMNS = (
    "position", "word", "surprise", "half", "hidden in", "share", "p alone", "best", "p best", "left to right"
)  # fmt: skip


def text_of(config: ScoreConfig) -> str:
    """The text on screen: the reader's own, or the one that the model's page opens with."""
    return config.draft or next(iter(examples(config.model).values()))


def asked(config: ScoreConfig) -> ScoreConfig:
    """The config with its text written out, as the core wants it."""
    return config.replace(draft=text_of(config))


def check(config: ScoreConfig) -> None:
    """Raises ValueError, in one sentence, for a text that cannot be read."""
    lab.model_info(config.model).keep(config.replace(length=None))  # an unknown register
    scoring.read(text_of(config), lab.model_info(config.model).of_text)


SCREEN = state.Screen("score", ScoreConfig(), check, fit=lambda config: config)


# ---- controls -------------------------------------------------------------------------------------------


def describe(shown: ScoreConfig, fill: Filler, place: DeltaGenerator) -> ScoreConfig:
    """Draws the controls of the page, examples and text in `place`."""
    model = fill.choice(
        "model", [*lab.models(), *lab.shelf_models()], shown.model, "Model",
        "The trained network that reads the text; your own trainings stand below.",
        names=lambda name: f"{name} ({lab.processes[lab.model_info(name).process].title})",
    )  # fmt: skip
    info = lab.model_info(shown.model).of_text
    register = register_of(shown, fill, info, "reads")
    subsets = fill.number(
        "subsets", shown.subsets, "Noisy versions",
        "In how many versions of the text words are hidden at random; more narrow the intervals.", step=2,
    )  # fmt: skip
    orders = fill.number(
        "orders",
        shown.orders,
        "Random orders",
        "Whole orders that the text is written in, beside both along the line.",
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names what is hidden, and the random orders.")
    with place:
        known = examples(shown.model)
        with st.container(horizontal=True):
            for number, (name, text) in enumerate(known.items()):
                st.button(
                    name,
                    key=SCREEN.key(f"example {number}"),
                    on_click=_take,
                    args=(shown, text if number else ""),
                )
        typed = fill.area(
            "draft", text_of(shown), "Your text",
            f"In {info.vocabulary.unit}s that the model knows; what goes beyond {info.length} of them is cut off.",
            height=120,
        )  # fmt: skip
    typed = scoring.typed(typed)
    draft = " ".join(typed.split()) if info.vocabulary.spacing == "word" or not typed.strip() else typed
    draft = "" if draft == text_of(shown.replace(draft="")) else draft or " "
    wanted = ScoreConfig(
        model=model, subsets=subsets, orders=orders, seed=seed, draft=draft, register=register
    )
    if model != shown.model:
        state.show(wanted.replace(draft="", register=""), SCREEN)  # its vocabulary may be another
        st.rerun()
    return wanted


def _take(shown: ScoreConfig, text: str) -> None:
    state.show(shown.replace(draft=text), SCREEN)


# ---- the score ------------------------------------------------------------------------------------------


def show_score(config: ScoreConfig) -> None:
    """The text by surprise, its numbers and its words, while they are measured."""
    info = lab.model_info(config.model).of_text
    if sentence := scoring.cut(scoring.read(config.draft, info), info):
        st.warning(escape_markdown(f"{sentence}."))
    if sentence := scoring.why_not(info):
        st.info(escape_markdown(f"{sentence}."))
        return
    work = studies.own(studies.SCORE, config, SCREEN, cache.stamp_of(config.model))
    studies.follow(studies.SCORE, work, SCREEN, functools.partial(_score, config), at_once=True)


def _score(config: ScoreConfig, found: Score | None) -> None:
    info = lab.model_info(config.model).of_text
    reading = scoring.read(config.draft, info) if found is None else found.reading
    score_views.surprised_text(reading, found)
    if found is None:
        return
    if scoring.by_word(info):
        _odd(config, found)
    elif found.exactly:
        st.info(
            "This model writes from left to right: each word's surprise is exact, given those before it, and their sum "
            "is -ln p. It knows no other order, so no word can be hidden between others."
        )
    else:
        st.info(
            f"Undoing {info.process} noise hides no words: single words have no surprise of their own here, and no "
            "order in which they are written. The whole text has a bound, by the loss that the model was trained with."
        )
    score_views.cards(found)
    if found.surprises:
        score_views.formulas(found)
        score_views.table(found)
    _downloads(config, found)


def _odd(config: ScoreConfig, found: Score) -> None:
    """Which word does not belong, once all were asked about, and the button that puts a better one there."""
    odd, reading = found.odd, found.reading
    if len(found.alone) < reading.num_words:
        st.caption("The odd word out is looked for when the noisy versions are read.")
        return
    if odd is None:
        st.markdown(
            f"**No {reading.unit} stands out.** Hide any of them alone: nowhere is another one "
            f"{scoring.ODD:g} times likelier than the text's own."
        )
        return
    word, best = (escape_markdown(score_views.named(one)) for one in (odd.word, odd.best))
    times = "infinitely many" if math.isinf(odd.ratio) else f"{float(f'{odd.ratio:.1e}'):,.0f}"
    st.markdown(
        f"**The odd {reading.unit} out is {word}**, number {odd.position}. With all others in sight the model gives it "
        f"p = {score_views.chance(odd.p)}, and {score_views.chance(odd.best_p)} to **{best}**: {times} times as much."
    )
    wish = f"Put {best} in its place" if odd.best else f"Take {word} out"
    if st.button(wish, key=SCREEN.key("mend")):
        ids = reading.ids[: reading.num_words].copy()
        info = lab.model_info(config.model).of_text
        ids[odd.position - 1] = info.vocabulary.id(odd.best)
        state.show(state.config(SCREEN).replace(draft=info.vocabulary.decode(ids)), SCREEN)
        st.rerun()


def _downloads(config: ScoreConfig, found: Score) -> None:
    name = f"score-{config.key}"
    rows = [
        (
            one.position, inert(one.word), one.nats, one.half, one.hidden, one.share,
            *(("", "", "") if alone is None else (alone.p, inert(alone.best), alone.best_p)),
            "" if found.beside is None else float(found.beside.nats[0, one.position - 1]),
        )
        for one, alone in score_views.pairs(found)
    ]  # fmt: skip
    with st.container(horizontal=True):
        if rows:
            studies.download(
                name, COLUMNS, rows, SCREEN.key("csv"), "Every word with its surprise, share and best word."
            )
        record = {"model": config.model, "subsets": config.subsets, "seed": config.seed} | scoring.record(
            found
        )
        st.download_button(
            "All of it (.json)", json.dumps(record, indent=1, ensure_ascii=False), f"{name}.json", "application/json",
            key=SCREEN.key("json"), help="The same as the command line's score --format json.", on_click="ignore",
        )  # fmt: skip


# ---- whole orders ---------------------------------------------------------------------------------------


def show_orders(config: ScoreConfig) -> None:
    """What the text costs word by word in whole orders, on request."""
    info = lab.model_info(config.model).of_text
    if sentence := scoring.no_orders(info):
        st.info(escape_markdown(f"{sentence}: there is nothing to compare."))
        return
    work = studies.own(studies.CHAINS, config, SCREEN, cache.stamp_of(config.model))
    studies.follow(studies.CHAINS, work, SCREEN, _orders)


def _orders(found: Orders | None) -> None:
    if found is None or not found.names:
        return
    reading = found.reading
    first = " + ".join(f"{nats:.2f}" for nats in found.nats[0][:3])
    words = ", ".join(escape_markdown(score_views.named(word)) for word in reading.words[:3])
    st.markdown(f"From left to right, {words} and so on, each given those before it:")
    st.latex(
        rf"-\ln p(x \mid \text{{left to right}}) = {first} + \dots = {found.totals[0]:.2f}\text{{ nats}}"
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Exact −ln p of the text, order by order**")
        plots.draw(score_plots.totals(found), "orders_totals", score_plots.told(found))
    with right:
        st.markdown("**What is paid on the way**")
        plots.draw(score_plots.paid(found), "orders_paid", score_plots.told(found))
    st.caption(escape_markdown(_compared(found)))


def _compared(found: Orders) -> str:
    """The figures in one sentence."""
    spread = f"The orders differ by up to {np.ptp(found.totals):.2f} nats."
    if math.isnan(found.half):
        return spread
    return (
        f"{spread} The mean of the random ones, {found.random.mean():.2f} ± {found.half:.2f} nats, estimates the same "
        "bound as above, and more sharply: the parts of one order belong together."
    )
