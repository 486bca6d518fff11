"""Writing to order on screen: the form, where loose words were put, three texts on one clock, each to be copied."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import lab, placing, writing
from textdiff_core.placing import Plan
from textdiff_core.records import Edit, RunConfig
from textdiff_core.trace import Trace
from textdiff_core.writing import ALTERNATIVES, RECIPES, WriteConfig
from textdiff_ui import cache, runs, studies
from textdiff_ui.controls import Filler, guidance_of, register_of
from textdiff_ui.frame import escape_markdown
from textdiff_ui.live import load
from textdiff_ui.screens import Screen

DEFAULT = WriteConfig(title="Pancakes", ingredients="flour, milk, eggs, butter, salt")
BEGINNINGS = {  # register -> how a text of it may begin
    "recipes": "Whisk the flour with", "encyclopedia": "The river is a", "verses": "In those days",
    "chat": "- Hi, how are you?", "plays": "HAMLET: My lord,",
}  # fmt: skip
GIVEN = tuple(field.name for field in dataclasses.fields(WriteConfig) if field.name != "changes")


class WriteScreen(Screen):
    """The page, whose settings tell of three runs at once."""

    def renoised(self, shown: WriteConfig) -> WriteConfig:
        """The next three seeds, without the reader's edits."""
        seed = super().renoised(shown).seed + ALTERNATIVES - 1
        return dataclasses.replace(shown, seed=seed, changes="")

    def changed(self, shown: WriteConfig, lane: int, edit: Edit) -> WriteConfig:
        return shown.changed(lane, edit)


SCREEN = WriteScreen("write", DEFAULT, writing.check, offered=writing.offered, branches=True)


def _plan(config: WriteConfig) -> Iterator[Plan]:
    load(config.model)  # which imports torch, one thread at a time
    yield from placing.plan(lab.denoiser(config, lab.model_info(config.model)), config)


PLACED = studies.Study("placed", GIVEN, _plan, "Look for the places again")


# ---- the form -------------------------------------------------------------------------------------------


def describe(shown: WriteConfig, fill: Filler, asked: DeltaGenerator) -> WriteConfig:
    """Draws the controls: what is asked on the page itself, the rest in the sidebar."""
    info = lab.model_info(shown.model)
    model = fill.choice("model", _models(), shown.model, "Model", "The trained network that writes.")
    serving = lab.serving(info)
    sampler = fill.pick(lab.samplers, shown.sampler, "Sampler", "Decides which cells a step writes.", serving)
    free_steps = lab.samplers.build(sampler).uses_grid()
    steps = fill.number("steps", shown.steps, "Steps", "Fewer are faster and worse.", disabled=not free_steps)
    temperature = fill.number(
        "temperature", shown.temperature, "Temperature", "0 always takes the likeliest piece.", step=0.1
    )
    top_p = fill.number(
        "top_p", shown.top_p, "Top-p", "Pieces are drawn from the likeliest ones with this share together.", step=0.05
    )  # fmt: skip
    seed = fill.number("seed", shown.seed, "Seed", "Of the first text; the others have the two next ones.")
    with asked:
        first, second, third = st.columns(3, gap="medium")
        with first:
            register = register_of(shown, fill, info)
        with second:
            guidance = guidance_of(shown, fill) if register else 1.0
        with third:
            length = fill.number(
                "length", shown.length or info.length, "Length",
                f"Cells of the canvas, at most {info.length}; the first is the register's tag. Each of the others "
                "holds a piece: a word, a part of one, a mark, or the end of a line. A text may end earlier.",
            )  # fmt: skip
        texts = _texts(shown, fill, register)
    wanted = WriteConfig(
        model=model, sampler=sampler, steps=steps, temperature=temperature, top_p=top_p, seed=seed, register=register,
        guidance=guidance, length=None if length == info.length else length, grid=shown.grid, schedule=shown.schedule,
        **texts,
    )  # fmt: skip
    edited = dataclasses.replace(
        wanted, changes=shown.changes
    )  # the reader's edits belong to these very runs
    return edited if edited == shown else wanted


def _texts(shown: WriteConfig, fill: Filler, register: str) -> dict[str, str]:
    """What is given: a recipe's head, the beginning, words, the end."""
    found = {"title": shown.title, "ingredients": shown.ingredients}
    if register == RECIPES:
        left, right = st.columns([1, 2], gap="medium")
        with left:
            found["title"] = fill.text(
                "title", shown.title, "Title", "The recipe's first line.", example="Pancakes"
            )
        with right:
            found["ingredients"] = fill.text(
                "ingredients", shown.ingredients, "Ingredients",
                "Joined by commas. They become the second line, as the model read it in recipes.",
                example="flour, milk",
            )  # fmt: skip
    left, middle, right = st.columns(3, gap="medium")
    with left:
        found["begin"] = fill.area(
            "begin", shown.begin, "It begins" if register != RECIPES else "The steps begin",
            f"As in “{BEGINNINGS.get(register, 'In those days')}”. A new line is a new line.", height=100,
        )  # fmt: skip
    with middle:
        found["must"] = fill.area(
            "must", shown.must, "Words that must occur",
            "Joined by commas. “12: salt” stands from position 12 on, as the player counts; a word alone is put where "
            "the model finds that it fits best.", height=100,
        )  # fmt: skip
    with right:
        found["end"] = fill.area(
            "end", shown.end, "It ends", "Stands in the last cells. With a beginning as well, the model fills in what "
            "lies between.", height=100,
        )  # fmt: skip
    return found


def _models() -> list[str]:
    return [name for name in (*lab.models(), *lab.shelf_models()) if lab.model_info(name).registers]


# ---- three texts ----------------------------------------------------------------------------------------


def show_runs(config: WriteConfig) -> list[Trace] | None:
    """The player over three texts, once all words have their places. Returns the whole traces."""
    asked, info = writing.form(config), lab.model_info(config.model)
    for sentence in asked.cuts:
        st.warning(escape_markdown(f"{sentence}."))
    planned = config.runs([asked.keep] * ALTERNATIVES, info.vocabulary.words)
    if asked.loose:
        work = studies.own(PLACED, config, SCREEN, cache.stamp_of(config.model))
        studies.follow(PLACED, work, SCREEN, _show_places, at_once=True)
        if not work.done:
            return None
        planned = tuple(
            run.replace(edits=config.edits_of(number)) for number, run in enumerate(work.latest.runs)
        )
    return runs.watch_lanes(planned, picture, SCREEN)


def _show_places(plan: Plan | None) -> None:
    """Where each word was put, and how likely it was there."""
    if plan is None or plan.done < 1:
        st.caption("The model writes freely, and is asked where each word fits best in what it wrote.")
        return
    parts = [
        f"text {number}: "
        + ", ".join(f"“{one.word}” from position {one.position} on (p = {one.p:.2g})" for one in places)
        for number, places in enumerate(plan.places, start=1)
    ]  # fmt: skip
    st.caption(escape_markdown(f"Words for any place, put where they fitted best: {'; '.join(parts)}."))


def picture(traces: Sequence[Trace]) -> dict[str, Any]:
    """What the player takes of these runs."""
    lanes = [
        dataclasses.replace(runs.lane(trace, f"Text {number}"), loss_curve=None, note=_note(trace.config))
        for number, trace in enumerate(traces, start=1)
    ]
    return runs.rewritable(lanes)


def _note(run: RunConfig) -> str:
    times = len(run.edits)
    return f"seed {run.seed}" + (f" · changed {times} time{'s' * (times > 1)}" if times else "")


def to_copy(traces: Sequence[Trace]) -> None:
    """The texts as text."""
    for number, (column, trace) in enumerate(zip(st.columns(len(traces)), traces, strict=True), start=1):
        with column:
            st.caption(f"Text {number}, to copy")
            st.code(trace.text().rstrip() or " ", language=None, wrap_lines=True)
