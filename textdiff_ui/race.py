"""Trainings that differ in one thing, on one plot."""

from __future__ import annotations

import dataclasses
import io
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from textdiff_core import lab
from textdiff_core.training_records import TrainConfig
from textdiff_ui import cache, state, training, training_plots
from textdiff_ui.frame import escape_markdown, polled
from textdiff_ui.plots import draw
from textdiff_ui.state import Screen
from textdiff_ui.training import Wish
from textdiff_ui.training_plots import ACROSS, Curve, Look
from textdiff_ui.training_run import PHASES, POLL_SECONDS, choose_unit, thinned

MOST = 4
KINDS = {
    "optimizer": "Optimizer", "rate": "Learning rate", "loss": "Loss", "process": "Noise",
    "schedule": "Training schedule",
}  # fmt: skip
# What each is chosen from, and what is raced unless somebody chooses.
CHOICES: dict[str, tuple[Mapping[str, Any], tuple[str, ...]]] = {
    "optimizer": (lab.optimizers, ("sgd", "adamw", "muon")),
    "loss": (lab.losses, ("count", "nelbo", "cross-entropy")),
    "process": (lab.processes, ("absorbing", "uniform")),
    "schedule": (lab.schedules, ("linear", "cosine-md4", "cosine-mdlm")),
}


def controls(on: Screen) -> TrainConfig | None:
    """The settings that all share, what differs, and the start. Returns the shared ones, None if something is wrong."""
    shared = None
    state.keep_widgets(on)
    with st.sidebar, training.complaints():
        kind = st.selectbox(
            "What differs", list(KINDS), format_func=lambda name: KINDS[name], key=on.key("raced"),
            help="The one thing that is not the same in all runs.",
        )  # fmt: skip
        what = st.container()
        wish, place = training.settings(on, kind)
        with what:
            configs = field(wish.config, kind, _values(on, kind, wish))
        if place.button("Start the race", type="primary", key=on.key("start"), width="stretch"):
            state.choose(state.RACE_OF, begin(wish, kind, configs))
        shared = wish.config
    state.note_widgets(on)
    return shared


def _values(on: Screen, kind: str, wish: Wish) -> list[str]:
    """The two to four values that are raced."""
    if kind == "rate":
        usual = wish.config.rate
        text = st.text_input(
            "Learning rates", "; ".join(f"{usual * factor:.3g}" for factor in (1 / 3, 1, 3)),
            key=on.key(f"raced rates {wish.config.optimizer}"), help="Two to four numbers, joined by ';'.",
        )  # fmt: skip
        return [part.strip() for part in text.split(";") if part.strip()]
    registry, usual = CHOICES[kind]
    names = [name for name, part in registry.items() if kind != "loss" or wish.config.process in part.serves]
    if len(names) < 2:
        called = lab.processes[wish.config.process].title or wish.config.process
        raise ValueError(f"{called} noise has one loss only: race something else, or choose masking")
    return st.multiselect(
        KINDS[kind], names, [name for name in usual if name in names], max_selections=MOST,
        key=on.key(f"raced {kind}"), help="Two to four of them.",
    )  # fmt: skip


def field(config: TrainConfig, kind: str, values: Sequence[str]) -> dict[str, TrainConfig]:
    """Value -> `config` with it in the place of what differs.

    Raises:   ValueError: fewer than two or more than four values, twice the same, or one that does not fit.
    """
    if not 2 <= len(values) <= MOST or len(set(values)) < len(values):
        raise ValueError(f"a race needs two to {MOST} different values, got {', '.join(values) or 'none'}")
    return {value: _changed(config, kind, value) for value in values}


def _changed(config: TrainConfig, kind: str, value: str) -> TrainConfig:
    if kind == "rate":
        try:
            rate = float(value)
        except ValueError:
            raise ValueError(f"a learning rate must be a number, got {value[:40]!r}") from None
        rest = config.rate_rest * rate / config.rate if config.rate else rate
        return dataclasses.replace(config, rate=rate, rate_rest=rest)
    if kind == "optimizer":  # each with the rate it begins with: one for all would be a race of rates
        rate = lab.optimizers[value].rate
        return dataclasses.replace(
            config, optimizer=value, rate=rate, rate_rest=training.REST_RATE if value == "muon" else rate
        )
    if kind == "process":
        return dataclasses.replace(config, process=value, loss=lab.processes[value].loss)
    return dataclasses.replace(config, **{kind: value})


def begin(wish: Wish, kind: str, configs: dict[str, TrainConfig]) -> str:
    """Puts the runs on the shelf, all as one group, and starts them one after another. Returns the group's name."""
    group = f"race-{uuid.uuid4().hex[:8]}"
    for value, config in configs.items():
        name = f"rate {value}" if kind == "rate" else value
        training.begin(dataclasses.replace(wish, config=config), group=group, name=name)
    return group


def example() -> None:
    """Nothing is raced yet: a race that was recorded for this app, as what to expect."""
    recorded = cache.recorded_race()
    st.info(
        "Choose on the left what differs and press **Start the race**. Until then, a race that was recorded: "
        + escape_markdown(recorded.told)
    )
    curves = list(recorded.curves.values())
    look = _look(cache.baselines_of(TrainConfig(corpus=recorded.corpus, process=recorded.process)))
    draw(training_plots.loss(curves, look), "race_loss", training_plots.told(curves))


def runs_of(group: str) -> list[Any]:
    """The runs of a race in the order they were entered."""
    return sorted((run for run in lab.shelf().runs() if run.group == group), key=lambda run: run.created)


def show(group: str) -> None:
    """The race on screen, live while one of its runs is at work."""
    found = runs_of(group)
    if not found:
        raise ValueError(f"there is no race {group[:40]!r} on this shelf")
    active = any(run.active for run in found)
    polled(_live, group, active, every=POLL_SECONDS if active else None)


def _live(group: str, was_active: bool) -> None:
    shelf, found = lab.shelf(), runs_of(group)
    if not found:  # deleted elsewhere: the page, drawn anew, says so and asks no more
        st.rerun()
    for run in found:
        shelf.watch(run.id)
    _standing(found)
    curves = [
        Curve(run.name, thinned(shelf.log(run.id)), shelf.curve(run.id), run.color)
        for run in found
        if not lab.processes[run.config.process].grows
    ]
    look = _look(cache.baselines(found[0].id))
    if any(curve.points for curve in curves):
        draw(training_plots.loss(curves, look), "race_loss", training_plots.told(curves))
    results = table(found)
    st.dataframe(results, hide_index=True, width="stretch")
    st.download_button(
        "Table (.csv)", _csv(results), f"{group}.csv", "text/csv", key="race_csv", on_click="ignore",
        help="One row a run: what differs, steps, seconds, last and best validation loss.",
    )  # fmt: skip
    if was_active and not any(run.active for run in found):
        st.rerun()


def _standing(found: Sequence[Any]) -> None:
    """One bar a run, and the way out."""
    for run in found:
        far = f"step {run.state.step:,} of {run.config.steps:,}"
        text = f"{escape_markdown(run.name)} · {PHASES[run.state.phase]} · {far}"
        st.progress(min(1.0, run.state.step / run.config.steps), text)
        if run.state.phase in ("diverged", "failed"):
            st.caption(escape_markdown(run.state.message))
    if any(run.active for run in found) and st.button("Stop all", key="race_stop"):
        for run in reversed(found):  # those that wait first, or each would take the place of the one before
            if run.active:
                lab.shelf().stop(run.id)
        st.rerun()


def _look(marks: dict[str, float]) -> Look:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = st.segmented_control("Across", list(ACROSS), default="equal steps", key="race_x", required=True)
        unit = choose_unit("race_unit")
        smoothing = st.slider("Smoothing", 0.0, 0.99, 0.9, 0.01, key="race_smoothing", width=180)
        log_x = st.toggle("log axis", key="race_log_x")
    return Look(unit, smoothing, ACROSS[x or "equal steps"], log_x, False, marks)


def table(found: Sequence[Any]) -> pd.DataFrame:
    """One row a run: how far it came, in what time, and its validation losses in nats a cell."""
    rows = []
    for run in found:
        points = lab.shelf().curve(run.id)
        losses = [point.validation_nelbo for point in points]
        rows.append({
            "run": run.name, "process": run.config.process, "loss": run.config.loss, "optimizer": run.config.optimizer,
            "learning rate": run.config.rate, "state": PHASES[run.state.phase], "steps": run.state.step,
            "seconds": round(run.state.seconds, 1), "validation, last": losses[-1] if losses else None,
            "validation, best": min(losses) if losses else None, "seed": run.config.seed,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _csv(results: pd.DataFrame) -> bytes:
    file = io.StringIO()
    results.to_csv(file, index=False)
    return file.getvalue().encode()
