"""Exact denoisers of autoregressive models: what each cell could be given the words before it alone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from textdiff_core.denoisers.tales_oracle import UNLIKE

PARTNERS = UNLIKE | {one: other for other, one in UNLIKE.items()}


class CausalOracle(nn.Module):
    """p(x_0^i = v | x_0^j for j < i) for texts drawn from a list, in float64.

    Args:     texts: (n, L) int64 ids in [0, V).   num_words: V.   weights: (n,) their probabilities; None is even.
    """

    texts: Tensor
    weights: Tensor

    def __init__(self, texts: Tensor, num_words: int, weights: Tensor | None = None) -> None:
        super().__init__()
        weights = torch.ones(len(texts)) if weights is None else weights
        self.num_words = num_words
        self.register_buffer("texts", texts)
        self.register_buffer("weights", weights.double() / weights.double().sum())

    def forward(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """(B, L, V) float64 log-probabilities, or (K, V) for the cells in `where`.

        Noise, V, says nothing. Where no text agrees with what stands before, the corpus's own frequencies of words.
        """
        agrees = (state[:, None] == self.texts) | (state[:, None] == self.num_words)  # (B, n, L)
        before = agrees.cumprod(-1).roll(1, -1).double()
        before[..., 0] = 1.0
        weights = before * self.weights[:, None]
        weights = torch.where(weights.sum(1, keepdim=True) == 0, self.weights[:, None], weights)
        p = weights.new_zeros(*state.shape, self.num_words)
        told = self.texts.T[None, :, :, None].expand(len(state), -1, -1, 1)[..., 0]  # (B, L, n)
        p.scatter_add_(-1, told, weights.transpose(1, 2))
        p = (p / p.sum(-1, keepdim=True)).log()
        return p if where is None else p[where]


class WorldCausalOracle(nn.Module):
    """The same over all texts of a world of skeletons (see `TalesOracle`), without listing them.

    It reads a text from left to right once a skeleton: how much of each choice's options the words so far allow, and
    from that the next word's shares; their chain is the weight that the skeleton has for the words to come.

    Args:     world: used are its skeletons, choices, implied, ids, words, length.
    """

    def __init__(self, world: Any) -> None:
        super().__init__()
        self.num_words, self.length = len(world.words), world.length
        self.skeletons = [_cells(world, key) for key in world.skeletons]

    @torch.no_grad()
    def forward(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """(B, L, V) float64 log-probabilities, or (K, V) for the cells in `where`. Args as `CausalOracle`."""
        p = self._sum(state)
        total = p.sum(-1, keepdim=True)
        if bool((lost := total == 0).any()):
            language = self._sum(torch.full_like(state[:1], self.num_words))
            p = torch.where(lost, language, p)
            total = p.sum(-1, keepdim=True)
        p = (p / total).log()
        return p if where is None else p[where]

    def _sum(self, state: Tensor) -> Tensor:
        """(B, L, V) over skeletons: the weight of each word at each cell, given the words before."""
        words, batch = state.T.contiguous(), len(state)
        p = torch.zeros(self.length, self.num_words, batch, dtype=torch.float64, device=state.device)
        for cells in self.skeletons:
            weight = p.new_ones(batch)
            fits: dict[str, Tensor] = {}
            for i, (slot, options) in enumerate(cells):
                options = options.to(state.device)
                seen = ((words[i] == options[:, None]) | (words[i] == self.num_words)).double()  # (n, B)
                if not slot:
                    p[i, options] += weight
                    weight = weight * seen[0]
                    continue
                fit = fits.get(slot, torch.ones_like(seen))
                shares = fit
                if (other := fits.get(PARTNERS.get(slot, ""))) is not None:
                    shares = fit * (other.sum(0) - other).clamp_min(0)
                shares = shares / shares.sum(0).clamp_min(1e-300)
                p[i].index_add_(0, options, weight * shares)
                weight = weight * (shares * seen).sum(0)
                fits[slot] = fit * seen
        return p.permute(2, 0, 1).contiguous()


def _cells(world: Any, key: tuple[int, str]) -> list[tuple[str, Tensor]]:
    """For each cell of a skeleton the choice that decides it, "" for none, and the word that each option puts there."""
    items = world.skeletons[key] + ("",) * (world.length - len(world.skeletons[key]))
    told: dict[str, tuple[str, Tensor]] = {}
    for slot, options in world.choices(key[1]):
        facts = [{"{" + slot + "}": word} for word in options]
        facts = [one | world.implied(one) for one in facts]
        told |= {item: (slot, torch.tensor([world.ids[one[item]] for one in facts])) for item in facts[0]}
    return [told.get(item, ("", torch.tensor([world.ids.get(item, 0)]))) for item in items]
