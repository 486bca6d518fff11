"""Generator and critic: the denoiser's blocks, from noise vectors to words and from words to a score."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser


class Generator(TransformerDenoiser):
    """All words at once from Gaussian noise: a vector for each cell, and one that all cells share."""

    def __init__(self, config: TransformerConfig, noise: int) -> None:
        super().__init__(config)
        del self.embedding
        self.noise = noise
        self.own, self.shared = nn.Linear(noise, config.width), nn.Linear(noise, config.width)

    def forward(self, z: Tensor) -> Tensor:  # type: ignore[override]
        """(B, L, V) logits. Args: z: (B, L + 1, noise), the shared vector last."""
        return self.head(self.norm(through(self, self.own(z[:, :-1]) + self.shared(z[:, -1:]))))

    def draw(self, num: int, rng: torch.Generator) -> Tensor:
        """(num, L + 1, noise) standard normal vectors."""
        return torch.randn(num, self.config.length + 1, self.noise, generator=rng)


class Critic(TransformerDenoiser):
    """A score of whole texts, a sum over cells: higher for true ones."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        del self.head
        self.score = nn.Linear(config.width, 1)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, words: Tensor) -> Tensor:  # type: ignore[override]
        """(B,). Args: words: (B, L, D) embedded, see `embed`."""
        return self.score(self.norm(through(self, words)))[..., 0].sum(-1)

    def embed(self, shares: Tensor) -> Tensor:
        """(B, L, D) of words as one-hot vectors (B, L, V), through which gradients pass."""
        return shares @ self.embedding.weight[: self.config.num_words]


def through(network: TransformerDenoiser, x: Tensor) -> Tensor:
    """(B, L, D) -> (B, L, D): places and blocks."""
    length = x.shape[1]
    x = x + network.place[:length]
    cos, sin = network.cos[:length].to(x.dtype), network.sin[:length].to(x.dtype)
    for block in network.blocks:
        x = block(x, cos, sin)
    return x


def straight_through(logits: Tensor, temperature: float, rng: torch.Generator) -> Tensor:
    """(B, L, V) one-hot words drawn by softmax(logits), whose gradient is that of a tempered softmax of the same draw.

    Source:   Jang et al. 2017, arXiv:1611.01144, section 2.2; Bengio et al. 2013, arXiv:1308.3432.
    """
    u = torch.rand(logits.shape, generator=rng).clamp(1e-6, 1 - 1e-6)
    drawn = logits - (-u.log()).log()
    soft = (drawn / temperature).softmax(-1)
    hard = torch.nn.functional.one_hot(drawn.argmax(-1), logits.shape[-1]).to(soft)
    return hard + soft - soft.detach()
