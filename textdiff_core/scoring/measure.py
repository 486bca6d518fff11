"""The measurements: hidden words, whole orders, words hidden alone. Each streams, and stops when it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.draws import step_rng, uniform
from textdiff_core.intervals import of_mean
from textdiff_core.losses import losses
from textdiff_core.processes import processes
from textdiff_core.schedules import schedules
from textdiff_core.scoring.found import LEFT_TO_RIGHT, RIGHT_TO_LEFT, Alone, Orders, Score
from textdiff_core.scoring.reading import Reading, ScoreConfig, by_word, check, no_orders, read

if TYPE_CHECKING:
    from torch import Tensor

AT_ONCE = 8  # noisy versions that are scored between two results
CELLS_AT_ONCE = 4096  # of a batch of canvases that each hide something else
PER_COPY = 8  # noisy versions of each copy in a validation
COUNTED, ORDERED = 9, 10  # random numbers have a stream for each use


def score(denoiser: Any, info: Any, config: ScoreConfig) -> Iterator[Score]:
    """The score so far, again and again while more noisy versions of config's draft are read; closing it stops.

    Numbers of hidden words are drawn in strata and by the floor, 1 + floor(L u), which is unbiased; see `losses.Count`.
    Then every word is hidden alone. Where noise hides no words, the whole text's bound by that process's own loss.
    Source:   LLaDA arXiv:2502.09992 eq. 6; mathematics section 3.2 (B).
    """
    import torch

    check(info, config)
    reading = read(config.draft, info)
    if processes[info.process].ordered:
        yield chained(denoiser, info, config)
        return
    if not by_word(info):
        yield from _by_loss(denoiser, info, config, reading)
        return
    cells, num = len(reading.words), config.subsets
    count: Any = losses.build("count")
    x_0 = torch.from_numpy(reading.ids)[:cells].expand(num, -1)
    hidden = count.hide(_process(info), x_0, rng=step_rng(config.seed, COUNTED))[1]
    work, nats = num + reading.num_words, np.zeros((num, cells))
    for first in range(0, num, AT_ONCE):
        last = min(num, first + AT_ONCE)
        part = hidden[first:last]
        log_p = _asked(denoiser, info, reading, part, part)
        nats[first:last][part.numpy()] = -_of_words(log_p, reading, part)
        found = Score.of(reading, hidden[:last].numpy(), nats[:last], last / work)
        yield found
    for done, alone in _alone(denoiser, info, reading):
        yield replace(found, alone=alone, done=(num + done) / work)


def chained(denoiser: Any, info: Any, config: ScoreConfig) -> Score:
    """What an autoregressive model says: each word's surprise at those before it, in one pass, exact.

    Source:   the chain rule, -ln p(x) = sum over i of -ln p(x_i | x_1 .. x_(i-1)).
    """
    import torch

    check(info, config)
    reading = read(config.draft, info)
    ids = torch.from_numpy(reading.ids)[None]
    with torch.no_grad():
        log_p = denoiser(ids)[0].double().log_softmax(-1)[: len(reading.words)]
    told = log_p.gather(-1, ids[0, : len(reading.words), None])[:, 0]
    return Score.of_chain(reading, -told.numpy())


def _by_loss(denoiser: Any, info: Any, config: ScoreConfig, reading: Reading) -> Iterator[Score]:
    """The bound by the loss of the process, each copy of the text at several levels of noise."""
    import torch

    process, cells = _process(info), len(reading.words)
    loss, none = losses.build(process.loss), np.zeros((0, cells))
    copies = max(2, config.subsets // PER_COPY)
    texts: list[float] = []
    for first in range(0, copies, 2):
        x_0 = torch.from_numpy(reading.ids)[:cells].expand(2, -1)
        with torch.no_grad():
            terms = loss.validation(process, denoiser, x_0, rng=step_rng(config.seed, first, COUNTED))
        texts += terms.nelbo.double().tolist()
        so_far = np.array(texts)
        yield Score(
            reading, so_far, of_mean(so_far), none.astype(bool), none, (), len(texts) / (copies + copies % 2)
        )


def _alone(denoiser: Any, info: Any, reading: Reading) -> Iterator[tuple[int, tuple[Alone, ...]]]:
    """How many words were asked about, each hidden alone, and what was said of them."""
    import torch

    found: tuple[Alone, ...] = ()
    one_each = torch.eye(len(reading.words), dtype=torch.bool)[: reading.num_words]
    for part in one_each.split(_rows(info)):
        log_p = _asked(denoiser, info, reading, part, part)
        told, (best_p, best) = np.exp(_of_words(log_p, reading, part)), log_p.exp().max(-1)
        for p, id, q in zip(told.tolist(), best.tolist(), best_p.tolist(), strict=True):
            cell = len(found)
            found += (Alone(cell + 1, reading.words[cell], p, info.vocabulary.words[id], q),)
        yield len(found), found


def orders(denoiser: Any, info: Any, config: ScoreConfig) -> Iterator[Orders]:
    """The full any-order chain: the text word by word, from left to right, from right to left and in random orders.

    -ln p(x | order) = sum over turns of -ln p(word of this turn | words of earlier turns): L calls an order, exact.
    Source:   any-order autoregression, arXiv:2110.02037; mathematics section 3.2 (D).
    """
    import torch

    check(info, config)
    if sentence := no_orders(info):
        raise ValueError(sentence)
    reading = read(config.draft, info)
    cells = len(reading.words)
    line = torch.arange(cells)
    drawn = uniform((config.orders, cells), step_rng(config.seed, ORDERED)).argsort(-1).argsort(-1)
    ranks = torch.cat([line[None], line.flip(0)[None], drawn])
    names = (LEFT_TO_RIGHT, RIGHT_TO_LEFT, *(f"random {k + 1}" for k in range(config.orders)))
    nats, work = np.zeros(ranks.shape), ranks.numel()
    turns = [(row, turn) for row in range(len(ranks)) for turn in range(cells)]
    for first in range(
        0, work, _rows(info)
    ):  # turns of several orders in one batch: all their words are known
        rows, now = torch.tensor(turns[first : first + _rows(info)]).T
        rank = ranks[rows]
        asked = rank == now[:, None]
        log_p = _asked(denoiser, info, reading, rank >= now[:, None], asked)
        nats[rows.numpy(), asked.nonzero()[:, 1].numpy()] = -_of_words(log_p, reading, asked)
        finished = (first + len(rows)) // cells
        yield Orders(
            reading,
            names[:finished],
            ranks[:finished].numpy(),
            nats[:finished].copy(),
            (first + len(rows)) / work,
        )


def _process(info: Any) -> Any:
    return processes[info.process](len(info.vocabulary), schedules.build("linear"))


def _rows(info: Any) -> int:
    """Canvases in a batch."""
    return max(1, CELLS_AT_ONCE // int(info.length))


def _asked(denoiser: Any, info: Any, reading: Reading, hidden: Tensor, asked: Tensor) -> Tensor:
    """(K, V) float64 log p of the words at the `asked` cells when the `hidden` ones (B, C) cannot be seen."""
    import torch

    noise_id, rest = len(info.vocabulary), len(reading.ids) - hidden.shape[1]
    x_t = torch.from_numpy(reading.ids).expand(len(hidden), -1)
    hidden, asked = (torch.nn.functional.pad(cells, (0, rest)) for cells in (hidden, asked))
    x_t = x_t.masked_fill(hidden, noise_id)
    with torch.no_grad():
        logits: Tensor = denoiser(x_t, (x_t == noise_id).double().mean(-1), where=asked)
    return logits.double().log_softmax(-1)


def _of_words(log_p: Tensor, reading: Reading, asked: Tensor) -> np.ndarray:
    """(K,) log p of the text's own words at the asked cells."""
    import torch

    words = torch.from_numpy(reading.ids)[: asked.shape[1]].expand(asked.shape)[asked]
    return np.asarray(log_p.gather(-1, words[:, None])[:, 0].numpy())
