"""`InsertionOracle`: the exact denoiser of the insertion process for a small corpus."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class InsertionOracle(nn.Module):
    """What masks are and how many words gaps lack, for texts drawn from a list, by Bayes' rule in float64.

    A state fits a text in as many ways as its cells can be found in it in order, a mask being any word. Noise
    hits words alike, so of all that the noise did only the number of missing words tells texts apart:

        p(text | x_t) ~ p(text) (ways in which x_t fits the text) (1 - alpha)^(words missing).

    Args:     texts: (n, L) int64 ids in [0, V), padded by blanks.   process: an `Insertion`.
              weights: (n,) their probabilities; None is even.
    """

    texts: Tensor
    lengths: Tensor
    weights: Tensor

    def __init__(self, texts: Tensor, process: Any, weights: Tensor | None = None) -> None:
        super().__init__()
        if texts.ndim != 2 or not len(texts):
            raise ValueError(f"texts must have shape (n, L) with n >= 1, got {tuple(texts.shape)}")
        weights = torch.ones(len(texts)) if weights is None else weights
        self.process = process
        self.register_buffer("texts", texts)
        self.register_buffer("lengths", process.real(texts).sum(-1))
        self.register_buffer("weights", weights.double() / weights.double().sum())

    def insertions(self, state: Tensor, noise: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        """(K, V) float64 log-probabilities for the masks in `where`, and (B, L + 1) expected missing words
        before each cell; args as in `TransformerDenoiser.insertions`.

        Where no text fits (samplers that do several things in a step can get there) a mask is any word of
        the corpus and nothing is missing.
        """
        there = state != self.process.absent_id
        size = there.sum(-1)  # (B,)
        matches = self._matches(state, there)
        missing = (self.lengths - size[:, None]).clamp_min(0)  # (B, n)
        weights = self.weights * noise.double()[:, None] ** missing
        # Each cell's sum over positions is the number of ways; without cells there is one.
        weights = weights * torch.where(size[:, None] == 0, 1.0, matches[:, :, 0].sum(-1))
        lost = weights.sum(-1) == 0
        weights = weights / weights.sum(-1, keepdim=True).where(~lost[:, None], 1.0)
        share = matches / matches.sum(-1, keepdim=True).clamp_min(1e-300)  # p(position | cell, text)
        return self._words(weights, share, lost)[where], self._gaps(weights, share, there, size)

    def _matches(self, state: Tensor, there: Tensor) -> Tensor:
        """(B, n, L + 1, L): in how many of its ways to fit the text each cell is at each position."""
        mask = state == self.process.noise_id
        positions = torch.arange(self.texts.shape[1], device=state.device)
        real = positions < self.lengths[:, None]  # (n, L)
        same = (state[:, None, :, None] == self.texts[:, None, :]) | mask[:, None, :, None]
        same = (same & real[:, None, :]).double()  # (B, n, L + 1, L)
        before, after = torch.zeros_like(same), torch.zeros_like(same)
        ahead = torch.ones_like(same[:, :, 0])  # ways to fit the cells so far into the positions before
        for i in range(same.shape[2]):
            before[:, :, i] = ahead
            ahead = shifted((same[:, :, i] * ahead).cumsum(-1))
        behind = torch.ones_like(same[:, :, 0])
        for i in reversed(range(same.shape[2])):
            after[:, :, i] = behind
            here = shifted((same[:, :, i] * behind).flip(-1).cumsum(-1)).flip(-1)
            behind = torch.where(there[:, None, i, None], here, behind)
        return same * before * after * there[:, None, :, None]

    def _words(self, weights: Tensor, share: Tensor, lost: Tensor) -> Tensor:
        """(B, L + 1, V) log-probabilities."""
        spelled = nn.functional.one_hot(self.texts, self.process.num_words).double()  # (n, L, V)
        p = torch.einsum("bn,bnil,nlv->biv", weights, share, spelled)
        real = self.process.real(self.texts)
        usual = (self.weights[:, None, None] * spelled * real[..., None]).sum((0, 1))
        return torch.where(lost[:, None, None], usual, p).log()

    def _gaps(self, weights: Tensor, share: Tensor, there: Tensor, size: Tensor) -> Tensor:
        """(B, L + 1): expected distances between neighbours, less one."""
        positions = torch.arange(self.texts.shape[1], device=weights.device).double()
        at = torch.where(there[:, None], share @ positions, self.lengths[:, None].double())  # (B, n, L + 1)
        first = torch.cat([-torch.ones_like(at[..., :1]), at[..., :-1]], dim=-1)
        # Text by text, so that small shares are not lost in the rounding of large positions.
        missing = torch.einsum("bn,bni->bi", weights, (at - first - 1).clamp_min(0))
        cells = torch.arange(at.shape[-1], device=weights.device)
        return missing * (cells <= size[:, None])


def shifted(sums: Tensor) -> Tensor:
    """Cumulative sums (..., L) over what comes before each position."""
    return torch.cat([torch.zeros_like(sums[..., :1]), sums[..., :-1]], dim=-1)
