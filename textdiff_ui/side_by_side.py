"""One run a process, side by side: the same settings and seed, one clock, one ledger."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import streamlit as st

from textdiff_core import lab
from textdiff_core.ledger import answers, ledger, listed, sentence_case, table
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace
from textdiff_ui import runs, state
from textdiff_ui.controls import Filler, settings
from textdiff_ui.player import replay_html
from textdiff_ui.takeaway import trace_file

CORPUS = "tales"  # what all lanes have learned, or their texts could not be compared


def models() -> dict[str, str | None]:
    """The shipped model of each process, in the processes' order; None where there is none."""
    kinds = [process for process, part in lab.processes.items() if not part.ordered]  # that has its own page
    found: dict[str, str | None] = dict.fromkeys(kinds)
    for name in reversed(lab.models()):  # the default one is the first, and wins
        info = lab.model_info(name)
        if info.corpus == CORPUS and info.process in found:
            found[info.process] = name
    return found


def called(process: str) -> str:
    """A process's name as it stands in a sentence, such as "masking"."""
    return lab.processes[process].title or process


def missing() -> str:
    """One sentence about the processes without a model; "" where every one has its own."""
    names = [called(process) for process, model in models().items() if model is None]
    return f"Not shown, because no trained model of it was shipped: {listed(names)}." if names else ""


def lanes(config: RunConfig) -> list[RunConfig]:
    """`config` for each process that has a model: with that model, and a sampler that serves the process.

    A lane has the sampler asked for where that one serves it, and else its first that takes the steps asked for.
    """
    serves = lab.samplers.build(config.sampler).serves
    found, own_model = [], lab.model_info(config.model)
    for process, model in models().items():
        model = own_model.name if process == own_model.process else model
        if model is not None:
            own = [name for name, part in lab.samplers.items() if process in part.serves and part.uses_grid()]
            fallback = own[0] if own else lab.processes[process].sampler
            sampler = config.sampler if process in serves else fallback
            found.append(config.replace(model=model, sampler=sampler))
    return found


def check(config: RunConfig) -> None:
    """Raises ValueError where the settings cannot be shown in every lane."""
    if config.model not in choices():
        raise ValueError(f"this page compares models of {CORPUS}; {config.model!r} is none of them")
    if config.edits:
        raise ValueError("an edit belongs to one run and not to several")
    for lane in lanes(config):
        lab.check(lane)


SCREEN = state.Screen("beside", RunConfig(sampler="ancestral", steps=32), check, fit=lambda config: config)


def describe(shown: RunConfig, fill: Filler) -> RunConfig:
    """Draws the widgets of the settings that all lanes share; returns what they describe."""
    model = RunConfig.model
    if len(found_here := choices()) > 1:  # a look at the whole shelf
        model = fill.choice(
            "model", found_here, shown.model, "Your own model", "Stands in the lane of its noise; the others stay.",
            names=lambda name: "none: the shipped ones" if name == RunConfig.model else name,
        )  # fmt: skip
    wanted, more = settings(shown, fill, lab.model_info(shown.model))
    with more:
        found = [process for process, model in models().items() if model]
        names = [name for name, part in lab.samplers.items() if set(part.serves) & set(found)]
        sampler = fill.pick(
            lab.samplers, shown.sampler, "Sampler",
            "Used in the lanes whose process it serves; the others keep one of their own.", names,
        )  # fmt: skip
    return wanted.replace(model=model, sampler=sampler)


def choices() -> list[str]:
    """The model this page opens with, and those of the shelf that have learned the same corpus."""
    infos = map(lab.model_info, lab.shelf_models())
    return [RunConfig.model, *(one.name for one in infos if one.corpus == CORPUS and one.process in models())]


def picture(traces: Sequence[Trace]) -> dict[str, Any]:
    """What the player takes of these runs: a lane and an account for each, the clock set to equal noise."""
    accounts = [ledger(trace, _name(trace)) for trace in traces]
    shown = [
        dataclasses.replace(runs.lane(trace, _title(trace)), ledger=account)
        for trace, account in zip(traces, accounts, strict=True)
    ]
    return {"lanes": shown, "compact": True, "pace": "noise", "questions": answers(accounts)}


def _name(trace: Trace) -> str:
    return called(lab.model_info(trace.config.model).process)


def _title(trace: Trace) -> str:
    return f"{sentence_case(_name(trace))}, {trace.config.sampler}"


def watch(config: RunConfig) -> list[Trace] | None:
    """Shows all lanes, live while they are computed. Returns the whole traces once all are there."""
    return runs.watch_lanes(lanes(config), picture, SCREEN)


def downloads(traces: Sequence[Trace], key: str) -> None:
    """One button a file; nothing is computed before one is pressed. Args: key: names these runs."""
    name = f"textdiff-side-by-side-{key}"
    with st.container(horizontal=True):
        st.download_button(
            "Replay (.html)", functools.partial(_html, traces), f"{name}.html", "text/html", key="save_html",
            help="All lanes on one clock in any browser, offline and without this app.", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Ledger (.csv)", functools.partial(_table, traces), f"{name}.csv", "text/csv", key="save_csv",
            help="One row an event: process, step, position, what happened, the word before and after.",
            on_click="ignore",
        )  # fmt: skip
        for trace in traces:
            st.download_button(
                f"{sentence_case(_name(trace))} (.npz)", functools.partial(trace_file, trace),
                f"textdiff-{trace.config.key}.npz", "application/zip", key=f"save_{trace.config.model}",
                help="Everything measured in this lane; the Denoise page opens it again.", on_click="ignore",
            )  # fmt: skip


def _html(traces: Sequence[Trace]) -> str:
    return replay_html(**picture(traces), title="How do the ways of making noise differ?")


def _table(traces: Sequence[Trace]) -> bytes:
    return table([(ledger(trace, _name(trace)), trace) for trace in traces])
