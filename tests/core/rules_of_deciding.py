"""By definition: the sampler that decides the most telling words first. See `propagation`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from tests.core.rules_of_writing import SLACK, Here, Move, Rule, draws, plogp


def informed(
    certain: float = 0.02, kin: float = 0.05, doubt: float = 0.001
) -> Callable[[Here], Iterator[Move]]:
    """Certain words, some decisions, and at most one word back to noise."""

    def moves(here: Here) -> Iterator[Move]:
        nats = {cell: -plogp(here.given[cell]) for cell in here.noisy}
        asked = [cell for cell in here.noisy if nats[cell] > certain]
        ahead = len(decisions(here, nats, asked, kin, len(asked), by_distance=False))
        num = max(1, math.floor(ahead * here.rate + 0.5 + SLACK))
        chosen = {*here.noisy} - {*asked} | {*decisions(here, nats, asked, kin, num, by_distance=True)}
        if here.alpha_s == 1:
            chosen = {*here.noisy}
        back = doubted(here, doubt) if len(chosen) > 1 else []
        for luck, drawn in draws(here):
            words = [drawn[cell] if cell in chosen else word for cell, word in enumerate(here.words)]
            for cell in back:
                words[cell] = here.p.shape[0]
            yield luck, tuple(words)

    return moves


def decisions(
    here: Here, nats: dict[int, float], asked: list[int], kin: float, num: int, *, by_distance: bool
) -> list[int]:
    """Cells one after the other, none of which is kin of one before it: what they tell, times their distance."""

    def cosine(a: int, b: int) -> float:
        u, v = here.given[a], here.given[b]
        return float(u @ v) / math.sqrt(float(u @ u) * float(v @ v))

    tells = {a: nats[a] * sum(cosine(a, b) for b in asked) for a in asked}
    found: list[int] = []
    while len(found) < num:
        left = [a for a in asked if a not in found and all(cosine(a, b) <= kin for b in found)]
        if not left:
            break
        near = {a: min((abs(a - b) for b in found), default=1) if by_distance else 1 for a in left}
        found.append(max(left, key=lambda a: tells[a] * near[a]))
    return found


def doubted(here: Here, doubt: float) -> list[int]:
    """The word that is least likely to the model, if it says so flatly and four steps are left."""
    stands = [cell for cell in range(here.p.ndim) if cell not in here.noisy]
    own = {cell: here.given[cell, here.words[cell]] for cell in stands}
    against = [cell for cell in stands if own[cell] < doubt and np.max(here.given[cell]) > 0.99]
    return sorted(against, key=own.__getitem__)[:1] if 4 * here.rate <= 1 + SLACK else []


DECIDING: dict[str, Rule] = {
    "informed": Rule(informed()),
    "informed:certain=0,doubt=0": Rule(informed(certain=0.0, doubt=0.0)),
    "informed:certain=1": Rule(informed(certain=1.0)),
    "informed:certain=0.3,kin=1,doubt=0.1": Rule(informed(certain=0.3, kin=1.0, doubt=0.1)),
}
