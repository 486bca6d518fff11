"""Intervals of shares that were counted."""

from __future__ import annotations

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
