"""Samplers of the absorbing process that write as many words a step as the model's answer allows.

Where the model is sure, many words come at once and network calls are saved; where it is not, one. Steps and
grid are not used: how many there are is found on the way. Scores are the model's own probabilities, before
temperature and top-p, and never those of words that were drawn: so the choice depends on the canvas only, and
steps of one word are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.registry import knob
from textdiff_core.samplers.base import Moment, Sampler, samplers
from textdiff_core.samplers.choosing import blocks_knob, first_block, foremost, margin, write
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Adaptive(Sampler):
    """Base: writes the chosen cells, and ends the step at the share of noise that is left of it.

    `until` and `step` are given generators at their beginning, so that both see the same uniforms.
    """

    rule: ClassVar[str] = "adaptive"

    def numbers(self, schedule: Schedule, t: np.ndarray, s: np.ndarray) -> dict[str, np.ndarray]:
        """The knob that says how many words a step may write."""
        name, _ = self.trade
        return {name: np.full(len(t), getattr(self, name), dtype=np.float64)} if name else {}

    def chosen(self, now: Moment, u: Tensor) -> Tensor:
        """(B, L) bool: the open cells to write, at least one where there is any.

        Args:     u: (B, L) the uniforms that words are drawn by.
        """
        raise NotImplementedError

    def times(
        self, schedule: Schedule, grid: np.ndarray, share: float, noisy: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        """Here and the end; the times between are found on the way, see `until`."""
        way = [schedule.time(1 - share), 0.0] if share else [0.0]
        return np.tile(way, (len(rngs), 1))

    def until(self, process: Any, now: Moment) -> Tensor:
        """1 - (1 - alpha_t) (cells still noise after the step) / (cells that were noise).

        From a canvas of noise 1 - alpha is the share of the free cells that are noise. A draft is noised to a
        share that only its average keeps to; from there it falls in proportion.
        """
        (u,) = now.uniform()
        before = now.open.sum(-1)
        left = before - self.chosen(now, u).sum(-1)
        return 1 - (1 - now.alpha_t) * left / before.clamp_min(1)

    def step(self, process: Any, now: Moment) -> Tensor:
        (u,) = now.uniform()
        return write(now, self.chosen(now, u), u)


@dataclass(frozen=True)
class Surest(Adaptive):
    """Base: the cells whose best word is likeliest, as many as `num` says, at least one."""

    blocks: int = blocks_knob()

    def num(self, best: Tensor, where: Tensor) -> Tensor:
        """(B, 1) how many. Args: best: (B, L) the best word's probability.   where: (B, L) bool, cells it is of."""
        raise NotImplementedError

    def chosen(self, now: Moment, u: Tensor) -> Tensor:
        best, where = now.model.amax(-1), first_block(now, self.blocks)
        return foremost(best, where, self.num(best, where).clamp_min(1))


@samplers.register("threshold")
@dataclass(frozen=True)
class Threshold(Surest):
    """Every word that is at least tau sure is written, and always the surest.

    At tau = 1 only words that are certain come together, so it is exact; below, words are written together that
    do not know of each other. The paper decodes greedily in blocks of 32: temperature 0 and the knob do that. Its
    code judges by the drawn word, which prefers lucky draws; here it is the best word, the same when greedy.
    Source:   Fast-dLLM arXiv:2505.22618, section 3.3, tau = 0.9.
    """

    tau: float = knob(
        0.9, label="Threshold τ", min=0.0, max=1.0, step=0.01,
        help="Words with at least this probability are written together. Lower: fewer network calls.",
    )  # fmt: skip

    in_numbers: ClassVar[str] = "Written together: every word with P ≥ τ = *{tau}*, and always the surest"
    trade: ClassVar[tuple[str, tuple[float, ...]]] = (
        "tau", (1.0, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1),
    )  # fmt: skip

    def num(self, best: Tensor, where: Tensor) -> Tensor:
        return (where & (best >= self.tau)).sum(-1, keepdim=True)


@samplers.register("factor")
@dataclass(frozen=True)
class Factor(Surest):
    """The largest n words with (n + 1)(1 - c_n) < f, c_n being the n-th largest confidence; always at least one.

    The surer the least sure of them, the more words may come together. f = 0 writes one word a step. The form
    is that of the paper's theorem, by which greedy parallel decoding equals greedy decoding one by one where
    (n + 1)(1 - c) <= 1.
    Source:   Fast-dLLM arXiv:2505.22618, theorem 1 and algorithm 1, f about 1.
    """

    f: float = knob(
        1.0, label="Factor f", min=0.0, max=64.0, step=0.1,
        help="n words come together if (n + 1) times the doubt in the least sure is below it. Higher: fewer calls.",
    )  # fmt: skip

    in_numbers: ClassVar[str] = (
        "Written together: the n surest words, n the largest with (n + 1) (1 − P_n) < f = *{f}*; at least one"
    )
    trade: ClassVar[tuple[str, tuple[float, ...]]] = (
        "f", (0.0, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 16.0, 32.0),
    )  # fmt: skip

    def num(self, best: Tensor, where: Tensor) -> Tensor:
        import torch

        doubt = (1 - best).where(where, torch.inf).sort(-1).values
        n = torch.arange(1, doubt.shape[-1] + 1)
        return ((n + 1) * doubt < self.f).sum(-1, keepdim=True)  # it rises with n


@samplers.register("entropy-bound")
@dataclass(frozen=True)
class EntropyBound(Adaptive):
    """The longest run of the surest cells with sum H - max H <= gamma, H being entropies in nats.

    What words written together can know of each other is at most sum H - max H: so the error of a step, the
    Kullback-Leibler divergence between the joint distribution and the product, is at most gamma. gamma = 0 writes
    one word that is in doubt a step, with all that are certain, and is exact.
    Source:   EB-Sampler arXiv:2505.24857, algorithm 1; gamma from 0.01 to 1 there. A port of it loses 0 ln 0.
    """

    gamma: float = knob(
        0.1, label="Entropy bound γ", min=0.0, max=64.0, step=0.01,
        help="Nats that words written together may share at most. Higher: fewer network calls.",
    )  # fmt: skip
    proxy: str = knob(
        "entropy", label="Surest by", choices=("entropy", "confidence", "margin"),
        help="Least entropy, likeliest best word, or largest lead of the best word over the second.",
    )  # fmt: skip

    in_numbers: ClassVar[str] = (
        "Written together: the surest words, as long as Σ H − max H ≤ γ = *{gamma}* nats; at least one"
    )
    trade: ClassVar[tuple[str, tuple[float, ...]]] = (
        "gamma", (0.0, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 16.0, 32.0),
    )  # fmt: skip

    def chosen(self, now: Moment, u: Tensor) -> Tensor:
        import torch

        entropy = torch.special.entr(now.model).sum(-1)
        score = self._score(now, entropy).where(now.open, -torch.inf)
        score, order = score.sort(stable=True, dim=-1, descending=True)
        entropy = entropy.gather(-1, order)
        # It never falls as cells are added, so that the cells within the bound are a run from the first.
        shared = entropy.cumsum(-1) - entropy.cummax(-1).values
        within = (shared <= self.gamma) & (score > -torch.inf)
        within[..., :1] |= score[..., :1] > -torch.inf
        return within.scatter(-1, order, within)

    def _score(self, now: Moment, entropy: Tensor) -> Tensor:
        if self.proxy == "entropy":
            return -entropy
        return now.model.amax(-1) if self.proxy == "confidence" else margin(now.model)
