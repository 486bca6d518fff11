"""`OracleDenoiser`: the exact posterior of a small corpus, instead of a trained network."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class OracleDenoiser(nn.Module):
    """p(x_0^i = v | x_t) for texts drawn from a list, by Bayes' rule in float64.

    With masked noise the likelihood of x_t given a text is the same for every text that agrees with what
    is visible, so the posterior weighs those texts by their probability and does not depend on t.

    Args:     texts: (n, L) int64 ids in [0, num_words).   weights: (n,) their probabilities; None is even.
    """

    texts: Tensor
    weights: Tensor
    one_hot: Tensor

    def __init__(self, texts: Tensor, num_words: int, weights: Tensor | None = None) -> None:
        super().__init__()
        if texts.ndim != 2 or not len(texts):
            raise ValueError(f"texts must have shape (n, L) with n >= 1, got {tuple(texts.shape)}")
        weights = torch.ones(len(texts)) if weights is None else weights
        one_hot = nn.functional.one_hot(texts, num_words).double()  # (n, L, V)
        self.num_words = num_words
        self.register_buffer("texts", texts)
        self.register_buffer("weights", weights.double() / weights.double().sum())
        self.register_buffer("one_hot", one_hot)

    def forward(self, state: Tensor, t: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """(B, L, V) float64 log-probabilities, or (K, V) for the cells in `where`.

        Where no text agrees with what is visible (parallel samplers can get there), the answer is the
        corpus's own frequency of words at that cell.
        """
        agrees = ((state[:, None] == self.texts) | (state[:, None] == self.num_words)).all(-1)  # (B, n)
        weights = agrees * self.weights
        lost = weights.sum(-1, keepdim=True) == 0
        weights = torch.where(lost, self.weights, weights)
        p = torch.einsum("bn,nlv->blv", weights / weights.sum(-1, keepdim=True), self.one_hot)
        logits = p.log()
        return logits if where is None else logits[where]
