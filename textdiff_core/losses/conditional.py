"""Losses of texts of which a part is given: the loss of the rest, under a denoiser that reads both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textdiff_core.losses.base import Loss, LossTerms

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Conditional:
    """-ln p(target | source) is bounded as -ln p(text) is: noise, levels and weights are those of the target alone,
    as if nothing else were there, and the network is shown the source as well. So any loss of ids serves unchanged.

    Attributes:
        loss: of the target's cells.   given: the other cells, 0-based, the same ones in every text.
    """

    loss: Loss
    given: tuple[int, ...]

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        """As `Loss.__call__`; everything counted per cell is per cell that is not given."""
        free = self._free(x_0)
        learned, exact = (one and Beside(one, x_0, free) for one in (denoiser, teacher))
        return self.loss(process, learned, x_0[:, free], rng=rng, teacher=exact)

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        """As `Loss.validation`; everything counted per cell is per cell that is not given."""
        free = self._free(x_0)
        return self.loss.validation(process, Beside(denoiser, x_0, free), x_0[:, free], rng=rng)

    def _free(self, x_0: Tensor) -> Tensor:
        """(K,) the cells that are not given."""
        import torch

        given = torch.tensor(self.given, device=x_0.device)
        return torch.ones_like(x_0[0], dtype=torch.bool).index_fill(0, given, False).nonzero()[:, 0]


@dataclass(frozen=True)
class Beside:
    """A denoiser of whole texts as one of their free cells, beside which the given ones stand.

    Attributes:
        denoiser: of the whole.   x_0: (B, L) whole texts.   free: (K,) the cells it is asked about.
    """

    denoiser: Any
    x_0: Tensor
    free: Tensor

    def __call__(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """(B, K, V) logits of the free cells in the state (B, K), or (N, V) for those in `where` (B, K) bool."""
        import torch

        whole = self.x_0.index_copy(1, self.free, state)
        if where is None:
            return self.denoiser(whole, noise)[:, self.free]
        asked = torch.zeros_like(whole, dtype=torch.bool).index_copy(1, self.free, where)
        return self.denoiser(whole, noise, where=asked)


def conditional(loss: Loss, given: Sequence[int]) -> Loss | Conditional:
    """The loss itself where nothing is given, else of the cells that are not."""
    return Conditional(loss, tuple(given)) if given else loss


__all__ = ["Beside", "Conditional", "conditional"]
