"""95 % intervals: of shares that were counted, and of means."""

from __future__ import annotations

import math

import numpy as np


def binomial(hits: np.ndarray | int, total: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of the 95 % interval of a share of which `hits` in `total` independent draws were seen.

    Exact: whatever the share is, at least 95 % of such intervals hold it. Nothing drawn gives (0, 1).
    Args:     hits, total: of one shape.
    Source:   Clopper and Pearson 1934, by the inverse of the regularised incomplete beta function.
    """
    from scipy.special import betaincinv  # type: ignore[import-untyped]

    k, n = np.asarray(hits, dtype=np.float64), np.asarray(total, dtype=np.float64)
    low = betaincinv(np.maximum(k, 1), n - k + 1, 0.025)
    high = betaincinv(k + 1, np.maximum(n - k, 1), 0.975)
    return np.where(k > 0, low, 0.0), np.where(k < n, high, 1.0)


def of_mean(values: np.ndarray) -> float:
    """Half the 95 % interval of the mean of independent draws, by Student's t; two draws at least."""
    return _students_t(len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))


def of_strata(values: np.ndarray, level: np.ndarray) -> float:
    """The same for one draw in each stratum of the noise level (N,): only what neighbours differ by is scatter.

    Args:     values, level: (N,), N even.
    Source:   collapsed strata, Cochran 1977, *Sampling techniques*, section 5A.12; rather too wide than too narrow.
    """
    pairs = values[np.argsort(level, kind="stable")].reshape(-1, 2)
    error = math.sqrt(float(np.square(pairs[:, 0] - pairs[:, 1]).sum())) / len(values)
    return _students_t(len(pairs)) * error


def _students_t(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
