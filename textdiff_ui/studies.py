"""Measurements that a reader starts: computed in the background, shown while they grow, stopped by a button."""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import streamlit as st

from textdiff_core import adversarial, against, calibration, guiding, lab, parallel, scoring, translating
from textdiff_core.records import RunConfig
from textdiff_ui import state
from textdiff_ui.frame import escape_markdown, polled
from textdiff_ui.live import Work, load
from textdiff_ui.screens import Screen

POLL_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Study:
    """A kind of measurement.

    Attributes:
        name: unique.   depends: the settings that decide its result.   begin: config -> results that add up, each
            with the share of the work that is `done`.   label: of the button that starts it.
    """

    name: str
    depends: tuple[str, ...]
    begin: Callable[[Any], Iterator[Any]]
    label: str

    def key(self, config: RunConfig) -> str:
        """Names one measurement."""
        return repr([self.name, *(getattr(config, field) for field in self.depends)])


def _of_model(measure: Callable[..., Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
    def begin(config: Any) -> Iterator[Any]:
        load(config.model)  # which imports torch, one thread at a time
        yield from measure(*lab.reader(config), config)

    return begin


def _texts(config: parallel.ParallelConfig) -> Iterator[parallel.Drawn]:
    load(config.model)  # which imports torch, one thread at a time
    yield from parallel.drawn(config)


def _translated(config: translating.TranslateConfig) -> Iterator[translating.Tally]:
    yield from translating.measure(load(config.model).denoiser, config)


def _raced(config: against.AgainstConfig) -> Iterator[against.Found]:
    yield from against.measure(load(config.model).denoiser, load(config.causal).denoiser, config)


def _scored(config: scoring.ScoreConfig) -> Iterator[scoring.Score]:
    """The score by the page's model, and beside it that of an autoregressive one where there is one."""
    load(config.model)  # which imports torch, one thread at a time
    other = lab.rival(lab.model_info(config.model))
    beside = scoring.chained(load(other).denoiser, lab.model_info(other), config) if other else None
    for found in scoring.score(*lab.reader(config), config):
        yield dataclasses.replace(found, beside=beside)


TEXTS = Study(
    "texts", ("toy", "share", "sampler", "seed"), _texts, f"Draw {parallel.DRAWS:,} texts for each number of words"
)  # fmt: skip
STORIES = Study(
    "stories", ("model", "sampler", "seed"), _of_model(parallel.tell),
    f"Tell {parallel.STORIES} stories for each number of words",
)  # fmt: skip
LOOK = Study(
    "look", ("model", "seed"), _of_model(calibration.look), f"Ask about {calibration.TEXTS} texts at every level"
)  # fmt: skip
FILL = Study(
    "fill", ("model", "sampler", "steps", "level", "seed"), _of_model(calibration.fill),
    f"Fill in {calibration.FILLED} texts this way",
)  # fmt: skip
TRANSLATED = Study(
    "translated", ("model", "seed", "temperature", "top_p"), _translated,
    f"Translate {translating.NUM} held-out pairs in every number of steps",
)  # fmt: skip

AGAINST = Study(
    "against", ("model", "rival", "seed"), _raced,
    f"Measure both: {against.USUAL.texts} texts a way, {against.USUAL.filled} for each gap",
)  # fmt: skip


def _guided(config: RunConfig) -> Iterator[guiding.Tally]:
    load(config.model)
    yield from guiding.measure(config)


def _game(config: RunConfig) -> Iterator[adversarial.Game]:
    load(config.model)  # which imports torch, one thread at a time
    yield from adversarial.live(dataclasses.replace(adversarial.LIVE, seed=config.seed))


GUIDED = Study(
    "guided", ("model", "sampler", "steps", "temperature", "top_p", "seed"), _guided,
    f"Tell {guiding.NUM} tales at every strength",
)  # fmt: skip
GAME = Study("game", ("seed",), _game, "Train a GAN on the toy sentences, here")

SCORE = Study("score", ("model", "draft", "register", "subsets", "seed"), _scored, "Read the whole text")
CHAINS = Study(
    "chains", ("model", "draft", "register", "orders", "seed"), _of_model(scoring.orders),
    "Write it word by word in whole orders",
)  # fmt: skip


def own(study: Study, config: RunConfig, on: Screen, stamp: int) -> Work[Any]:
    """The session's own measurement of this kind for what of the config it depends on: what a reader typed is shared
    with nobody, and goes when the session does. Args: stamp: changes when the model does."""
    key, held = (study.key(config), stamp), f"own {study.name}"
    before = state.measuring(held, on)
    if before is None or before[0] != key:
        before = (key, Work(study.name, lambda: study.begin(config)))
        state.measure(held, before, on)
    return before[1]


def follow(
    study: Study, work: Work[Any], on: Screen, show: Callable[[Any], None], *, at_once: bool = False
) -> None:
    """Shows a measurement under the button that starts or stops it.

    Args:     show: draws the latest result, None before there is one.   at_once: it starts by itself, once.
    """
    before = state.measuring(study.name, on)
    if before is not None and before is not work:  # other settings: nobody waits for the old ones
        before.leave(state.reader())
        state.measure(study.name, None, on)
    begun = f"begun {study.name}"
    if at_once and state.measuring(begun, on) is not work:
        state.measure(begun, work, on)
        state.measure(study.name, work, on)
    running = state.measuring(study.name, on) is not None and not work.over
    polled(_view, study, work, on, show, running, every=POLL_SECONDS if running else None)


def _view(study: Study, work: Work[Any], on: Screen, show: Callable[[Any], None], running: bool) -> None:
    result = work.latest
    if work.error:
        st.error(escape_markdown(work.error))
    elif running and not work.over:
        work.watch(state.reader())
        _progress(study, work, on)
    elif not work.done:
        if st.button(study.label, key=on.key(f"measure {study.name}")):
            state.measure(study.name, work, on)
            _again(on)
        if result is not None:
            st.caption(f"Stopped at {result.done:.0%}: what had been measured by then stands below.")
    show(result)
    if running and work.over:
        _again(on)


def _progress(study: Study, work: Work[Any], on: Screen) -> None:
    ahead, done = work.ahead, 0.0 if work.latest is None else work.latest.done
    waiting = f"Waiting for {ahead} other {'computation' if ahead == 1 else 'computations'} on this server."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(done, waiting if ahead else f"{done:.0%} measured", width="stretch")
        if st.button("Stop", key=on.key(f"stop {study.name}")):
            work.leave(state.reader())
            state.measure(study.name, None, on)
            _again(on)


def _again(on: Screen) -> None:
    """Draws the page once more, without taking what a browser that lags behind says of its controls for a wish."""
    state.hold_controls(on)
    st.rerun()


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """CSV in UTF-8 with the spreadsheets' mark; numbers with nine digits."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(header)
    lines.writerows([f"{cell:.9g}" if isinstance(cell, float) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def download(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]], key: str, what: str) -> None:
    """The button that hands out a table. Args: name: of the file.   what: is in it."""
    st.download_button(
        "Numbers (.csv)", functools.partial(table, header, rows), f"{name}.csv", "text/csv", key=key, help=what,
        on_click="ignore",
    )  # fmt: skip
