"""A judge: how much likelier a step is to be a true one than one whose words were drawn on their own.

Of a step that writes words, true texts go from x_t to x_s by q(x_s | x_t), where the words written know of each other;
a sampler draws each of them on its own. Both write the same cells with the same probability, so that the ratio is

    q(x_s | x_t) / k(x_s | x_t) = p(words written | words visible) / prod_i p(word i | words visible),

whatever the noise level, the schedule and the rule that chose the cells, as long as it does not look at the words drawn.
It is D / (1 - D) of the best discriminator between the two (Goodfellow et al. 2014, arXiv:1406.2661, proposition 1). A
factor that depends on x_t alone is of no account, since candidates of one step are weighed against each other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser


class TransformerJudge(TransformerDenoiser):
    """The denoiser's network, which reads which words were just written and answers ln D / (1 - D) up to a constant.

    The answer is a sum over the cells written, as the logarithm of the ratio is by the chain rule; it is 0, the ratio
    1, before any training. The step before needs no input of its own: x_t is x_s with those cells hidden.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        del self.head
        self.written = nn.Parameter(torch.zeros(config.width))
        self.odds = nn.Linear(
            config.width, 2
        )  # of the step, and of each word: the second is for training only
        nn.init.zeros_(self.odds.weight)
        nn.init.zeros_(self.odds.bias)

    def forward(self, state: Tensor, written: Tensor) -> Tensor:  # type: ignore[override]
        """(B,) ln D / (1 - D).

        Args:     state: (B, L) int64 ids after the step, noise V.   written: (B, L) bool, the cells that it wrote.
        """
        return (self._cells(state, written)[..., 0] * written).sum(-1)

    def fits(self, state: Tensor, written: Tensor) -> Tensor:
        """(B, L) log-odds that a word stands in the text and was not drawn, see `apart`. Args as in `forward`."""
        return self._cells(state, written)[..., 1]

    def _cells(self, state: Tensor, written: Tensor) -> Tensor:
        length = state.shape[1]
        x = self.embedding(state) + self.place[:length] + written[..., None] * self.written
        cos, sin = self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.odds(self.norm(x))


class OracleJudge(nn.Module):
    """The exact ratio for texts drawn from a list. Args: texts, weights: as of `OracleDenoiser`.   noise_id: V."""

    def __init__(self, texts: Tensor, weights: Tensor, noise_id: int) -> None:
        super().__init__()
        self.texts, self.weights, self.noise_id = texts, weights.double(), noise_id

    def forward(self, state: Tensor, written: Tensor) -> Tensor:
        """(B,) float64 logarithm of the ratio, -inf for words that no text has together. Args as of `TransformerJudge`."""
        same = state[:, None] == self.texts  # (B, n, L)
        before = (same | (written | (state == self.noise_id))[:, None]).all(-1) * self.weights  # (B, n)
        seen = before.sum(-1, keepdim=True)
        joint = (before * (same | ~written[:, None]).all(-1)).sum(-1) / seen[:, 0]
        alone = torch.einsum("bn,bnl->bl", before / seen, same.double())
        return joint.log() - alone.log().masked_fill(~written, 0.0).sum(-1)


Judge = Any
"""What answers `judge(state, written)` as the two above do."""
