"""What trainings hand over: their settings, what each step says, and what each validation says. No torch."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textdiff_core.bounds import one_of, real, text, whole, yes_or_no
from textdiff_core.records import MAX_LENGTH, MAX_SEED


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """Everything that decides one training run.

    Attributes:
        corpus: a name, or package:NAME for text that an installed package brings, or file:PATH for your own.
        process, loss, schedule: names or specs; loss "" is the process's own.
        vocabulary: word, char or subword; "" is the corpus's own.   length: cells of the canvas; 0 is the corpus's
            own.   most_words: size of a word or subword vocabulary at most; rarer words become "<unk>".
        architecture: transformer, or minilm: a pretrained encoder, whose sizes are its own.
        width, depth, heads: the transformer's sizes.
        steps: optimizer steps.   batch: texts a step.   seed: of weights, texts and noise.
        parts: the batch is drawn and computed in so many equal parts, which processes share among them.
        optimizer: spec of the optimizer (listed below).
        rate: learning rate of the matrices; rate_rest: of embeddings, head and gains.
        warmup: steps of linear rise.   decay: share of the steps, at the end, in which the rate falls to 0.
        fall: how it falls then, linear or cosine.
        target: stop once the validation loss is at most so many nats per cell; 0 never does.
        patience: stop after so many validations without a better one; 0 never does.
        ema: largest decay of the averaged weights that are kept.   clip: largest gradient norm.
        every: steps between reports; each is a validation.   validation: texts held out.
        compile: compile the blocks with torch.compile (needs a C++ compiler; the same to rounding).
        start: checkpoint folder whose weights and curve the run goes on from; "" begins afresh.
        targets: "told" (score each hidden word by the one that was told) or "exact" (by the corpus's exact
            posterior: the same expectation without the scatter of the telling).
    """

    corpus: str = "tales"
    process: str = "absorbing"
    loss: str = ""
    schedule: str = "linear"
    vocabulary: str = ""
    length: int = 0
    most_words: int = 2000
    architecture: str = "transformer"
    width: int = 192
    depth: int = 4
    heads: int = 3
    steps: int = 20_000
    batch: int = 128
    parts: int = 1
    seed: int = 0
    optimizer: str = "muon"
    rate: float = 0.02
    rate_rest: float = 0.003
    warmup: int = 200
    decay: float = 0.5
    fall: str = "linear"
    target: float = 0.0
    patience: int = 0
    ema: float = 0.998
    clip: float = 1.0
    every: int = 500
    validation: int = 64
    compile: bool = False
    start: str = ""
    targets: str = "told"

    def __post_init__(self) -> None:
        for name in (
            "corpus",
            "architecture",
            "process",
            "loss",
            "schedule",
            "vocabulary",
            "optimizer",
            "fall",
            "start",
            "targets",
        ):
            text(name, getattr(self, name))
        yes_or_no("compile", self.compile)
        for name in ("width", "depth", "heads", "steps", "batch", "parts", "every", "validation"):
            whole(name, getattr(self, name), 1, 10_000_000)
        whole("length", self.length, 0, MAX_LENGTH)
        whole("patience", self.patience, 0, 10_000_000)
        whole("most_words", self.most_words, 8, 30_000)
        if self.batch % self.parts:
            raise ValueError(f"batch must be a multiple of parts, got {self.batch} and {self.parts}")
        whole("seed", self.seed, 0, MAX_SEED)
        whole("warmup", self.warmup, 0, self.steps)
        for name, high in (
            ("rate", 100.0),
            ("rate_rest", 100.0),
            ("target", 100.0),
            ("decay", 1.0),
            ("ema", 1.0),
            ("clip", 1e9),
        ):
            real(name, getattr(self, name), 0.0, high)
        one_of("targets", self.targets, "told", "exact")
        one_of("architecture", self.architecture, "transformer", "minilm")
        one_of("fall", self.fall, "linear", "cosine")
        one_of("vocabulary", self.vocabulary, "", "word", "char", "subword")


MEASURED = ("train_nelbo", "validation_nelbo", "gradient_norm", "rate")
MAX_COUNT, MAX_LEVELS, LARGEST = 2**62, 100, 1e300


@dataclasses.dataclass(frozen=True)
class TrainPoint:
    """What one report of the training loop says.

    Attributes:
        step: optimizer steps done.   tokens: cells seen.   seconds: trained so far, over all sessions.
        train_nelbo, validation_nelbo: nats per cell.   train_nelbo is the mean since the last report.
        levels: mean validation nats of a hidden word in ten equal bins of noise, cleanest first.
        gradient_norm: mean before clipping.   rate: learning rate of the matrices.
        sample: a text grown from the same noise each time, or "" where none was asked for.
    """

    step: int
    tokens: int
    seconds: float
    train_nelbo: float
    validation_nelbo: float
    levels: tuple[float, ...]
    gradient_norm: float
    rate: float
    sample: str = ""

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> TrainPoint:
        """The point that `to_json` or `dataclasses.asdict` wrote; what was measured and is no number becomes NaN.

        Raises:   ValueError: a field is missing, unknown, or of the wrong type or range.
        """
        fields = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(record, Mapping) or not fields - {"sample"} <= set(record) <= fields:
            raise ValueError(f"a point of a curve must be a record of {', '.join(sorted(fields))}")
        whole("step", record["step"], 1, MAX_COUNT)
        whole("tokens", record["tokens"], 0, MAX_COUNT)
        real("seconds", record["seconds"], 0.0, MAX_COUNT)
        sample = record.get("sample", "")
        if not isinstance(sample, str):
            raise ValueError(f"sample must be a text, got {str(sample)[:40]!r}")
        levels = record["levels"]
        if not isinstance(levels, list | tuple) or len(levels) > MAX_LEVELS:
            raise ValueError(f"levels must be at most {MAX_LEVELS} numbers, got {str(levels)[:40]!r}")
        values = {name: _measured(name, record[name]) for name in MEASURED}
        return cls(**{**record, **values, "levels": tuple(_measured("levels", nats) for nats in levels)})

    def to_json(self) -> dict[str, Any]:
        """The point as plain JSON values; None for what is no number, such as a level that no word had."""
        levels = [_number(nats) for nats in self.levels]
        values = {name: _number(getattr(self, name)) for name in MEASURED}
        return {**dataclasses.asdict(self), **values, "levels": levels}


def _measured(name: str, value: Any) -> float:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"{name} must be numbers, got {str(value)[:40]!r}")
    return math.nan if value is None or not abs(value) <= LARGEST else value


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


TIME_UP = "time is up"


@dataclasses.dataclass(frozen=True)
class Progress:
    """What the training loop says after every step.

    Attributes:
        step: optimizer steps done.   tokens: cells seen.   seconds: trained so far, over all sessions.
        nelbo: nats per cell of this step's batch.   gradient_norm: before clipping.
        rate: learning rate of the matrices.   report: at every validation, else None.
        ended: why this was the last step, in words; "" while the run goes on.
        sound: false while the loss is so high that the weights are not worth keeping.
    """

    step: int
    tokens: int
    seconds: float
    nelbo: float
    gradient_norm: float
    rate: float
    report: TrainPoint | None = None
    ended: str = ""
    sound: bool = True

    def to_json(self) -> dict[str, Any]:
        """The step as plain JSON values; None where a number is not one, because JSON has no NaN."""
        record = dataclasses.asdict(self)
        if self.report is not None:
            record["report"] = self.report.to_json()
        return record


def read_history(folder: Path) -> tuple[TrainPoint, ...]:
    """The training curve kept in a checkpoint folder; empty where there is none.

    Raises:   ValueError: it is damaged.
    """
    file = folder / "history.json"
    if not file.is_file():
        return ()
    try:
        records = json.loads(file.read_text("utf-8"))
        if not isinstance(records, list):
            raise ValueError("it is no list")
        points = tuple(map(TrainPoint.from_json, records))
        if any(a.step >= b.step for a, b in itertools.pairwise(points)):
            raise ValueError("its steps do not rise")
        if len({len(point.levels) for point in points}) > 1:
            raise ValueError("its points have levels of different lengths")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the history.json of {folder.name!r} is damaged: {error}") from None
    return points


def earlier_history(config: TrainConfig) -> tuple[TrainPoint, ...]:
    """The curve that a run goes on from: that of the checkpoint it starts from, where both train one process.

    Raises:   ValueError: that checkpoint is damaged.
    """
    file = Path(config.start) / "config.json"
    if not config.start or not file.is_file():
        return ()
    try:
        process = json.loads(file.read_text("utf-8"))["train"]["process"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"the config.json of {file.parent.name!r} is damaged: {error}") from None
    return read_history(file.parent) if process == config.process else ()


def begun_at(config: TrainConfig) -> tuple[int, float]:
    """The step and the seconds of the checkpoint that a run goes on from; its curve and its log count on from there."""
    curve = earlier_history(config)
    return (curve[-1].step, curve[-1].seconds) if curve else (0, 0.0)
