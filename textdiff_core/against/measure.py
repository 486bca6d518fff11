"""The measurements: texts from nothing, what texts cost, gaps, seconds. They stream, and stop when it is closed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from textdiff_core.against.found import (
    CAUSAL,
    MASKED,
    ONE,
    REAL,
    TIMED,
    UNKEPT,
    WAYS,
    WORD_BY_WORD,
    AgainstConfig,
    Found,
    Nats,
    Timed,
    check,
    gap,
)
from textdiff_core.against.held import STREAM, corpus_of, held_out, is_known
from textdiff_core.against.middles import Parts, middles
from textdiff_core.against.ways import AT_ONCE, mean_of, process_of, write
from textdiff_core.losses import losses
from textdiff_core.losses.masking import chain
from textdiff_core.metrics import metrics

ROUNDS = 3  # the median of so many timed runs
DIVERSITY = ("distinct_rate", "distinct_2", "sample_entropy")
METRICS = ("valid_rate", "coverage", *DIVERSITY)  # the first two where the truth is known


@dataclass(frozen=True)
class Amount:
    """How much is measured. Attributes: texts: from nothing, each way.   scored: texts.   filled: texts at each gap.
    gaps: cells missing in the middle.   lengths: cells of the canvases that are timed."""

    texts: int = 200
    scored: int = 96
    filled: int = 60
    gaps: tuple[int, ...] = (4, 8, 16, 24, 32)
    lengths: tuple[int, ...] = (16, 32, 64, 128)


USUAL = Amount()


def measure(ours: Any, theirs: Any, config: AgainstConfig, amount: Amount = USUAL) -> Iterator[Found]:
    """All four parts, one after the other; adds up. Seeds follow on config.seed.

    Args:     ours, theirs: the masked and the causal denoiser.
    Raises:   ValueError: they cannot be compared, or the texts are not here.
    """
    check(config)
    corpus, known = corpus_of(config.model), is_known(config.model)
    found = Found(corpus.entropy() if known else None)
    fill = _filled if known else middles
    parts = (
        (0.35, _written(ours, theirs, config, corpus, amount.texts)),
        (0.25, _nats(ours, theirs, config, corpus, amount.scored)),
        (0.25, fill(ours, theirs, config, corpus, amount.filled, amount.gaps)),
        (0.15, _timed(ours, theirs, amount.lengths)),
    )
    before = 0.0
    for weight, part in parts:
        for share, news in part:
            found = replace(found, **news, done=before + weight * share)
            yield found
        before += weight
    yield replace(found, done=1.0)


def _written(ours: Any, theirs: Any, config: AgainstConfig, corpus: Any, num: int) -> Parts:
    """What `num` texts from nothing are like, in every way, and of running text as many that are real."""
    import torch

    keep, known = torch.full((corpus.length,), -1), is_known(config.model)
    told: dict[str, list[str]] = {way: [] for way in WAYS}
    calls = dict.fromkeys(WAYS, 0)
    table: dict[str, dict[str, float]] = {}
    if not known:
        real = [corpus.vocabulary.decode(row) for row in held_out(corpus, num, config.seed)]
        table[REAL] = _judged(real, corpus, DIVERSITY)
    done, work = 0, num * len(WAYS)
    for first in range(0, num, AT_ONCE):
        seeds = range(config.seed + first, config.seed + min(num, first + AT_ONCE))
        for way, steps in WAYS.items():
            last = write(way, steps, theirs if way == ONE else ours, corpus, seeds, keep)
            told[way] += [corpus.vocabulary.decode(row) for row in last.words.numpy()]
            calls[way] += int(last.calls.sum())
            table[way] = _judged(told[way], corpus, METRICS if known else DIVERSITY)
            table[way]["calls"] = calls[way] / len(told[way])
            done += len(seeds)
            yield done / work, {"written": dict(table)}


def _judged(texts: list[str], corpus: Any, names: Sequence[str]) -> dict[str, float]:
    return {name: metrics.build(name)(texts, corpus) for name in names} | {"texts": len(texts)}


def _nats(ours: Any, theirs: Any, config: AgainstConfig, corpus: Any, scored: int) -> Parts:
    """What the same texts cost both, beyond the truth where it is known: autoregression exactly, masking by a whole
    random order each."""
    import torch

    from textdiff_core.draws import step_rng

    texts, known = held_out(corpus, scored, config.seed), is_known(config.model)
    told = [corpus.vocabulary.decode(row) for row in texts]
    exact = np.array([-corpus.log_prob(text) if known else 0.0 for text in told])
    spent: dict[str, list[float]] = {CAUSAL: [], MASKED: []}
    for first in range(0, len(texts), AT_ONCE):
        x_0, rng = torch.from_numpy(texts[first : first + AT_ONCE]), step_rng(config.seed, first, STREAM)
        causal = process_of(CAUSAL, corpus)
        with torch.no_grad():
            spent[CAUSAL] += losses.build(causal.loss).validation(causal, theirs, x_0, rng=rng).nelbo.tolist()
            spent[MASKED] += chain(process_of(MASKED, corpus), ours, x_0, rng=rng).nelbo.tolist()
        num = len(spent[MASKED])
        beyond = {name: np.array(nats) - exact[:num] for name, nats in spent.items()}
        yield (
            num / len(texts),
            {
                "nats": {
                    name: Nats(**vars(mean_of(nats)), bound=name == MASKED) for name, nats in beyond.items()
                },
                "apart": mean_of(beyond[MASKED] - beyond[CAUSAL]),
                "characters": sum(map(len, told[:num])) / num,
            },
        )


def _filled(
    ours: Any, theirs: Any, config: AgainstConfig, corpus: Any, num: int, gaps: Sequence[int]
) -> Parts:  # fmt: skip
    """How often a tale is right when its middle is written anew between its beginning and its end, word by word."""
    import torch

    gaps = [cells for cells in gaps if cells < corpus.length]
    texts = torch.from_numpy(held_out(corpus, num, config.seed))
    ways = {ONE: theirs, WORD_BY_WORD: ours}
    counts: dict[str, dict[int, tuple[int, int]]] = {way: {} for way in ways}
    done, work = 0, num * sum(gaps) * len(ways)
    for cells in gaps:
        missing = list(gap(corpus.length, cells))
        for first in range(0, num, AT_ONCE):
            keep = texts[first : first + AT_ONCE].clone()
            keep[:, missing] = -1
            seeds = range(config.seed + first, config.seed + first + len(keep))
            for way, denoiser in ways.items():
                words = write(way, 0, denoiser, corpus, seeds, keep).words.numpy()
                right = sum(corpus.check([corpus.words[i] for i in row]).valid for row in words)
                before = counts[way].get(cells, (0, 0))
                counts[way][cells] = before[0] + right, before[1] + len(words)
                done += len(words) * cells
            yield done / work, {"filled": {way: dict(rows) for way, rows in counts.items()}}


def _timed(ours: Any, theirs: Any, lengths: Sequence[int]) -> Parts:
    """Seconds and calls of one text on canvases of several lengths, by networks of these sizes with random weights:
    what they write means nothing, and takes the same time."""
    timed: dict[str, dict[int, Timed]] = {way: {} for way in TIMED}
    for number, length in enumerate(lengths, start=1):
        for way in TIMED:
            timed[way][length] = _time(way, theirs if way in (ONE, UNKEPT) else ours, length)
        yield number / len(lengths), {"timed": {way: dict(rows) for way, rows in timed.items()}}


def _time(way: str, like: Any, length: int) -> Timed:
    import torch

    from textdiff_core.denoisers.transformer import TransformerDenoiser

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        denoiser = TransformerDenoiser(replace(like.config, length=length)).eval()
    sampler = ONE if way == UNKEPT else way
    network: Any = (
        (lambda *args, **named: denoiser(*args, **named)) if way == UNKEPT else denoiser
    )  # not seen through
    corpus = _Canvas(range(like.config.num_words), length)
    keep, seconds, calls = torch.full((length,), -1), [], 0
    for seed in range(ROUNDS + 1):  # the first one warms up
        begun = time.perf_counter()
        calls = int(write(sampler, WAYS[sampler], network, corpus, [seed], keep).calls)
        seconds.append(time.perf_counter() - begun)
    return Timed(calls, statistics.median(seconds[1:]))


@dataclass(frozen=True)
class _Canvas:
    """As much of a corpus as a run from nothing needs."""

    words: Sequence[int]
    length: int
