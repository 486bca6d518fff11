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

import dataclasses
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAST = 1e-4  # a word drawn with less is read as drawn with so much


@dataclasses.dataclass(frozen=True)
class JudgeConfig:
    """Sizes. Attributes: num_words: V.   length: L.   width: of the sum of a page's words.   hidden: of the layers."""

    num_words: int
    length: int
    width: int = 192
    hidden: int = 256


class SetJudge(nn.Module):
    """Judges a page as the set of its words, each at its place, and the new words two by two; ln D / (1 - D).

    The page is a sum of vectors and two layers. Beside it stands how well any two words that were written together go
    together, wherever they are: what independent draws get wrong first. Small on purpose, since every candidate of
    every step is judged: a hundredth of the work of the denoiser of tales. It is 0, the ratio 1, before any training.
    Of the step before it reads how likely each word was drawn; x_t itself is x_s with those cells hidden.
    Source:   the form is that of Zaheer et al. 2017, *Deep sets*, arXiv:1703.06114, theorem 2; the pairs are couplings
              as of a Potts model.
    """

    shift: Tensor

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.length * (config.num_words + 1), config.width)  # place by place
        self.blocks = nn.ModuleList(nn.Linear(n, config.hidden) for n in (config.width, config.hidden))
        self.norm = nn.RMSNorm(config.hidden)
        self.odds = nn.Linear(config.hidden, 1, bias=False)
        self.luck = nn.Parameter(torch.zeros(()))
        self.pairs = nn.Parameter(torch.zeros(config.num_words, config.num_words))
        self.register_buffer("shift", torch.arange(config.length) * (config.num_words + 1), persistent=False)
        nn.init.normal_(self.words.weight, std=0.3)
        nn.init.zeros_(self.odds.weight)
        with torch.no_grad():
            self.words.weight.view(config.length, -1, config.width)[:, -1] = 0.0  # noise says nothing

    def forward(self, candidates: Tensor, written: Tensor, belief: Tensor) -> Tensor:
        """(B, K) ln D / (1 - D), up to a constant of x_t.

        Args:     candidates: (B, K, L) int64 ids after the step, noise V.   written: (B, L) bool, the cells it writes.
                  belief: (B, L, V) what the denoiser said of them before.
        """
        num, last = candidates.shape[1], belief.shape[-1] - 1
        page = F.embedding_bag(
            (candidates + self.shift[: candidates.shape[2]]).flatten(0, 1), self.words.weight, mode="sum"
        )  # (B K, D)
        x = F.relu(self.blocks[0](page))
        x = F.relu(x + self.blocks[1](x))
        drawn = (
            belief[:, None].expand(-1, num, -1, -1).gather(-1, candidates.clamp_max(last)[..., None])[..., 0]
        )
        luck = (drawn.clamp_min(LEAST).log().float() * written[:, None]).sum(-1)
        return (
            self.odds(self.norm(x))[:, 0].unflatten(0, (-1, num))
            - self.luck * luck
            + self._together(candidates, written)
        )

    def _together(self, candidates: Tensor, written: Tensor) -> Tensor:
        """(B, K) sum over all pairs of cells written. Args as in `forward`."""
        new = written[:, None].expand_as(candidates).to(self.pairs)
        times = new.new_zeros(*candidates.shape[:2], self.config.num_words + 1).scatter_add(
            -1, candidates, new
        )[..., :-1]
        return ((times @ self.pairs - self.pairs.diagonal()) * times).sum(-1)


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
