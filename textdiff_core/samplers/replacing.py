"""Samplers of the uniform process: at every step any open cell may become another word, until t = 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.draws import pick
from textdiff_core.registry import knob
from textdiff_core.samplers.base import Moment, Sampler, samplers
from textdiff_core.samplers.choosing import foremost, gumbel
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor


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


@samplers.register("gibbs-corrector")
@dataclass(frozen=True)
class GibbsCorrector(Posterior):
    """The posterior's step, and then sweeps at rest that draw some cells anew, given all the others.

    A cell's word is drawn from p_t(x^i | the others), which is alpha x + (1 - alpha) / V with the leave-one-out
    prediction x; what is distributed as p_t stays so when cells are chosen by chance and drawn one a sweep. Drawn
    together they do not know of each other. The reference chooses cells by how much better another word would be,
    which depends on the words themselves and does not leave p_t alone; the knob does that.
    A step is still one network call: of N steps asked for, with k sweeps about N / (k + 1) are the posterior's, and
    the others are spread evenly over the times between. With few steps that is a loss, with many a gain.
    Source:   leave-one-out predictor-corrector arXiv:2605.22765; predictor-corrector arXiv:2205.14987.
    """

    rests: ClassVar[bool] = True

    sweeps: int = knob(
        1, label="Sweeps after a step", min=0, max=16, step=1,
        help="So many of the steps asked for stay at one noise level and only correct; 0 is the posterior alone.",
    )  # fmt: skip
    cells: int = knob(
        1, label="Cells drawn anew", min=1, max=512, step=1,
        help="How many cells a sweep draws anew at once. One at a time is exact; more do not know of each other.",
    )  # fmt: skip
    choose: str = knob(
        "random", label="Cells are chosen", choices=("random", "doubt"),
        help="By chance, or sooner where another word is likelier than the one there.",
    )  # fmt: skip

    def times(
        self, schedule: Schedule, grid: np.ndarray, share: float, noisy: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        way = super().times(schedule, grid, share, noisy, rngs)[0]
        num = len(way) - 1
        steps = min(num, -(-(num + self.sweeps) // (1 + self.sweeps)))  # of the posterior
        if steps < 2:
            return np.broadcast_to(way, (len(rngs), num + 1))
        own = np.interp(np.linspace(0, num, steps + 1), np.arange(num + 1), way)
        stops, rest = divmod(num - steps, steps - 1)
        held = np.concatenate([[1], 1 + stops + (np.arange(steps - 1) < rest), [1]])
        return np.broadcast_to(np.repeat(own, held), (len(rngs), num + 1))

    def step(self, process: Any, now: Moment) -> Tensor:
        if not bool((now.alpha_s == now.alpha_t).all()):
            return super().step(process, now)
        which, ticket = now.uniform(2)
        p = process.ratios(now.state, now.p_x0, now.alpha_t)
        if self.choose == "doubt":
            ticket = doubt(p, now.state) + gumbel(ticket)
        chosen = foremost(ticket, now.open, self.cells)
        return pick(p, which).where(chosen, now.state)


def doubt(p: Tensor, state: Tensor) -> Tensor:
    """(B, L) ln of how much likelier the best other word is than the one there, by weights p (B, L, V)."""
    there = state[..., None]
    return p.scatter(-1, there, 0.0).amax(-1).log() - p.gather(-1, there)[..., 0].log()
