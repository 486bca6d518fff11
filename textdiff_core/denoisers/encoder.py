"""`EncoderDenoiser`: a pretrained text encoder, MiniLM, with a head that says what each noisy cell could be."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PREFIX = "encoder.layer."


@dataclasses.dataclass(frozen=True)
class EncoderConfig:
    """Sizes of an EncoderDenoiser; beyond the words and the canvas they are those of MiniLM-L6-H384.

    Attributes:
        num_words: V, words of the vocabulary; noise is one id more.   length: L, cells of the canvas.
        width: D.   depth: blocks.   heads: attention heads.
    """

    num_words: int
    length: int
    width: int = 384
    depth: int = 6
    heads: int = 12

    def __post_init__(self) -> None:
        if min(self.num_words, self.length, self.width, self.depth, self.heads) < 1:
            raise ValueError(f"every size must be at least 1, got {self}")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads, got {self.width} and {self.heads}")


class EncoderDenoiser(nn.Module):
    """BERT's blocks (norms after each sum, learned places, GELU), and a head tied to the embedding.

    Source:   Devlin et al. 2018, arXiv:1810.04805; MiniLM: Wang et al. 2020, arXiv:2002.10957. An encoder that
    learned to fill a few gaps as the start of one that fills any number: DiffusionBERT, arXiv:2211.15029.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.num_words + 1, config.width)
        self.place = nn.Parameter(torch.empty(config.length, config.width))
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.depth))
        self.transform = nn.Linear(config.width, config.width)
        self.norm_head = nn.LayerNorm(config.width)
        self.bias = nn.Parameter(torch.zeros(config.num_words))
        nn.init.normal_(self.embedding.weight, std=0.05)
        nn.init.normal_(self.place, std=0.05)

    @torch.no_grad()
    def start_from(self, weights: Mapping[str, Tensor], rows: Sequence[int], noise_row: int) -> None:
        """Takes over a pretrained encoder.

        Args:     weights: by BERT's names.   rows: row of the embedding for each of the V words, -1 for a word that
                  it does not know.   noise_row: the row of its mask.
        """
        words = weights["embeddings.word_embeddings.weight"]
        known = torch.tensor([*rows, noise_row])
        self.embedding.weight.copy_(torch.where(known[:, None] < 0, words.mean(0), words[known.clamp_min(0)]))
        kind = weights["embeddings.token_type_embeddings.weight"][0]
        self.place.copy_(weights["embeddings.position_embeddings.weight"][: len(self.place)] + kind)
        load(self.norm, weights, "embeddings.LayerNorm")
        for k, block in enumerate(self.blocks):
            block.start_from(weights, f"{PREFIX}{k}.")  # type: ignore[operator]

    @torch.no_grad()
    def start_bias(self, ids: Tensor) -> None:
        """Begins with the words' frequencies: the head's bias is ln of their share in `ids`, one more for each."""
        counts = torch.bincount(ids.reshape(-1), minlength=self.config.num_words) + 1.0
        self.bias.copy_((counts / counts.sum()).log())

    def take_over(self, other: EncoderDenoiser) -> None:
        """Starts from the weights of another one of the same sizes. Raises ValueError: it is not."""
        if self.config != other.config:
            raise ValueError(f"the weights to start from have another size: {other.config}")
        self.load_state_dict(other.state_dict())

    def forward(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """Logits over the V words; noise itself is never among them (zero-mask parameterisation).

        Args:     state: (B, L) int64 ids, id V is noise.   noise: not looked at, see arXiv:2409.02908.
                  where: (B, L) bool, the cells to answer for; None is all.
        Returns:  (B, L, V) logits, or (K, V) for the K cells in `where`, row by row.
        """
        x = self._read(state)
        for block in self.blocks:
            x = block(x)
        x = x if where is None else x[where]
        x = self.norm_head(F.gelu(self.transform(x)))
        return F.linear(x, self.embedding.weight[:-1], self.bias)

    def attention(self, state: Tensor) -> Tensor:
        """(depth, B, heads, L, L) shares in [0, 1]: of each cell's attention, row by row, that goes to each cell.

        Args:     state: (B, L) int64 ids.
        """
        x, shares = self._read(state), []
        for block in self.blocks:
            q, k, _ = block.looks(x)  # type: ignore[operator]
            shares.append((q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).softmax(-1))
            x = block(x)
        return torch.stack(shares)

    def _read(self, state: Tensor) -> Tensor:
        """(B, L, D) what goes into the first block."""
        return self.norm(self.embedding(state) + self.place[: state.shape[1]])


class EncoderBlock(nn.Module):
    """Attention and feed-forward, each added to the stream it read, which is normed after."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm_attention = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.norm_feed = nn.LayerNorm(width, eps=1e-12)

    def start_from(self, weights: Mapping[str, Tensor], prefix: str) -> None:
        """Takes over one layer of the pretrained encoder."""
        for part in ("weight", "bias"):
            names = (f"{prefix}attention.self.{name}.{part}" for name in ("query", "key", "value"))
            getattr(self.qkv, part).copy_(torch.cat([weights[name] for name in names]))
        load(self.out, weights, f"{prefix}attention.output.dense")
        load(self.norm_attention, weights, f"{prefix}attention.output.LayerNorm")
        load(self.up, weights, f"{prefix}intermediate.dense")
        load(self.down, weights, f"{prefix}output.dense")
        load(self.norm_feed, weights, f"{prefix}output.LayerNorm")

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, D) -> (B, L, D)."""
        q, k, v = self.looks(x)
        mixed = F.scaled_dot_product_attention(q, k, v)
        x = self.norm_attention(x + self.out(mixed.transpose(1, 2).reshape(x.shape)))
        return self.norm_feed(x + self.down(F.gelu(self.up(x))))

    def looks(self, x: Tensor) -> Tensor:
        """(3, B, H, L, D/H): what each head asks of the cells, what it is answered by, and what it takes."""
        batch, length, _ = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, -1)  # (B, L, 3, H, D/H)
        return qkv.permute(2, 0, 3, 1, 4)


def load(module: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """The weight and the bias of one module, by BERT's name of it."""
    module.load_state_dict({part: weights[f"{name}.{part}"] for part in ("weight", "bias")})
