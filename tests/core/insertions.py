"""Tiny corpora of texts of several lengths, and exact sums over all that noise can do to them."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from textdiff_core.denoisers.insertion_oracle import InsertionOracle
from textdiff_core.generate import denoise
from textdiff_core.processes import Insertion
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

V, L = 4, 3
PROCESS = Insertion(V, schedules.build("linear"))
MASK, ABSENT = PROCESS.noise_id, PROCESS.absent_id
ONE_LENGTH = (
    torch.tensor([[1, 2, 3], [3, 2, 1], [2, 2, 3], [1, 1, 2]]),
    torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64),
)
MIXED = (
    torch.tensor([[1, 2, 3], [3, 2, 0], [2, 0, 0], [1, 1, 2], [0, 0, 0], [3, 0, 0], [2, 2, 0], [2, 2, 2]]),
    torch.tensor([0.25, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05], dtype=torch.float64),
)
FREE = torch.full((L,), -1)


def oracle(corpus: tuple[Tensor, Tensor]) -> InsertionOracle:
    return InsertionOracle(corpus[0], PROCESS, corpus[1])


def length(text: Tensor) -> int:
    return int(PROCESS.real(text[None]).sum())


def fates(num: int, noise: float) -> Iterator[tuple[tuple[str, ...], float]]:
    """What noise can do to `num` words, and its probability: "-" missing, "?" a mask, "w" clean (F13)."""
    masked = -noise * math.log(noise) if noise > 0 else 0.0
    share = {"-": noise, "?": masked, "w": 1 - noise - masked}
    for fate in itertools.product("-?w", repeat=num):
        yield fate, math.prod(share[one] for one in fate)


def seen(text: Tensor, fate: tuple[str, ...]) -> tuple[int, ...]:
    """The ids in reading order that are left of a text."""
    return tuple(
        MASK if one == "?" else int(word) for word, one in zip(text, fate, strict=False) if one != "-"
    )


def gaps(fate: tuple[str, ...]) -> list[int]:
    """Missing words before each cell that is left, and after the last."""
    return [len(part) for part in "".join("-" if one == "-" else "|" for one in fate).split("|")]


def sequence(ids: tuple[int, ...]) -> Tensor:
    return torch.tensor([*ids, *[ABSENT] * (L + 1 - len(ids))])


def ends(
    corpus: tuple[Tensor, Tensor], sampler: str, num: int, *, steps: int = 8, first: int = 0
) -> np.ndarray:
    """How often each text of the corpus, and at last any other, is the end of `num` runs."""
    *_, last = denoise(
        PROCESS, oracle(corpus), samplers.build(sampler), grids.build("uniform").times(steps),
        seeds=range(first, first + num), keep=FREE, record=False,
    )  # fmt: skip
    assert not bool(PROCESS.open(last.state).any())
    same = (PROCESS.read(last.state)[:, None] == corpus[0]).all(-1)  # (num, n)
    return np.append(same.sum(0).numpy(), int((~same.any(-1)).sum()))
