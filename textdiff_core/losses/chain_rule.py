"""The loss of autoregressive models: each word given those before it, all of them in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.losses.base import Loss, LossTerms, losses

if TYPE_CHECKING:
    from torch import Generator, Tensor


@losses.register("next-word")
@dataclass(frozen=True)
class NextWord(Loss):
    """Cross-entropy of every word given the words before it: by the chain rule this is -ln p(x_0) itself, no bound.

    Nothing is drawn: one pass of a causal denoiser over the clean text answers for all its cells.
    Source:   the chain rule; the same sum that masking bounds over random orders, arXiv:2110.02037.
    """

    serves: ClassVar[tuple[str, ...]] = ("autoregressive",)

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        """As `Loss.__call__`; the level is 1, as each text is written as a whole."""
        import torch

        logits = _logits(denoiser, x_0)
        told = nats = word_nats(logits, x_0)  # (B, L)
        if teacher is not None:
            nats = word_nats(logits, teacher(x_0).exp().to(logits).transpose(1, 2))
        told = told.detach().double()
        return LossTerms(nats.mean(), told.sum(-1), torch.ones_like(told[:, 0]), told.mean(-1))

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        """-ln p(x_0), exact. By level: for cell i, from 0, the share 1 - i / L of words that are missing there."""
        import torch

        nats = word_nats(_logits(denoiser, x_0), x_0).detach().double()
        length = x_0.shape[1]
        level = 1 - torch.arange(length, dtype=torch.float64) / length
        return LossTerms(nats.mean(), nats.sum(-1), level, nats.mean(0))


def _logits(denoiser: Any, x_0: Tensor) -> Tensor:
    """(B, V, L) of every word given those before it; an exact denoiser's stay float64."""
    import torch

    logits: Tensor = denoiser(x_0)
    return logits.to(torch.promote_types(logits.dtype, torch.float32)).transpose(1, 2)


def word_nats(logits: Tensor, words: Tensor) -> Tensor:
    """(B, L) -ln p of the words. Args: logits: (B, V, L).   words: ids (B, L), or shares (B, V, L)."""
    import torch

    return torch.nn.functional.cross_entropy(logits, words, reduction="none")
