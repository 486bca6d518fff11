"""The sidebar: settings of a run as widgets made from the registries, and back into a `RunConfig`.

Numbers are typed without bounds of the widget's own, so that whoever types a wrong one reads what is
allowed; what was typed stays, and so does the run on screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import lab
from textdiff_core.records import RunConfig, format_keep, parse_keep
from textdiff_ui import state
from textdiff_ui.filler import Filler, first_sentence
from textdiff_ui.frame import escape_markdown
from textdiff_ui.state import Screen

KEEP_KEY, POSITION_KEY, WORD_KEY = "set_keep", "set_keep_position", "set_keep_word"
DRAFT_ROWS = 150  # px
MOST_LISTED = 2000  # words of a vocabulary that are offered one by one; of larger ones words are typed


def run_controls(on: Screen = state.DENOISE, describe: Callable[[Any, Filler], Any] | None = None) -> Any:
    """Draws the controls and returns the run, or the lanes, to show: what they describe, or, where something in
    them is wrong, what was there before, under a sentence that says what is wrong.

    Args:     on: the page they stand on.   describe: draws the widgets and returns what they describe; raises
              ValueError for what was typed wrong. None: those of a single run.
    """
    state.adopt_link(on)
    state.adopt_schedule(on)
    if lost := state.leave_lost_model(on):
        st.warning(escape_markdown(lost))
    fill, shown = Filler(state.refilling(on), on), state.config(on)
    try:
        with st.sidebar:
            wanted = (describe or _one_run)(shown, fill)
        on.check(wanted)
    except ValueError as error:
        st.error(escape_markdown(f"{error}. Below is still the run before."))
        return shown
    if wanted != shown:
        state.show(wanted, on, refill=False)
    if state.ignored(on):
        st.warning("Left out of the link: " + escape_markdown("; ".join(state.ignored(on))) + ".")
    state.write_link(on)
    return wanted


def _one_run(shown: RunConfig, fill: Filler) -> RunConfig:
    wanted = one_run(shown, fill)
    if wanted.model != shown.model:
        state.show(wanted, fill.on)  # the controls must offer what serves the new model
        st.rerun()
    return wanted


def one_run(shown: RunConfig, fill: Filler) -> RunConfig:
    """Widgets for every setting of one run; returns what they describe, with a sampler that serves its model."""
    model = fill.choice(
        "model", [*lab.models(), *lab.shelf_models()], shown.model, "Model",
        "The trained network that is asked, and the noise that it undoes; your own trainings stand below.",
        names=_with_process,
    )  # fmt: skip
    info = lab.model_info(shown.model)
    register, guidance = register_of(shown, fill, info), 1.0
    if register:
        guidance = guidance_of(shown, fill)
    offered = lab.serving(info)
    sampler = fill.pick(lab.samplers, shown.sampler, "Sampler", "Decides which words a step writes.", offered)
    free_steps = lab.samplers.build(sampler).uses_grid()
    wanted, _ = settings(shown, fill, info, free_steps=free_steps)
    draft, level = _draft(shown, fill, info)
    wanted = wanted.replace(
        model=model, sampler=sampler, draft=draft, level=level, register=register, guidance=guidance
    )
    if model != shown.model:
        return fill.on.fit(wanted)
    # The reader's edits name steps and positions of one very run: another setting leaves them behind.
    edited = wanted.replace(edits=shown.edits)
    return edited if edited == shown else wanted


def register_of(shown: RunConfig, fill: Filler, info: lab.ModelInfo, what: str = "writes") -> str:
    """The kind of text, "" where it is left open; no widget where the model knows only one. Args: what: it does."""
    if not info.registers:
        return ""
    names = {name: name for name in info.registers} | {info.registers[0]: "any, the model is not told"}
    chosen = fill.choice(
        "register", list(names), shown.register or info.registers[0], "Register",
        f"The kind of text that the model {what}: a tag in the first cell names it, which is given and never noised.",
        names=names.__getitem__,
    )  # fmt: skip
    return "" if chosen == info.registers[0] else chosen


def guidance_of(shown: RunConfig, fill: Filler) -> float:
    """How strongly the register is asked for."""
    return float(fill.number(
        "guidance", shown.guidance, "Guidance",
        "1 is the model itself. Above, what is typical of the register becomes likelier still: the network is asked "
        "and without the tag, and the difference counts more. Twice as many network calls.", step=0.25,
    ))  # fmt: skip


def _with_process(model: str) -> str:
    """A model's name and what it undoes: "tales (masking)"."""
    process = lab.model_info(model).process
    return f"{model} ({lab.processes[process].title or process})"


def _draft(shown: RunConfig, fill: Filler, info: lab.ModelInfo) -> tuple[str, float]:
    """The text to begin from, "" for none, and the share of it that noise takes."""
    with st.expander("Start from a draft", expanded=bool(shown.draft)):
        text = fill.area(
            "draft", shown.draft, "Draft",
            "Begin from your own text instead of noise: it is noised to this level and written anew.",
            height=DRAFT_ROWS,
        )  # fmt: skip
        lined = info.vocabulary.spacing == "char"  # where spaces and lines are cells like any other
        if info.registers and text.strip():
            st.caption(
                "Read in lower case and without accents. The draft ends where your text does: blanks follow it."
            )
        draft = text if lined and text.strip() else " ".join(text.split())
        level = fill.slider(
            "level", shown.level, "Level", "Share of the draft's words that noise takes: 0 none, 1 all.",
            disabled=not draft,
        )  # fmt: skip
        if not draft:
            st.caption("Empty: the run begins from noise alone.")
    return draft, level if draft else RunConfig.level


def settings(
    shown: RunConfig, fill: Filler, info: lab.ModelInfo, *, free_steps: bool = True
) -> tuple[RunConfig, DeltaGenerator]:
    """Widgets for all that does not depend on model, sampler and draft; Args: free_steps: steps and grid are used.

    Returns:  the config they describe, with the defaults' model and sampler, and the box "More" to add to.
    """
    steps = fill.number(
        "steps", shown.steps, "Steps", "How many reverse steps lead from noise to text; fewer are faster and worse.",
        disabled=not free_steps,
    )  # fmt: skip
    if not free_steps:
        st.caption("Not used here: this sampler finds its own steps, of one word at most.")
    temperature = fill.number(
        "temperature", shown.temperature, "Temperature",
        "Below 1 likely words become likelier, above 1 unlikely ones do; 0 always takes the likeliest.", step=0.1,
    )  # fmt: skip
    if temperature == 0:
        st.caption("Greedy: always the likeliest word.")
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise: the same seed gives the same words.")
    keep = _keep(shown, info, fill)
    more = st.expander("More")
    with more:
        grid = fill.pick(
            lab.grids, shown.grid, "Time grid", "Where the steps lie between noise and text.",
            disabled=not free_steps,
        )  # fmt: skip
        schedule = fill.pick(
            lab.schedules, shown.schedule, "Sampling schedule",
            "How fast noise gives way while sampling; the schedule used in training belongs to the model.",
        )  # fmt: skip
        top_p = fill.number(
            "top_p", shown.top_p, "Top-p",
            "Words are drawn from the likeliest ones that together have this share; 1 allows all.", step=0.05,
        )  # fmt: skip
        length = fill.number(
            "length", shown.length or info.length, "Length",
            f"How many cells the page has room for, at most {info.length}; a text may be shorter.",
        )  # fmt: skip
    described = RunConfig(
        steps=steps, grid=grid, schedule=schedule, temperature=temperature, top_p=top_p, seed=seed,
        length=None if length == info.length else length, keep=keep,
    )  # fmt: skip
    return described, more


def _keep(shown: RunConfig, info: lab.ModelInfo, fill: Filler) -> tuple[tuple[int, str], ...]:
    """The given words: typed as "3:fox; 7:den", or added one at a time."""
    with st.expander("Words to keep", expanded=bool(shown.keep)):
        text = fill.text(
            KEEP_KEY, format_keep(shown.keep).replace(";", "; "), "Position and word",
            "These words are given from the start and never change; the story grows around them.",
        )  # fmt: skip
        position, word = st.columns([2, 3], vertical_alignment="bottom")
        position.number_input(
            "Position", 1, shown.length or info.length, key=fill.on.key(POSITION_KEY),
            help="Counted in words from 1.",
        )  # fmt: skip
        if len(info.vocabulary) > MOST_LISTED:
            word.text_input(
                "Word", key=fill.on.key(WORD_KEY), help="Cut into the pieces that the model knows."
            )
        else:
            words = [word for word in info.vocabulary.words if word]
            word.selectbox("Word", words, key=fill.on.key(WORD_KEY), help="All words the model knows.")
        st.button(
            "Keep this word", key="keep_word", on_click=_add_kept, args=(fill.on, info), width="stretch"
        )
    return parse_keep(text)


def _add_kept(on: Screen, info: lab.ModelInfo) -> None:
    """Writes the chosen word into the text of kept words, in place of others at its positions."""
    position, word = st.session_state[on.key(POSITION_KEY)], st.session_state[on.key(WORD_KEY)]
    cut = (
        [word]
        if word in info.vocabulary.ids and len(info.vocabulary) <= MOST_LISTED
        else info.vocabulary.split(word)
    )
    pieces = tuple(enumerate(cut, position))
    items = [item.strip() for item in st.session_state[on.key(KEEP_KEY)].split(";") if item.strip()]
    taken = {str(place) for place, _ in pieces}
    others = [item for item in items if item.partition(":")[0].strip() not in taken]
    st.session_state[on.key(KEEP_KEY)] = "; ".join([*others, *filter(None, [format_keep(pieces)])])


__all__ = [
    "Filler", "first_sentence", "guidance_of", "one_run", "register_of", "run_controls", "settings",
]  # fmt: skip
