"""What the Compare page shows: several runs on one clock, how they differ, and what can be taken along."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import html
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import streamlit as st

from textdiff_core import lab
from textdiff_core.trace import Trace
from textdiff_ui import runs
from textdiff_ui.frame import ROOT
from textdiff_ui.lanes import SCREEN, titled
from textdiff_ui.player import replay_html
from textdiff_ui.screens import Lanes
from textdiff_ui.takeaway import trace_file

TITLE = "Same model, same seed: what does the schedule change?"
EXACTNESS = ROOT / "assets" / "exactness.json"  # of `python -m benchmarks.exactness`


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
    return runs.watch_lanes(lanes.runs, picture, SCREEN)


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


@st.fragment
def exactness(lanes: Lanes) -> None:
    """A closed box with how exact each sampler is; what is in it is made when it is opened."""
    box = st.expander(
        "Which samplers are exact, and which never become so?", key="exactness", on_change="rerun"
    )
    if not box.open:
        return
    told = json.loads(EXACTNESS.read_text("utf-8"))
    with box:
        st.markdown(
            "Asked of a corpus so small that every state can be followed (two cells, three words), with a model that "
            "is never wrong: what is left is the sampler's own error. The numbers are total variation, half the sum of "
            "the differences between the probabilities of its texts and those of the corpus: 0 is exact, 1 has "
            "nothing in common.\n\n"
            + "\n".join(f"- **{verdict}**: {meaning}" for verdict, meaning in told["meanings"].items())
        )
        st.html(exactness_table(told, lanes))


def exactness_table(told: dict[str, Any], lanes: Lanes) -> str:
    """A row a sampler as HTML, those of `lanes` first, with their numbers. Args: told: the content of EXACTNESS."""
    steps = [f"{count} step{'s' * (count > 1)}" for count in told["steps"]]
    rows = []
    for row in told["rows"]:
        mine = [
            str(number) for number, run in enumerate(lanes.runs, start=1) if run.sampler == row["sampler"]
        ]
        noise = lab.processes[row["process"]].title or row["process"]
        errors = [f"{error:.4f}" for error in row["tv"]]
        rows.append((", ".join(mine), f"{row['sampler']}\n{row['why']}", noise, *errors, row["verdict"]))
    head = _row("th", ("lane", "sampler, and why", "noise", *steps, "exact at"))
    body = "".join(_row("td", row) for row in sorted(rows, key=lambda row: row[0] or "~"))
    return f'<div class="by-hand exactness"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def _row(tag: str, cells: Sequence[str]) -> str:
    """A row of a table; what stands below in a cell, after a line's end, is small."""
    parts = [html.escape(cell).partition("\n") for cell in cells]
    small = (f"<{tag}>{cell}{below and f'<small>{below}</small>'}</{tag}>" for cell, _, below in parts)
    return f"<tr>{''.join(small)}</tr>"
