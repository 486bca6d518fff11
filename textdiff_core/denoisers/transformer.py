"""`TransformerDenoiser`: a small bidirectional transformer that says what each noisy cell could be."""

from __future__ import annotations

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclasses.dataclass(frozen=True)
class TransformerConfig:
    """Sizes of a TransformerDenoiser.

    Attributes:
        num_words: V, words of the vocabulary; noise is one id more.   length: L, cells of the canvas.
        width: D, a multiple of 2 * heads.   depth: blocks.   heads: attention heads.
        time_conditioning: adds an embedding of the noise level. The optimal denoiser of masked diffusion
            does not depend on it (arXiv:2409.02908), so it is off where the process is absorbing.
    """

    num_words: int
    length: int
    width: int = 192
    depth: int = 4
    heads: int = 4
    time_conditioning: bool = False

    def __post_init__(self) -> None:
        if min(self.num_words, self.length, self.width, self.depth, self.heads) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.width % (2 * self.heads):
            raise ValueError(f"width must be a multiple of 2 * heads, got {self.width} and {self.heads}")


class TransformerDenoiser(nn.Module):
    """Pre-norm blocks with RMSNorm, rotary positions, query-key norm and a squared-ReLU feed-forward.

    Cells have a learned place besides rotary positions: when every cell is noise all values are equal, and
    relative positions alone then tell no cell from another (it cost 1.9 nats a story in the first trial).
    Output projections start at zero (each block is the identity at first), which with query-key norm
    makes high learning rates safe. Squared ReLU: So et al. 2021, arXiv:2109.08668.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.num_words + 1, config.width)
        self.place = nn.Parameter(torch.empty(config.length, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.RMSNorm(config.width)
        self.head = nn.Linear(config.width, config.num_words, bias=False)
        self.time = TimeEmbedding(config.width) if config.time_conditioning else None
        cos, sin = rotary_tables(config.length, config.width // config.heads)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embedding.weight, std=1.0)
        nn.init.normal_(self.place, std=0.5)
        nn.init.zeros_(self.head.weight)

    def take_over(self, other: TransformerDenoiser) -> None:
        """Starts from the weights of another denoiser; parts that it does not have stay as they are.

        Raises:   ValueError: the sizes differ.
        """
        theirs, ours = other.state_dict(), self.state_dict()
        wrong = [name for name, value in theirs.items() if name in ours and ours[name].shape != value.shape]
        if wrong:
            raise ValueError(f"the weights to start from have another size: {wrong[0]}")
        self.load_state_dict({name: value for name, value in theirs.items() if name in ours}, strict=False)

    def forward(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """Logits over the V words; noise itself is never among them (zero-mask parameterisation).

        Args:     state: (B, L) int64 ids, id V is noise.   noise: (B,) share of noise, used with time_conditioning.
                  where: (B, L) bool, the cells to answer for; None is all. The others are known to be clean.
        Returns:  (B, L, V) logits, or (K, V) for the K cells in `where`, row by row.
        """
        length = state.shape[1]
        x = self.embedding(state) + self.place[:length]  # (B, L, D)
        if self.time is not None:
            if noise is None:
                raise ValueError("this denoiser is conditioned on noise: its share is needed")
            level = noise[:, None].expand(state.shape[:2])
            x = x + self.time(level if where is None else level * where)
        cos, sin = self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        if where is not None:
            x = x[where]  # (K, D)
        return self.head(self.norm(x))


class Block(nn.Module):
    """Attention and feed-forward, each added to the stream it read."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.norm_attention, self.norm_feed = nn.RMSNorm(width), nn.RMSNorm(width)
        self.norm_query, self.norm_key = nn.RMSNorm(width // self.heads), nn.RMSNorm(width // self.heads)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, L, D) -> (B, L, D)."""
        batch, length, width = x.shape
        qkv = self.qkv(self.norm_attention(x)).view(batch, length, 3, self.heads, -1)  # (B, L, 3, H, D/H)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, L, D/H)
        q, k = rotate(self.norm_query(q), cos, sin), rotate(self.norm_key(k), cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.relu(self.up(self.norm_feed(x))).square())


class TimeEmbedding(nn.Module):
    """(...) shares of noise in [0, 1] -> (..., D), sines of geometric frequencies and two layers, 0 at first."""

    frequencies: Tensor

    def __init__(self, width: int, num_frequencies: int = 32) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.logspace(0, 3, num_frequencies), persistent=False)
        last = nn.Linear(width, width)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(nn.Linear(2 * num_frequencies, width), nn.SiLU(), last)

    def forward(self, noise: Tensor) -> Tensor:
        angles = noise[..., None].to(self.frequencies.dtype) * self.frequencies
        features = torch.cat([angles.sin(), angles.cos()], dim=-1)
        return self.layers(features)


def rotary_tables(length: int, head_width: int, base: float = 1000.0) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each (L, head_width / 2), of rotary positions (Su et al. 2021, arXiv:2104.09864).

    `base` is below the paper's 10000 because the canvas has tens of cells, not thousands.
    """
    frequencies = torch.exp(-math.log(base) * torch.arange(0, head_width, 2) / head_width)
    angles = torch.arange(length)[:, None] * frequencies
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """(..., L, E) with its halves turned by the positions' angles."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
