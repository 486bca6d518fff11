"""The loss of Gaussian diffusion over word vectors: cross-entropy at every level of noise."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import stratified, uniform
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

AGAIN = 0.5  # share of the batches in which the network sees its own first answer


@losses.register("embedding")
@dataclass(frozen=True)
class Embedding(Loss):
    """Cross-entropy of p(x_0 | z_t), with t even over [0.001, 1].

    With the linear schedule words vanish at a steady pace along t, so the levels are spread by how much is decided
    there: what CDCD's time warping learns from the data, this clock has by construction. In half of the
    batches the network is first asked without a gradient and then again with its own answer, as it is when
    texts are grown (self-conditioning).

    The bound is the diffusion part 1/2 integral of E|e(x_0) - x_hat|^2 d SNR, with x_hat the predicted mean, and the
    integral taken along the clock. In training the levels below 0.001 are left out, which for the exact
    denoiser takes off H(x_0 | z) at that level: less than 0.001 of the words are in doubt there. A validation
    puts it back: cross-entropy at level 0.001 is VDM's reconstruction term, and the bound is whole.
    Source:   CDCD arXiv:2211.15089; Plaid arXiv:2305.18619; VDM arXiv:2107.00630 eq. 17.
    """

    serves: ClassVar[tuple[str, ...]] = ("gaussian",)

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        t = LEAST_NOISE + (1 - LEAST_NOISE) * stratified(len(x_0), rng)
        given = some_given((x_0.shape[0], x_0.shape[1]), rng)
        again = bool(uniform((1,), rng) < AGAIN)
        state = process.hold(process.corrupt(x_0, t, rng=rng), given, x_0)
        return _terms(process, denoiser, x_0, state, t, ~given, again, teacher)

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        import torch

        where = torch.ones_like(x_0, dtype=torch.bool)
        least = torch.full((len(x_0),), LEAST_NOISE, dtype=torch.float64, device=x_0.device)
        parts = []
        for _ in range(DRAWS):
            t = LEAST_NOISE + (1 - LEAST_NOISE) * stratified(len(x_0), rng)
            state = process.corrupt(x_0, t, rng=rng)
            parts.append(_terms(process, denoiser, x_0, state, t, where, True, None))
        state = process.corrupt(x_0, least, rng=rng)
        rest = _terms(process, denoiser, x_0, state, least, where, True, None).cross_entropy
        bound = mean_terms(parts)
        nelbo = bound.nelbo + rest * x_0.shape[1]
        return dataclasses.replace(bound, objective=nelbo.mean() / x_0.shape[1], nelbo=nelbo)


def _terms(
    process: Any, denoiser: Any, x_0: Tensor, state: Tensor, t: Tensor, where: Tensor, again: bool, teacher: Any
) -> LossTerms:  # fmt: skip
    """Args: state: (B, L, V) at t (B,).   where: (B, L) bool, the cells to predict.   again: ask twice."""
    import torch

    noise, told = 1 - process.schedule.alpha(t), None
    if again:
        with torch.no_grad():
            logits, _ = process.ask(denoiser, state, noise, where, None)
            told = torch.zeros_like(state)
            told[where] = logits.softmax(-1)
    logits, _ = process.ask(denoiser, state, noise, where, told)  # (K, V)
    answer = x_0[where]
    nats = torch.nn.functional.cross_entropy(logits, answer, reduction="none")
    objective = nats
    if teacher is not None:
        shares = process.ask(teacher, state, noise, where, None)[0].softmax(-1)
        objective = torch.nn.functional.cross_entropy(logits, shares, reduction="none")
    with torch.no_grad():
        miss = (logits.softmax(-1) - process.vectors_of(answer)).square().sum(-1)
        weight = process.information(t) * (1 - LEAST_NOISE)
        nelbo = weight * spread(miss, where).sum(-1)
        mean = spread(nats, where).sum(-1) / where.sum(-1).clamp_min(1)
    return LossTerms(objective.sum() / x_0.numel(), nelbo, noise, mean)
