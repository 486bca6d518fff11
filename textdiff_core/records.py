"""What the parts hand to each other: frozen, JSON-able, without torch.

A `RunConfig` is at once the cache key, the page's URL, the name of a shipped trace, the header of an
export and a test fixture. Positions in it are counted from 1, as people count words.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAX_STEPS = 1024
MAX_LENGTH = 512
MAX_SEED = 2**31 - 1
MAX_DRAFT = 4000  # characters


@dataclasses.dataclass(frozen=True)
class Edit:
    """A reader's change to a run: at frame `step` these cells go back to noise, then the run resumes.

    Written "26:6,23" (frame 26, positions 6 and 23), or "26:6,23@5" when the steps after it take their
    random numbers from seed 5 instead of the run's own.
    """

    step: int
    positions: tuple[int, ...]
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.step < 0 or not self.positions or min(self.positions) < 1:
            raise ValueError(f"an edit needs a step from 0 and positions from 1, got {self}")
        object.__setattr__(self, "positions", tuple(sorted(set(self.positions))))

    def __str__(self) -> str:
        seed = "" if self.seed is None else f"@{self.seed}"
        return f"{self.step}:{','.join(map(str, self.positions))}{seed}"

    @classmethod
    def parse(cls, text: str) -> Edit:
        """The edit that `text` writes. Raises ValueError when it is not of the form above."""
        match = re.fullmatch(r"(\d{1,6}):(\d{1,6}(?:,\d{1,6})*)(?:@(\d{1,10}))?", text.strip())
        if not match:
            raise ValueError(
                f"an edit is written 'step:position,position' as in '26:6,23', got {text[:80]!r}"
            )
        seed = None if match[3] is None else int(match[3])
        return cls(int(match[1]), tuple(int(item) for item in match[2].split(",")), seed)


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Everything that decides one run of the denoising loop.

    Attributes:
        model: name of a shipped model, or a checkpoint folder.
        sampler, grid, schedule: specs (see `registry`): the reverse step rule, where its times lie, and
            the *sampling* noise schedule. The schedule a model was trained with is the model's own.
        steps: number of reverse steps N; there are N + 1 frames.
        temperature: logits are divided by it; 0 is greedy.   top_p: nucleus kept, share in (0, 1].
        seed: of all random draws.   length: cells on the canvas; None is the model's own.
        keep: (position, word) pairs that are given and never change.   edits: the reader's changes.
        draft: a text to begin from instead of noise, "" for none; it is noised first, and written anew from there.
        level: share of the draft's words that noise takes, in [0, 1].

    Raises:   ValueError: a value outside its bounds, with the value and what is allowed.
    """

    model: str = "tales"
    sampler: str = "first-hitting"
    steps: int = 48
    grid: str = "uniform"
    schedule: str = "linear"
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    length: int | None = None
    keep: tuple[tuple[int, str], ...] = ()
    draft: str = ""
    level: float = 0.5
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        _whole("steps", self.steps, 1, MAX_STEPS)
        _whole("seed", self.seed, 0, MAX_SEED)
        if self.length is not None:
            _whole("length", self.length, 1, MAX_LENGTH)
        _real("temperature", self.temperature, 0.0, 10.0)
        _real("top_p", self.top_p, 0.0, 1.0)
        _real("level", self.level, 0.0, 1.0)
        if not isinstance(self.draft, str) or len(self.draft) > MAX_DRAFT:
            raise ValueError(f"draft must be a text of at most {MAX_DRAFT} characters, got {len(self.draft)}")
        if self.top_p == 0:
            raise ValueError("top_p must be above 0 and at most 1, got 0")
        seen: set[int] = set()
        for position, word in self.keep:
            if not isinstance(position, int) or position < 1 or not isinstance(word, str):
                raise ValueError(
                    f"keep must be pairs of a position from 1 and a word, got {(position, word)}"
                )
            if position in seen:
                raise ValueError(f"keep names position {position} twice")
            seen.add(position)
        object.__setattr__(self, "keep", tuple(sorted((p, w) for p, w in self.keep)))
        if any(a.step >= b.step for a, b in zip(self.edits, self.edits[1:], strict=False)):
            raise ValueError("edits must stand in the order of their steps, one a step")

    def replace(self, **changes: Any) -> RunConfig:
        """A copy with these fields changed."""
        return dataclasses.replace(self, **changes)

    def to_query(self, default: RunConfig | None = None) -> dict[str, str]:
        """The fields that differ from those of `default` (None: the class's own), as URL parameters."""
        query, usual = {}, default or RunConfig()
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != getattr(usual, field.name):
                query[field.name] = _CODECS.get(field.name, _PLAIN)[0](value)
        return query

    @classmethod
    def from_query(
        cls, query: Mapping[str, str], default: RunConfig | None = None
    ) -> tuple[RunConfig, list[str]]:
        """The config that URL parameters describe on top of `default`, and one sentence for each that was ignored.

        Broken or unknown parameters never raise: the page opens with defaults and says what it left out.
        """
        config, ignored = default or cls(), []
        known = {field.name: field for field in dataclasses.fields(cls)}
        for name, text in query.items():
            if name not in known:
                ignored.append(f"unknown parameter {name[:40]!r}")
                continue
            try:
                parse: Any = _CODECS[name][1] if name in _CODECS else type(known[name].default)
                config = config.replace(**{name: parse(text)})
            except (ValueError, TypeError) as error:
                ignored.append(f"{name} = {text[:60]!r} ({error})")
        return config, ignored

    def to_json(self) -> dict[str, Any]:
        """The config as plain JSON values."""
        record = dataclasses.asdict(self)
        record["keep"] = [list(pair) for pair in self.keep]
        record["edits"] = [str(edit) for edit in self.edits]
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> RunConfig:
        """The config that `to_json` wrote. Raises ValueError for unknown fields or bad values."""
        values = dict(record)
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"unknown run settings: {', '.join(unknown)}")
        values["keep"] = tuple((p, w) for p, w in values.get("keep", ()))
        values["edits"] = tuple(Edit.parse(text) for text in values.get("edits", ()))
        return cls(**values)

    @property
    def key(self) -> str:
        """Twelve hex digits that name this configuration, the same on every machine, also when later
        versions know more settings: only those that differ from their defaults count."""
        text = json.dumps(self.to_query(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def parse_keep(text: str) -> tuple[tuple[int, str], ...]:
    """Kept words from "3:fox;7:den". Raises ValueError when an item is not 'position:word'."""
    pairs = []
    for item in filter(None, (part.strip() for part in text.split(";"))):
        position, colon, word = item.partition(":")
        if not colon or not re.fullmatch(r"\d{1,6}", position.strip()) or not word.strip():
            raise ValueError(f"a kept word is written 'position:word' as in '3:fox', got {item[:80]!r}")
        pairs.append((int(position), word.strip()))
    return tuple(pairs)


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number {low}..{high}, got {value!r}")


def _real(name: str, value: Any, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} must be a number {low:g}..{high:g}, got {value!r}")


def _one_of(name: str, value: Any, *allowed: str) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be {' or '.join(filter(None, allowed))}, got {value!r}")


def _number_text(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


_PLAIN = (str, str)
_CODECS: dict[str, tuple[Any, Any]] = {
    "temperature": (_number_text, float),
    "top_p": (_number_text, float),
    "level": (_number_text, float),
    "length": (str, int),
    "keep": (lambda keep: ";".join(f"{p}:{w}" for p, w in keep), parse_keep),
    "edits": (
        lambda edits: ";".join(map(str, edits)),
        lambda text: tuple(Edit.parse(item) for item in text.split(";") if item.strip()),
    ),
}


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """Everything that decides one training run.

    Attributes:
        corpus: a name, or package:NAME for text that an installed package brings, or file:PATH for your own.
        process, loss, schedule: names or specs; loss "" is the process's own.
        vocabulary: word, char or subword; "" is the corpus's own.   length: cells of the canvas; 0 is the corpus's
            own.   most_words: size of a word or subword vocabulary at most; rarer words become "<unk>".
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
        for name in ("width", "depth", "heads", "steps", "batch", "parts", "every", "validation"):
            _whole(name, getattr(self, name), 1, 10_000_000)
        _whole("length", self.length, 0, MAX_LENGTH)
        _whole("patience", self.patience, 0, 10_000_000)
        _whole("most_words", self.most_words, 8, 30_000)
        if self.batch % self.parts:
            raise ValueError(f"batch must be a multiple of parts, got {self.batch} and {self.parts}")
        _whole("seed", self.seed, 0, MAX_SEED)
        _whole("warmup", self.warmup, 0, self.steps)
        for name, high in (
            ("rate", 100.0),
            ("rate_rest", 100.0),
            ("target", 100.0),
            ("decay", 1.0),
            ("ema", 1.0),
            ("clip", 1e9),
        ):
            _real(name, getattr(self, name), 0.0, high)
        _one_of("targets", self.targets, "told", "exact")
        _one_of("fall", self.fall, "linear", "cosine")
        _one_of("vocabulary", self.vocabulary, "", "word", "char", "subword")


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
        """The point that `to_json` or `dataclasses.asdict` wrote."""
        levels = tuple(math.nan if nats is None else nats for nats in record["levels"])
        return cls(**{**record, "levels": levels})

    def to_json(self) -> dict[str, Any]:
        """The point as plain JSON values; None for a level that no word had, because JSON has no NaN."""
        levels = [None if math.isnan(nats) else nats for nats in self.levels]
        return {**dataclasses.asdict(self), "levels": levels}


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
    """The training curve kept in a checkpoint folder; empty where there is none."""
    file = folder / "history.json"
    if not file.is_file():
        return ()
    return tuple(map(TrainPoint.from_json, json.loads(file.read_text("utf-8"))))
