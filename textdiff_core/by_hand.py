"""The loss of masked diffusion by hand: what one hidden word adds, and how the sum scatters from noise to noise.

Importing it needs no torch.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.corpora import corpora
from textdiff_core.draws import step_rng, uniform
from textdiff_core.exports import inert
from textdiff_core.intervals import of_mean, of_strata
from textdiff_core.losses import LEAST_NOISE, Masking, chain, losses
from textdiff_core.noising import words_of
from textdiff_core.processes import processes
from textdiff_core.records import RunConfig
from textdiff_core.schedules import schedules
from textdiff_core.vocab import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

DRAWS = 64  # noisy versions that an estimate is the mean of
ORDERS = 3  # random orders of the chain; its scatter is a twentieth of the others'
COLUMNS = ("position", "word", "p", "nats", "bits")
NOISY, PLAIN, STRATIFIED, COUNTED, CHAINED = range(5)  # each draws from a stream of its own


@dataclass(frozen=True)
class HiddenWord:
    """One masked cell: its position from 1, its true word ("" for a blank), what the model gives it, -ln of that."""

    position: int
    word: str
    p: float
    nats: float

    @property
    def bits(self) -> float:
        return self.nats / math.log(2)


@dataclass(frozen=True)
class Sum:
    """One loss of a noisy text, by two ways.

    Attributes:
        loss: its name.   bound: whether it estimates the likelihood bound of the text, or is the mean of a hidden word.
        weight: of each hidden word's nats.   by_hand: the words' nats times it, added up.
        computed: what the code of the loss returns that training runs.
    """

    loss: str
    bound: bool
    weight: float
    by_hand: float
    computed: float


@dataclass(frozen=True)
class AddedUp:
    """One noisy version of a text and its losses.

    Attributes:
        words: of the clean text, blanks at the end included.   spacing: see `trace.join`.
        t, alpha, slope: noise level, share that survives there, and the schedule's derivative d alpha / dt.
        hidden: the masked words in reading order.   sums: one for each loss of masked diffusion.
    """

    words: tuple[str, ...]
    spacing: str
    t: float
    alpha: float
    slope: float
    hidden: tuple[HiddenWord, ...]
    sums: tuple[Sum, ...]

    @cached_property
    def nats(self) -> float:
        """-ln p of all hidden words, each on its own, added up."""
        return math.fsum(word.nats for word in self.hidden)


@dataclass(frozen=True)
class Estimate:
    """One way to estimate a text's likelihood bound, in nats a text.

    Attributes:
        nats: (N,) of single noisy versions, or orders.   level: (N,) their noise, t or the share of hidden cells;
            of orders, 1.   half: half the width of the mean's 95 % interval.
    """

    nats: np.ndarray
    level: np.ndarray
    half: float

    @property
    def mean(self) -> float:
        return float(self.nats.mean())


@dataclass(frozen=True)
class Spread:
    """How a text's loss scatters over noise, and what it is a bound on.

    Attributes:
        estimates: "plain", "stratified", "counted" and "chain".   num_words: of the text, blanks not counted.
        exact: -ln p(text) in the corpus's world in nats; infinite outside its language, None where none is known.
    """

    estimates: dict[str, Estimate]
    num_words: int
    exact: float | None

    @cached_property
    def of_mean_chance(self) -> float:
        """-ln of the orders' mean probability: never more than the mean of their -ln p (Jensen)."""
        nats = self.estimates["chain"].nats
        return float(nats.min() - np.log(np.exp(nats.min() - nats).mean()))


def canvas(text: str, vocabulary: Vocabulary, length: int) -> np.ndarray:
    """(L,) ids: the text and the blanks after it, which the model has to predict too; running text has none.

    Raises:   ValueError: no word, too many, or one that the vocabulary does not have.
    """
    words_of(text, vocabulary, length)
    ids = vocabulary.encode(text, length)
    return ids[ids < len(vocabulary)]


def check(info: Any, config: RunConfig) -> None:
    """Raises ValueError, in one sentence, when `added_up` cannot answer. Args: info: a `lab.ModelInfo`."""
    if not list(_masking(info.process)):
        raise ValueError(
            f"{config.model!r} undoes {info.process} noise and hides no words: its loss is no sum over hidden words"
        )
    if not LEAST_NOISE <= config.level <= 1:
        raise ValueError(
            f"t must be {LEAST_NOISE:g}..1, got {config.level:g}: with nothing hidden there is nothing to add up"
        )
    schedules.build(config.schedule)
    canvas(config.draft, info.vocabulary, info.length)


def added_up(denoiser: Any, info: Any, config: RunConfig) -> AddedUp:
    """The losses of config's draft at its level of noise, word by word. Args and errors as `check`."""
    check(info, config)
    vocabulary = info.vocabulary
    return add_up(
        _process(info, config), denoiser, vocabulary, canvas(config.draft, vocabulary, info.length), config
    )


def spread(denoiser: Any, info: Any, config: RunConfig) -> Spread:
    """How the loss of config's draft scatters over noise, whatever its level. Args and errors as `check`."""
    check(info, config)
    ids = canvas(config.draft, info.vocabulary, info.length)
    corpus, text = corpora.get(info.corpus), info.vocabulary.decode(ids)
    estimates = estimated(_process(info, config), denoiser, ids, config.seed)
    num_words = len(info.vocabulary.split(text))
    return Spread(estimates, num_words, None if corpus is None else -corpus.log_prob(text))


def _process(info: Any, config: RunConfig) -> Any:
    return processes[info.process](len(info.vocabulary), schedules.build(config.schedule))


def add_up(
    process: Any, denoiser: Any, vocabulary: Vocabulary, ids: np.ndarray, config: RunConfig
) -> AddedUp:
    """Noises the text (L,) at config.level and adds up what its hidden words cost, by hand and by every loss."""
    import torch

    x_0 = torch.from_numpy(ids)[None]
    t = torch.tensor([config.level], dtype=torch.float64)
    x_t = process.corrupt(x_0, t, rng=step_rng(config.seed, NOISY))
    hidden = process.open(x_t)
    with torch.no_grad():
        logits = denoiser(x_t, t, where=hidden).double()  # (K, V)
        nats = -logits.log_softmax(-1).gather(-1, x_0[hidden][:, None])[:, 0]
        sums = [
            _sum(name, loss, process, denoiser, x_0, t, hidden, nats) for name, loss in _masking(process.name)
        ]
    words = tuple(vocabulary.words[i] for i in ids)
    cells = hidden[0].nonzero()[:, 0].tolist()
    return AddedUp(
        words, vocabulary.spacing, config.level, float(process.schedule.alpha(t)), float(process.schedule.dalpha(t)),
        tuple(HiddenWord(i + 1, words[i], math.exp(-n), n) for i, n in zip(cells, nats.tolist(), strict=True)),
        tuple(sums),
    )  # fmt: skip


def _masking(process: str) -> Iterator[tuple[str, Masking]]:
    for name in losses:
        loss = losses.build(name)
        if isinstance(loss, Masking) and process in loss.serves:
            yield name, loss


def _sum(
    name: str, loss: Masking, process: Any, denoiser: Any, x_0: Tensor, t: Tensor, hidden: Tensor, nats: Tensor
) -> Sum:  # fmt: skip
    terms = loss.score(process, denoiser, x_0, t, hidden)
    weight = float(loss.weight(process, t, hidden)[0])
    by_hand = math.fsum(weight * one for one in nats.tolist())
    return Sum(name, loss.bound, weight, by_hand, float(terms.nelbo[0] if loss.bound else terms.objective))


def estimated(process: Any, denoiser: Any, ids: np.ndarray, seed: int) -> dict[str, Estimate]:
    """The text's loss (L,) for many noisy versions, drawn in three ways, and along whole orders of its words."""
    import torch

    by_name = dict(_masking(process.name))
    nelbo, count = by_name["nelbo"], by_name["count"]
    x_0 = torch.from_numpy(ids).expand(DRAWS, -1)

    def scored(loss: Any, t: Tensor, hidden: Tensor) -> Estimate:
        nats = loss.score(process, denoiser, x_0, t, hidden).nelbo.double().numpy()
        return Estimate(nats, t.double().numpy(), of_mean(nats))

    with torch.no_grad():
        rng = step_rng(seed, PLAIN)
        t = LEAST_NOISE + (1 - LEAST_NOISE) * uniform((DRAWS,), rng)
        found = {"plain": scored(nelbo, t, process.open(process.corrupt(x_0, t, rng=rng)))}
        for name, loss, stream in (("stratified", nelbo, STRATIFIED), ("counted", count, COUNTED)):
            one = scored(loss, *loss.hide(process, x_0, rng=step_rng(seed, stream)))
            found[name] = replace(one, half=of_strata(one.nats, one.level))
        orders = chain(process, denoiser, x_0[:ORDERS], rng=step_rng(seed, CHAINED)).nelbo.numpy()
    return found | {"chain": Estimate(orders, np.ones(ORDERS), of_mean(orders))}


def table(added: AddedUp) -> bytes:
    """One CSV row a hidden word, then the sums and what each loss's code returns; UTF-8 with the spreadsheets' mark."""
    text = io.StringIO()
    rows = csv.writer(text)
    names = [one.loss for one in added.sums]
    rows.writerow(
        ("position", "word", "p", "nats", "bits", *(f"{k} {n}" for n in names for k in ("weight", "product")))
    )
    for word in added.hidden:
        parts = [(one.weight, one.weight * word.nats) for one in added.sums]
        rows.writerow((
            word.position, inert(word.word), *map(_exactly, (word.p, word.nats, word.bits)),
            *(_exactly(value) for part in parts for value in part),
        ))  # fmt: skip
    for title, sums in (
        ("sum", [one.by_hand for one in added.sums]),
        ("code", [one.computed for one in added.sums]),
    ):
        nats = (added.nats, added.nats / math.log(2)) if title == "sum" else ("", "")
        rows.writerow(
            (title, "", "", *map(_exactly, nats), *(part for s in sums for part in ("", _exactly(s))))
        )
    return text.getvalue().encode("utf-8-sig")


def _exactly(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.9g}"
