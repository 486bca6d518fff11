"""Self-BLEU: how much of each text stands in the others too, in time that grows with the words and not the pairs."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

ORDERS, NO_HIT = 4, 0.1

Run = tuple[str, ...]


def runs_of(words: Sequence[str], n: int) -> Iterator[Run]:
    """The runs of n neighbouring words (n-grams), in order."""
    return zip(*(words[i:] for i in range(n)), strict=False)


def self_bleu(texts: Sequence[str]) -> float:
    """The mean over texts of BLEU against all the others, in [0, 1]; NaN for a single text.

    The four orders count equally, an order without a hit counts as 0.1 hits (method 1), and texts that share no word
    score 0. Unlike usual, a text of fewer than 4 words is judged by the orders it has, so that copies score 1
    whatever their length.

    Source:   Zhu et al. 2018 (Texygen), arXiv:1802.01886; Papineni et al. 2002; smoothing: Chen and Cherry 2014.
    """
    if len(texts) < 2:
        return math.nan
    split = [text.split() for text in texts]
    lengths = sorted(map(len, split))
    orders = [_hits([Counter(runs_of(words, n)) for words in split]) for n in range(1, ORDERS + 1)]
    scores = [
        _bleu([hits[k] for hits in orders], len(words), _closest(lengths, len(words)))
        for k, words in enumerate(split)
    ]
    return sum(scores) / len(scores)


def _bleu(hits: Sequence[int], length: int, closest: int) -> float:
    """BLEU of one text. Args: hits: for each order.   closest: length of the text it is held against."""
    if not length:
        return float(not closest)
    if not hits[0]:
        return 0.0
    used = min(ORDERS, length)
    precision = math.prod((hits[n] or NO_HIT) / (length - n) for n in range(used))
    return float(precision ** (1 / used)) * math.exp(min(0.0, 1 - closest / length))


def _hits(counts: Sequence[Counter[Run]]) -> list[int]:
    """How many of each text's runs stand in another text, none more often than in any single one of them."""
    most: dict[Run, tuple[int, int, int]] = {}  # the most in one text, which text, the most in any other one
    for k, counted in enumerate(counts):
        for run, times in counted.items():
            first, whose, second = most.get(run, (0, -1, 0))
            most[run] = (times, k, first) if times > first else (first, whose, max(second, times))

    def elsewhere(run: Run, k: int) -> int:
        first, whose, second = most[run]
        return second if whose == k else first

    return [
        sum(min(times, elsewhere(run, k)) for run, times in counted.items())
        for k, counted in enumerate(counts)
    ]


def _closest(lengths: Sequence[int], own: int) -> int:
    """The length of another text that is nearest to a text's own one, the shorter of two. Args: lengths: sorted."""
    at = bisect_left(lengths, own)  # one of those is the text itself
    near = [lengths[i] for i in (at - 1, at + 1) if 0 <= i < len(lengths)]
    return min(near, key=lambda n: (abs(n - own), n))
