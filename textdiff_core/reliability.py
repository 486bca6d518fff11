"""Reliability: words in bins of confidence, and how many of each bin are right. Numbers only, no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from textdiff_core.intervals import binomial

BINS = 10
WIDTH, MASS = "equal width", "equal mass"


@dataclass(frozen=True)
class Answers:
    """What was believed of K words, and what became of them.

    Attributes:
        confidence: (K,) probability of the word.   right: (K,) bool, the held-out text has it there.
        allowed: (K,) bool, or None where that is not told.   nats: (K,) -ln p of the true word, or None.
    """

    confidence: np.ndarray
    right: np.ndarray
    allowed: np.ndarray | None = None
    nats: np.ndarray | None = None

    @classmethod
    def joined(cls, parts: Sequence[Answers]) -> Answers:
        """All of them as one."""
        whole: dict[str, Any] = {}
        for field in fields(cls):
            column = [getattr(part, field.name) for part in parts]
            whole[field.name] = None if column[0] is None else np.concatenate(column)
        return cls(**whole)


@dataclass(frozen=True)
class Reliability:
    """Answers in bins of confidence, least sure first; empty bins are left out.

    Attributes:
        num, right: words of each bin, and how many are right.   confidence: their mean confidence.
        allowed: how many are allowed; none where that is not told.   nats: mean -ln p of the true word, NaN likewise.
    """

    num: tuple[int, ...]
    confidence: tuple[float, ...]
    right: tuple[int, ...]
    allowed: tuple[int, ...] = ()
    nats: float = math.nan

    @classmethod
    def of(cls, answers: Answers, binning: str) -> Reliability:
        """Bins of one width on [0, 1], or of as many words each (to one)."""
        sure, total = answers.confidence, len(answers.confidence)
        if binning == WIDTH:
            place = np.minimum((sure * BINS).astype(int), BINS - 1)
        else:
            place = np.empty(total, dtype=int)
            place[np.argsort(sure, kind="stable")] = np.arange(total) * BINS // max(1, total)
        num = np.bincount(place, minlength=BINS)
        there = num > 0

        def counted(chosen: np.ndarray) -> tuple[int, ...]:
            return tuple(np.bincount(place[chosen], minlength=BINS)[there].tolist())

        means = np.bincount(place, weights=sure, minlength=BINS)[there] / num[there]
        return cls(
            tuple(num[there].tolist()), tuple(means.tolist()), counted(answers.right),
            () if answers.allowed is None else counted(answers.allowed),
            math.nan if answers.nats is None or not total else float(answers.nats.mean()),
        )  # fmt: skip

    @cached_property
    def total(self) -> int:
        return sum(self.num)

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean over words of |share right - mean confidence| of their bin.

        Source:   Guo et al. 2017, eq. 3, arXiv:1706.04599.
        """
        gaps = (abs(r - n * c) for n, c, r in zip(self.num, self.confidence, self.right, strict=True))
        return math.fsum(gaps) / max(1, self.total)

    def interval(self, hits: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) of each bin's 95 % interval of the share that is right, or of other `hits`."""
        return binomial(np.array(self.right if hits is None else hits), np.array(self.num))

    @property
    def mean_confidence(self) -> float:
        return math.fsum(n * c for n, c in zip(self.num, self.confidence, strict=True)) / max(1, self.total)

    @property
    def right_rate(self) -> float:
        return sum(self.right) / max(1, self.total)

    @property
    def allowed_rate(self) -> float:
        """NaN where that is not told."""
        return sum(self.allowed) / max(1, self.total) if self.allowed else math.nan

    def to_json(self) -> dict[str, Any]:
        """Plain values, confidences to six digits; what is not told is left out."""
        record = asdict(self) | {"confidence": [float(f"{c:.6g}") for c in self.confidence]}
        record["nats"] = None if math.isnan(self.nats) else float(f"{self.nats:.6g}")
        return {name: value for name, value in record.items() if value not in ((), None)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Reliability:
        """What `to_json` wrote."""
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in record.items()}
        return cls(**values)


def judged(log_p: np.ndarray, true: np.ndarray, allowed: np.ndarray | None, temperature: float) -> Answers:
    """What the surest words of K cells come to when their distributions (K, V) are re-shaped.

        p_T(v) proportional to p(v)^(1 / T)

    The surest word stays the surest, so only its confidence changes. Args: true: (K,) ids.
    """
    scaled = log_p / temperature
    top = scaled.max(-1)
    total = top + np.log(np.exp(scaled - top[:, None]).sum(-1))
    of_true = np.take_along_axis(scaled, true[:, None], -1)[:, 0]
    return Answers(np.exp(top - total), log_p.argmax(-1) == true, allowed, total - of_true)
