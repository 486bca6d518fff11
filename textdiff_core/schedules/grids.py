"""Time grids, on which a sampler steps: not noise schedules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textdiff_core.registry import Part, Registry, knob
from textdiff_core.schedules.curves import HALF_PI


@dataclass(frozen=True)
class Grid(Part):
    """Where a sampler's N + 1 times lie; not a noise schedule."""

    def times(self, num_steps: int) -> np.ndarray:
        """(N + 1,) float64, strictly decreasing from 1 to 0."""
        raise NotImplementedError


grids: Registry[Grid] = Registry("grid")


@grids.register("uniform")
@dataclass(frozen=True)
class Uniform(Grid):
    """Equal steps in t."""

    def times(self, num_steps: int) -> np.ndarray:
        return np.arange(num_steps, -1, -1) / num_steps


@grids.register("cosine")
@dataclass(frozen=True)
class CosineGrid(Grid):
    """t = sin(pi u / 2) for even u: small steps at the noisy start, large ones at the end (MD4 arXiv:2406.04329)."""

    def times(self, num_steps: int) -> np.ndarray:
        times = np.sin(HALF_PI * np.arange(num_steps, -1, -1) / num_steps)
        times[0], times[-1] = 1.0, 0.0
        return times


@grids.register("list")
@dataclass(frozen=True)
class ListGrid(Grid):
    """Times given one by one, "list:given=1/0.5/0"; the number of steps follows from them."""

    given: tuple[float, ...] = knob((1.0, 0.5, 0.0), label="Times", help="Decreasing from 1 to 0.")

    def __post_init__(self) -> None:
        super().__post_init__()
        falling = all(a > b for a, b in zip(self.given, self.given[1:], strict=False))
        if len(self.given) < 2 or self.given[0] != 1 or self.given[-1] != 0 or not falling:
            raise ValueError(f"a list of times must fall from 1 to 0, got {self.given}")

    def times(self, num_steps: int) -> np.ndarray:
        return np.array(self.given, dtype=np.float64)
