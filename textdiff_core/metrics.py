"""Numbers that judge a set of texts. Quality is never shown without diversity, so both live here.

A metric is a registered class: called with the texts, it answers one number. Where the corpus knows the
truth (`corpus.check`, `corpus.parse`), metrics may ask it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from textdiff_core.registry import Part, Registry
from textdiff_core.vocab import Vocabulary


@dataclass(frozen=True)
class Metric(Part):
    """Base of all metrics; `unit` says what the number is, `better` which way is better."""

    unit = "share in [0, 1]"
    better = "higher"

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        """The number for these texts. Args: corpus: where they should come from. Texts must not be empty."""
        raise NotImplementedError


metrics: Registry[Metric] = Registry("metric")


@metrics.register("valid_rate")
@dataclass(frozen=True)
class ValidRate(Metric):
    """Share of texts that break no rule of the corpus."""

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return sum(corpus.check(text).valid for text in texts) / len(texts)


@metrics.register("distinct_rate")
@dataclass(frozen=True)
class DistinctRate(Metric):
    """Share of texts that differ from every earlier one."""

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return len(set(texts)) / len(texts)


@metrics.register("distinct_openings")
@dataclass(frozen=True)
class DistinctOpenings(Metric):
    """Share of distinct first sentences within each hundred texts, averaged over the hundreds."""

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        openings = [text.partition(".")[0] for text in texts]
        hundreds = [openings[i : i + 100] for i in range(0, len(openings), 100)]
        return sum(len(set(part)) / len(part) for part in hundreds) / len(hundreds)


@metrics.register("distinct_2")
@dataclass(frozen=True)
class Distinct2(Metric):
    """Distinct pairs of neighbouring words among all of them, over the whole set (Li et al. 2016)."""

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        pairs = [pair for text in texts for pair in zip(text.split(), text.split()[1:], strict=False)]
        return len(set(pairs)) / max(1, len(pairs))


def rule_rates(texts: Sequence[str], corpus: Any) -> dict[str, float]:
    """Share of texts that keep each rule of the corpus."""
    verdicts = [corpus.check(text) for text in texts]
    rules = verdicts[0].rules
    return {
        rule: sum(all(fault.rule != rule for fault in v.faults) for v in verdicts) / len(texts)
        for rule in rules
    }


def even_p_value(values: Sequence[str], options: Sequence[str]) -> float:
    """p-value of Pearson's chi-square test that `values` fall evenly on `options`; NaN without values.

    Source:   Pearson 1900; the tail is the regularised upper incomplete gamma function Q(k / 2, x / 2).
    """
    import torch

    if not values:
        return float("nan")
    counts, expected = Counter(values), len(values) / len(options)
    statistic = sum((counts[option] - expected) ** 2 / expected for option in options)
    half = torch.tensor([(len(options) - 1) / 2, statistic / 2], dtype=torch.float64)
    return float(torch.special.gammaincc(half[0], half[1]))


def length_p_value(texts: Sequence[str], corpus: Any) -> float:
    """p-value of the Kolmogorov-Smirnov test that texts are as long, in words, as the corpus's; NaN without texts.

    Lengths are whole numbers, for which the test's own law makes p too large rather than too small.
    """
    from scipy.stats import kstwo  # type: ignore[import-untyped]

    if not texts:
        return float("nan")
    split = Vocabulary(corpus.words, corpus.spacing).split
    seen, due = Counter(len(split(text)) for text in texts), corpus.lengths()
    gaps = accumulate(seen[n] / len(texts) - due.get(n, 0.0) for n in range(max(*seen, *due) + 1))
    return float(kstwo.sf(max(map(abs, gaps)), len(texts)))
