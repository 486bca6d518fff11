"""By definition: samplers of masks that put words back to noise. See `propagation`."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator

from tests.core.rules_of_writing import SLACK, Here, Move, Rule, draws, each_alone

Sigma = Callable[[Here], float]


def most(here: Here) -> float:
    """The largest sigma for which the share of noise can fall as it should."""
    return min(1.0, (1 - here.alpha_s) / here.alpha_t) if here.alpha_t else 1.0


def remdm(sigma: Sigma) -> Callable[[Here], Iterator[Move]]:
    """Words go back with sigma; noise is written with (alpha_s - (1 - sigma) alpha_t) / (1 - alpha_t)."""

    def outcomes(here: Here, cell: int) -> list[tuple[float, int]]:
        back, noise = sigma(here), here.p.shape[0]
        if cell not in here.noisy:
            return [(1 - back, here.words[cell]), (back, noise)]
        chance = (here.alpha_s - (1 - back) * here.alpha_t) / (1 - here.alpha_t)
        return [*((chance * share, word) for word, share in enumerate(here.given[cell])), (1 - chance, noise)]

    return functools.partial(each_alone, outcomes)


def by_confidence(eta: float) -> Callable[[Here], Iterator[Move]]:
    """sigma is shared out by softmax(-psi) over the words; noise is written as if nothing went back."""

    def outcomes(here: Here, cell: int) -> list[tuple[float, int]]:
        noise = here.p.shape[0]
        if cell in here.noisy:
            words = [(here.rate * share, word) for word, share in enumerate(here.given[cell])]
            return [*words, (1 - here.rate, noise)]
        weights = {i: math.exp(-here.told[i]) for i in range(here.p.ndim) if i not in here.noisy}
        back = eta * most(here) * weights[cell] / sum(weights.values())
        return [(1 - back, here.words[cell]), (back, noise)]

    return functools.partial(each_alone, outcomes)


def loop(eta: float, t_on: float = 0.55, t_off: float = 0.05, alpha_on: float = 0.9) -> Rule:
    """Up to alpha_on until t_on, at rest until t_off, then to 1."""

    def alpha(t: float) -> float:
        if t > t_on:
            return (1 - t) / (1 - t_on) * alpha_on
        return alpha_on if t > t_off else alpha_on + (1 - alpha_on) * (t_off - t) / t_off

    def sigma(here: Here) -> float:
        return min(eta, most(here)) if here.alpha_s == here.alpha_t else 0.0

    return Rule(remdm(sigma), lambda steps: [alpha(1 - k / steps) for k in range(steps)] + [1.0])


def corrector(strength: float, power: float) -> Sigma:
    """Unmasks A times and remasks B = A - 1 times as fast as the flow, as far as the remasking is allowed."""

    def sigma(here: Here) -> float:
        again = strength * here.alpha_t**power * (1 - here.alpha_t) ** power
        return min(most(here), again * (here.alpha_s - here.alpha_t) / here.alpha_t) if here.alpha_t else 0.0

    return sigma


def planned(planner: str, eta: float) -> Callable[[Here], Iterator[Move]]:
    """The floor(L (1 - alpha_s)) cells with the lowest scores are noise; in a tie the word that stands, stays, and of
    two new ones the one further left is noise."""

    def fresh(here: Here) -> Iterator[tuple[float, tuple[int, ...]]]:
        """Words drawn anew in every cell."""
        for words in itertools.product(range(here.p.shape[0]), repeat=here.p.ndim):
            yield math.prod(here.given[cell, word] for cell, word in enumerate(words)), words

    def result(here: Here, written: tuple[int, ...], score: list[float]) -> tuple[int, ...]:
        count = math.floor(here.p.ndim * (1 - here.alpha_s) + SLACK)
        worst = sorted(
            range(here.p.ndim),
            key=lambda cell: score[cell] if cell in here.noisy else eta * score[cell] + SLACK,
        )
        return tuple(here.p.shape[0] if cell in worst[:count] else word for cell, word in enumerate(written))

    def moves(here: Here) -> Iterator[Move]:
        if planner == "random":
            # Each cell's score is ln u, times eta where a word stands: u^eta, and the order of two such is known.
            for luck, written in draws(here):
                for share, order in races([1.0 if c in here.noisy else eta for c in range(here.p.ndim)]):
                    rank = [order.index(cell) for cell in range(here.p.ndim)]
                    count = math.floor(here.p.ndim * (1 - here.alpha_s) + SLACK)
                    yield (
                        luck * share,
                        tuple(
                            here.p.shape[0] if rank[cell] < count else word
                            for cell, word in enumerate(written)
                        ),
                    )
            return
        for luck, words in fresh(here) if planner == "drawn" else draws(here):
            written = tuple(words[c] if c in here.noisy else here.words[c] for c in range(here.p.ndim))
            judged = words if planner == "drawn" else written
            score = [math.log(max(1e-300, here.given[cell, word])) for cell, word in enumerate(judged)]
            if luck:
                yield luck, result(here, written, score)

    return moves


def races(speeds: list[float]) -> list[tuple[float, tuple[int, ...]]]:
    """Orders, lowest first, of speed * ln u: -ln u is exponential, so the largest of speed * (-ln u) comes first.

    The last of exponential clocks with rates 1 / speed to ring is the lowest; of the set of those still in the race the
    next to ring is drawn in proportion to its rate.
    """
    rates = {cell: 1 / max(speed, 1e-12) for cell, speed in enumerate(speeds)}
    out = []
    for ringing in itertools.permutations(rates):
        share, left = 1.0, sum(rates.values())
        for cell in ringing:
            share *= rates[cell] / left
            left -= rates[cell]
        out.append((share, tuple(reversed(ringing))))
    return out


REMASKING: dict[str, Rule] = {
    "remdm-cap": Rule(remdm(lambda here: min(0.02, most(here)))),
    "remdm-cap:eta=0": Rule(remdm(lambda here: 0.0)),
    "remdm-cap:eta=0.2": Rule(remdm(lambda here: min(0.2, most(here)))),
    "remdm-rescale": Rule(remdm(lambda here: 0.015 * most(here))),
    "remdm-rescale:eta=0.5": Rule(remdm(lambda here: 0.5 * most(here))),
    "remdm-conf": Rule(by_confidence(1.0), remembers=True),
    "remdm-conf:eta=0.4": Rule(by_confidence(0.4), remembers=True),
    "remdm-loop": loop(0.02),
    "remdm-loop:eta=0.3": loop(0.3),
    "corrector": Rule(remdm(corrector(10.0, 0.25))),
    "corrector:strength=2": Rule(remdm(corrector(2.0, 0.25))),
    "p2": Rule(planned("self", 1.0)),
    "p2:eta=2": Rule(planned("self", 2.0)),
    "p2:planner=drawn": Rule(planned("drawn", 1.0)),
    "p2:planner=random": Rule(planned("random", 1.0)),
    "p2:planner=random,eta=0": Rule(planned("random", 0.0)),
    "p2:planner=random,eta=0.5": Rule(planned("random", 0.5)),
}
