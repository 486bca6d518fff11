"""`OracleDenoiser`: the exact posterior of a small corpus, instead of a trained network."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def evidence(process: Any, state: Tensor, noise: Tensor | None, where: Tensor | None) -> Tensor:
    """(B, L, V) float64 what each cell says of its word: the process's likelihood, its largest value made 1.
    Cells that are words and not asked about are known to be right."""
    e = process.likelihood(state, noise)
    if where is not None:
        words = process.words(state)
        known = ~where & (words != process.noise_id)
        exact = nn.functional.one_hot(words.masked_fill(~known, 0), process.num_words).to(e)
        e = torch.where(known[..., None], exact, e)
    return e / e.amax(-1, keepdim=True)


def leave_one_out(p: Tensor, e: Tensor, where: Tensor | None) -> Tensor:
    """Log-probabilities of p(x_0^i | all cells but i), (B, L, V) or (K, V), from weights p that include the
    cell's own evidence e."""
    others = torch.where(e > 0, p / e, 0.0)
    if where is not None:
        others = others[where]
    return (others / others.sum(-1, keepdim=True)).log()


class OracleDenoiser(nn.Module):
    """p(x_0^i = v | x_t without cell i) for texts drawn from a list, by Bayes' rule in float64.

    Any process that noises cells on their own gives p(x_t | text) as a product over cells, which reweighs
    the listed texts. (With masked noise a hidden cell says nothing, so leaving it out changes nothing.)

    Args:     texts: (n, L) int64 ids in [0, V).   process: its `likelihood` is used.
              weights: (n,) their probabilities; None is even.
    """

    texts: Tensor
    weights: Tensor
    one_hot: Tensor

    def __init__(self, texts: Tensor, process: Any, weights: Tensor | None = None) -> None:
        super().__init__()
        if texts.ndim != 2 or not len(texts):
            raise ValueError(f"texts must have shape (n, L) with n >= 1, got {tuple(texts.shape)}")
        weights = torch.ones(len(texts)) if weights is None else weights
        one_hot = nn.functional.one_hot(texts, process.num_words).double()  # (n, L, V)
        self.process = process
        self.register_buffer("texts", texts)
        self.register_buffer("weights", weights.double() / weights.double().sum())
        self.register_buffer("one_hot", one_hot)

    def forward(
        self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None, **hints: Tensor | None
    ) -> Tensor:
        """(B, L, V) float64 log-probabilities, or (K, V) for the cells in `where`.

        Args:     state: the process's.   noise: (B,) share of noise, where the likelihood depends on it.
                  hints: what a process tells networks besides; the exact answer follows without.
        Where no text agrees with what is visible (parallel samplers can get there), the answer is the
        corpus's own frequency of words at that cell.
        """
        e = evidence(self.process, state, noise, where)
        agrees = e[:, torch.arange(e.shape[1]), self.texts].prod(-1)  # (B, n)
        weights = agrees * self.weights
        lost = weights.sum(-1, keepdim=True) == 0
        weights = torch.where(lost, self.weights, weights)
        p = torch.einsum("bn,nlv->blv", weights / weights.sum(-1, keepdim=True), self.one_hot)
        return leave_one_out(p, e.masked_fill(lost[..., None], 1.0), where)
