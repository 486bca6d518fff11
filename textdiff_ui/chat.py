"""A conversation on screen. What is said lives in the session alone: not in the address, in nothing that sessions
share, in no file and in no log. Whoever changes this page keeps it so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import streamlit as st

from textdiff_core import chatting
from textdiff_core.chatting import USUAL, Asked
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace
from textdiff_ui import runs, state
from textdiff_ui.frame import escape_markdown
from textdiff_ui.live import Job
from textdiff_ui.screens import Screen

SCREEN = Screen("chat", USUAL, branches=True)
TURNS, SHOWN, REFUSED, TYPED = (SCREEN.key(what) for what in ("turns", "shown", "refused", "typed"))
OPENERS = ("Hi, how are you?", "What do you do for fun?", "Do you like animals?")


@dataclasses.dataclass
class Turn:
    """What the reader said and the reply to it. Attributes: asked: the reply's canvas.   job: writes it."""

    said: str
    asked: Asked
    job: Job

    @property
    def reply(self) -> str:
        """The reply, as far as it is written."""
        trace = self.job.trace
        return (
            ""
            if trace is None
            else " ".join(chatting.reply(trace, self.asked.given).replace("▒", "").split())
        )

    def write(self, run: RunConfig) -> None:
        """Lets the reply be written by this run of the same canvas."""
        self.asked, self.job = dataclasses.replace(self.asked, run=run), Job(run, own=True, parent=self.job)


def turns() -> list[Turn]:
    """The conversation of this session."""
    return st.session_state.setdefault(TURNS, [])


def settings() -> RunConfig:
    """The widgets of the sidebar. They are no part of a link: an address would hold what was said."""
    with st.sidebar:
        steps = st.number_input(
            "Steps", value=USUAL.steps, key=SCREEN.key("set_steps"), help="From noise to a reply."
        )
        temperature = st.number_input(
            "Temperature", value=USUAL.temperature, step=0.1, key=SCREEN.key("set_temperature"),
            help="Lower is duller and safer; 0 always takes the likeliest piece.",
        )  # fmt: skip
        guidance = st.number_input(
            "Guidance", value=USUAL.guidance, step=0.25, key=SCREEN.key("set_guidance"),
            help="Above 1 the reply becomes more typical of conversations, at twice the network calls.",
        )  # fmt: skip
        seed = st.number_input(
            "Seed", value=USUAL.seed, key=SCREEN.key("set_seed"), help="Names the noise of the next reply."
        )
        try:
            return USUAL.replace(steps=steps, temperature=temperature, guidance=guidance, seed=seed)
        except ValueError as error:
            st.error(escape_markdown(f"{error}. The next reply is written with the usual settings."))
            return USUAL


def listen(config: RunConfig) -> None:
    """The box for the next turn, and what was wrong with the last one."""
    with st.container():  # outside of one it would stick to the window's end, and the page would open there
        typed = st.chat_input("Say something", key=TYPED)
    if typed is not None:
        _say(typed, config)
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(escape_markdown(f"{refused}."))


def openers(config: RunConfig) -> None:
    """First turns to choose from, where nothing was said yet."""
    with st.container(horizontal=True):
        for number, text in enumerate(OPENERS):
            st.button(text, key=SCREEN.key(f"opener_{number}"), on_click=_say, args=(text, config))


def _say(typed: str, config: RunConfig) -> None:
    """Adds a turn, or notes in one sentence why not."""
    before = [text for turn in turns() for text in (turn.said, turn.reply) if text]
    try:
        asked = chatting.ask([*before, typed], config)
    except ValueError as error:  # answered here, or the log would hold what was typed
        st.session_state[REFUSED] = str(error)
        return
    turns().append(Turn(" ".join(typed.split()), asked, Job(asked.run, own=True)))
    _look_at(len(turns()) - 1)


def _look_at(number: int) -> None:
    st.session_state[SHOWN] = number
    state.show(turns()[number].asked.run, SCREEN)


def forget() -> None:
    """Ends the conversation; nothing of it is left."""
    for name in (TURNS, SHOWN, REFUSED, SCREEN.key(state.CONFIG), SCREEN.key(state.STOPPED)):
        st.session_state.pop(name, None)


def show() -> None:
    """The turns; the reply that is looked at stands in the player, live while it is written."""
    looked_at = st.session_state[SHOWN]
    for number, turn in enumerate(turns()):
        with st.chat_message("user"):
            st.text(turn.said)
            if turn.asked.cut:
                st.warning(escape_markdown(f"{turn.asked.cut}."))
        with st.chat_message("assistant"):
            if number == looked_at:
                _watch(turn)
            else:
                st.text(turn.reply or "(nothing)")
                st.button(
                    "Look at this one", key=SCREEN.key(f"look_{number}"), type="tertiary", on_click=_look_at,
                    args=(number,),
                    help="Shows in the player how it was written; its words can be put back to noise there.",
                )  # fmt: skip


def _watch(turn: Turn) -> None:
    wanted = state.config(SCREEN)
    if wanted != turn.asked.run:  # the reader put words back to noise
        turn.write(wanted)
    (trace,) = runs.follow([turn.job], picture, SCREEN)
    if trace is not None:
        _told(turn, trace)
    if trace is not None or state.stopped(SCREEN) is not None:
        st.button(
            "Another reply", key=SCREEN.key("another"), on_click=_again, args=(turn,),
            help="The next seed: other noise.",
        )  # fmt: skip


def _told(turn: Turn, trace: Trace) -> None:
    """The reply as text, and what the model had in sight."""
    st.text(turn.reply or "(nothing)")
    seen = (
        f"It had the last {turn.asked.seen} turns in sight"
        if turn.asked.seen > 1
        else "It had your turn in sight"
    )
    rest = "What the canvas holds after the reply's line is what the model thinks would be said next"
    over = chatting.ended(trace, turn.asked.given)
    st.caption(f"{seen}. {rest if over else 'Its canvas was full before it ended'}.")


def _again(turn: Turn) -> None:
    state.show(SCREEN.renoised(turn.asked.run), SCREEN)


def picture(traces: Sequence[Trace]) -> dict[str, Any]:
    """What the player takes of a reply's run."""
    lanes = [dataclasses.replace(runs.lane(trace), loss_curve=None) for trace in traces]
    return runs.rewritable(lanes)
