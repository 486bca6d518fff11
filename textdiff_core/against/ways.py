"""How both models write: one run a seed, by the denoising loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textdiff_core.against.found import CAUSAL, MASKED, ONE, Mean
from textdiff_core.intervals import of_mean
from textdiff_core.processes import processes
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

AT_ONCE = 20  # texts in a batch


def write(way: str, steps: int, denoiser: Any, corpus: Any, seeds: Sequence[int], keep: Any) -> Any:
    """The last frame of one run a seed. Args: steps: 0 is one a cell.   keep: as in `denoise`."""
    from textdiff_core.generate import denoise

    process = process_of(CAUSAL if way == ONE else MASKED, corpus)
    grid = grids.build("uniform").times(steps or keep.shape[-1])
    *_, last = denoise(process, denoiser, samplers.build(way), grid, seeds=seeds, keep=keep, record=False)
    return last


def process_of(name: str, corpus: Any) -> Any:
    """The process over the words of a corpus."""
    return processes[name](len(corpus.words), schedules.build("linear"))


def mean_of(values: np.ndarray) -> Mean:
    """The mean of independent texts' values with its interval; two at least."""
    return Mean(len(values), float(values.mean()), of_mean(values))
