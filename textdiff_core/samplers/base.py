"""What every sampler is: a pure step rule, and where its times lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.registry import Part, Registry
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from textdiff_core.draws import Rng

EVEN = 1e-9  # two shares of noise that differ by less are the same share


@dataclass(frozen=True)
class Sampler(Part):
    """A reverse step rule. It holds knobs and no state.

    Attributes:
        serves: names of the processes whose states the rule understands.
        rule: how many words a step writes. "expected": each noisy cell on its own, with the probability that
            the schedule gives; "count": a number that the schedule sets; "one": exactly one, at times the
            sampler draws itself, so that steps and grid are not used.
    """

    serves: ClassVar[tuple[str, ...]] = ("absorbing",)
    rule: ClassVar[str] = "expected"

    def times(
        self, schedule: Schedule, grid: np.ndarray, noisy: int, free: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        """(B, M + 1) times from here to 0, when `noisy` of `free` cells are noise.

        From a full canvas it is the whole grid; after an edit, the part of the grid that is not noisier
        than the canvas needs.
        """
        share = 1 - schedule.alpha(grid)
        start = int(np.flatnonzero(share >= noisy / max(1, free) - EVEN)[-1])
        return np.broadcast_to(grid[start:], (len(rngs), len(grid) - start))

    def step(
        self, process: Any, state: Tensor, p_x0: Tensor, t: Tensor, s: Tensor, *, rng: Rng, model: Tensor
    ) -> Tensor:
        """The state at time s, drawn given the state at time t and the model's prediction.

        Args:     state: (B, L) int64.   p_x0: (B, L, V) float64, by which words are drawn; one-hot where a
                  cell is a word already.   t, s: (B,) float64, s < t.   rng: one generator, or one a row.
                  model: (B, L, V) the model's own shares in noisy cells, before temperature and top-p.
        Returns:  (B, L) int64, a new tensor.
        """
        raise NotImplementedError


samplers: Registry[Sampler] = Registry("sampler")
