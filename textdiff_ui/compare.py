"""What the Compare page shows: several runs on one clock, how they differ, and what can be taken along."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import streamlit as st

from textdiff_core.trace import Trace
from textdiff_ui import cache, runs, state
from textdiff_ui.lanes import SCREEN, titled
from textdiff_ui.player import replay_html
from textdiff_ui.screens import Lanes
from textdiff_ui.takeaway import trace_file

TITLE = "Same model, same seed: what does the schedule change?"


def picture(traces: Sequence[Trace]) -> dict[str, Any]:
    """What the player takes of these runs: a card for each, and the clock set to equal noise."""
    told = titled(Lanes(tuple(trace.config for trace in traces)))
    lanes = [
        dataclasses.replace(runs.lane(trace, title), loss_curve=None, note=note)
        for trace, (title, note) in zip(traces, told, strict=True)
    ]
    return {"lanes": lanes, "compact": True, "comparing": True, "pace": "noise"}


def watch(lanes: Lanes) -> list[Trace] | None:
    """Shows all lanes, live while they are computed. Returns the whole traces once all are there."""
    jobs = [cache.job(run, state.again(SCREEN)) for run in lanes.runs]
    whole = [trace for trace in runs.follow(jobs, picture, SCREEN) if trace is not None]
    return whole if len(whole) == len(jobs) else None


def downloads(traces: Sequence[Trace]) -> None:
    """One button a file; nothing is computed before one is pressed."""
    keys = "+".join(trace.config.key for trace in traces)
    name = f"textdiff-compare-{hashlib.sha256(keys.encode()).hexdigest()[:12]}"
    with st.container(horizontal=True):
        st.download_button(
            "Replay (.html)", functools.partial(_html, traces), f"{name}.html", "text/html", key="save_html",
            help="All lanes on one clock in any browser, offline and without this app.", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "All traces (.zip)", functools.partial(_zip, traces), f"{name}.zip", "application/zip",
            key="save_traces", help="A .npz a lane with everything measured; the Denoise page opens each.",
            on_click="ignore",
        )  # fmt: skip


def _html(traces: Sequence[Trace]) -> str:
    return replay_html(**picture(traces), title=TITLE)


def _zip(traces: Sequence[Trace]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # a .npz is compressed already
        for number, trace in enumerate(traces, start=1):
            archive.writestr(f"lane-{number}-{trace.config.key}.npz", trace_file(trace))
    return file.getvalue()
