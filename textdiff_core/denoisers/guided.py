"""`Guided`: a denoiser that is asked twice, with and without being told what kind of text it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Guided:
    """Classifier-free guidance of a denoiser whose first cell names the register.

        ln p_w = w ln p(word | register) + (1 - w) ln p(word | any register), up to a constant

    w = 1 is the denoiser itself and w = 0 one that does not know the register; above 1 what is typical of the register
    becomes more so, at the price of diversity.

    Attributes:
        denoiser: of ids.   any_id: the tag that names no register.   strength: w.
        passes: of the network for each call.
    Source:   Ho and Salimans 2022, arXiv:2207.12598; for masked text arXiv:2412.10193, section 3.
    """

    denoiser: Any
    any_id: int
    strength: float
    passes: int = 2

    def __call__(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """Logits as the denoiser's own, (B, L, V) or (K, V) for the cells in `where`."""
        blind = state.clone()
        blind[:, 0] = self.any_id
        told, untold = (self.denoiser(one, noise, where=where).log_softmax(-1) for one in (state, blind))
        return torch.lerp(untold, told, self.strength)
