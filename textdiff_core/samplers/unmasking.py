"""Samplers of the absorbing process that write each noisy cell on its own, as the reverse process does.

Each noisy cell is written once and never taken back. Written words are drawn independently given the canvas
as it was, which is exact when a step writes one word and an approximation when it writes several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.draws import pick, uniform
from textdiff_core.registry import knob
from textdiff_core.samplers.base import Moment, Sampler, samplers
from textdiff_core.samplers.choosing import write
from textdiff_core.schedules import Schedule, namespace

if TYPE_CHECKING:
    from torch import Generator, Tensor

LEAST_ALPHA = 1e-300  # scores are ratios to the chance of noise, which is all there is at alpha = 0


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


@samplers.register("next-word")
@dataclass(frozen=True)
class NextWord(FirstHitting):
    """The first word that is missing, drawn given those before it: how an autoregressive model writes; exact.

    One network call a word, and with the keys and values of earlier words kept each call reads one cell. Times are
    those of "first-hitting", so both have as much to write at every noise level. Steps and grid are not used.
    Source:   the chain rule; Bengio et al. 2003 and, with transformers, arXiv:1706.03762, section 3.1.
    """

    serves: ClassVar[tuple[str, ...]] = ("autoregressive",)
    reads: ClassVar[str] = "next"

    def step(self, process: Any, now: Moment) -> Tensor:
        (which,) = now.uniform()
        return write(now, process.following(now.open), which)


@dataclass(frozen=True)
class OneDraw(Sampler):
    """Base: what each noisy cell becomes, a word or noise again, is one draw from V + 1 shares."""

    def words(self, p: Tensor, alpha_t: Tensor, alpha_s: Tensor) -> Tensor:
        """(K, V) shares of the words, from predictions p (K, V) and alphas (K, 1); noise has the rest."""
        raise NotImplementedError

    def step(self, process: Any, now: Moment) -> Tensor:
        import torch

        (u,) = now.uniform()
        alpha_t, alpha_s = (x[:, None].expand_as(u)[now.open][:, None] for x in (now.alpha_t, now.alpha_s))
        words = self.words(now.p_x0[now.open], alpha_t, alpha_s)
        stays = (1 - words.sum(-1, keepdim=True)).clamp_min(0.0).masked_fill(alpha_s == 1, 0.0)
        return now.state.masked_scatter(now.open, pick(torch.cat([words, stays], dim=-1), u[now.open]))


@samplers.register("d3pm")
@dataclass(frozen=True)
class D3PM(OneDraw):
    """Each noisy cell is drawn once from the posterior q(x_s | x_t, x_0) averaged over the predicted x_0.

    For masks the posterior has (alpha_s - alpha_t) / (1 - alpha_t) p for the words and the rest for noise: texts are
    distributed as by "ancestral". The paper's code takes the likeliest word at the last step instead of drawing it,
    which makes texts too likely; the knob does that. Its schedule 1 / (T - t + 1) is the linear one here.
    Source:   D3PM arXiv:2107.03006, eq. 3 and appendix A.
    """

    last: str = knob(
        "drawn", label="Last step", choices=("drawn", "best"),
        help="Words of the last step are drawn, or the likeliest are taken, as the paper's code does.",
    )  # fmt: skip

    def words(self, p: Tensor, alpha_t: Tensor, alpha_s: Tensor) -> Tensor:
        import torch

        if self.last == "best":
            best = torch.zeros_like(p).scatter_(-1, p.argmax(-1, keepdim=True), 1.0)
            p = torch.where(alpha_s == 1, best, p)
        return (alpha_s - alpha_t) / (1 - alpha_t) * p


@samplers.register("analytic")
@dataclass(frozen=True)
class Analytic(OneDraw):
    """Each noisy cell is drawn from Tweedie's formula in ratios of probabilities (scores).

    The score of a word is s = p alpha_t / (1 - alpha_t), and a step has (alpha_s / alpha_t - 1) s for it: with a
    denoiser that never predicts noise this is the posterior, and texts are distributed as by "ancestral". SEDD
    starts at alpha = 0.001, where ratios are finite, and needs one more call to get rid of the last noise; the limit
    is taken here, and the last step drops the noise itself.
    Source:   SEDD arXiv:2310.16834, section 4.2 and theorem 4.2.
    """

    def words(self, p: Tensor, alpha_t: Tensor, alpha_s: Tensor) -> Tensor:
        alpha = alpha_t.clamp_min(LEAST_ALPHA)
        score = alpha / (1 - alpha) * p
        return (alpha_s / alpha - 1) * score


@samplers.register("euler")
@dataclass(frozen=True)
class Euler(Sampler):
    """Cells are written at the reverse rate of time t, held fixed over the step; the last step writes all.

    The rate is w = -alpha'(t) / (1 - alpha_t); over h = t - s a cell is written with probability h w, cut at 1, or
    1 - exp(-h w). On the linear schedule the first is "ancestral" to the last digit; the second writes less early on.
    SEDD asks the model once more to write what is left at the end.
    Source:   SEDD arXiv:2310.16834, section 4.2; exponential: discrete flow matching arXiv:2407.15595 and its library.
    """

    form: str = knob(
        "clipped", label="Probability of a jump", choices=("clipped", "exponential"),
        help="Rate times the step, cut at 1; or 1 - exp(-rate × step), the chance of at least one event.",
    )  # fmt: skip

    in_numbers: ClassVar[str] = (
        "w · h = −α'(t) / (1 − α_t) · (t − s) = {weight} · {h} = {mean}, so P(a noisy cell is written) = *{chance}*"
    )

    def numbers(self, schedule: Schedule, t: np.ndarray, s: np.ndarray) -> dict[str, np.ndarray]:
        """weight: w.   h: t - s.   mean: their product.   chance: of being written."""
        weight = schedule.weight(t)
        return {"weight": weight, "h": t - s, "mean": weight * (t - s), "chance": self.chance(schedule, t, s)}

    def chance(self, schedule: Schedule, t: Any, s: Any) -> Any:
        """Probability that a noisy cell is written on the way from t to s; arrays of numpy or torch."""
        m, mean = namespace(t), schedule.weight(t) * (t - s)
        chance = m.clip(mean, 0, 1) if self.form == "clipped" else 1 - m.exp(-mean)
        return m.where(s == 0, 1.0, chance)

    def step(self, process: Any, now: Moment) -> Tensor:
        whether, which = now.uniform(2)
        return write(now, now.open & (whether < self.chance(process.schedule, now.t, now.s)[:, None]), which)
