"""A text on a model's canvas: what is scored of it, and why not where it is not. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from textdiff_core.bounds import whole
from textdiff_core.corpora import corpora, tasks
from textdiff_core.processes import processes
from textdiff_core.records import MAX_DRAFT, RunConfig
from textdiff_core.trace import Fault, join
from textdiff_core.vocab import Vocabulary

MOST_SUBSETS, MOST_ORDERS = 1024, 64
NAMED = 5  # unknown words that are named one by one


@dataclass(frozen=True)
class ScoreConfig(RunConfig):
    """A text and the model that reads it. Attributes: draft: the text.   subsets: noisy versions, an even number.
    orders: random orders that it is written in, beside the two along the line."""

    subsets: int = 64
    orders: int = 6

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("subsets", self.subsets, 2, MOST_SUBSETS)
        whole("orders", self.orders, 2, MOST_ORDERS)
        if self.subsets % 2:
            raise ValueError(
                f"subsets must be an even number, as they are compared in pairs, got {self.subsets}"
            )


@dataclass(frozen=True)
class Reading:
    """A text on a model's canvas.

    Attributes:
        words: of the scored cells: the text's, and where texts end in blanks those after it, "".
        ids: (L,) the canvas. Where texts never end, what follows is noise: it stays hidden and is not scored.
        text: what is scored, as running text.   num_words: of it, each a `unit`.   left_out: words beyond the canvas.
        exact: -ln p(text) in the corpus's world in nats; infinite outside its language, None where none is known.
        faults: what the world's own rules say against it.
    """

    words: tuple[str, ...]
    ids: np.ndarray
    text: str
    spacing: str
    unit: str
    num_words: int
    left_out: tuple[str, ...]
    exact: float | None
    faults: tuple[Fault, ...]


def typed(text: str) -> str:
    """The text. Raises ValueError when it is longer than a run's settings may hold."""
    if len(text) > MAX_DRAFT:
        raise ValueError(f"a text may have at most {MAX_DRAFT} characters here, got {len(text)}")
    return text


def why_not(info: Any) -> str:
    """Why a model cannot score a text, in one sentence; "" where it can. Args: info: a `lab.ModelInfo`."""
    if info.corpus in tasks:
        return f"{info.name!r} only answers what is asked, and knows no probability of a whole canvas"
    if not processes[info.process].grows:
        return ""
    return (
        f"{info.name!r} undoes {info.process} noise, where words have no fixed places: its bound also pays for the "
        "order in which words come, and is no surprise at the text"
    )


def by_word(info: Any) -> bool:
    """Whether the model hides words, so that each word has a surprise of its own and orders have a meaning."""
    return bool(info.process == "absorbing")


def no_orders(info: Any) -> str:
    """Why a model does not write a text in several orders, in one sentence; "" where it does."""
    if by_word(info):
        return ""
    if processes[info.process].ordered:
        return f"{info.name!r} is autoregressive and knows one order alone, from left to right"
    return f"{info.name!r} undoes {info.process} noise and writes in no order of words"


def read(text: str, info: Any) -> Reading:
    """The text on the model's canvas, cut where that ends.

    Raises:   ValueError: no word, too many characters, or words that the model does not know, which are named.
    """
    vocabulary: Vocabulary = info.vocabulary
    words = vocabulary.split(typed(text))
    if not words:
        raise ValueError("a text needs at least one word, got none")
    unknown = [word for word in dict.fromkeys(words) if word not in vocabulary.ids]
    if unknown:
        raise ValueError(_unknown(unknown, vocabulary))
    kept, left_out = words[: info.length], words[info.length :]
    fill = vocabulary.id("") if vocabulary.pads else len(vocabulary)
    ids = np.array(
        [vocabulary.ids[word] for word in kept] + [fill] * (info.length - len(kept)), dtype=np.int64
    )
    cells = tuple(vocabulary.words[i] for i in ids if i < len(vocabulary))
    corpus, scored = corpora.get(info.corpus), join(kept, vocabulary.spacing)
    exact = None if corpus is None else -corpus.log_prob(scored)
    faults = () if corpus is None else corpus.check(list(cells)).faults
    return Reading(
        cells, ids, scored, vocabulary.spacing, vocabulary.unit, len(kept), tuple(left_out), exact, faults
    )


def cut(reading: Reading, info: Any) -> str:
    """The sentence on where a text was cut; "" where it was not."""
    if not reading.left_out:
        return ""
    num, unit = len(reading.left_out), info.vocabulary.unit
    return (
        f"The canvas of {info.name} holds {info.length} {unit}s: the text was cut after the {unit} "
        f"{reading.words[-1]!r}, and {num} {unit}{'s' * (num > 1)} from {reading.left_out[0][:40]!r} on "
        f"{'are' if num > 1 else 'is'} not scored"
    )


def _unknown(words: list[str], vocabulary: Vocabulary) -> str:
    """The sentence that names unknown words, with what is near them."""
    if len(words) == 1:
        try:
            vocabulary.id(words[0])
        except ValueError as error:
            return str(error)
    named = ", ".join(repr(word[:40]) for word in words[:NAMED])
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return f"the model does not know {len(words)} {vocabulary.unit}s of this text: {named}{more}"


def check(info: Any, config: RunConfig) -> None:
    """Raises ValueError, in one sentence, when config's draft cannot be scored."""
    if sentence := why_not(info):
        raise ValueError(sentence)
    read(config.draft, info)
