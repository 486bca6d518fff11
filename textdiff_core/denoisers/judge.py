"""A judge: how much likelier a step is to be a true one than one whose words were drawn on their own.

Of a step that writes words, true texts go from x_t to x_s by q(x_s | x_t), where the words written know of each
other; a sampler draws each of them on its own. Both write the same cells with the same probability, so the ratio is

    q(x_s | x_t) / k(x_s | x_t) = p(words written | words visible) / prod_i p(word i | words visible),

whatever the noise level, the schedule and the rule that chose the cells, as long as it does not look at the words
drawn. It is D / (1 - D) of the best discriminator between the two (Goodfellow et al. 2014, arXiv:1406.2661,
proposition 1). A factor that depends on x_t alone is of no account: candidates of one step are weighed against each
other.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser

LEAST = 1e-4  # a word drawn with less is read as drawn with so much


class TransformerJudge(TransformerDenoiser):
    """The denoiser's network, which reads candidates of a step and answers ln D / (1 - D) up to a constant of x_t.

    Of a cell just written it also reads what the denoiser had expected there, as the mean embedding of the words
    weighed by the roots of their probabilities, and how likely the word was: cells that hang on one choice are known by
    expecting the same words. The answer is a sum over the cells written, as the logarithm of the ratio is by the chain
    rule; it is 0, the ratio 1, before any training.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        del self.head
        self.written, self.luck = (nn.Parameter(torch.zeros(config.width)) for _ in range(2))
        self.expected = nn.Linear(config.width, config.width, bias=False)
        self.odds = nn.Linear(config.width, 2)  # of the step; and of each word, which is for training only
        nn.init.zeros_(self.expected.weight)
        nn.init.zeros_(self.odds.weight)
        nn.init.zeros_(self.odds.bias)

    def forward(self, candidates: Tensor, written: Tensor, belief: Tensor) -> Tensor:  # type: ignore[override]
        """(B, K) ln D / (1 - D).

        Args:     candidates: (B, K, L) int64 ids after the step, noise V.   written: (B, L) bool, the cells it writes.
                  belief: (B, L, V) what the denoiser said of them before.
        """
        return (self.cells(candidates, written, belief)[..., 0] * written[:, None]).sum(-1)

    def cells(self, candidates: Tensor, written: Tensor, belief: Tensor) -> Tensor:
        """(B, K, L, 2) what each cell adds to the answer, and the log-odds that its word stands in the text, see
        `apart`. Args as in `forward`."""
        num, length = candidates.shape[1:]
        words = candidates.clamp_max(belief.shape[-1] - 1)
        luck = (
            belief[:, None]
            .expand(-1, num, -1, -1)
            .gather(-1, words[..., None])[..., 0]
            .clamp_min(LEAST)
            .log()
        )
        mean = belief.sqrt().float() @ self.embedding.weight[: belief.shape[-1]]  # (B, L, D)
        new = (
            self.written + self.expected(mean)[:, None] + luck.float()[..., None] * self.luck
        )  # (B, K, L, D)
        x = self.embedding(candidates) + self.place[:length] + new * written[:, None, :, None]
        x, cos, sin = x.flatten(0, 1), self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.odds(self.norm(x)).unflatten(0, (-1, num))


class OracleJudge(nn.Module):
    """The exact ratio for texts drawn from a list. Args: texts, weights: as of `OracleDenoiser`.   noise_id: V."""

    def __init__(self, texts: Tensor, weights: Tensor, noise_id: int) -> None:
        super().__init__()
        self.texts, self.weights, self.noise_id = texts, weights.double(), noise_id

    def forward(self, candidates: Tensor, written: Tensor, belief: Tensor | None = None) -> Tensor:
        """(B, K) float64 logarithm of the ratio, -inf for words that no text has together. Args as above."""
        same = candidates[:, :, None] == self.texts  # (B, K, n, L)
        new = written[:, None, None]
        hidden = new | (candidates == self.noise_id)[:, :, None]
        before = (same | hidden).all(-1) * self.weights  # (B, K, n)
        seen = before.sum(-1)
        joint = (before * (same | ~new).all(-1)).sum(-1) / seen
        alone = torch.einsum("bkn,bknl->bkl", before / seen[..., None], same.double())
        return joint.log() - alone.log().masked_fill(~written[:, None], 0.0).sum(-1)


Judge = Any
"""What answers `judge(candidates, written, belief)` as the two above do."""
