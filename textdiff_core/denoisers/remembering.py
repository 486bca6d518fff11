"""`Remembering`: a causal transformer that reads each word of a run once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from textdiff_core.denoisers.transformer import TransformerDenoiser


class Memory:
    """Keys and values, each (B, H, n, D/H), of the cells that one causal block has read."""

    def __init__(self) -> None:
        self.kept: tuple[Tensor, Tensor] | None = None

    def cut(self, num: int) -> None:
        """Forgets all but the first `num` cells."""
        self.kept = (
            None if self.kept is None or not num else (self.kept[0][:, :, :num], self.kept[1][:, :, :num])
        )

    def add(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Those of all cells up to here."""
        if self.kept is not None:
            k, v = torch.cat([self.kept[0], k], dim=2), torch.cat([self.kept[1], v], dim=2)
        self.kept = k, v
        return k, v


class Remembering:
    """A causal denoiser during one run. What its blocks made of the words read so far is kept (their keys and
    values), so that a word more costs one cell and not the whole text.

    It goes by the words themselves: what differs from the last question is read again from there on, so that after an
    edit, or with other texts in the batch, the answer is that of the denoiser itself.
    """

    def __init__(self, denoiser: TransformerDenoiser) -> None:
        self.denoiser = denoiser
        self.memory = [Memory() for _ in denoiser.blocks]
        self.read = torch.empty(0, 0, dtype=torch.int64)  # (B, n) what was read, as the denoiser shifts it

    def __call__(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """As `TransformerDenoiser.forward`."""
        if where is None or not bool(where.any()):
            return self.denoiser(state, noise, where=where)
        columns = where.any(0).nonzero()[:, 0]
        first, end = int(columns[0]), int(columns[-1]) + 1
        shifted = self.denoiser.shifted(state)[:, :end]
        first = min(first, self._known(shifted))
        for one in self.memory:
            one.cut(first)
        x = self.denoiser.read_on(shifted[:, first:], first, self.memory)
        self.read = shifted
        return self.denoiser.head(self.denoiser.norm(x[where[:, first:end]]))

    def _known(self, shifted: Tensor) -> int:
        """The number of cells at the left that were read already, in every text."""
        if len(self.read) != len(shifted):
            return 0
        num = min(self.read.shape[1], shifted.shape[1])
        same = (self.read[:, :num] == shifted[:, :num]).all(0)
        return int(same.long().cumprod(0).sum())


def remembering(denoiser: Any) -> Any:
    """The denoiser as one run asks it: a causal transformer with a memory of its own, any other as it is."""
    causal = isinstance(denoiser, TransformerDenoiser) and denoiser.config.causal
    return Remembering(denoiser) if causal else denoiser
