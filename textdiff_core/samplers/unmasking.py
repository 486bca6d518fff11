"""Samplers of the absorbing process that never take a word back: each noisy cell is written once.

They differ only in which cells are written at a step. Written words are drawn independently given the
canvas as it was, which is exact when a step writes one word and an approximation when it writes several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.draws import pick, uniform
from textdiff_core.registry import knob
from textdiff_core.samplers.base import EVEN, Moment, Sampler, samplers
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor


def write(now: Moment, chosen: Tensor, u: Tensor) -> Tensor:
    """The state with the chosen cells (B, L) bool written: words drawn from p_x0 by the uniforms u (B, L)."""
    return now.state.masked_scatter(chosen, pick(now.p_x0[chosen], u[chosen]))


@samplers.register("ancestral")
@dataclass(frozen=True)
class Ancestral(Sampler):
    """Each noisy cell is written with probability (alpha_s - alpha_t) / (1 - alpha_t), on its own.

    The reverse process itself. Whether a cell is written is drawn first and its word second, in float64.
    When nothing was written the model is not asked again, so L cells cost at most L calls however many
    steps there are: N (1 - (1 - 1/N)^L) calls are expected.
    Source:   MDLM arXiv:2406.07524, `ddpm_cache`.
    """

    def step(self, process: Any, now: Moment) -> Tensor:
        whether, which = now.uniform(2)
        return write(now, now.open & (whether < now.rate), which)


@samplers.register("first-hitting")
@dataclass(frozen=True)
class FirstHitting(Sampler):
    """One word a step, at the very times at which the reverse process would write one; exact.

    The times at which n noisy cells are written are n independent draws, so they are drawn at the start
    and sorted; which cell is written is even. Steps and grid are not used.
    Source:   arXiv:2409.02908, algorithm 2 (t <- t u^(1/n) one after the other gives the same times).
    """

    rule: ClassVar[str] = "one"

    def times(
        self, schedule: Schedule, grid: np.ndarray, share: float, noisy: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        hits = share * (1 - uniform((len(rngs), noisy), rngs).sort(-1).values.numpy())
        start = np.full((len(rngs), 1), share)
        return schedule.time(1 - np.concatenate([start, hits], axis=1))

    def step(self, process: Any, now: Moment) -> Tensor:
        ticket, which = now.uniform(2)
        ticket = ticket.where(now.open, -1.0)
        return write(now, now.open & (ticket == ticket.amax(-1, keepdim=True)), which)


@dataclass(frozen=True)
class Ordered(Sampler):
    """Base: as many cells a step as the schedule expects, the highest scores first.

    Of m noisy cells ceil(m (alpha_s - alpha_t) / (1 - alpha_t)) are written, so that the counts differ by
    at most one where the schedule is linear, larger first (12 cells in 5 steps: 3, 3, 2, 2, 2).

    Scores are taken from the model's own probabilities, as they are shown: those that words are drawn by
    would be 1 in every cell at temperature 0.
    """

    rule: ClassVar[str] = "count"

    def score(self, now: Moment, u: Tensor) -> Tensor:
        """(B, L) float64, higher is written sooner. Args: u: (B, L) the uniforms that words are drawn by."""
        raise NotImplementedError

    def step(self, process: Any, now: Moment) -> Tensor:
        import torch

        (u,) = now.uniform()
        quota = (now.open.sum(-1, keepdim=True) * now.rate - EVEN).ceil()  # (B, 1)
        order = (
            self.score(now, u).where(now.open, -float("inf")).argsort(dim=-1, descending=True, stable=True)
        )
        first = torch.arange(order.shape[-1]) < quota
        return write(now, first.scatter(-1, order, first) & now.open, u)


@samplers.register("confidence")
@dataclass(frozen=True)
class Confidence(Ordered):
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

    def score(self, now: Moment, u: Tensor) -> Tensor:
        if self.by == "best":
            return now.model.amax(-1)
        return now.model.gather(-1, pick(now.p_x0, u)[..., None])[..., 0]


@samplers.register("entropy")
@dataclass(frozen=True)
class Entropy(Ordered):
    """The cells with the least entropy (in nats) come first. Source: Dream arXiv:2508.15487, `entropy`."""

    def score(self, now: Moment, u: Tensor) -> Tensor:
        return now.model.xlogy(now.model).sum(-1)


@samplers.register("margin")
@dataclass(frozen=True)
class Margin(Ordered):
    """The cells where the best word leads the second by most come first. Source: Dream, `topk_margin`."""

    def score(self, now: Moment, u: Tensor) -> Tensor:
        best = now.model.topk(min(2, now.model.shape[-1]), dim=-1).values
        return best[..., 0] - best[..., -1]


@samplers.register("random")
@dataclass(frozen=True)
class Random(Ordered):
    """Cells in random order, an even number a step. Source: LLaDA arXiv:2502.09992, `random`."""

    def score(self, now: Moment, u: Tensor) -> Tensor:
        return now.uniform()[0]


@samplers.register("left-to-right")
@dataclass(frozen=True)
class LeftToRight(Ordered):
    """Cells in reading order, as an autoregressive model writes."""

    def score(self, now: Moment, u: Tensor) -> Tensor:
        import torch

        return -torch.arange(u.shape[-1]).double().expand_as(u)
