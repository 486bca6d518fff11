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
    STREAM,
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
    why_not,
)
from textdiff_core.corpora import corpora
from textdiff_core.intervals import of_mean
from textdiff_core.losses import losses
from textdiff_core.metrics import metrics
from textdiff_core.models import model_info
from textdiff_core.processes import processes
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

AT_ONCE, ROUNDS = 20, 3  # texts in a batch; the median of so many timed runs
METRICS = ("valid_rate", "distinct_rate", "coverage", "distinct_2", "sample_entropy")


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
    """
    check(config)
    if sentence := why_not(config):
        raise ValueError(sentence)
    info = model_info(config.model)
    corpus: Any = corpora[info.corpus]
    found = Found(corpus.entropy())
    parts = (
        (0.35, _written(ours, theirs, config, corpus, amount.texts)),
        (0.25, _nats(ours, theirs, config, corpus, amount.scored)),
        (0.25, _filled(ours, theirs, config, corpus, amount)),
        (0.15, _timed(ours, theirs, amount.lengths)),
    )
    before = 0.0
    for weight, part in parts:
        for share, news in part:
            found = replace(found, **news, done=before + weight * share)
            yield found
        before += weight
    yield replace(found, done=1.0)


Parts = Iterator[tuple[float, dict[str, Any]]]  # share of this part, and the fields it has come to


def _written(ours: Any, theirs: Any, config: AgainstConfig, corpus: Any, num: int) -> Parts:
    """What `num` texts from nothing are like, in every way."""
    import torch

    keep = torch.full((corpus.length,), -1)
    told: dict[str, list[str]] = {way: [] for way in WAYS}
    calls = dict.fromkeys(WAYS, 0)
    table: dict[str, dict[str, float]] = {}
    done, work = 0, num * len(WAYS)
    for first in range(0, num, AT_ONCE):
        seeds = range(config.seed + first, config.seed + min(num, first + AT_ONCE))
        for way, steps in WAYS.items():
            last = _run(way, steps, theirs if way == ONE else ours, corpus, seeds, keep)
            told[way] += [corpus.vocabulary.decode(row) for row in last.words.numpy()]
            calls[way] += int(last.calls.sum())
            table[way] = {name: metrics.build(name)(told[way], corpus) for name in METRICS}
            table[way] |= {"texts": len(told[way]), "calls": calls[way] / len(told[way])}
            done += len(seeds)
            yield done / work, {"written": dict(table)}


def _run(way: str, steps: int, denoiser: Any, corpus: Any, seeds: Sequence[int], keep: Any) -> Any:
    """The last frame of one run a seed. Args: keep: as in `denoise`."""
    from textdiff_core.generate import denoise

    process = _process(CAUSAL if way == ONE else MASKED, corpus)
    grid = grids.build("uniform").times(steps or keep.shape[-1])
    *_, last = denoise(process, denoiser, samplers.build(way), grid, seeds=seeds, keep=keep, record=False)
    return last


def _process(name: str, corpus: Any) -> Any:
    return processes[name](len(corpus.words), schedules.build("linear"))


def _held_out(corpus: Any, config: AgainstConfig, num: int) -> np.ndarray:
    return np.asarray(corpus.held_out(num, np.random.default_rng((config.seed, STREAM))))


def _nats(ours: Any, theirs: Any, config: AgainstConfig, corpus: Any, scored: int) -> Parts:
    """What the same texts cost both beyond the truth: autoregression exactly, masking by whole random orders."""
    import torch

    from textdiff_core.draws import step_rng

    texts = _held_out(corpus, config, scored)
    exact = np.array([-corpus.log_prob(corpus.vocabulary.decode(row)) for row in texts])
    spent: dict[str, list[float]] = {CAUSAL: [], MASKED: []}
    for first in range(0, scored, AT_ONCE):
        x_0 = torch.from_numpy(texts[first : first + AT_ONCE])
        for name, denoiser in zip(spent, (theirs, ours), strict=True):
            process = _process(name, corpus)
            loss = losses.build(process.loss)
            with torch.no_grad():
                terms = loss.validation(process, denoiser, x_0, rng=step_rng(config.seed, first, STREAM))
            spent[name] += terms.nelbo.double().tolist()
        num = len(spent[MASKED])
        yield num / scored, {"nats": {name: _beyond(nats, exact, name) for name, nats in spent.items()}}


def _beyond(nats: Sequence[float], exact: np.ndarray, process: str) -> Nats:
    excess = np.array(nats) - exact[: len(nats)]
    return Nats(len(nats), float(excess.mean()), of_mean(excess), process == MASKED)


def _filled(ours: Any, theirs: Any, config: AgainstConfig, corpus: Any, amount: Amount) -> Parts:
    """How often a tale is right when its middle is written anew between its beginning and its end, word by word."""
    import torch

    num, gaps = amount.filled, [cells for cells in amount.gaps if cells < corpus.length]
    texts = torch.from_numpy(_held_out(corpus, config, num))
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
                words = _run(way, 0, denoiser, corpus, seeds, keep).words.numpy()
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
        calls = int(_run(sampler, WAYS[sampler], network, corpus, [seed], keep).calls)
        seconds.append(time.perf_counter() - begun)
    return Timed(calls, statistics.median(seconds[1:]))


@dataclass(frozen=True)
class _Canvas:
    """As much of a corpus as a run from nothing needs."""

    words: Sequence[int]
    length: int
