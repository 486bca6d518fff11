"""Generator and critic: the denoiser's blocks, from noise vectors to words, and a small network that scores them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser


class Generator(TransformerDenoiser):
    """All words at once from Gaussian noise: a vector for each cell, and one that all cells share.

    In float32 on every processor: in bfloat16 the game diverges (docs/decisions/0021-gans.md).
    """

    def __init__(self, config: TransformerConfig, noise: int) -> None:
        super().__init__(config)
        del self.embedding
        self.noise = noise
        self.own, self.shared = nn.Linear(noise, config.width), nn.Linear(noise, config.width)

    def forward(self, z: Tensor) -> Tensor:  # type: ignore[override]
        """(B, L, V) logits. Args: z: (B, L + 1, noise), the shared vector last."""
        x = self.through(self.own(z[:, :-1]) + self.shared(z[:, -1:]) + self.place)
        return self.head(self.norm(x))

    def draw(self, num: int, rng: torch.Generator) -> Tensor:
        """(num, L + 1, noise) standard normal vectors."""
        return torch.randn(num, self.config.length + 1, self.noise, generator=rng)


class Critic(nn.Module):
    """A score of whole texts, higher for true ones: a sum of vectors, one a word and place, and two layers.

    The judge of steps has the same form (`denoisers.judge`): per second of training it finds more than a transformer.
    """

    def __init__(self, config: TransformerConfig, hidden: int) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.empty(config.length * config.num_words, hidden))
        self.layers = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(2))
        self.norm = nn.RMSNorm(hidden)
        self.score = nn.Linear(hidden, 1, bias=False)
        nn.init.normal_(self.words, std=0.3)
        nn.init.zeros_(self.score.weight)

    def forward(self, shares: Tensor) -> Tensor:
        """(B,). Args: shares: (B, L, V) words as one-hot vectors, through which gradients pass."""
        x = F.relu(self.layers[0](shares.flatten(1) @ self.words))
        return self.score(self.norm(F.relu(x + self.layers[1](x))))[:, 0]


def straight_through(logits: Tensor, temperature: float, rng: torch.Generator) -> Tensor:
    """(B, L, V) one-hot words drawn by softmax(logits), whose gradient is that of a tempered softmax of the same draw.

    Source:   Jang et al. 2017, arXiv:1611.01144, section 2.2; Bengio et al. 2013, arXiv:1308.3432.
    """
    u = torch.rand(logits.shape, generator=rng).clamp(1e-6, 1 - 1e-6)
    drawn = logits - (-u.log()).log()
    soft = (drawn / temperature).softmax(-1)
    hard = F.one_hot(drawn.argmax(-1), logits.shape[-1]).to(soft)
    return hard + soft - soft.detach()
