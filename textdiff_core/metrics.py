"""Numbers that judge a set of texts. Quality is never shown without diversity, so both live here.

A metric is a registered class: called with the texts, it answers one number. Where the corpus knows the
truth (`corpus.check`, `corpus.even`, `corpus.log_prob`), metrics may ask it. Words are what stands between spaces, so a
full stop belongs to the word before it. NaN is said of what is not there, and each metric says when.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

from textdiff_core.bleu import runs_of, self_bleu
from textdiff_core.registry import Part, Registry
from textdiff_core.vocab import Vocabulary


@dataclass(frozen=True)
class Metric(Part):
    """Base of all metrics.

    Attributes:
        label: its name on a figure.   unit: what the number is.   better: which way is better.
        judges: "quality" or "diversity": figures show neither without the other.
        needs_truth: whether it asks a corpus whose truth is known.
    """

    label: ClassVar[str]
    unit: ClassVar[str] = "share in [0, 1]"
    better: ClassVar[str] = "higher"
    judges: ClassVar[str] = "diversity"
    needs_truth: ClassVar[bool] = False

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        """The number for these texts. Args: corpus: where they should come from. Texts must not be empty."""
        raise NotImplementedError


metrics: Registry[Metric] = Registry("metric")


@metrics.register("valid_rate")
@dataclass(frozen=True)
class ValidRate(Metric):
    """Share of texts that break no rule of the corpus."""

    label = "Valid texts"
    judges = "quality"
    needs_truth = True

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return sum(corpus.check(text).valid for text in texts) / len(texts)


@metrics.register("distinct_rate")
@dataclass(frozen=True)
class DistinctRate(Metric):
    """Share of texts that differ from every earlier one."""

    label = "Distinct texts"

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return len(set(texts)) / len(texts)


@metrics.register("distinct_openings")
@dataclass(frozen=True)
class DistinctOpenings(Metric):
    """Share of distinct first sentences within each hundred texts, averaged over the hundreds."""

    label = "Distinct openings"

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        openings = [text.partition(".")[0] for text in texts]
        hundreds = [openings[i : i + 100] for i in range(0, len(openings), 100)]
        return sum(len(set(part)) / len(part) for part in hundreds) / len(hundreds)


def distinct(texts: Sequence[str], n: int) -> float:
    """Distinct runs of n words among all of them, over the whole set; 0 where no text has n words.

    Source:   Li et al. 2016, arXiv:1510.03055. It falls as texts become more: compare equal numbers.
    """
    runs = [run for text in texts for run in runs_of(text.split(), n)]
    return len(set(runs)) / max(1, len(runs))


@metrics.register("distinct_1")
@dataclass(frozen=True)
class Distinct1(Metric):
    """Distinct words among all of them, over the whole set (Li et al. 2016)."""

    label = "Distinct words (distinct-1)"

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return distinct(texts, 1)


@metrics.register("distinct_2")
@dataclass(frozen=True)
class Distinct2(Metric):
    """Distinct pairs of neighbouring words among all of them, over the whole set (Li et al. 2016)."""

    label = "Distinct pairs (distinct-2)"

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return distinct(texts, 2)


@metrics.register("self_bleu")
@dataclass(frozen=True)
class SelfBleu(Metric):
    """How much of each text stands in another, in runs of 1 to 4 words; 1 for copies, NaN for a single text."""

    label = "Self-BLEU"
    better = "lower"

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return self_bleu(texts)


@metrics.register("coverage")
@dataclass(frozen=True)
class Coverage(Metric):
    """Share that valid texts reach of all combinations (of `tales`: 16 names x 12 animals x 6 plots of the hero).

    It grows with the number of valid texts, so it is read beside `relative_coverage`.
    """

    label = "Combinations reached"
    needs_truth = True

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        told, possible = combinations(texts, corpus)
        return len(set(told)) / possible


@metrics.register("relative_coverage")
@dataclass(frozen=True)
class RelativeCoverage(Metric):
    """`coverage` over what as many valid texts of the corpus itself reach on average; NaN without a valid text.

    1 is as varied as the corpus; by chance it can be a little more. At n texts and K combinations, all equally likely
    in the corpus, those are K (1 - (1 - 1/K)^n). Of `tales` it scatters by about 0.02 at any n from 100 to 1000; half
    of the combinations missing make it 0.96 at n = 100, 0.82 at 500 and 0.71 at 1000.
    """

    label = "Coverage relative to the corpus"
    unit = "1 = the corpus"
    needs_truth = True

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        told, possible = combinations(texts, corpus)
        due = possible * -math.expm1(len(told) * math.log1p(-1 / possible))
        return len(set(told)) / due if told else math.nan


def combinations(texts: Sequence[str], corpus: Any) -> tuple[list[tuple[str, ...]], int]:
    """What each valid text chose of all that falls evenly in the corpus, and how many such combinations there are."""
    choices = corpus.even(texts).values()
    told = list(zip(*(chosen for chosen, _ in choices), strict=True))
    return told, math.prod(len(options) for _, options in choices)


@metrics.register("sample_entropy")
@dataclass(frozen=True)
class SampleEntropy(Metric):
    """Entropy of the words within a text, averaged over texts: low where a text repeats itself; 0 for empty texts."""

    label = "Entropy within a text"
    unit = "nats"

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        return sum(map(_entropy, texts)) / len(texts)


def _entropy(text: str) -> float:
    counts = Counter(text.split())
    total = counts.total()
    return -sum(count / total * math.log(count / total) for count in counts.values())


@metrics.register("log_probability")
@dataclass(frozen=True)
class LogProbability(Metric):
    """Mean ln P(text) under the corpus, exact, of the texts that it can tell; NaN where there is none."""

    label = "Exact log-probability of valid texts"
    unit = "nats"
    judges = "quality"
    needs_truth = True

    def __call__(self, texts: Sequence[str], corpus: Any) -> float:
        known = [nats for text in texts if math.isfinite(nats := corpus.log_prob(text))]
        return sum(known) / len(known) if known else math.nan


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
