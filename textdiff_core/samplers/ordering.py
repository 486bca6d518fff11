"""Samplers of the absorbing process that write a number of words the schedule sets, best first; none is taken back.

They differ in what is best, and so in which cells are written at a step. Scores are taken from the model's own
probabilities, as they are shown: those that words are drawn by would be 1 in every cell at temperature 0.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.draws import pick
from textdiff_core.registry import knob
from textdiff_core.samplers.base import EVEN, Moment, Sampler, samplers
from textdiff_core.samplers.choosing import block_of, blocks_knob, foremost, gumbel, margin, write
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Ordered(Sampler):
    """Base: as many cells a step as the schedule expects, the highest scores first.

    Of m noisy cells ceil(m (alpha_s - alpha_t) / (1 - alpha_t)) are written, so that the counts differ by
    at most one where the schedule is linear, larger first (12 cells in 5 steps: 3, 3, 2, 2, 2).
    """

    rule: ClassVar[str] = "count"

    def score(self, now: Moment, u: Tensor) -> Tensor:
        """(B, L) float64, higher is written sooner. Args: u: (B, L) the uniforms that words are drawn by."""
        raise NotImplementedError

    def count(self, expected: Tensor) -> Tensor:
        """A whole number of cells, from how many are expected."""
        return (expected - EVEN).ceil()

    def chosen(self, now: Moment, u: Tensor) -> Tensor:
        """(B, L) bool: the open cells to write."""
        quota = self.count(now.open.sum(-1, keepdim=True) * now.rate)
        return foremost(self.score(now, u), now.open, quota)

    def step(self, process: Any, now: Moment) -> Tensor:
        (u,) = now.uniform()
        return write(now, self.chosen(now, u), u)


@dataclass(frozen=True)
class Blockwise(Ordered):
    """Base: one block after the other, if asked for; in each block as many cells a step as its time expects.

    Block c of n has the stretch of alpha from c / n to (c + 1) / n. On the linear schedule with steps that are a
    multiple of the blocks that gives LLaDA's counts in every block. What an edit made noise in a block whose time is
    over is written over all that is left.
    Source:   LLaDA arXiv:2502.09992, semi-autoregressive remasking.
    """

    blocks: int = blocks_knob()

    def chosen(self, now: Moment, u: Tensor) -> Tensor:
        import torch

        if self.blocks == 1:
            return super().chosen(now, u)
        block = block_of(now.free, self.blocks).where(now.open, self.blocks)  # what is closed comes last
        num = torch.zeros(len(block), self.blocks + 1, dtype=torch.int64)
        num = num.scatter_add(-1, block, torch.ones_like(block))
        quota = self.count(num[:, :-1] * self._share(now))
        quota = torch.cat([quota, quota.new_zeros(len(quota), 1)], dim=-1)
        order = self.score(now, u).argsort(dim=-1, descending=True, stable=True)
        order = order.gather(
            -1, block.gather(-1, order).argsort(dim=-1, stable=True)
        )  # by block, then by score
        block = block.gather(-1, order)
        rank = torch.arange(block.shape[-1]) - (num.cumsum(-1) - num).gather(-1, block)
        first = rank < quota.gather(-1, block)
        return first.scatter(-1, order, first)

    def _share(self, now: Moment) -> Tensor:
        """(B, blocks) of the cells that are noise in each block: how many of them a step writes."""
        import torch

        edge = torch.arange(self.blocks + 1, dtype=torch.float64) / self.blocks
        begin, end = edge[:-1].maximum(now.alpha_t[:, None]), edge[1:]
        over = end - begin < EVEN
        share = ((now.alpha_s[:, None] - begin) / (end - begin).masked_fill(over, 1.0)).clamp(0.0, 1.0)
        return torch.where(over, now.rate, share)


@dataclass(frozen=True)
class Scored(Blockwise):
    """Base: judged by the model's answer, with what Dream adds: how counts are rounded, and chance in the order.

    Dream cuts counts to whole numbers, so that few words come early and the rest at the last step; its steps end at
    0.001, not at 0. With alg_temp cells are drawn without replacement in proportion to exp(score / alg_temp), here
    by adding Gumbel noise to the scores, which is the same.
    Source:   Dream arXiv:2508.15487 and its published code, `entropy`, `topk_margin`, `maskgit_plus`, `alg_temp`.
    """

    rounding: str = knob(
        "up", label="Counts are rounded", choices=("up", "down"),
        help="Up: even counts, the larger first, as LLaDA. Down: as Dream, the rest at the last step.",
    )  # fmt: skip
    alg_temp: float = knob(
        0.0, label="Chance in the order", min=0.0, max=10.0, step=0.05,
        help="0: the best scores come first. Higher: cells are drawn, in proportion to exp(score / this).",
    )  # fmt: skip

    def count(self, expected: Tensor) -> Tensor:
        return super().count(expected) if self.rounding == "up" else (expected + EVEN).floor()

    def score(self, now: Moment, u: Tensor) -> Tensor:
        score = self.sure(now, u)
        return score + self.alg_temp * gumbel(now.uniform()[0]) if self.alg_temp else score

    def sure(self, now: Moment, u: Tensor) -> Tensor:
        """(B, L) how sure the model is. Args: u: as in `score`."""
        raise NotImplementedError


@samplers.register("confidence")
@dataclass(frozen=True)
class Confidence(Scored):
    """The cells whose word is surest come first.

    Judged by the best word, one word a step is exact; judged by the word just drawn it is not, even then,
    because lucky draws come early (total variation 0.21 on the two-cell example of the tests). No word is
    ever taken back: "low-confidence remasking" in LLaDA is this rule.
    Source:   MaskGIT arXiv:2202.04200 without its Gumbel noise; LLaDA arXiv:2502.09992 for "drawn".
    """

    by: str = knob(
        "best", label="Judged by", choices=("best", "drawn"),
        help="The probability of the best word, or of the word that was drawn (as LLaDA does).",
    )  # fmt: skip

    def sure(self, now: Moment, u: Tensor) -> Tensor:
        if self.by == "best":
            return now.model.amax(-1)
        return drawn(now, u)


@samplers.register("entropy")
@dataclass(frozen=True)
class Entropy(Scored):
    """The cells with the least entropy (in nats) come first. Source: Dream arXiv:2508.15487, there called entropy."""

    def sure(self, now: Moment, u: Tensor) -> Tensor:
        return now.model.xlogy(now.model).sum(-1)


@samplers.register("margin")
@dataclass(frozen=True)
class Margin(Scored):
    """The cells where the best word leads the second by most come first. Source: Dream, there called topk_margin."""

    def sure(self, now: Moment, u: Tensor) -> Tensor:
        return margin(now.model)


@samplers.register("random")
@dataclass(frozen=True)
class Random(Blockwise):
    """Cells in random order, an even number a step. Source: LLaDA arXiv:2502.09992, there called random."""

    def score(self, now: Moment, u: Tensor) -> Tensor:
        return now.uniform()[0]


@samplers.register("left-to-right")
@dataclass(frozen=True)
class LeftToRight(Ordered):
    """Cells in reading order, as an autoregressive model writes."""

    def score(self, now: Moment, u: Tensor) -> Tensor:
        import torch

        return -torch.arange(u.shape[-1]).double().expand_as(u)


@samplers.register("halton")
@dataclass(frozen=True)
class Halton(Ordered):
    """Cells in a fixed order that keeps those of one step far apart: the van der Corput sequence.

    The n-th number has the binary digits of n behind the point in reverse (0, 1/2, 1/4, 3/4, 1/8, ...), and names
    the cell that far along the canvas. The model is not asked for the order, so one word a step is exact.
    Source:   Halton scheduler arXiv:2503.17076, for images in two dimensions, bases 2 and 3; here one, base 2.
    """

    def score(self, now: Moment, u: Tensor) -> Tensor:
        import torch

        return -torch.tensor(van_der_corput(u.shape[-1])).double().expand_as(u)


@functools.lru_cache
def van_der_corput(length: int) -> tuple[int, ...]:
    """For each cell when the sequence first comes to it: 4 cells 0, 2, 1, 3."""
    digits = max(1, (length - 1).bit_length())
    first: dict[int, int] = {}
    for n in range(2**digits):
        turned = int(f"{n:0{digits}b}"[::-1], 2)
        first.setdefault(turned * length >> digits, n)
    return tuple(first[cell] for cell in range(length))


@samplers.register("maskgit")
@dataclass(frozen=True)
class MaskGIT(Ordered):
    """Of all words drawn those with the highest log p + Gumbel noise stay, on MaskGIT's own cosine clock.

    After step i of N, r = i / N of the way, floor(L cos(pi r / 2)) cells are noise, at least one until the last
    step; the noise in the order has the factor temperature (1 - r). So steps are few words at first and many at the
    end, and schedule and grid are not used. Judged by drawn words it is not exact at any number of steps.
    Source:   MaskGIT arXiv:2202.04200 section 3.2 and its code: temperature 4.5 for images.
    """

    heat: float = knob(
        4.5, label="Chance in the order", min=0.0, max=20.0, step=0.1,
        help="Factor of the noise that is added to the log-probability of drawn words; it falls to 0 along the way.",
    )  # fmt: skip

    def times(
        self, schedule: Schedule, grid: np.ndarray, share: float, noisy: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        done = np.arange(len(grid)) / (len(grid) - 1)
        alpha = np.where(done < 1, 1 - np.cos(done * np.pi / 2), 1.0)
        return self.own_times(schedule, alpha, share, len(rngs))

    def score(self, now: Moment, u: Tensor) -> Tensor:
        import torch

        left = (1 - now.alpha_s).clamp(0.0, 1.0).asin()[:, None] * (2 / torch.pi)  # 1 - r
        return drawn(now, u).log() + self.heat * left * gumbel(now.uniform()[0])

    def chosen(self, now: Moment, u: Tensor) -> Tensor:
        num, rest = now.open.sum(-1), int(now.free.sum()) * (1 - now.alpha_s)
        stay = (rest + EVEN).floor().minimum(num - 1).clamp_min(1).masked_fill(now.alpha_s == 1, 0)
        return foremost(self.score(now, u), now.open, (num - stay)[:, None])


def drawn(now: Moment, u: Tensor) -> Tensor:
    """(B, L) the model's probability of the words that the uniforms u (B, L) draw."""
    return now.model.gather(-1, pick(now.p_x0, u)[..., None])[..., 0]
