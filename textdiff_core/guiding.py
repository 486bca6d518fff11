"""Guidance by a judge of steps, measured: how many texts hold, how varied they are, and what they cost.

Importing it needs no torch.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textdiff_core import lab
from textdiff_core.intervals import binomial
from textdiff_core.metrics import combinations, metrics
from textdiff_core.models import ASSETS
from textdiff_core.records import RunConfig
from textdiff_core.registry import spec
from textdiff_core.samplers.guided import BASES, Guided

STRENGTHS = (0.0, 0.5, 1.0, 2.0)
CANDIDATES = (1, 4, 16, 64, 256)
STEPS = (4, 8, 16)
NUM, BATCH = 100, 20  # texts measured live for each strength, and at a time
DEFAULT = RunConfig(sampler="guided", steps=8)
FILE = ASSETS / "guiding" / "tales.json"


def guide(config: RunConfig) -> Guided:
    """The sampler of a config. Raises ValueError where it is another one."""
    sampler = lab.samplers.build(config.sampler)
    if not isinstance(sampler, Guided):
        raise ValueError(f"this needs the sampler 'guided', got {config.sampler!r}")
    return sampler


def check(config: RunConfig) -> None:
    """Raises ValueError, in one sentence, when a config cannot be measured; needs no torch."""
    lab.check(config)
    guide(config)
    if config.edits:
        raise ValueError("an edit belongs to one run and not to several")


def strengthened(config: RunConfig, strength: float) -> RunConfig:
    """The same with another strength."""
    return config.replace(sampler=spec(dataclasses.replace(guide(config), strength=strength)))


def unguided(config: RunConfig) -> RunConfig:
    """The same without a judge: the sampler whose steps are guided."""
    return config.replace(sampler=spec(BASES[guide(config).base]))


@dataclass(frozen=True)
class Measured:
    """Texts of one configuration.

    Attributes:
        num: of them.   valid: that break no rule.   combinations: of names, animals and plots that valid ones reach.
        relative_coverage: over what as many valid texts of the corpus reach.   distinct_2: see `metrics`.
        asked, judged: calls of the denoiser and of the judge, all texts together.   seconds: of one core, sampling.
    """

    num: int = 0
    valid: int = 0
    combinations: int = 0
    relative_coverage: float | None = None
    distinct_2: float = 0.0
    asked: int = 0
    judged: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return dataclasses.asdict(self)


def share(hits: int, num: int) -> tuple[float, float, float]:
    """`hits` of `num` and the 95 % interval of that share (`intervals.binomial`)."""
    low, high = binomial(hits, num)
    return hits / num, float(low), float(high)


def valid_rate(seeds: Sequence[Measured]) -> tuple[float, float, float]:
    """The share of valid texts, all seeds together, and its 95 % interval."""
    return share(sum(one.valid for one in seeds), sum(one.num for one in seeds))


@dataclass(frozen=True)
class Tally:
    """Measured so far. Attributes: rows: strength -> texts.   done: share of the work, in [0, 1]."""

    rows: Mapping[float, Measured]
    done: float


@dataclass(frozen=True)
class Row:
    """One recorded measurement.

    Attributes:
        sampler: its spec.   texts: of the seeds from `seed` on.
        judge: "" is the shipped one, where the sampler has any; "exact" knows the world (`TalesJudge`).
    """

    sampler: str
    steps: int
    seed: int
    texts: Measured
    judge: str = ""


@dataclass(frozen=True)
class Recorded:
    """What was measured for this app. Attributes: command, date, machine: how.   rows: all samplers, steps, seeds."""

    command: str
    date: str
    machine: str
    rows: tuple[Row, ...]

    def of(self, sampler: str, steps: int, judge: str = "") -> tuple[Measured, ...]:
        """A measurement for each seed; () where there is none."""
        asked = (sampler, steps, judge)
        return tuple(row.texts for row in self.rows if (row.sampler, row.steps, row.judge) == asked)


def recorded() -> Recorded:
    """Of the model `tales`. Raises ValueError where the file is damaged."""
    try:
        record = json.loads(FILE.read_text("utf-8"))
        rows = tuple(Row(**{**r, "texts": Measured(**r["texts"])}) for r in record["rows"])
        return Recorded(record["command"], record["date"], record["machine"], rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"the recorded guidance cannot be read: {error}") from None


def measure(config: RunConfig, num: int = NUM) -> Iterator[Tally]:
    """`num` texts at every strength, seeds from config.seed on, the same in all; adds up."""
    check(config)
    costs = {strength: 1 if strength == 0 else 1 + guide(config).candidates / 8 for strength in STRENGTHS}
    work, done, rows = num * sum(costs.values()), 0.0, {strength: Measured() for strength in STRENGTHS}
    growing = {strength: texts(strengthened(config, strength), num) for strength in STRENGTHS}
    for first in range(0, num, BATCH):
        for strength, some in growing.items():
            rows[strength] = next(some)
            done += min(BATCH, num - first) * costs[strength]
            yield Tally(dict(rows), min(1.0, done / work))


def texts(config: RunConfig, num: int, batch: int = BATCH, judge: Any = None) -> Iterator[Measured]:
    """`num` texts with seeds from config.seed on, `batch` at a time; what is known of all so far.

    Args:     judge: of steps, instead of the shipped one.
    """
    info, told = lab.model_info(config.model), list[str]()
    corpus, asked, judged, seconds = lab.corpora[info.corpus], 0, 0, 0.0
    for first in range(0, num, batch):
        begun = time.thread_time()
        seeds = range(config.seed + first, config.seed + min(num, first + batch))
        more, calls, consulted = lab.drawn(config, seeds, judge)
        seconds += time.thread_time() - begun
        told, asked, judged = told + more, asked + calls - consulted, judged + consulted
        reached, _ = combinations(told, corpus)
        coverage = metrics.build("relative_coverage")(told, corpus) if reached else None
        yield Measured(
            len(told), sum(corpus.check(text).valid for text in told), len(set(reached)), coverage,
            metrics.build("distinct_2")(told, corpus), asked, judged, seconds,
        )  # fmt: skip


__all__ = [
    "BASES", "CANDIDATES", "DEFAULT", "NUM", "STEPS", "STRENGTHS", "Measured", "Recorded", "Row", "Tally", "check",
    "guide", "measure", "recorded", "share", "strengthened", "texts", "unguided", "valid_rate",
]  # fmt: skip
