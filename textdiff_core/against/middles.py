"""The middle of running text between its beginning and its end, where no truth says what else would be right.

So it is asked how likely both models hold the middle that really stands there, and what of it they write themselves. A
causal model says p(middle | beginning): the end is hidden from it. The masked one is asked with the end and without.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from textdiff_core.against.found import (
    BLIND,
    CAUSAL,
    MASKED,
    ONE,
    REAL,
    WORD_BY_WORD,
    AgainstConfig,
    Middle,
    gap,
)
from textdiff_core.against.held import STREAM, held_out
from textdiff_core.against.ways import AT_ONCE, mean_of, process_of, write
from textdiff_core.losses import losses
from textdiff_core.losses.conditional import Beside
from textdiff_core.losses.masking import chain
from textdiff_core.metrics import metrics

Parts = Iterator[tuple[float, dict[str, Any]]]  # share of the work, and the fields it has come to


def middles(
    ours: Any, theirs: Any, config: AgainstConfig, corpus: Any, num: int, gaps: Sequence[int]
) -> Parts:  # fmt: skip
    """`num` middles at each gap, written and read by both.

    Args:     ours, theirs: the masked and the causal denoiser.   gaps: cells that are missing.
    """
    import torch

    texts, fits = held_out(corpus, num, config.seed), [cells for cells in gaps if cells < corpus.length]
    told: dict[str, dict[int, Middle]] = {way: {} for way in (REAL, ONE, WORD_BY_WORD)}
    costs: dict[str, dict[int, Any]] = {reader: {} for reader in (CAUSAL, BLIND, MASKED)}
    done, work = 0, len(texts) * sum(fits)
    for cells in fits:
        missing = list(gap(corpus.length, cells))
        wrote: dict[str, list[np.ndarray]] = {way: [] for way in told}
        nats: dict[str, list[float]] = {reader: [] for reader in costs}
        for first in range(0, len(texts), AT_ONCE):
            x_0 = torch.from_numpy(texts[first : first + AT_ONCE])
            seeds = range(config.seed + first, config.seed + first + len(x_0))
            for way, words in fill(ours, theirs, corpus, x_0, missing, seeds).items():
                wrote[way].append(words[:, missing])
            for reader, spent in read(ours, theirs, corpus, x_0, missing, config.seed + first).items():
                nats[reader] += spent
            done += len(x_0) * cells
            for way, parts in wrote.items():
                told[way][cells] = _told(np.concatenate(parts), texts[:, missing], corpus)
            for reader, spent in nats.items():
                costs[reader][cells] = mean_of(np.array(spent) / cells)
            yield done / work, {name: {way: dict(rows) for way, rows in table.items()}
                                for name, table in (("middles", told), ("costs", costs))}  # fmt: skip


def fill(
    ours: Any, theirs: Any, corpus: Any, x_0: Any, missing: Sequence[int], seeds: Sequence[int]
) -> dict[str, np.ndarray]:
    """Way -> (B, L) ids of the texts x_0 with their middles written anew, word by word; and as they are."""
    keep = x_0.clone()
    keep[:, missing] = -1
    ways = {ONE: theirs, WORD_BY_WORD: ours}
    written = {way: write(way, 0, one, corpus, seeds, keep).words.numpy() for way, one in ways.items()}
    return {REAL: x_0.numpy(), **written}


def read(
    ours: Any, theirs: Any, corpus: Any, x_0: Any, missing: Sequence[int], seed: int
) -> dict[str, list[float]]:  # fmt: skip
    """Who reads -> nats of the true middle of each text: by the causal model exactly, as what beginning and middle
    cost beyond the beginning; by the masked one the bound of one random order a text."""
    import torch

    from textdiff_core.draws import step_rng

    causal, masked = (process_of(name, corpus) for name in (CAUSAL, MASKED))
    chained, free = losses.build(causal.loss), torch.tensor(missing)
    again = functools.partial(step_rng, seed, len(missing), STREAM)  # the same order with the end and without
    ended = x_0.clone()
    ended[:, missing[-1] + 1 :] = masked.noise_id
    with torch.no_grad():
        long, short = (
            chained.validation(causal, theirs, x_0[:, :cells], rng=again()).nelbo
            if cells
            else torch.zeros(len(x_0), dtype=torch.float64)
            for cells in (missing[-1] + 1, missing[0])
        )
        shown = {
            name: chain(masked, Beside(ours, beside, free), x_0[:, free], rng=again())
            for name, beside in ((BLIND, ended), (MASKED, x_0))
        }
    return {CAUSAL: (long - short).tolist(), **{name: terms.nelbo.tolist() for name, terms in shown.items()}}


def _told(written: np.ndarray, real: np.ndarray, corpus: Any) -> Middle:
    """What the middles (n, K) are like, beside the first n real ones."""
    texts = [corpus.vocabulary.decode(row) for row in written]
    same = mean_of((written == real[: len(written)]).mean(-1))
    entropy, distinct = (metrics.build(name)(texts, corpus) for name in ("sample_entropy", "distinct_2"))
    return Middle(same, entropy, distinct)
