"""What all sessions share: jobs, payloads, loss curves. The only `st.cache_*` in the project."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from textdiff_core import adversarial, against, by_hand, guiding, lab
from textdiff_core.calibration import Key
from textdiff_core.parallel import Stories, Told
from textdiff_core.records import RunConfig
from textdiff_core.reliability import Reliability
from textdiff_core.trace import Trace
from textdiff_core.training_records import TrainConfig, TrainPoint
from textdiff_core.translating import Looks, Matches, looks
from textdiff_ui.frame import ROOT
from textdiff_ui.live import AT_ONCE, Job, Work
from textdiff_ui.player import LossCurve, encode
from textdiff_ui.studies import Study
from textdiff_ui.training_plots import Curve

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


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A race that was recorded for this app. Attributes: told: how, in words.   curves: name -> its run."""

    told: str
    corpus: str
    process: str
    curves: Mapping[str, Curve]


@st.cache_resource(show_spinner=False)
def recorded_race() -> Recorded:
    """The race of optimizers that the Race page opens with."""
    record = json.loads((ROOT / "assets" / "races" / "optimizers.json").read_text("utf-8"))
    curves = {
        run["name"]: Curve(run["name"], run["log"], tuple(map(TrainPoint.from_json, run["points"])), number)
        for number, run in enumerate(record["runs"])
    }
    return Recorded(record["told"], record["corpus"], record["process"], curves)


@dataclasses.dataclass(frozen=True)
class Recording:
    """Something that was measured for this app. Attributes: command, date, seed: by which it was, and when."""

    command: str
    date: str
    seed: int

    @property
    def by(self) -> str:
        """The same as a sentence without its end."""
        return f"Recorded by `{self.command}`, {self.date}, seed {self.seed}"


@dataclasses.dataclass(frozen=True)
class RecordedStories(Recording):
    """Stories. Attributes: total_correlation: of the corpus, in nats.   told: rule -> its stories."""

    total_correlation: float
    told: Mapping[str, Told]


@st.cache_resource(max_entries=4, show_spinner=False)
def recorded_stories(model: str) -> RecordedStories | None:
    """What the page on few steps opens with; None where nothing was recorded of this model."""
    file = ROOT / "assets" / "parallel" / f"{model}.json"
    if model not in lab.models() or not file.is_file():
        return None
    record = json.loads(file.read_text("utf-8"))
    told = {
        rule: {by: {int(n): Stories(**one) for n, one in rows.items()} for by, rows in found.items()}
        for rule, found in record["rules"].items()
    }
    return RecordedStories(
        record["command"], record["date"], record["seed"], record["total_correlation"], told
    )


@dataclasses.dataclass(frozen=True)
class RecordedReliability(Recording):
    """Confidence. Attributes: texts: held-out ones of each table.   tables: see `calibration.Found`."""

    texts: Mapping[Key, int]
    tables: Mapping[Key, Reliability]


@st.cache_resource(max_entries=4, show_spinner=False)
def recorded_reliability(model: str) -> RecordedReliability | None:
    """What the calibration page opens with; None where nothing was recorded of this model."""
    file = ROOT / "assets" / "calibration" / f"{model}.json"
    if model not in lab.models() or not file.is_file():
        return None
    record = json.loads(file.read_text("utf-8"))
    rows = [(Key(*row[:-2]), row[-2], Reliability.from_json(row[-1])) for row in record["tables"]]
    return RecordedReliability(
        record["command"], record["date"], record["seed"], {key: texts for key, texts, _ in rows},
        {key: one for key, _, one in rows},
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class RecordedMatches(Recording):
    """Translations. Attributes: pairs: held-out ones.   temperature: by which they were drawn.
    rows: sampler -> steps -> matches."""

    pairs: int
    temperature: float
    rows: Mapping[str, Mapping[int, Matches]]


@st.cache_resource(show_spinner=False)
def recorded_gan() -> tuple[adversarial.GanConfig, tuple[adversarial.Round, ...]]:
    """The training that the page on GANs opens with."""
    return adversarial.recorded(ROOT / "assets" / "checkpoints" / "tales-gan")


@st.cache_resource(show_spinner=False)
def compared_gan() -> tuple[str, tuple[adversarial.Told, ...], tuple[adversarial.Told, ...]]:
    """That GAN's texts beside diffusion's."""
    return adversarial.compared(ROOT / "assets" / "checkpoints" / "tales-gan")


@st.cache_resource(show_spinner=False)
def recorded_guidance() -> guiding.Recorded:
    """What guidance by a judge was measured to give."""
    return guiding.recorded()


@st.cache_resource(max_entries=4, show_spinner=False)
def recorded_matches(model: str) -> RecordedMatches | None:
    """What the page on translation opens with; None where nothing was recorded of this model."""
    file = lab.model_folder(model) / "evaluate.json"
    if not file.is_file():
        return None
    record = json.loads(file.read_text("utf-8"))
    rows = {
        order: {int(steps): Matches.from_json(one) for steps, one in found.items()}
        for order, found in record["rows"].items()
    }
    return RecordedMatches(
        record["command"], record["date"], record["seed"], record["pairs"], record["temperature"], rows
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def attention(config: RunConfig, step: int, _trace: Trace) -> Looks:
    """Where a translation's words look at one of its run's steps. Args: config: of the run, which names the trace."""
    return looks(_trace, step)


@dataclasses.dataclass(frozen=True)
class RecordedAgainst(Recording):
    """Diffusion against autoregression. Attributes: rival: the autoregressive model.   found: see there."""

    rival: str
    found: against.Found


@st.cache_resource(max_entries=4, show_spinner=False)
def recorded_against(model: str) -> RecordedAgainst | None:
    """What the page against autoregression opens with; None where nothing was recorded of this model."""
    file = ROOT / "assets" / "against" / f"{model}.json"
    if model not in lab.models() or not file.is_file():
        return None
    record = json.loads(file.read_text("utf-8"))
    return RecordedAgainst(
        record["command"], record["date"], record["seed"], record["rival"], against.from_json(record["found"])
    )
