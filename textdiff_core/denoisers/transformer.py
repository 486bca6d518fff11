"""`TransformerDenoiser`: a small transformer, bidirectional or causal, that says what each noisy cell could be."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from textdiff_core.denoisers.remembering import Memory


@dataclasses.dataclass(frozen=True)
class TransformerConfig:
    """Sizes of a TransformerDenoiser.

    Attributes:
        num_words: V, words of the vocabulary; noise is one id more.   length: L, cells of the canvas.
        width: D, a multiple of 2 * heads.   depth: blocks.   heads: attention heads.
        time_conditioning: adds an embedding of the noise level. The optimal denoiser of masked diffusion
            does not depend on it (arXiv:2409.02908), so it is off where the process is absorbing.
        vectors: cells hold vectors over the words instead of ids.
        gaps: texts have any length, are read up to an end, and words may be missing between their cells.
        causal: each cell is predicted from those before it alone, as autoregressive models do.
    """

    num_words: int
    length: int
    width: int = 192
    depth: int = 4
    heads: int = 4
    time_conditioning: bool = False
    vectors: bool = False
    gaps: bool = False
    causal: bool = False

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

    A causal one reads at each cell the word before it, at the first the id V, which so costs no weight more: one pass
    over a text says what every cell could be given the cells before it. It attends to nothing that comes later.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.num_words + 1 + config.gaps, config.width)
        self.place = nn.Parameter(torch.empty(config.length + config.gaps, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.RMSNorm(config.width)
        self.head = nn.Linear(config.width, config.num_words, bias=False)
        self.time = TimeEmbedding(config.width) if config.time_conditioning else None
        self.vector = VectorEmbedding(config) if config.vectors else None
        self.gap = nn.Linear(config.width, 1) if config.gaps else None
        cos, sin = rotary_tables(len(self.place), config.width // config.heads)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embedding.weight, std=1.0)
        nn.init.normal_(self.place, std=0.5)
        nn.init.zeros_(self.head.weight)
        if self.gap is not None:
            nn.init.zeros_(self.gap.weight)
            nn.init.zeros_(self.gap.bias)

    def take_over(self, other: TransformerDenoiser) -> None:
        """Starts from the weights of another denoiser; parts and rows that it does not have stay as they are.

        Raises:   ValueError: the sizes differ by more than the rows that gaps need.
        """
        ours = self.state_dict()
        theirs = {name: value for name, value in other.state_dict().items() if name in ours}
        more = self.config.gaps - other.config.gaps  # rows: the end of a text, and its place
        for name, value in theirs.items():
            if more == 1 and name in ("embedding.weight", "place") and len(ours[name]) == len(value) + 1:
                theirs[name] = torch.cat([value, ours[name][len(value) :]])
        wrong = [name for name, value in theirs.items() if ours[name].shape != value.shape]
        if wrong:
            raise ValueError(f"the weights to start from have another size: {wrong[0]}")
        self.load_state_dict(theirs, strict=False)

    @torch.no_grad()
    def word_points(self) -> Tensor:
        """(V, 2) float64: the words' embeddings on their two principal axes, the farthest at distance 1.

        Each axis points to the word that lies farthest along it, so that the map is the same everywhere.
        """
        words = self.embedding.weight[: self.config.num_words].double()
        left, scale, _ = torch.linalg.svd(words - words.mean(0), full_matrices=False)
        points = left[:, :2] * scale[:2]
        points = points * points.gather(0, points.abs().argmax(0, keepdim=True)).sign()
        return points / points.norm(dim=-1).max()

    def forward(
        self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None,
        belief: Tensor | None = None, previous: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """Logits over the V words; noise itself is never among them (zero-mask parameterisation).

        Args:     state: (B, L) int64 ids, id V is noise.   noise: (B,) share of noise, used with time_conditioning.
                  where: (B, L) bool, the cells to answer for; None is all. The others are known to be clean.
                  belief, previous: with vectors, the state being (B, L, V) then, see `VectorEmbedding`.
        Returns:  (B, L, V) logits, or (K, V) for the K cells in `where`, row by row.
        """
        x = self._read(state, noise, where, belief, previous)
        return self.head(self.norm(x if where is None else x[where]))

    def insertions(self, state: Tensor, noise: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        """With gaps: (K, V) logits for the masks in `where`, and (B, L + 1) how many words are missing just
        before each cell, 0 or more; after the first end the numbers mean nothing.

        Args:     state: (B, L + 1) int64 ids, mask V, in reading order, padded by the end V + 1.
        """
        if self.gap is None:
            raise ValueError("this denoiser was not made for texts with gaps")
        x = self.norm(self._read(state, noise, where))
        return self.head(x[where]), F.softplus(self.gap(x)[..., 0].float())

    def attention(self, state: Tensor) -> Tensor:
        """(depth, B, heads, L, L) shares in [0, 1]: of each cell's attention, row by row, that goes to each cell.

        Args:     state: (B, L) int64 ids; of a denoiser that reads nothing else.
        """
        x, shares = self.embedding(state) + self.place[: state.shape[1]], []
        cos, sin = (table[: state.shape[1]].to(x.dtype) for table in (self.cos, self.sin))
        for block in self.blocks:
            q, k, _ = block.looks(x, cos, sin)  # type: ignore[operator]
            shares.append((q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).softmax(-1))
            x = block(x, cos, sin)
        return torch.stack(shares)

    def _read(
        self, state: Tensor, noise: Tensor | None, where: Tensor | None,
        belief: Tensor | None = None, previous: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """(B, L, D): what the blocks make of every cell. Args as in `forward`."""
        length = state.shape[1]
        if self.config.causal:
            return self.read_on(self.shifted(state), 0)
        if self.vector is None:
            x = self.embedding(state)  # (B, L, D)
        elif belief is None:
            raise ValueError("this denoiser reads vectors: what each says of its word is needed")
        else:
            x = self.vector(self.embedding.weight[: self.config.num_words + 1], state, belief, previous)
        x = x + self.place[:length]
        if self.time is not None:
            if noise is None:
                raise ValueError("this denoiser is conditioned on noise: its share is needed")
            level = noise[:, None].expand(state.shape[:2])
            # Words are known to be clean; what is missing between them depends on the noise everywhere.
            x = x + self.time(level if where is None or self.gap is not None else level * where)
        return self.through(x)

    def through(self, x: Tensor, first: int = 0, memory: Sequence[Memory] = ()) -> Tensor:
        """(B, n, D) -> (B, n, D): all blocks, on n cells from cell `first` on. Args: memory: as in `read_on`."""
        cos, sin = (table[first : first + x.shape[1]].to(x.dtype) for table in (self.cos, self.sin))
        for block, kept in itertools.zip_longest(self.blocks, memory):
            x = block(x, cos, sin, kept)
        return x

    def shifted(self, state: Tensor) -> Tensor:
        """(B, L) int64: what a causal one reads at each cell."""
        return F.pad(state[:, :-1], (1, 0), value=self.config.num_words)

    def read_on(self, shifted: Tensor, first: int, memory: Sequence[Memory] = ()) -> Tensor:
        """(B, n, D): what the blocks of a causal one make of n cells from cell `first` on.

        Args:     shifted: (B, n) of these cells.
                  memory: one a block, of the `first` cells before; these cells are added to it.
        """
        x = self.embedding(shifted) + self.place[first : first + shifted.shape[1]]
        return self.through(x, first, memory)


class Block(nn.Module):
    """Attention and feed-forward, each added to the stream it read."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width, self.heads, self.causal = config.width, config.heads, config.causal
        self.norm_attention, self.norm_feed = nn.RMSNorm(width), nn.RMSNorm(width)
        self.norm_query, self.norm_key = nn.RMSNorm(width // self.heads), nn.RMSNorm(width // self.heads)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, memory: Memory | None = None) -> Tensor:
        """(B, L, D) -> (B, L, D). Args: memory: of the cells before these, for a causal block."""
        batch, length, width = x.shape
        q, k, v = self.looks(x, cos, sin)
        if memory is None:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        else:
            k, v = memory.add(k, v)
            before = k.shape[2] - length  # the last cell sees all there are, and needs no mask
            seen = None if length == 1 else x.new_ones(length, k.shape[2], dtype=torch.bool).tril(before)
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.relu(self.up(self.norm_feed(x))).square())

    def looks(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each (B, H, L, D/H), of the stream (B, L, D)."""
        batch, length, _ = x.shape
        qkv = self.qkv(self.norm_attention(x)).view(batch, length, 3, self.heads, -1)  # (B, L, 3, H, D/H)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        return rotate(self.norm_query(q), cos, sin), rotate(self.norm_key(k), cos, sin), v


class VectorEmbedding(nn.Module):
    """A cell's vector as input: the mean embedding of the words it could be, and terms that are 0 at first.

    The mean is mixed with the embedding of noise by the share of doubt, the entropy over ln V: a vector that
    tells its word reads as that word, one that tells nothing as noise, and a denoiser of masked text is a
    good start (on tales 0.26 nats a word at half noise, against 0.53 without that share).
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.direct = nn.Linear(config.num_words, config.width, bias=False)
        self.previous = nn.Linear(config.num_words, config.width, bias=False)
        nn.init.zeros_(self.direct.weight)
        nn.init.zeros_(self.previous.weight)

    def forward(self, embedding: Tensor, state: Tensor, belief: Tensor, previous: Tensor | None) -> Tensor:
        """(B, L, D).

        Args:     embedding: (V + 1, D) of the words and of noise.   state: (B, L, V) the vectors.
                  belief: (B, L, V) the shares of the words by each vector alone.
                  previous: (B, L, V) an earlier answer of the denoiser, if there is one.
        """
        shares = belief.to(embedding)
        doubt = torch.special.entr(shares).sum(-1, keepdim=True) / math.log(shares.shape[-1])
        mixed = torch.cat([(1 - doubt) * shares, doubt], dim=-1) @ embedding
        x = mixed + self.direct(state.to(embedding))
        return x if previous is None else x + self.previous(previous.to(embedding))


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
