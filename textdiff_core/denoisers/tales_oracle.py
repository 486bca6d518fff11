"""`TalesOracle`: the exact denoiser of the world of tales, the limit that a trained one can reach."""

from __future__ import annotations

import itertools
from typing import Any

import torch
from torch import Tensor, nn

# Free choices that exclude each other are drawn together; every other one is independent of the rest.
TOGETHER = {"A": "AB", "B": "AB", "animal": "animals", "animal2": "animals"}


class TalesOracle(nn.Module):
    """p(x_0^i = v | x_t) over all tales, by Bayes' rule in float64, without listing them.

    Given plot and opening (a skeleton) a tale is a set of independent choices, and every cell is a function
    of one of them. So the posterior of a skeleton is a product over its choices of the share of options
    that agree with what is visible, and a hidden cell's words follow the options that are left.

    Args:     world: a `corpora.tales.Tales`; used are its skeletons, choices, implied, ids, words, length.
    """

    def __init__(self, world: Any) -> None:
        super().__init__()
        self.num_words, self.length = len(world.words), world.length
        self.skeletons = [_tables(world, key) for key in world.skeletons]

    @torch.no_grad()
    def forward(self, state: Tensor, t: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """(B, L, V) float64 log-probabilities, or (K, V) for the cells in `where`.

        Where no tale agrees with what is visible, each cell gets the words it has over the whole language.
        """
        hidden = state == self.num_words
        p, total = self._sum(state, hidden)
        lost = total == 0
        if bool(lost.any()):
            blank = torch.full_like(state[:1], self.num_words)
            language, _ = self._sum(blank, blank == self.num_words)
            p = torch.where(lost[:, None, None], language, p)
        logits = (p / p.sum(-1, keepdim=True)).log()
        return logits if where is None else logits[where]

    def _sum(self, state: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Over skeletons: (B, L, V) weight of each word at each cell, and (B,) weight of what is visible."""
        p = torch.zeros(len(state), self.length * self.num_words, dtype=torch.float64, device=state.device)
        total = torch.zeros(len(state), dtype=torch.float64, device=state.device)
        for fixed, choices in self.skeletons:
            rows = _agreement(state, hidden, *fixed)[:, 0].nonzero()[:, 0]  # where the fixed words fit, R
            agree = [_agreement(state[rows], hidden[rows], *choice) for choice in choices]  # each (R, n)
            share = torch.stack([fits.double().mean(-1) for fits in agree], dim=-1)  # (R, choices)
            weight = share.prod(-1)  # (R,)
            total.index_add_(0, rows, weight)
            part = torch.zeros(len(rows), p.shape[1], dtype=torch.float64, device=state.device)
            self._spread(part, *fixed, weight[:, None])
            for (cells, words), fits, one in zip(choices, agree, share.T, strict=True):
                left = (weight / one.clamp_min(1e-300) / fits.shape[-1])[:, None] * fits  # (R, n)
                self._spread(part, cells, words, left)
            p.index_add_(0, rows, part)
        return p.unflatten(1, (self.length, self.num_words)), total

    def _spread(self, part: Tensor, cells: Tensor, words: Tensor, left: Tensor) -> None:
        """Adds the options' weights (R, n) to the words (c, n) that each puts into its cells (c,)."""
        places = (cells[:, None] * self.num_words + words).flatten()  # (c * n,)
        part.index_add_(1, places, left.repeat(1, len(cells)))


def _agreement(state: Tensor, hidden: Tensor, cells: Tensor, words: Tensor) -> Tensor:
    """(B, n) whether an option (a column of words (c, n)) puts no word against a visible cell."""
    fits = hidden[:, cells, None] | (state[:, cells, None] == words)  # (B, c, n)
    return fits.all(1)


Table = tuple[Tensor, Tensor]


def _tables(world: Any, key: tuple[int, str]) -> tuple[Table, list[Table]]:
    """One skeleton's fixed words and its independent choices: the cells (c,) each decides, and what its
    options put there (c, n)."""
    drawn = dict(world.choices(key[1]))
    items = world.skeletons[key] + ("",) * (world.length - len(world.skeletons[key]))
    tables, decided = [], set()
    for group in dict.fromkeys(TOGETHER.get(slot, slot) for slot in drawn):
        slots = [slot for slot in drawn if TOGETHER.get(slot, slot) == group]
        told = []
        for option in itertools.product(*(drawn[slot] for slot in slots)):
            if len(set(option)) == len(option):
                facts = {"{" + slot + "}": word for slot, word in zip(slots, option, strict=True)}
                told.append(facts | world.implied(facts))
        cells = [i for i, item in enumerate(items) if item in told[0]]
        tables.append((cells, [[world.ids[facts[items[i]]] for facts in told] for i in cells]))
        decided.update(cells)
    fixed = [i for i in range(world.length) if i not in decided]
    written = [[world.ids[items[i]]] for i in fixed]
    choices = [(torch.tensor(cells), torch.tensor(words)) for cells, words in tables]
    return (torch.tensor(fixed), torch.tensor(written)), choices
