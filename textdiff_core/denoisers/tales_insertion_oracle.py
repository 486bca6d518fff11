"""`TalesInsertionOracle`: the exact denoiser of the insertion process for the world of tales."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from textdiff_core.denoisers.insertion_oracle import END, counted, may_be, ways, windows
from textdiff_core.denoisers.tales_patterns import Book, Patterns

CHUNK = 512  # patterns that are matched at once, all with about as many cells


class TalesInsertionOracle(nn.Module):
    """What masks are and how many words gaps lack, over all tales, by Bayes' rule in float64 without listing them.

    As in `InsertionOracle` a tale counts by the ways in which the state fits it. Tales that fit in the same ways
    are matched as one, see `Book`.

    Args:     world: a `corpora.tales.Tales`; used are its skeletons, plots, choices, implied, ids, words, length.
              process: an `Insertion`.
    """

    usual: Tensor

    def __init__(self, world: Any, process: Any) -> None:
        super().__init__()
        self.process, self.book = process, Book(world)
        every = self.book.patterns([[]])
        words = every.shares[every.kinds.clamp_min(0)] * (every.kinds != END)[..., None]  # (P, L, V)
        self.register_buffer("usual", torch.einsum("p,plv->v", every.weights, words))

    @torch.no_grad()
    def insertions(self, state: Tensor, noise: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        """As `InsertionOracle.insertions`, also where no tale fits."""
        there = state != self.process.absent_id
        size, noise = there.sum(-1), noise.double()
        ids = [row[:num] for row, num in zip(state.tolist(), size.tolist(), strict=True)]
        patterns = Patterns._make(values.to(state.device) for values in self.book.patterns(ids))
        shares = patterns.shares
        total, gaps = shares.new_zeros(len(state)), shares.new_zeros(state.shape)
        kinds = shares.new_zeros(int(where.sum()), len(shares))  # (K, R)
        number = (where.flatten().cumsum(0) - 1).view(where.shape)  # of each cell asked about
        for some in size[patterns.states].argsort().split(CHUNK):
            part = Patterns._make([*(values[some] for values in patterns[:-1]), shares])
            rows, cells = part.states, int(size[part.states].max()) + 1  # and the end
            missing = part.lengths - size[rows]
            spelled = windows(part.words, cells, int(missing.max()) + 1)  # (p, C, D)
            found = ways(may_be(state[rows, :cells], spelled, self.process), there[rows, :cells])
            num, before = counted(found, there[rows, :cells], missing)
            one = part.weights * noise[rows] ** missing  # what one way weighs
            total.index_add_(0, rows, one * num)
            gaps[:, :cells].index_add_(0, rows, (one * num)[:, None] * before)
            pattern, cell = where[rows, :cells].nonzero().unbind(-1)
            kind = windows(part.kinds, cells, spelled.shape[-1])[pattern, cell].clamp_min(0)
            at = number[rows[pattern], cell, None] * len(shares) + kind
            kinds.view(-1).index_add_(0, at.flatten(), (one[pattern, None] * found[pattern, cell]).flatten())
        lost = (total == 0)[:, None]
        total = total[:, None].where(~lost, 1.0)
        of = where.nonzero()[:, 0]
        return torch.where(lost[of], self.usual, kinds @ shares / total[of]).log(), gaps / total
