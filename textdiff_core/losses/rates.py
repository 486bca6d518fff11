"""The loss of uniform-state diffusion: how far the predicted reverse rates are from the true ones."""

from __future__ import annotations

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


@losses.register("rates")
@dataclass(frozen=True)
class Rates(Loss):
    """Continuous-time NELBO of the uniform process: the generalised KL between true and model reverse rates,

        -alpha' / (V alpha) sum_j [ r_j - R_j + R_j ln(R_j / r_j) ],  R_j = xbar_j / xbar_{x_t},

    xbar = V alpha x + 1 - alpha, for x the told word (R) and the leave-one-out prediction (r). Its minimiser
    is the leave-one-out posterior; plain cross-entropy would teach p(x_0 | x_t), which is another thing here.
    Source:   UDLM arXiv:2412.10193 eq. 18; as a Bregman divergence of rates, SEDD arXiv:2310.16834.
    """

    serves: ClassVar[tuple[str, ...]] = ("uniform",)

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        import torch

        t = LEAST_NOISE + (1 - LEAST_NOISE) * stratified(len(x_0), rng)
        given = some_given((x_0.shape[0], x_0.shape[1]), rng)
        x_t = torch.where(given, x_0, process.corrupt(x_0, t, rng=rng))
        return _batch_terms(process, denoiser, x_0, x_t, t, ~given, teacher)

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        import torch

        parts = []
        times = LEAST_NOISE + (1 - LEAST_NOISE) * stratified(DRAWS * len(x_0), rng)
        for t in times.split(len(x_0)):
            x_t = process.corrupt(x_0, t, rng=rng)
            parts.append(
                _batch_terms(process, denoiser, x_0, x_t, t, torch.ones_like(x_0, dtype=torch.bool), None)
            )
        return mean_terms(parts)


def _batch_terms(
    process: Any, denoiser: Any, x_0: Tensor, x_t: Tensor, t: Tensor, where: Tensor, teacher: Any
) -> LossTerms:
    noise = 1 - process.schedule.alpha(t)
    predicted = denoiser(x_t, noise, where=where).double().log_softmax(-1)  # (K, V)
    x = predicted.exp()
    # The sliver of times below LEAST_NOISE is left out of the integral.
    nats = (1 - LEAST_NOISE) * rate_terms(process, x_0, x_t, t, x, where)
    objective = nats
    if teacher is not None:
        exact = teacher(x_t, noise, where=where).exp()
        objective = (1 - LEAST_NOISE) * rate_terms(process, exact, x_t, t, x, where)
    surprise = -predicted.detach().gather(-1, x_0[where][:, None])[:, 0]
    mean = spread(surprise, where).sum(-1) / where.sum(-1).clamp_min(1)
    return LossTerms(objective.sum() / x_0.numel(), spread(nats.detach(), where).sum(-1), noise, mean)


def rate_terms(
    process: Any, true: Tensor, x_t: Tensor, t: Tensor, x: Tensor, where: Tensor | None = None
) -> Tensor:
    """Each cell's integrand of the NELBO at t, in nats.

    Args:     true: told words (B, L), or shares (K, V).   x_t: (B, L).   t: (B,) in (0, 1).
              x: (B, L, V) leave-one-out predictions, or (K, V) of the cells in `where`.
    Returns:  (B, L), or (K,).
    """
    import torch

    if where is None:
        everywhere = torch.ones_like(x_t, dtype=torch.bool)
        return rate_terms(process, true, x_t, t, x.flatten(0, 1), everywhere).view_as(x_t)
    if true.ndim == x_t.ndim and not true.is_floating_point():
        true = torch.nn.functional.one_hot(true[where], process.num_words).to(x)
    alpha, num = process.schedule.alpha(t), process.num_words
    weight = (-process.schedule.dalpha(t) / (num * alpha))[:, None].expand_as(x_t)[where]
    a, there = alpha[:, None].expand_as(x_t)[where][:, None], x_t[where][:, None]
    true, model = ((bar / bar.gather(-1, there)) for bar in (num * a * p + 1 - a for p in (true, x)))
    return weight * (model - true + true * (true / model).log()).sum(-1)
