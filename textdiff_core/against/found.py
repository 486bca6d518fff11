"""What is compared, and what was found: frozen records without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from textdiff_core.against.held import corpus_of, held_out
from textdiff_core.bounds import whole
from textdiff_core.models import model_info, rival
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
BLIND = "absorbing, beginning alone"  # the masked model with the end hidden, as it is from the other one
REAL = "held-out text"


@dataclass(frozen=True)
class AgainstConfig(RunConfig):
    """A run of a masked model, and the autoregressive one it is held against.

    Attributes:
        rival: its name; "" is the shipped one that knows the same words.
        gap: cells that both write in the middle of a text whose beginning and end are given; 0: they write a whole text
            from nothing.
    """

    sampler: str = "informed"
    steps: int = 16
    rival: str = ""
    gap: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("gap", self.gap, 0, MAX_LENGTH)

    @property
    def causal(self) -> str:
        """Name of the autoregressive model. Raises ValueError: none is shipped that knows these words."""
        name = self.rival or rival(model_info(self.model))
        if not name:
            raise ValueError(f"no autoregressive model that is shipped knows the words of {self.model!r}")
        return name

    def runs(self) -> tuple[RunConfig, RunConfig]:
        """The two lanes: diffusion, autoregression; same seed, temperature, top-p and kept words."""
        shared: dict[str, Any] = {name: getattr(self, name) for name in ("seed", "temperature", "top_p")}
        shared["keep"] = given(self)
        return (
            RunConfig(self.model, self.sampler, steps=self.steps, schedule=self.schedule, **shared),
            RunConfig(self.causal, ONE, **shared),
        )


def check(config: AgainstConfig) -> None:
    """Raises ValueError, in one sentence, when the two cannot be compared; needs no torch."""
    ours = model_info(config.model)
    if ours.process != MASKED:
        raise ValueError(f"{ours.name!r} undoes {ours.process} noise; this page needs a model of masking")
    theirs = model_info(config.causal)
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
    given(config)


def gap(length: int, cells: int) -> range:
    """The cells that are missing: so many in the middle of a canvas."""
    first = (length - cells) // 2
    return range(first, first + cells)


def given(config: AgainstConfig) -> tuple[tuple[int, str], ...]:
    """The words, with their positions, of the held-out text that the seed names, without those in the gap.

    Raises:   ValueError: the text is not there, as `corpus_of` says.
    """
    if not config.gap:
        return ()
    corpus = corpus_of(config.model)
    missing = gap(corpus.length, config.gap)
    words = ((cell, corpus.words[word]) for cell, word in enumerate(held_out(corpus, 1, config.seed)[0]))
    return tuple((cell + 1, word) for cell, word in words if word and cell not in missing)


@dataclass(frozen=True)
class Mean:
    """A mean over texts. Attributes: texts: number.   half: half its 95 % interval."""

    texts: int
    mean: float
    half: float


@dataclass(frozen=True)
class Nats(Mean):
    """What held-out texts cost a model in nats a text, beyond their exact -ln p where that is known. Attributes:
    bound: it is an upper bound, not the value itself."""

    bound: bool


@dataclass(frozen=True)
class Middle:
    """Middles written between the beginnings and ends of held-out texts.

    Attributes:
        recovered: share of their words that stand there in the text itself.   entropy: of the words within a middle, in
            nats.   distinct_2: different pairs of neighbours among all.
        perplexity: a token, of the whole texts by a third model that knows neither; 0 where none has read them.
    """

    recovered: Mean
    entropy: float
    distinct_2: float
    perplexity: float = 0.0


@dataclass(frozen=True)
class Timed:
    """One text on a canvas. Attributes: calls: of the network.   seconds: median."""

    calls: int
    seconds: float


@dataclass(frozen=True)
class Found:
    """Measured so far.

    Attributes:
        entropy: of the corpus, in nats a text; None where its truth is not known.
        written: way -> metric -> its value, with "texts" and "calls" a text.   nats: process -> what texts cost.
        apart: nats a text by which the masked model's are more, on the same texts.   characters: of such a text.
        filled: with a known truth: way -> cells of the gap -> (texts that hold every rule, texts).
        middles: without: way -> cells of the gap -> what was written there.   costs: who reads -> cells of the gap ->
            nats a word of the true middle.
        timed: way -> cells of the canvas -> see there.   done: share of the work, in [0, 1].
    """

    entropy: float | None
    written: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    nats: Mapping[str, Nats] = field(default_factory=dict)
    apart: Mean | None = None
    characters: float = 0.0
    filled: Mapping[str, Mapping[int, tuple[int, int]]] = field(default_factory=dict)
    middles: Mapping[str, Mapping[int, Middle]] = field(default_factory=dict)
    costs: Mapping[str, Mapping[int, Mean]] = field(default_factory=dict)
    timed: Mapping[str, Mapping[int, Timed]] = field(default_factory=dict)
    done: float = 0.0
