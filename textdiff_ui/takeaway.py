"""Files a reader takes along, made when they are asked for, and the trace file a reader brings."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import Any

import streamlit as st

from textdiff_core import exports
from textdiff_core.trace import Trace
from textdiff_ui import state
from textdiff_ui.frame import escape_markdown
from textdiff_ui.player import replay_html
from textdiff_ui.runs import lane


def downloads(trace: Trace) -> None:
    """One button a format; nothing is computed before one is pressed."""
    name = f"textdiff-{trace.config.key}"
    with st.container(horizontal=True):
        for label, ending, mime, make, help in FORMATS:
            st.download_button(
                label, functools.partial(make, trace), f"{name}.{ending}", mime, help=help, on_click="ignore",
                key=f"save_{ending}",
            )  # fmt: skip


def _html(trace: Trace) -> str:
    return replay_html([lane(trace)], title="How noise became a story")


def trace_file(trace: Trace) -> bytes:
    """The run as a .npz file."""
    file = io.BytesIO()
    trace.save(file)
    return file.getvalue()


FORMATS: tuple[tuple[str, str, str, Callable[[Trace], Any], str], ...] = (
    ("Replay (.html)", "html", "text/html", _html, "Plays in any browser, offline and without this app."),
    ("Trace (.npz)", "npz", "application/zip", trace_file, "Everything measured; this page opens it again."),
    ("Animation (.gif)", "gif", "image/gif", exports.gif, "For slides: the text from noise to words."),
    ("Heat map (.png)", "png", "image/png", exports.heat_map, "How sure the model was of each word at each step."),
    ("Table (.csv)", "csv", "text/csv", exports.table, "Each word's probability at each step, for a spreadsheet."),
)  # fmt: skip


def brought_trace() -> Trace | None:
    """The trace in the file the reader brought, or None; a damaged file is answered with a sentence."""
    file = st.file_uploader(
        "Open a trace file",
        type="npz",
        key=state.upload_key(),
        help="A .npz saved here or by the command line.",
    )
    if file is None:
        return None
    try:
        return Trace.load(file.getvalue())
    except ValueError as error:
        st.error(escape_markdown(f"{file.name[:80]} was not opened: {error}"))
        return None
