"""Samplers of the uniform process: at every step any open cell may become another word, until t = 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import pick
from textdiff_core.samplers.base import Moment, Sampler, samplers

if TYPE_CHECKING:
    from torch import Tensor


@samplers.register("posterior")
@dataclass(frozen=True)
class Posterior(Sampler):
    """Each cell is drawn from q(x_s | x_t, x_0) averaged over the predicted x_0, on its own.

    The reverse process itself: with one cell it is exact at any number of steps.
    Source:   D3PM arXiv:2107.03006; UDLM arXiv:2412.10193.
    """

    serves: ClassVar[tuple[str, ...]] = ("uniform",)

    def step(self, process: Any, now: Moment) -> Tensor:
        p = process.step_back(now.state, now.p_x0, now.alpha_t, now.alpha_s)
        return pick(p, now.uniform()[0]).where(now.open, now.state)


@samplers.register("tau-leaping")
@dataclass(frozen=True)
class TauLeaping(Sampler):
    """Cells jump at the reverse rates of time t, held fixed over the step; at the last step all are decided.

    The rate from x_t to j is -alpha'/(V alpha) R_j with R_j the ratio of marginals; over a step a cell jumps
    with probability 1 - exp(-rate ln(alpha_s / alpha_t)), at most once, in proportion to the rates. The last
    step draws x_0 itself, since the rates grow without bound as t goes to 0.
    Source:   SEDD arXiv:2310.16834 section 4.4; Campbell et al. arXiv:2205.14987.
    """

    serves: ClassVar[tuple[str, ...]] = ("uniform",)

    def step(self, process: Any, now: Moment) -> Tensor:
        import torch

        whether, which = now.uniform(2)
        ratio = process.ratios(now.state, now.p_x0, now.alpha_t).scatter(-1, now.state[..., None], 0.0)
        # d ln(alpha) over the step; unbounded where alpha_t = 0, and then every cell jumps.
        length = (now.alpha_s / now.alpha_t).log()[:, None]
        leaves = -torch.expm1(-length * ratio.sum(-1) / process.num_words)
        p = torch.where(now.alpha_s[:, None, None] == 1, now.p_x0, ratio)
        jumps = (whether < leaves) | (now.alpha_s == 1)[:, None]
        return pick(p, which).where(jumps & now.open, now.state)
