"""What is compared, and what was found: frozen records without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from textdiff_core.bounds import whole
from textdiff_core.corpora import corpora
from textdiff_core.models import model_info
from textdiff_core.processes import processes
from textdiff_core.records import MAX_LENGTH, RunConfig

ONE = "next-word"  # how autoregressive models write; other ways are samplers of masking
UNKEPT = "next-word, nothing kept"  # the same, every word of the text read again for the next one
WORD_BY_WORD = "first-hitting"
WAYS: dict[str, int] = {
    ONE: 0,
    WORD_BY_WORD: 0,
    "informed": 16,
    "ancestral": 16,
}  # sampler -> steps, 0: its own
TIMED = (ONE, UNKEPT, WORD_BY_WORD, "ancestral")
CAUSAL, MASKED = "autoregressive", "absorbing"
STREAM = 4  # of random numbers: the tales that are scored and filled in


@dataclass(frozen=True)
class AgainstConfig(RunConfig):
    """A run of a masked model, and the autoregressive one it is held against.

    Attributes:
        rival: its name.   gap: cells that both write in the middle of a tale whose beginning and end are given; 0:
            they write a whole text from nothing.
    """

    sampler: str = "informed"
    steps: int = 16
    rival: str = "tales-ar"
    gap: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("gap", self.gap, 0, MAX_LENGTH)

    def runs(self) -> tuple[RunConfig, RunConfig]:
        """The two lanes: diffusion, autoregression; same seed, temperature, top-p and kept words."""
        shared: dict[str, Any] = {name: getattr(self, name) for name in ("seed", "temperature", "top_p")}
        shared["keep"] = given(self)
        return (
            RunConfig(self.model, self.sampler, steps=self.steps, schedule=self.schedule, **shared),
            RunConfig(self.rival, ONE, **shared),
        )


def check(config: AgainstConfig) -> None:
    """Raises ValueError, in one sentence, when the two cannot be compared; needs no torch."""
    ours, theirs = model_info(config.model), model_info(config.rival)
    if ours.process != MASKED:
        raise ValueError(f"{ours.name!r} undoes {ours.process} noise; this page needs a model of masking")
    if not processes[theirs.process].ordered:
        raise ValueError(
            f"{theirs.name!r} undoes {theirs.process} noise; its rival must write from left to right"
        )
    if (ours.vocabulary.words, ours.length) != (theirs.vocabulary.words, theirs.length):
        raise ValueError(
            f"{ours.name!r} and {theirs.name!r} know other words or have canvases of other lengths: their texts cannot "
            "be compared"
        )
    if config.gap >= ours.length:
        raise ValueError(f"a gap must leave some of the {ours.length} cells, got {config.gap}")


def gap(length: int, cells: int) -> range:
    """The cells that are missing: so many in the middle of a canvas."""
    first = (length - cells) // 2
    return range(first, first + cells)


def given(config: AgainstConfig) -> tuple[tuple[int, str], ...]:
    """The words, with their positions, of the tale that the seed names, without those in the gap."""
    info = model_info(config.model)
    if not config.gap or why_not(config):
        return ()
    tale = corpora[info.corpus].held_out(1, np.random.default_rng((config.seed, STREAM)))[0]
    missing = gap(info.length, config.gap)
    words = ((cell, info.vocabulary.words[word]) for cell, word in enumerate(tale) if cell not in missing)
    return tuple((cell + 1, word) for cell, word in words if word)


def why_not(config: AgainstConfig) -> str:
    """Why texts of these two cannot be judged, in one sentence; "" where they can."""
    corpus = model_info(config.model).corpus
    if corpus in corpora:
        return ""
    return f"{config.model!r} was trained on {corpus!r}, whose truth is not known: its texts cannot be judged here"


@dataclass(frozen=True)
class Nats:
    """What held-out texts cost a model beyond their exact -ln p, in nats a text. Attributes: texts: number.
    excess: the mean.   half: half its 95 % interval.   bound: it is an upper bound, not the value itself."""

    texts: int
    excess: float
    half: float
    bound: bool


@dataclass(frozen=True)
class Timed:
    """One text on a canvas. Attributes: calls: of the network.   seconds: median."""

    calls: int
    seconds: float


@dataclass(frozen=True)
class Found:
    """Measured so far.

    Attributes:
        written: way -> metric -> its value, with "texts" and "calls" a text.   entropy: of the corpus, in nats a text.
        nats: process -> what texts cost.
        filled: way -> cells of the gap -> (tales that hold every rule, tales).
        timed: way -> cells of the canvas -> see there.   done: share of the work, in [0, 1].
    """

    entropy: float
    written: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    nats: Mapping[str, Nats] = field(default_factory=dict)
    filled: Mapping[str, Mapping[int, tuple[int, int]]] = field(default_factory=dict)
    timed: Mapping[str, Mapping[int, Timed]] = field(default_factory=dict)
    done: float = 0.0


def to_json(found: Found) -> dict[str, Any]:
    """As plain JSON values."""
    return {
        "entropy": found.entropy,
        "written": {way: dict(row) for way, row in found.written.items()},
        "nats": {name: vars(one) for name, one in found.nats.items()},
        "filled": {
            way: {str(n): list(pair) for n, pair in rows.items()} for way, rows in found.filled.items()
        },
        "timed": {way: {str(n): vars(one) for n, one in rows.items()} for way, rows in found.timed.items()},
    }


def from_json(record: Mapping[str, Any]) -> Found:
    """What `to_json` wrote, as a whole measurement."""
    return Found(
        record["entropy"],
        record["written"],
        {name: Nats(**one) for name, one in record["nats"].items()},
        {
            way: {int(n): (pair[0], pair[1]) for n, pair in rows.items()}
            for way, rows in record["filled"].items()
        },
        {way: {int(n): Timed(**one) for n, one in rows.items()} for way, rows in record["timed"].items()},
        1.0,
    )


def rows(found: Found) -> list[tuple[str, str, str, float, float]]:
    """Every number as (part, way, of what, value, number of texts it is of)."""
    table: list[tuple[str, str, str, float, float]] = []
    for way, told in found.written.items():
        table += [
            ("written", way, name, value, told["texts"]) for name, value in told.items() if name != "texts"
        ]
    for name, one in found.nats.items():
        kind = "bound" if one.bound else "exact"
        table += [("nats beyond the truth", name, kind, one.excess, one.texts)]
    for way, gaps in found.filled.items():
        table += [
            ("filled in", way, f"gap of {n}", right / num, num) for n, (right, num) in gaps.items() if num
        ]
    for way, canvases in found.timed.items():
        for n, one_run in canvases.items():
            table += [
                ("calls", way, f"{n} cells", one_run.calls, 1),
                ("seconds", way, f"{n} cells", one_run.seconds, 1),
            ]
    return table
