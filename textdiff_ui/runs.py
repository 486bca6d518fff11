"""The run on screen: from jobs to lanes to the player, and what the reader asked of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_core.trace import NUM_ALTERNATIVES, Status, Trace
from textdiff_ui import cache, state
from textdiff_ui.frame import escape_markdown, polled
from textdiff_ui.live import Job
from textdiff_ui.navigation import pages
from textdiff_ui.player import Lane, Resume, encode, player, rule_of, step_of
from textdiff_ui.state import DENOISE, Screen

POLL_SECONDS = 0.15
ON_SCREEN = "run_on_screen"


def toolbar() -> RunConfig | None:
    """The buttons over the player: new noise, the link, and the session's runs.

    Returns:  the run to be shown beside the one on screen, or None.
    """
    numbered = state.remember()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        noise_buttons()
        if len(numbered) < 2:
            return None
        with st.popover("Runs"):
            return _choose(numbered)


def noise_buttons(on: Screen = DENOISE) -> None:
    """The buttons every page with runs has: new noise, the same again, the link."""
    st.button(
        "New noise", type="primary", key="new_noise", on_click=state.new_noise, args=(on,),
        help="The next seed: another story.",
    )  # fmt: skip
    st.button(
        "Same noise again", key="same_noise", on_click=state.same_noise, args=(on,),
        help="Computes this once more: the same noise, so the same words.",
    )  # fmt: skip
    link_button(on)


def link_button(on: Screen = DENOISE) -> None:
    """The link to what is on screen, to be copied."""
    with st.popover("Copy link"):
        st.caption("Opens this very page: the same settings, the same noise, the same words.")
        st.code(state.link(on), language=None, wrap_lines=True)


def _choose(numbered: dict[int, RunConfig]) -> RunConfig | None:
    """The session's runs: one on screen, maybe one beside it."""
    on_screen = next(number for number, run in numbered.items() if run == state.config())
    st.session_state[ON_SCREEN] = on_screen
    names = {number: title(run) for number, run in numbered.items()}
    st.radio("On screen", list(numbered), format_func=names.get, key=ON_SCREEN, on_change=_go_to_chosen)
    others = [None, *(number for number in numbered if number != on_screen)]
    beside = st.selectbox(
        "Beside it", others, format_func=lambda number: names.get(number, "nothing"), key=f"beside_{on_screen}",
        help="Two runs on one clock.",
    )  # fmt: skip
    return None if beside is None else numbered[beside]


def _go_to_chosen() -> None:
    state.show(state.runs()[st.session_state[ON_SCREEN]])


def draft_button(config: RunConfig, trace: Trace) -> None:
    """Takes the text on screen over as the draft of the page's next run, where its model knows the words."""
    text = trace.text()
    try:
        lab.check(config.replace(draft=text, edits=()))
    except ValueError:
        return  # a recording of another vocabulary, or of a larger canvas
    st.button(
        "Use this text as the draft", key="use_draft", on_click=state.start_from, args=(text,),
        help="The next run begins from it instead of noise: noised to the draft's level and written anew.",
    )  # fmt: skip


def replay(trace: Trace) -> Trace:
    """Shows a recording the reader brought; its model need not be here until a run branches off it."""
    st.info("This is a recording from a file. Remove the file in the sidebar to go back to your run.")
    name = f"file-{trace.config.key}-{trace.num_steps}"
    events = player(encode([lane(trace)], run=name), key="player")
    if events.resume:
        lab.check(trace.config)
        state.forget_upload()
        _branch(trace, events.resume)
        st.rerun()
    return trace


def watch(config: RunConfig, beside: RunConfig | None = None) -> Trace | None:
    """Shows a run, alone or beside another one, live while it is computed.

    Returns:  the whole trace of `config` once it is there.
    """
    jobs = [cache.job(config, state.again())]
    if beside is not None:
        jobs.append(cache.job(beside))
    start = max((edit.step for edit in config.edits), default=0)

    def show(traces: Sequence[Trace]) -> dict[str, Any]:
        return {"lanes": [lane(trace, title(trace.config)) for trace in traces], "start": start}

    return follow(jobs, show)[0]


def follow(
    jobs: list[Job], show: Callable[[Sequence[Trace]], dict[str, Any]], on: Screen = DENOISE
) -> list[Trace | None]:
    """Shows runs on one clock, live while they are computed.

    Args:     show: what `encode` takes of their traces, whole or as far as they have come.
    Returns:  the whole traces, None where a run has not ended.
    """
    running = state.stopped(on) is None and not all(job.over for job in jobs)
    polled(_view, jobs, show, on, running, every=POLL_SECONDS if running else None)
    return [job.trace if job.done else None for job in jobs]


def rewritable(lanes: Sequence[Lane]) -> dict[str, Any]:
    """What `encode` takes of runs whose words are written anew by a click, from the step of the last such change on."""
    start = max((edit.step for one in lanes for edit in one.trace.config.edits), default=0)
    return {"lanes": lanes, "compact": True, "start": start, "rewriting": True}


def watch_lanes(
    configs: Sequence[RunConfig], show: Callable[[Sequence[Trace]], dict[str, Any]], on: Screen
) -> list[Trace] | None:
    """Shows these runs as lanes, live while they are computed. Returns the whole traces once all are there."""
    traces = follow([cache.job(config, state.again(on)) for config in configs], show, on)
    whole = [trace for trace in traces if trace is not None]
    return whole if len(whole) == len(configs) else None


def show_shipped(config: RunConfig) -> bool:
    """Plays the recording shipped for `config`, text and controls only; nothing where there is none.

    Returns:  whether the reader put words back to noise: then the run that goes on from there is on screen.
    """
    job = cache.job(config)
    if not job.done or job.trace is None:
        return False
    payload = cache.payload(f"compact-{config.key}", {"lanes": [lane(job.trace)], "compact": True})
    wish = player(payload, key="shipped").resume
    if wish:
        _branch(job.trace, wish)
    return wish is not None


def _branch(trace: Trace, wish: Resume, on: Screen = DENOISE) -> None:
    """Puts on screen the run that leaves `trace` with the cells of these columns back to noise.

    A browser that lags behind may name columns of an earlier picture; those that are not there are left out.
    """
    there = trace.status[wish.step] != Status.ABSENT if wish.step <= trace.num_steps else ()
    columns = [place - 1 for place in wish.positions if place <= len(there) and there[place - 1]]
    if columns:
        positions = tuple(trace.position(wish.step, column) for column in columns)
        parent = trace.config if on == DENOISE else state.config(on)
        state.branch(parent, wish.step, positions, on, wish.lane)


def _view(
    jobs: list[Job], show: Callable[[Sequence[Trace]], dict[str, Any]], on: Screen, running: bool
) -> None:
    """The player over these jobs; asks for a new run of the page when the last one has ended."""
    halted = state.stopped(on)
    live = halted is None and not all(job.over for job in jobs)
    if live:
        for job in jobs:
            job.watch(state.reader())
    _say_how_it_goes(jobs, halted)
    traces = halted or [_shown(job) for job in jobs]
    name = on.key(state.again(on) + "+".join(job.config.key for job in jobs))
    if live or halted is not None or any(job.own for job in jobs):
        payload = encode(**show(traces), live=live, run=name)
    else:
        payload = cache.payload(name, show(traces))
    events = player(payload, key=on.key("player"))
    if events.stop and live:
        for job in jobs:
            job.leave(state.reader())
        state.stop(traces, on)
        state.hold_controls(on)
        st.rerun()
    if events.resume and events.resume.lane < len(jobs):
        _branch(traces[events.resume.lane], events.resume, on if on.branches else DENOISE)
        st.rerun() if on.branches else st.switch_page(pages()["denoise"])
    if running and not live:
        state.hold_controls(on)
        st.rerun()


def _say_how_it_goes(jobs: list[Job], halted: Sequence[Trace] | None) -> None:
    """One line above the player where there is something to say: waiting, stopped, broken off."""
    ahead = min(job.ahead for job in jobs)
    errors = [job.error for job in jobs if job.error]
    if errors:
        st.error(escape_markdown(errors[0]))
    elif halted is not None:
        steps = max(trace.num_steps for trace in halted)
        wish = (
            "“Another reply” starts a new one"
            if any(job.own for job in jobs)
            else "“Same noise again” starts it anew"
        )
        st.info(f"Stopped at step {steps}. {wish}.")
    elif ahead:
        st.info(f"Waiting for {ahead} other {'run' if ahead == 1 else 'runs'} on this server.")


def _shown(job: Job) -> Trace:
    """The job's trace, or, until it has come past it, the frame it starts from."""
    first = opening(job.config, job.parent)
    return job.trace if job.trace is not None and job.trace.num_steps >= first.num_steps else first


def opening(config: RunConfig, branched_off: Job | None = None) -> Trace:
    """What is known of a run before it is computed, without torch: the noise it comes from, or the draft that is
    still to be noised, or, after the reader's edit, the run it branched off up to that step.
    """
    if config.edits:
        parent = (branched_off or cache.job(config.replace(edits=config.edits[:-1]))).trace
        if parent is not None and parent.num_steps >= config.edits[-1].step:
            return until(parent, config.edits[-1].step, config)
    info = lab.model_info(config.model)
    keep, draft, num_words = info.keep(config), info.draft(config), len(info.vocabulary)
    tokens = np.full((1, len(keep)), num_words, dtype=np.int32)
    if draft is not None:
        tokens[0] = draft
    # A draft of running text may leave cells open.
    status = np.where(tokens < num_words, Status.SETTLED, Status.NOISE).astype(np.uint8)
    tokens[0, keep >= 0], status[0, keep >= 0] = keep[keep >= 0], Status.KEPT
    if lab.processes[info.process].grows:  # nothing is there but what was given
        there = status[0] != Status.NOISE
        if draft is not None:
            there = np.arange(len(keep)) < len(info.vocabulary.split(config.draft))
            there |= status[0] == Status.KEPT
        tokens, status = tokens[:, there], status[:, there]
    cells = tokens.shape[1]
    unknown = np.full((1, cells), np.nan, dtype=np.float32)
    alternatives = (1, cells, min(NUM_ALTERNATIVES, num_words))
    clean = np.full(1, float(draft is not None))
    return Trace(
        config=config, words=info.vocabulary.words, spacing=info.vocabulary.spacing,
        t=1 - clean, alpha=clean, tokens=tokens, status=status, prob=unknown, entropy=unknown,
        top_ids=np.full(alternatives, -1, dtype=np.int32), top_probs=np.zeros(alternatives, dtype=np.float32),
        calls=np.zeros(1, dtype=np.int32), seconds=np.zeros(1, dtype=np.float32),
    )  # fmt: skip


def until(trace: Trace, step: int, config: RunConfig) -> Trace:
    """The frames up to `step` of a run, as those of the run of `config`."""
    arrays = {
        field.name: value[: step + 1]
        for field in dataclasses.fields(trace)
        if isinstance(value := getattr(trace, field.name), np.ndarray) and field.name != "word_points"
    }
    return dataclasses.replace(trace, config=config, verdict=None, **arrays)


def lane(trace: Trace, named: str = "") -> Lane:
    """A run as the player takes it, with its model's loss where the model is one of ours."""
    known = lab.known(trace.config.model)
    curve = cache.loss_curve(trace.config.model) if known else None
    return Lane(trace, named, curve, rule_of(trace), step_of(trace))


def title(config: RunConfig) -> str:
    """A run's number in this session and what tells it from the others, "2 from 1, step 26"."""
    numbers = {run: number for number, run in state.runs().items()}
    number = numbers.get(config)
    text = "" if number is None else f"{number}: "
    if config.edits:
        parent = numbers.get(config.replace(edits=config.edits[:-1]))
        origin = "an earlier run" if parent is None else f"run {parent}"
        return f"{text}{origin}, changed at step {config.edits[-1].step}"
    steps = f", {config.steps} steps" if lab.samplers.build(config.sampler).uses_grid() else ""
    return f"{text}{config.sampler}{steps}, seed {config.seed}"
