"""`InsertionOracle`: the exact denoiser of the insertion process for a small corpus."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

END = -1  # after a text's last word: no cell is found there


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
        real = process.real(texts)
        self.process = process
        self.register_buffer("texts", texts.masked_fill(~real, END))
        self.register_buffer("lengths", real.sum(-1))
        self.register_buffer("weights", weights.double() / weights.double().sum())

    def insertions(self, state: Tensor, noise: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        """(K, V) float64 log-probabilities for the masks in `where`, and (B, L + 1) expected missing words
        before each cell; args as in `TransformerDenoiser.insertions`.

        Where no text fits (samplers that do several things in a step can get there) a mask is any word of
        the corpus and nothing is missing.
        """
        there = (state != self.process.absent_id)[:, None]  # (B, 1, L + 1)
        missing = (self.lengths - there.sum(-1)).clamp_min(0)  # (B, n)
        spelled = windows(self.texts, state.shape[1], self.texts.shape[1] + 1)  # (n, L + 1, L + 1)
        found = ways(may_be(state[:, None], spelled, self.process), there)
        num, before = counted(found, there, missing)
        weights = self.weights * noise.double()[:, None] ** missing * num
        lost = weights.sum(-1, keepdim=True) == 0
        weights = weights / weights.sum(-1, keepdim=True).where(~lost, 1.0)
        # Text by text, so that small shares are not lost in the rounding of large numbers.
        gaps = torch.einsum("bn,bni->bi", weights, before)
        return self._words(weights / num.clamp_min(1), found, spelled, lost)[where], gaps

    def _words(self, weights: Tensor, found: Tensor, spelled: Tensor, lost: Tensor) -> Tensor:
        """(B, L + 1, V) log-probabilities, from what one way of each text weighs."""
        size = found.shape[2], self.process.num_words
        cells = torch.arange(size[0], device=found.device)[:, None]
        at = (cells * size[1] + spelled.clamp_min(0)).flatten()  # cell and word; nothing is found at the END
        p = found.new_zeros(len(found), size[0] * size[1])
        p.index_add_(1, at, (weights[..., None, None] * found).flatten(1))
        usual = found.new_zeros(size[1])
        words = self.texts != END
        usual.index_add_(0, self.texts[words], self.weights[:, None].expand_as(words)[words])
        return torch.where(lost[..., None], usual, p.unflatten(1, size)).log()


def windows(values: Tensor, cells: int, num: int) -> Tensor:
    """(..., cells, num): cell i's value where d words are missing before it, the text's (i + d)-th.

    Args:     values: (..., L) one for each word of a text; behind them comes END.
    """
    longer = nn.functional.pad(values, (0, max(0, cells + num - 1 - values.shape[-1])), value=END)
    return longer.unfold(-1, num, 1)[..., :cells, :]


def may_be(state: Tensor, spelled: Tensor, process: Any) -> Tensor:
    """(..., C, D) bool: whether each cell of states (..., C) may be these words, (..., C, D)."""
    mask = (state == process.noise_id)[..., None]
    return (state[..., None] == spelled) | (mask & (spelled != END))


def ways(fits: Tensor, there: Tensor) -> Tensor:
    """(..., C, D) float64: in how many of its ways to fit a text a state has each cell at each offset, that is
    with so many words missing before it.

    Args:     fits: (..., C, D) bool, whether cell and word agree.   there: (..., C) bool, the state's cells.
    """
    same, there = fits.double(), there[..., None]
    before, after = torch.ones_like(same), torch.ones_like(same)
    for i in range(1, same.shape[-2]):  # offsets never fall from one cell to the next
        before[..., i, :] = (same[..., i - 1, :] * before[..., i - 1, :]).cumsum(-1)
    for i in reversed(range(same.shape[-2] - 1)):
        behind = (same[..., i + 1, :] * after[..., i + 1, :]).flip(-1).cumsum(-1).flip(-1)
        after[..., i, :] = behind.where(there[..., i + 1, :], 1.0)
    return same * before * after * there


def counted(found: Tensor, there: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
    """What `ways` add up to: (...) their number, and (..., C) the words missing before each cell on average;
    after the last one what is left of those `missing` (...), then 0."""
    num = found.sum(-1)  # (..., C): at each cell the number of ways
    offsets = torch.arange(found.shape[-1], device=found.device, dtype=found.dtype)
    at = (found * offsets).sum(-1) / num.clamp_min(1)
    at = torch.where(there, at, missing[..., None].double())
    before = at.diff(dim=-1, prepend=torch.zeros_like(at[..., :1])).clamp_min(0)
    return num[..., 0].where(there[..., 0], 1.0), before
