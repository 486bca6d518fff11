"""The loss of masked diffusion with insertion: what each mask is, and how many words each gap lacks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import stratified
from textdiff_core.losses.base import (
    DRAWS,
    LEAST_NOISE,
    Loss,
    LossTerms,
    losses,
    mean_terms,
    some_given,
    spread,
)

if TYPE_CHECKING:
    from torch import Generator, Tensor

LEAST_COUNT = 1e-6  # expected numbers are not taken to be smaller, so that no logarithm is infinite


@losses.register("insertion")
@dataclass(frozen=True)
class Inserting(Loss):
    """Continuous-time bound of masked diffusion with insertion, with g missing words told and g^ predicted,

        -alpha' / (1 - alpha) [ sum over masks of -ln p(word) + sum over gaps of g^ - g + g ln(g / g^) ].

    Its smallest value is -ln p(x_0) + c(n) for a text of n words, see `order_nats`. Texts of 45 words pay fifty
    nats for their order, so the bound says nothing about perplexity and is not comparable with that of other
    processes.

    It is linear in the word and in g but for g ln g, where the prediction is not, so shares of words and an expected g
    may stand for what was told: with a teacher's the gradient has the same mean. That is exact where no words are
    given. What is given the teacher takes for spared by noise alone, as every denoiser has to that isn't told.
    Source:   FlexMDM arXiv:2509.01025, its loss.
    """

    serves: ClassVar[tuple[str, ...]] = ("insertion",)

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        t = LEAST_NOISE + (1 - LEAST_NOISE) * stratified(len(x_0), rng)
        given = some_given((x_0.shape[0], x_0.shape[1]), rng)
        return _terms(process, denoiser, x_0, t, given, rng, teacher)

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        import torch

        none = torch.zeros_like(x_0, dtype=torch.bool)
        times = LEAST_NOISE + (1 - LEAST_NOISE) * stratified(DRAWS * len(x_0), rng).view(DRAWS, -1)
        parts = [_terms(process, denoiser, x_0, t, none, rng, None) for t in times]
        return mean_terms(parts)


def _terms(
    process: Any, denoiser: Any, x_0: Tensor, t: Tensor, given: Tensor, rng: Generator, teacher: Any
) -> LossTerms:
    """Args: t: (B,) noise levels.   given: (B, L) bool, the words that noise spares."""
    state = process.hold(process.corrupt(x_0, t, rng=rng), given & process.real(x_0), x_0)
    where, noise = process.open(state), 1 - process.schedule.alpha(t)
    answer = process.ask(denoiser, state, noise, where, None)
    words, missing = _nats(process, state, answer, x_0[where], told_gaps(process, x_0, state))
    # The sliver of times below LEAST_NOISE is left out.
    weight = process.schedule.weight(t) * (1 - LEAST_NOISE)
    nelbo = objective = weight * (words + missing)
    if teacher is not None:
        shares, gaps = process.ask(teacher, state, noise, where, None)
        objective = weight * sum(_nats(process, state, answer, shares.exp(), gaps))
    mean = words.detach() / where.sum(-1).clamp_min(1)
    return LossTerms(objective.mean() / x_0.shape[1], nelbo.detach(), noise, mean)


def _nats(
    process: Any, state: Tensor, answer: tuple[Tensor, Tensor], words: Tensor, gaps: Tensor
) -> tuple[Tensor, Tensor]:
    """(B,) what the answer's words cost, and (B,) what its gaps do.

    Args:     words: of the masks, ids (K,) or shares (K, V).   gaps: (B, L + 1) numbers of missing words.
    """
    import torch

    logits, predicted = answer[0].float(), answer[1].clamp_min(LEAST_COUNT)
    target = words.to(logits) if words.is_floating_point() else words
    surprise = torch.nn.functional.cross_entropy(logits, target, reduction="none")
    inside = torch.arange(gaps.shape[1], device=gaps.device) <= process.present(state).sum(-1, keepdim=True)
    missing = predicted - gaps + torch.xlogy(gaps, gaps) - gaps * predicted.log()
    return spread(surprise, process.open(state)).sum(-1), (missing * inside).sum(-1)


def order_nats(num: int) -> float:
    """c(n), the nats that the bound pays for the order in which n words come: 0.693 for 2, 1.561 for 3.

    The first word to come is each with probability 1 / n and parts the rest in two: c(n) = ln n plus the mean of
    c(k) + c(n - 1 - k) over k, that is ln n + 2 / n (c(0) + ... + c(n - 1)).
    """
    nats = [0.0]
    for n in range(1, num + 1):
        nats.append(math.log(n) + 2 / n * math.fsum(nats))
    return nats[num]


def told_gaps(process: Any, x_0: Tensor, state: Tensor) -> Tensor:
    """(B, L + 1) float64 words of x_0 that the state, made of it by `corrupt`, lacks in each gap."""
    import torch

    there = process.present(state)
    missing = process.real(x_0) & ~there
    told = torch.zeros(len(x_0), x_0.shape[1] + 1, dtype=torch.float64, device=x_0.device)
    return told.scatter_add(-1, there.cumsum(-1), missing.double())
