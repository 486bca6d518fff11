"""One text on its way into noise, by every process at once: its settings, its picture, the schedule drawn by hand."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import lab, noising
from textdiff_core.records import RunConfig
from textdiff_ui import state
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown
from textdiff_ui.player import Lane, Noising, encode, player

START = 20  # the level it opens at, of 50: some words are hit and some are not
PLAYER, PROBLEM = "noising_player", "noising_problem"
POINTS = ("set_schedule drawn t", "set_schedule drawn a")  # the controls that hold a drawn schedule's points


@functools.cache
def default_text() -> str:
    """The story that the app opens with."""
    trace = lab.shipped_trace(RunConfig())
    if trace is None:
        raise ValueError("the recording of the first story is missing from assets/traces")
    return trace.text()


def text(config: RunConfig) -> str:
    """What goes into noise."""
    return config.draft or default_text()


def check(config: RunConfig) -> None:
    """Raises ValueError, in one sentence, for a text or a schedule that cannot be shown."""
    lab.schedules.build(config.schedule)
    _ids(config)


def _ids(config: RunConfig) -> np.ndarray:
    info = lab.model_info(RunConfig.model)
    return noising.words_of(text(config), info.vocabulary, info.length)


SCREEN = state.Screen("noise", RunConfig(), check, fit=lambda config: config)


def describe(shown: RunConfig, fill: Filler, place: DeltaGenerator) -> RunConfig:
    """Draws the controls of the page, the text in `place`. A schedule that is none is refused where it was set, and
    the last good one stays.
    """
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise: the same seed hits the same words.")
    problem, schedule = "", shown.schedule
    try:
        schedule = fill.pick(
            lab.schedules, shown.schedule, "Schedule", "How fast noise takes the words as t goes from 0 to 1."
        )
    except ValueError as error:
        problem = f"Not this one: {error}. The last good schedule stays."
        st.error(escape_markdown(problem))
    st.session_state[SCREEN.key(PROBLEM)] = problem
    with place:
        draft = fill.area(
            "draft", text(shown), "Your sentence",
            "In words of the tales, the only ones the models here know, "
            f"and at most {lab.model_info(RunConfig.model).length} of them.",
        )  # fmt: skip
    draft = " ".join(draft.split())
    return SCREEN.default.replace(
        seed=seed, schedule=schedule, draft="" if draft == default_text() else draft or " "
    )


def show(config: RunConfig) -> None:
    """The player, with a lane for every process; moving t in it asks the server nothing."""
    with st.spinner("Noise is being drawn.", show_time=False):
        data = payload(config, _points(config), st.session_state[SCREEN.key(PROBLEM)])
    player(data, key=PLAYER, on_draw=_draw)


@functools.lru_cache(maxsize=64)
def payload(config: RunConfig, points: tuple[tuple[float, float], ...], problem: str) -> bytes:
    """What the player is sent. Args: points, problem: see `Noising`."""
    vocabulary, ids = lab.model_info(RunConfig.model).vocabulary, _ids(config)
    curves, lanes = noising.curves(lab.schedules.build(config.schedule)), []
    for process in kinds():
        one = noising.noised(process, vocabulary, ids, config)
        lanes.append(Lane(one.trace, _title(process), rule="none", noised=one))
        if one.signal is not None:
            curves["vectors"] = noising.decibels(one.signal)
    name = f"noise-{config.replace(schedule=RunConfig.schedule).key}"  # another schedule keeps the reader's place
    return encode(lanes, run=name, start=START, autoplay=False, noising=Noising(curves, points, problem))


def kinds() -> list[str]:
    """The processes shown: those whose noise hits words wherever they stand."""
    return [process for process, part in lab.processes.items() if not part.ordered]


def _title(process: str) -> str:
    title = lab.processes[process].title or process
    return title[:1].upper() + title[1:]


def _points(config: RunConfig) -> tuple[tuple[float, float], ...]:
    """The points that stand in the controls, good or not; none where the schedule is no drawn one."""
    if st.session_state[SCREEN.key("set_schedule")] != "drawn":
        return ()
    try:
        t, alpha = (tuple(map(float, st.session_state[SCREEN.key(key)].split("/"))) for key in POINTS)
        if len(t) == len(alpha) and np.isfinite((*t, *alpha)).all():
            return tuple(zip(t, alpha, strict=True))
    except ValueError:
        pass  # something was typed that is no number; what is wrong stands beside the points already
    last = lab.schedules.build(config.schedule)
    return tuple(zip(last.t, last.a, strict=True)) if last.name == "drawn" else ()


def _draw(points: tuple[tuple[float, float], ...]) -> None:
    """Writes drawn points into the controls, which then judge them as if they were typed."""
    for key, values in zip(POINTS, zip(*points, strict=True), strict=True):
        st.session_state[SCREEN.key(key)] = "/".join(f"{value:g}" for value in values)
