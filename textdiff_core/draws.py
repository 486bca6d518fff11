"""Random draws. Every random function of the core takes its generators; none touches the global seed.

`Rng` is one torch.Generator, or one for each row of a batch: then row b of a batch draws what it would
draw alone. Torch is imported inside, so that modules which only describe rules do without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Generator, Tensor

    Rng: TypeAlias = Generator | Sequence[Generator]


def step_rng(seed: int, step: int, part: int = 0, *, device: str = "cpu") -> Generator:
    """A generator of its own for each step, so that any step replays alone and two samplers side by side
    meet the same stream at the same step. The parts of a step have one each."""
    import torch

    # A hash, because numpy's SeedSequence takes a tenth of a millisecond: much, once a step and row.
    told = b"%d,%d,%d" % (seed, step, part) if part else b"%d,%d" % (seed, step)
    mixed = hashlib.blake2b(told, digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(mixed, "little") >> 1)


def uniform(shape: tuple[int, ...], rng: Rng) -> Tensor:
    """float64 in [0, 1), on the generator's device; with one generator a row, shape[0] is their number.

    float64 because float32 has 2^24 distinct uniforms: rare events at a large vocabulary would become
    impossible (arXiv:2409.02908).
    """
    import torch

    if isinstance(rng, torch.Generator):
        return torch.rand(shape, generator=rng, dtype=torch.float64, device=rng.device)
    if len(rng) != shape[0]:
        raise ValueError(f"{shape[0]} rows need as many generators, got {len(rng)}")
    if len(rng) == 1:
        return uniform(shape, rng[0])
    return torch.stack([uniform(shape[1:], one) for one in rng])


def normal(shape: tuple[int, ...], rng: Rng) -> Tensor:
    """float64 standard normal draws; generators as in `uniform`."""
    import torch

    if isinstance(rng, torch.Generator):
        return torch.randn(shape, generator=rng, dtype=torch.float64, device=rng.device)
    if len(rng) != shape[0]:
        raise ValueError(f"{shape[0]} rows need as many generators, got {len(rng)}")
    if len(rng) == 1:
        return normal(shape, rng[0])
    return torch.stack([normal(shape[1:], one) for one in rng])


def stratified(num: int, rng: Generator) -> Tensor:
    """(num,) float64 uniforms, one in each of num equal strata, in random order.

    Source:   low-discrepancy times of VDM (arXiv:2107.00630), with a fresh offset in each stratum.
    """
    import torch

    strata = torch.randperm(num, generator=rng, device=rng.device)
    return (strata + uniform((num,), rng)) / num


BELOW_ONE = 1 - 2**-52


def pick(p: Tensor, u: Tensor) -> Tensor:
    """The index that the uniform u picks from probabilities p, by inverting their cumulative sum.

    Args:     p: (..., V) float64, not necessarily normalised, total above 0.   u: (...) in [0, 1).
    Returns:  (...) int64 indices of entries with p > 0.
    """
    import torch

    cumulative = p.cumsum(-1)
    # Just below the total: rounding must not carry u * total up to it, past the last entry with a share.
    mark = u.unsqueeze(-1) * (cumulative[..., -1:] * BELOW_ONE)
    return torch.searchsorted(cumulative, mark, right=True).squeeze(-1)


def flat_cells(chosen: Tensor) -> Tensor:
    """(K,) int64: where the chosen (B, L) bool cells stand when the rows lie one after the other."""
    return chosen.flatten().nonzero().squeeze(-1)
