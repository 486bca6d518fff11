"""From rows to points: means over seeds, and how sure they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.sweep.table import RULE, SETTINGS, measures

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]

LEVEL, RESAMPLES = 0.95, 2000


def points(rows: DataFrame) -> DataFrame:
    """One line a configuration, in the order of its first row.

    For each measure: its mean over seeds, and as <measure>_low and <measure>_high the ends of the 95 % percentile
    bootstrap interval of that mean; NaN ends where only one seed has the number, NaN altogether where none has.
    `seeds` says how many rows there are.

    Source:   Efron 1979; `scipy.stats.bootstrap`. With few seeds such an interval is too narrow: three are the least.
    """
    import pandas as pd

    told = []
    names = [name for name in rows.columns if name in measures() or name.startswith(RULE)]
    config = rows["cell"].str.rsplit("-", n=2).str[0]  # also what has no column, such as the register
    for _, group in rows.groupby([*SETTINGS, config], sort=False, dropna=False):
        first = group.iloc[0]
        point: dict[str, Any] = {name: first[name] for name in (*SETTINGS, "link")} | {"seeds": len(group)}
        values = group[names].to_numpy(np.float64).T  # (measures, seeds)
        for name, own, (low, high) in zip(names, values, intervals(values), strict=True):
            known = own[~np.isnan(own)]
            point |= {name: known.mean() if len(known) else math.nan}
            point |= {f"{name}_low": low, f"{name}_high": high}
        told.append(point)
    ends = [name + end for name in names for end in ("", "_low", "_high")]
    return pd.DataFrame(told, columns=[*SETTINGS, "link", "seeds", *ends])


def intervals(values: np.ndarray) -> np.ndarray:
    """(M, 2) the 95 % intervals of the means of M measures, (M, seeds); NaN for those with fewer than two numbers."""
    found = np.full((len(values), 2), math.nan)
    known = ~np.isnan(values)
    for number in set(known.sum(1)) - {0, 1}:  # the measures with as many numbers are drawn together
        own = known.sum(1) == number
        found[own] = _bootstrap(values[own][known[own]].reshape(-1, number))
    return found


def _bootstrap(values: np.ndarray) -> np.ndarray:
    from scipy.stats import bootstrap  # type: ignore[import-untyped]

    ends = bootstrap(
        (values,), np.mean, axis=-1, confidence_level=LEVEL, n_resamples=RESAMPLES, method="percentile",
        rng=np.random.default_rng(0), vectorized=True,
    ).confidence_interval  # fmt: skip
    return np.stack([ends.low, ends.high], axis=-1)
