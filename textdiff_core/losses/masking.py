"""Losses of masked diffusion.

All three have the same minimiser, the exact posterior of each hidden word; they differ in how strongly
each noise level pulls and in how much the estimate scatters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import stratified, uniform
from textdiff_core.losses.base import DRAWS, LEAST_NOISE, Loss, LossTerms, losses, mean_terms, spread

if TYPE_CHECKING:
    from torch import Generator, Tensor

LONGEST_CHAIN = 48  # cells of a canvas that is validated word by word


@dataclass(frozen=True)
class Masking(Loss):
    """Base: hides words, then scores them by their cross-entropy; validated along any order.

    The two halves are apart so that one noisy text can be scored by every loss.

    Attributes:
        bound: what is minimised is the likelihood bound itself: the mean of `LossTerms.nelbo`, per cell.
    """

    bound: ClassVar[bool] = True

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        t, hidden = self.hide(process, x_0, rng=rng)
        return self.score(process, denoiser, x_0, t, hidden, teacher)

    def hide(self, process: Any, x_0: Tensor, *, rng: Generator) -> tuple[Tensor, Tensor]:
        """A noisy version of each text: its noise level (B,) and its hidden cells (B, L) bool."""
        raise NotImplementedError

    def score(
        self, process: Any, denoiser: Any, x_0: Tensor, t: Tensor, hidden: Tensor, teacher: Any = None
    ) -> LossTerms:
        """The loss of these noisy versions. Args: t, hidden: as `hide` returns them; teacher: as in `__call__`."""
        raise NotImplementedError

    def weight(self, process: Any, t: Tensor, hidden: Tensor) -> Tensor:
        """(B,) float64 what the nats of each hidden word are multiplied by, to be added up to the text's `nelbo`; or,
        by a loss that is no bound, to the batch's objective."""
        raise NotImplementedError

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        """Along one whole order where the canvas is short; a long one would take as many calls as it has cells, and
        is counted in some noisy versions, the same at every validation."""
        if x_0.shape[1] <= LONGEST_CHAIN:
            return chain(process, denoiser, x_0, rng=rng)
        return mean_terms([Count()(process, denoiser, x_0, rng=rng) for _ in range(DRAWS)])


@losses.register("count")
@dataclass(frozen=True)
class Count(Masking):
    """NELBO by counts: hide exactly l of L cells, l spread evenly over 1..L; (L / l) * sum of nats.

    The same expectation as the continuous-time NELBO and a smaller variance, since the number of hidden
    cells is no longer drawn. l = 1 + floor(L u) with stratified u is unbiased (rounding a linspace is not).
    Source:   LLaDA arXiv:2502.09992 eq. 6; equal to the any-order chain, arXiv:2110.02037.
    """

    def hide(self, process: Any, x_0: Tensor, *, rng: Generator) -> tuple[Tensor, Tensor]:
        batch, length = x_0.shape
        count = 1 + (stratified(batch, rng) * length).long()  # (B,)
        rank = uniform((batch, length), rng).argsort(-1).argsort(-1)
        return count / length, rank < count[:, None]

    def score(
        self, process: Any, denoiser: Any, x_0: Tensor, t: Tensor, hidden: Tensor, teacher: Any = None
    ) -> LossTerms:
        length, share = x_0.shape[1], hidden.sum(-1) / x_0.shape[1]
        nats = _hidden_nats(denoiser, x_0, hidden, process.noise_id, share, teacher).sum(-1)
        nelbo = self.weight(process, t, hidden).to(nats) * nats
        return LossTerms(nelbo.mean() / length, nelbo.detach(), share, nelbo.detach() / length)

    def weight(self, process: Any, t: Tensor, hidden: Tensor) -> Tensor:
        return hidden.shape[1] / hidden.sum(-1).clamp_min(1).double()


@losses.register("nelbo")
@dataclass(frozen=True)
class Nelbo(Masking):
    """Continuous-time NELBO: t stratified over (0, 1], weight -dalpha / (1 - alpha) on each hidden word.

    Source:   MDLM arXiv:2406.07524 eq. 10, MD4 arXiv:2406.04329 eq. 4. Times start at 0.001, so the estimate
    is low by about one part in a thousand.
    """

    def hide(self, process: Any, x_0: Tensor, *, rng: Generator) -> tuple[Tensor, Tensor]:
        t = LEAST_NOISE + (1 - LEAST_NOISE) * stratified(x_0.shape[0], rng)
        return t, process.open(process.corrupt(x_0, t, rng=rng))

    def score(
        self, process: Any, denoiser: Any, x_0: Tensor, t: Tensor, hidden: Tensor, teacher: Any = None
    ) -> LossTerms:
        nats, count = _hidden_nats(denoiser, x_0, hidden, process.noise_id, t, teacher), hidden.sum(-1)
        nelbo = Nelbo.weight(self, process, t, hidden) * nats.sum(-1)
        mean = nats.detach().sum(-1) / count.clamp_min(1)
        objective = self._objective(nelbo, nats, hidden)
        return LossTerms(objective, nelbo.detach(), count / x_0.shape[1], mean)

    def weight(self, process: Any, t: Tensor, hidden: Tensor) -> Tensor:
        return process.schedule.weight(t) * (1 - LEAST_NOISE)

    def _objective(self, nelbo: Tensor, nats: Tensor, hidden: Tensor) -> Tensor:
        return nelbo.mean() / nats.shape[1]


@losses.register("cross-entropy")
@dataclass(frozen=True)
class CrossEntropy(Nelbo):
    """Plain cross-entropy: every hidden word of the batch counts the same, so noisy texts pull hardest.

    Not a bound on the likelihood; `nelbo` is still reported. This is BERT's loss, at all masking rates.
    """

    bound: ClassVar[bool] = False

    def weight(self, process: Any, t: Tensor, hidden: Tensor) -> Tensor:
        return (1 / hidden.sum().clamp_min(1).double()).expand(len(hidden))

    def _objective(self, nelbo: Tensor, nats: Tensor, hidden: Tensor) -> Tensor:
        return nats.sum() / hidden.sum().clamp_min(1)


def chain(process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
    """The likelihood bound along one random order for each text: hide one word more at a time, L calls.

    Unbiased for the NELBO like `Count`, but its parts telescope: with the exact denoiser it is -ln p(x_0)
    without any scatter, so the gap to a known entropy is measured far more sharply.
    Returns:  LossTerms with noise and cross_entropy of shape (L,): level l / L, mean nats of all words hidden
              there.   objective: mean nats per cell.
    Source:   any-order autoregression, arXiv:2110.02037; mathematics section 3.2 (D).
    """
    import torch

    batch, length = x_0.shape
    rank = uniform((batch, length), rng).argsort(-1).argsort(-1)
    nelbo = torch.zeros(batch, dtype=torch.float64, device=x_0.device)
    by_level = torch.zeros(length, dtype=torch.float64)
    for count in range(1, length + 1):
        t = torch.full((batch,), count / length, dtype=torch.float64, device=x_0.device)
        nats = _hidden_nats(denoiser, x_0, rank < count, process.noise_id, t).double()
        nelbo += nats[rank == count - 1]
        by_level[count - 1] = nats.sum() / (batch * count)
    level = torch.arange(1, length + 1, dtype=torch.float64) / length
    return LossTerms(nelbo.mean() / length, nelbo, level, by_level)


def _hidden_nats(
    denoiser: Any, x_0: Tensor, hidden: Tensor, noise_id: int, t: Tensor, teacher: Any = None
) -> Tensor:
    """(B, L) -ln p(x_0) of the hidden cells given the others, averaged over the teacher's words if there
    is one; 0 elsewhere."""
    import torch

    x_t = x_0.masked_fill(hidden, noise_id)
    logits = denoiser(x_t, t, where=hidden)  # (K, V)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # an exact denoiser's stay float64
    target = (
        x_0[hidden] if teacher is None else teacher(x_t, t, where=hidden).exp().to(logits)
    )  # ids or shares
    nats = torch.nn.functional.cross_entropy(logits, target, reduction="none")
    return spread(nats, hidden)
