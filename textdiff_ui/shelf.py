"""The shelf of trainings on screen: a list, what can be done with its rows, and their curves together."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from textdiff_core import lab
from textdiff_core.training_records import read_history
from textdiff_ui import cache, state, training, training_plots
from textdiff_ui.frame import escape_markdown
from textdiff_ui.navigation import pages
from textdiff_ui.plots import draw
from textdiff_ui.training_plots import ACROSS, Curve, Look
from textdiff_ui.training_run import PHASES, choose_unit

MOST = 6  # curves in one picture


def listed() -> list[Any]:
    """The table of all runs; returns the chosen ones."""
    runs = lab.shelf().runs()
    if not runs:
        st.info(
            "Nothing has been trained here yet. The **Train** page begins a run; half a minute is enough for one."
        )
        return []
    rows = pd.DataFrame([_row(run) for run in runs])
    # Rows are chosen by number: a table whose rows are others is another table, with nothing chosen.
    named = hashlib.sha256("\n".join(run.id for run in runs).encode()).hexdigest()[:12]
    event = st.dataframe(
        rows, hide_index=True, width="stretch", key=f"shelf_{named}", on_select="rerun", selection_mode="multi-row",
        column_config={
            "curve": st.column_config.LineChartColumn("validation loss", width="small", help="Over its validations."),
            "last": st.column_config.NumberColumn("last (nats)", format="%.3f"),
            "MB": st.column_config.NumberColumn(format="%.1f"),
            "begun": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
        },
    )  # fmt: skip
    return [runs[row] for row in event.selection.rows if row < len(runs)]  # type: ignore[attr-defined]


def _row(run: Any) -> dict[str, Any]:
    curve = [point.validation_nelbo for point in read_history(run.folder)]
    config, process = run.config, lab.processes[run.config.process]
    return {
        "name": run.name,
        "state": PHASES[run.state.phase],
        "text": "own text" if config.corpus.startswith("file:") else config.corpus.removeprefix("package:"),
        "noise": process.title or process.name,
        "size": f"{config.width} × {config.depth}",
        "step": f"{run.state.step:,} / {config.steps:,}",
        "curve": curve,
        "last": curve[-1] if curve else None,
        "begun": pd.Timestamp(run.created, unit="s").round("s"),
        "MB": run.size / 1e6,
    }


def act(chosen: Sequence[Any]) -> None:
    """What can be done with the chosen rows."""
    if not chosen:
        st.caption(
            "Tick a row to open, use, rename, take along or delete it; tick several to compare their curves."
        )
        return
    shelf, one = lab.shelf(), chosen[0] if len(chosen) == 1 else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if one is not None:
            st.page_link(pages()["train"], label="Open", query_params={"run": one.id})
            if one.has_model:
                if st.button("Use it on the Denoise page", key="shelf_use"):
                    state.use_model(one.id)
                    st.switch_page(pages()["denoise"])
                st.download_button(
                    "Save as a file (.zip)", functools.partial(shelf.pack, one.id), f"{one.id}.zip", "application/zip",
                    key="shelf_pack", on_click="ignore",
                )  # fmt: skip
            with st.popover("Rename"), training.complaints():
                name = st.text_input("New name", one.name, key=f"name_{one.id}", max_chars=80)
                if st.button("Rename", key="shelf_rename") and name != one.name:
                    shelf.rename(one.id, name)
                    st.rerun()
        with st.popover("Delete"):
            _delete(chosen)


def _delete(chosen: Sequence[Any]) -> None:
    names = ", ".join(escape_markdown(run.name) for run in chosen)
    st.markdown(f"Delete **{names}** with all curves and weights?")
    if any(run.active for run in chosen):
        st.warning("It is training: it will be stopped first.")
    # Which runs are meant is settled now, as they are read here, and not when the button is pressed.
    ids = tuple(run.id for run in chosen)
    st.button("Delete for good", key="shelf_delete", type="primary", on_click=_gone, args=(ids,))


def _gone(ids: Sequence[str]) -> None:
    for run in ids:
        with training.complaints():
            lab.shelf().delete(run)


def compare(chosen: Sequence[Any]) -> None:
    """The chosen runs' validation curves in one picture."""
    shown = [run for run in chosen if not lab.processes[run.config.process].grows][:MOST]
    if len(chosen) > 1 and len(shown) < len(chosen):
        st.caption(
            f"At most {MOST} curves, and none of insertion noise, whose bound also pays for the order of the words."
        )
    if len(shown) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = st.segmented_control("Across", list(ACROSS), default="equal steps", key="shelf_x", required=True)
        unit = choose_unit("shelf_unit")
    curves = [
        Curve(run.name, (), lab.shelf().curve(run.id), color)
        for run, color in zip(shown, _colors(shown), strict=True)
    ]
    texts = {_text_of(run) for run in shown}
    marks = cache.baselines(shown[0].id) if len(texts) == 1 else {}
    look = Look(unit, x=ACROSS[x or "equal steps"], log_x=True, marks=marks)
    draw(training_plots.loss(curves, look), "shelf_loss", training_plots.told(curves))
    if len(texts) > 1:
        st.caption(
            "These runs learned different texts, or spelled them differently: a lower curve may mean easier cells."
        )


def _colors(shown: Sequence[Any]) -> list[int]:
    """Each run's own colour; where two have the same, the later one takes one that is free."""
    taken: list[int] = []
    for run in shown:
        free = next(color for color in range(len(shown) + 1) if color not in taken)
        taken.append(run.color if run.color not in taken else free)
    return taken


def _text_of(run: Any) -> tuple[Any, ...]:
    """What two runs must share for their losses to be set beside each other."""
    own = run.config.corpus.startswith("file:")
    return (run.group or run.id if own else run.config.corpus, run.config.vocabulary, run.config.length)


def bring() -> None:
    """The box that takes a run back."""
    with st.sidebar, st.expander("Bring a run", expanded=False):
        file = st.file_uploader(
            "A run saved as .zip",
            type="zip",
            key=state.upload_key("run"),
            help="Weights in safetensors only; nothing in it is run.",
        )
        if file is not None:
            with training.complaints():
                run = lab.shelf().unpack(file.getvalue(), name=file.name.removesuffix(".zip"))
                state.forget_upload()
                state.choose(state.RUN, run.id)
                st.switch_page(pages()["train"], query_params={state.RUN: run.id})


def where() -> str:
    """How the shelf is reached without the app."""
    return (
        f"In the folder `{lab.shelf().folder}`, one folder a run. Set `TEXTDIFF_RUNS` to use another one, also one "
        "that several servers share. On the command line, `python -m textdiff_core runs list` shows the same, and "
        "`train --shelf` puts a training beside these."
    )
