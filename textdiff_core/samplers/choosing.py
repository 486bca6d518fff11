"""What step rules of the absorbing process share: the best cells first, blocks from left to right, and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textdiff_core.draws import pick
from textdiff_core.registry import knob
from textdiff_core.samplers.base import Moment

if TYPE_CHECKING:
    from torch import Tensor


def blocks_knob() -> Any:
    """The knob of rules that may write one block after the other, for a field `blocks: int`."""
    return knob(
        1, label="Blocks", min=1, max=64, step=1,
        help="The free cells are cut into so many equal blocks, written from left to right; 1 is no blocks.",
    )  # fmt: skip


def write(now: Moment, chosen: Tensor, u: Tensor) -> Tensor:
    """The state with the chosen cells (B, L) bool written: words drawn from p_x0 by the uniforms u (B, L)."""
    return now.state.masked_scatter(chosen, pick(now.p_x0[chosen], u[chosen]))


def foremost(score: Tensor, where: Tensor, num: Tensor | int) -> Tensor:
    """(B, L) bool: of the cells in `where` the `num` with the highest scores, in a tie the one further left.

    Args:     score: (B, L).   where: (B, L) bool.   num: a whole number, or (B, 1).
    """
    import torch

    order = score.where(where, -torch.inf).argsort(dim=-1, descending=True, stable=True)
    first = (torch.arange(order.shape[-1]) < num).expand_as(order)
    return first.scatter(-1, order, first) & where


def block_of(free: Tensor, blocks: int) -> Tensor:
    """(L,) the block that each cell belongs to, from 0: the free cells in equal parts, as near as can be."""
    return (free.cumsum(0) - 1).clamp_min(0) * blocks // max(1, int(free.sum()))


def first_block(now: Moment, blocks: int) -> Tensor:
    """(B, L) bool: the open cells of the first block that has any."""
    if blocks == 1:
        return now.open
    block = block_of(now.free, blocks)
    left = block.where(now.open, blocks)
    return now.open & (left == left.amin(-1, keepdim=True))


def margin(p: Tensor) -> Tensor:
    """(B, L) by how much the best word leads the second in p (B, L, V)."""
    best = p.topk(min(2, p.shape[-1]), dim=-1).values
    return best[..., 0] - best[..., -1]


def gumbel(u: Tensor) -> Tensor:
    """Gumbel noise from uniforms. The best k of score + heat * noise are k draws without replacement with
    weights exp(score / heat)."""
    return -(-u.log()).log()
