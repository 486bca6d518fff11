"""What all sessions share: jobs, payloads, loss curves. The only `st.cache_*` in the project."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from textdiff_core import by_hand, guiding, lab, verses
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace
from textdiff_core.training_records import TrainConfig
from textdiff_core.translating import Looks, looks
from textdiff_ui import recordings
from textdiff_ui.live import AT_ONCE, Job, Work
from textdiff_ui.player import LossCurve, encode
from textdiff_ui.studies import Study

_ASKED = threading.BoundedSemaphore(AT_ONCE)  # models that are asked at the same time, beside the runs


def job(config: RunConfig, again: str = "") -> Job:
    """The one job of this config, whoever asks; done at once where its trace was shipped.

    Args:     again: names a repetition, which is computed whatever is there already.
    """
    return _job(config.key, stamp_of(config.model), again, config)


@st.cache_resource(max_entries=64, show_spinner=False)
def _job(key: str, stamp: int, again: str, _config: RunConfig) -> Job:
    return Job(_config, None if again else lab.shipped_trace(_config))


def study(kind: Study, config: RunConfig) -> Work[Any]:
    """The one measurement of this kind for what of the config it depends on, whoever asks."""
    return _study(kind.key(config), stamp_of(config.model), kind, config)


@st.cache_resource(max_entries=32, show_spinner=False)
def _study(key: str, stamp: int, _kind: Study, _config: RunConfig) -> Work[Any]:
    return Work(key, lambda: _kind.begin(_config))


def payload(run: str, shown: Mapping[str, Any]) -> bytes:
    """What the player is sent of finished runs. Args: run: names exactly this picture; shown: as `encode` takes it."""
    return _payload(run, tuple(stamp_of(lane.trace.config.model) for lane in shown["lanes"]), shown)


@st.cache_resource(max_entries=64, show_spinner=False)
def _payload(run: str, stamps: tuple[int, ...], _shown: Mapping[str, Any]) -> bytes:
    return encode(run=run, **_shown)


def loss_curve(model: str) -> LossCurve | None:
    """A model's loss by noise level and its training history; None where none was kept."""
    return _loss_curve(model, stamp_of(model))


@st.cache_resource(max_entries=8, show_spinner=False)
def _loss_curve(model: str, stamp: int) -> LossCurve | None:
    points = lab.history(model)
    if not points:
        return None
    bins = points[-1].levels  # equal bins of noise, cleanest first
    return LossCurve(
        noise=[(i + 0.5) / len(bins) for i in range(len(bins))],
        cross_entropy=bins,
        step=[point.step for point in points],
        train=[point.train_nelbo for point in points],
        validation=[point.validation_nelbo for point in points],
        caution=lab.processes[lab.model_info(model).process].caution,
    )


def added_up(config: RunConfig) -> by_hand.AddedUp:
    """The losses of one noisy version of config's draft."""
    return _added_up(config, stamp_of(config.model))


@st.cache_resource(max_entries=256, show_spinner=False)
def _added_up(config: RunConfig, stamp: int) -> by_hand.AddedUp:
    with _ASKED:
        return by_hand.added_up(*lab.reader(config), config)


def loss_spread(config: RunConfig) -> by_hand.Spread:
    """How the loss of config's draft scatters over noise, the same at every level."""
    return _loss_spread(config.replace(level=RunConfig.level), stamp_of(config.model))


@st.cache_resource(max_entries=64, show_spinner=False)
def _loss_spread(config: RunConfig, stamp: int) -> by_hand.Spread:
    with _ASKED:
        return by_hand.spread(*lab.reader(config), config)


def stamp_of(model: str) -> int:
    """Changes when the model's weights do; 0 where there is no such model."""
    file = lab.model_folder(model) / "model.safetensors" if lab.known(model) else None
    return file.stat().st_mtime_ns if file is not None and file.is_file() else 0


def text_size(config: TrainConfig, text: str | None) -> tuple[int, int]:
    """(words of the vocabulary, cells of the canvas) of a training to be; of an own text by estimate."""
    if text is not None:
        if config.vocabulary == "char":
            return len(set(text)) + 2, config.length
        found = config.most_words if config.vocabulary == "subword" else len(set(text.split())) + 2
        return min(found, config.most_words), config.length
    return _text_size(_of_text(config))


def _of_text(config: TrainConfig) -> TrainConfig:
    """What of a config decides its text, so that what is known of the text is found again whatever else is set."""
    kept = ("corpus", "process", "vocabulary", "length", "most_words")
    return TrainConfig(**{name: getattr(config, name) for name in kept})


@st.cache_data(max_entries=64, show_spinner=False)
def _text_size(config: TrainConfig) -> tuple[int, int]:
    corpus = lab.open_corpus(config)
    return len(corpus.words), corpus.length


def baselines(run_id: str) -> dict[str, float]:
    """The marks by which the loss curve of a run of the shelf is read; none where they are not known."""
    return lab.shelf().marks(run_id)


def baselines_of(config: TrainConfig) -> dict[str, float]:
    """The marks by which the loss curve of a run with these settings is read."""
    return _baselines_of(_of_text(config))


@st.cache_data(max_entries=64, show_spinner=False)
def _baselines_of(config: TrainConfig) -> dict[str, float]:
    return lab.baselines(config)


def training_trace(run_id: str, step: int) -> Trace | None:
    """The text that a run grew after this step, as a trace; None where none was kept, or not yet."""
    file = dict(lab.shelf().traces(run_id)).get(step)
    return None if file is None else _training_trace(str(file), file.stat().st_mtime_ns)


@st.cache_resource(max_entries=64, show_spinner=False)
def _training_trace(file: str, stamp: int) -> Trace:
    return Trace.load(Path(file))


@st.cache_resource(max_entries=64, show_spinner=False)
def attention(config: RunConfig, step: int, _trace: Trace) -> Looks:
    """Where a translation's words look at one of its run's steps. Args: config: of the run, which names the trace."""
    return looks(_trace, step)


# What pages open with: read once.
_once = st.cache_resource(max_entries=4, show_spinner=False)
recorded_race, recorded_guidance = _once(recordings.race), _once(guiding.recorded)
recorded_gan, compared_gan = _once(recordings.gan), _once(recordings.gan_beside_diffusion)
recorded_stories, recorded_reliability = _once(recordings.stories), _once(recordings.reliability)
recorded_matches, recorded_against = _once(recordings.matches), _once(recordings.beside_autoregression)
recorded_verses = _once(verses.recorded)
