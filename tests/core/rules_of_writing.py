"""By definition: which samplers of masks write which words, where words are never taken back. See `propagation`."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tests.core.exact import State

SLACK = 1e-9  # counts that differ from a whole number by less are that number


class Here(NamedTuple):
    """A state and a step from it. Attributes: given: (L, V) what the model says.   told: see `propagation.Known`."""

    p: np.ndarray
    words: State
    told: tuple[float, ...]
    given: np.ndarray
    t: float
    s: float
    alpha_t: float
    alpha_s: float
    slope: float

    @property
    def noisy(self) -> list[int]:
        return [cell for cell, word in enumerate(self.words) if word == self.p.shape[0]]

    @property
    def rate(self) -> float:
        return (self.alpha_s - self.alpha_t) / (1 - self.alpha_t)


Move = tuple[float, State]
Chosen = tuple[float, tuple[int, ...]]  # probability of a set of cells


class Rule(NamedTuple):
    """Attributes: moves: probabilities and the states they lead to.   alphas: the levels of N steps, where they are the
    rule's own.   remembers: the probability of each word when it was written belongs to the state."""

    moves: Callable[[Here], Iterator[Move]]
    alphas: Callable[[int], Sequence[float]] | None = None
    remembers: bool = False


def ENDLESS(steps: int) -> Sequence[float]:
    """Of rules that find their own steps."""
    raise NotImplementedError


def each_alone(outcomes: Callable[[Here, int], list[tuple[float, int]]], here: Here) -> Iterator[Move]:
    """Cells change independently. Args: outcomes: of a cell, the shares of the words it may become."""
    for cells in itertools.product(*(outcomes(here, cell) for cell in range(here.p.ndim))):
        yield math.prod(share for share, _ in cells), tuple(word for _, word in cells)


def becomes(chance: Callable[[Here], float]) -> Callable[[Here], Iterator[Move]]:
    """Each noisy cell on its own is written with a probability, by the model's words."""

    def outcomes(here: Here, cell: int) -> list[tuple[float, int]]:
        if cell not in here.noisy:
            return [(1.0, here.words[cell])]
        words = [(chance(here) * share, word) for word, share in enumerate(here.given[cell])]
        return [*words, (1 - chance(here), here.p.shape[0])]

    return functools.partial(each_alone, outcomes)


def writes(choose: Callable[[Here, State], list[Chosen]]) -> Callable[[Here], Iterator[Move]]:
    """Words are drawn for all noisy cells; a set of them, chosen with those words known, is written."""

    def moves(here: Here) -> Iterator[Move]:
        for luck, drawn in draws(here):
            for share, chosen in choose(here, drawn):
                yield (
                    luck * share,
                    tuple(drawn[cell] if cell in chosen else word for cell, word in enumerate(here.words)),
                )

    return moves


def draws(here: Here) -> Iterator[Move]:
    """Every way in which words can be drawn for the noisy cells."""
    for words in itertools.product(range(here.p.shape[0]), repeat=len(here.noisy)):
        drawn = list(here.words)
        for cell, word in zip(here.noisy, words, strict=True):
            drawn[cell] = word
        yield math.prod(here.given[cell, drawn[cell]] for cell in here.noisy), tuple(drawn)


# ---- scores ---------------------------------------------------------------------------------------------

Score = Callable[[Here, State, int], float]


def plogp(row: np.ndarray) -> float:
    return sum(share * math.log(share) for share in row if share > 0)


def best(here: Here, drawn: State, cell: int) -> float:
    return here.given[cell].max()


def lucky(here: Here, drawn: State, cell: int) -> float:
    return here.given[cell, drawn[cell]]


def certain(here: Here, drawn: State, cell: int) -> float:
    return plogp(here.given[cell])


def ahead(here: Here, drawn: State, cell: int) -> float:
    *_, second, first = np.sort(here.given[cell])
    return first - second


def leftmost(here: Here, drawn: State, cell: int) -> float:
    return -cell


def even(here: Here, drawn: State, cell: int) -> float:
    return 0.0


def spread(here: Here, drawn: State, cell: int) -> float:
    """Cells 0, 1, 2 in the order 0, 1/2 -> 1, 1/4 -> 0 again, 3/4 -> 2; of two 0, 1."""
    return -[0, 1, 2][cell]


def picked(scores: dict[int, float], count: int, heat: float) -> list[Chosen]:
    """The `count` best scores; with heat, draws without replacement with weights exp(score / heat); infinite heat
    is an even choice."""
    count = min(count, len(scores))
    if heat == 0:
        return [(1.0, tuple(sorted(scores, key=lambda cell: -scores[cell])[:count]))]
    weights = {cell: math.exp(score / heat) for cell, score in scores.items()}
    out = []
    for order in itertools.permutations(scores, count):
        share, left = 1.0, sum(weights.values())
        for cell in order:
            share *= weights[cell] / left
            left -= weights[cell]
        out.append((share, order))
    return out


# ---- the schedule says how many -------------------------------------------------------------------------


def block(here: Here, cell: int, blocks: int) -> int:
    """Of cells in equal parts."""
    return cell * blocks // here.p.ndim


def ordered(score: Score, *, blocks: int = 1, down: bool = False, heat: float = 0.0) -> Rule:
    """In each block the expected number of cells, the best first."""

    def expected(here: Here, cells: Sequence[int], part: int) -> int:
        """The block's stretch of alpha goes from part / blocks to (part + 1) / blocks."""
        begin, end = max(here.alpha_t, part / blocks), (part + 1) / blocks
        share = (here.alpha_s - begin) / (end - begin) if end > begin else here.rate
        num = len(cells) * min(1.0, max(0.0, share))
        return math.floor(num + SLACK) if down else math.ceil(num - SLACK)

    def choose(here: Here, drawn: State) -> list[Chosen]:
        sets: list[Chosen] = [(1.0, ())]
        for part in range(blocks):
            cells = [cell for cell in here.noisy if block(here, cell, blocks) == part]
            scores = {cell: score(here, drawn, cell) for cell in cells}
            ours = picked(scores, expected(here, cells, part), heat)
            sets = [(a * b, (*x, *y)) for (a, x), (b, y) in itertools.product(sets, ours)]
        return sets

    return Rule(writes(choose))


def maskgit(temperature: float) -> Rule:
    """After r of the way floor(L cos(pi r / 2)) cells are noise, from 1 to one less than before; in the end none."""

    def choose(here: Here, drawn: State) -> list[Chosen]:
        num, last = len(here.noisy), here.alpha_s == 1
        stay = math.floor(here.p.ndim * (1 - here.alpha_s) + SLACK)
        stay = 0 if last else max(1, min(num - 1, stay))
        scores = {cell: math.log(max(1e-300, lucky(here, drawn, cell))) for cell in here.noisy}
        if num <= stay:
            return [(1.0, ())]
        return picked(
            scores, num - stay, 0 if last else temperature * (1 - 2 / math.pi * math.acos(1 - here.alpha_s))
        )

    def alphas(steps: int) -> list[float]:
        return [1 - math.cos(math.pi / 2 * k / steps) for k in range(steps)] + [1.0]

    return Rule(writes(choose), alphas)


# ---- the model says how many ----------------------------------------------------------------------------


def adaptive(score: Score, enough: Callable[[Here, Sequence[int]], int], blocks: int = 1) -> Rule:
    """Of the first block with noise, as many cells as `enough` says of them, best first; at least one."""

    def choose(here: Here, drawn: State) -> list[Chosen]:
        if not here.noisy:
            return [(1.0, ())]
        part = block(here, here.noisy[0], blocks)
        cells = [cell for cell in here.noisy if block(here, cell, blocks) == part]
        cells.sort(key=lambda cell: -score(here, drawn, cell))
        return [(1.0, tuple(cells[: max(1, enough(here, cells))]))]

    return Rule(writes(choose), ENDLESS)


def threshold(tau: float) -> Callable[[Here, Sequence[int]], int]:
    return lambda here, cells: sum(here.given[cell].max() >= tau for cell in cells)


def factor(f: float) -> Callable[[Here, Sequence[int]], int]:
    """The largest n with (n + 1) (1 - c_n) < f."""
    return lambda here, cells: max(
        (n for n in range(1, len(cells) + 1) if (n + 1) * (1 - here.given[cells[n - 1]].max()) < f), default=0
    )


def bound(gamma: float) -> Callable[[Here, Sequence[int]], int]:
    """The longest run with sum H - max H <= gamma."""

    def enough(here: Here, cells: Sequence[int]) -> int:
        nats = [-plogp(here.given[cell]) for cell in cells]
        return max(n for n in range(1, len(cells) + 1) if sum(nats[:n]) - max(nats[:n]) <= gamma or n == 1)

    return enough


# ---- cells on their own ---------------------------------------------------------------------------------


def d3pm_best(here: Here) -> Iterator[Move]:
    """The posterior, and the likeliest word of each cell at the last step."""
    if here.alpha_s < 1:
        yield from becomes(lambda step: step.rate)(here)
    else:
        yield (
            1.0,
            tuple(
                int(here.given[cell].argmax()) if cell in here.noisy else word
                for cell, word in enumerate(here.words)
            ),
        )


def tweedie(here: Here) -> float:
    """All that words get of SEDD's formula: (exp(dsigma) - 1) times the sum of their scores, sigma = -ln alpha. The
    limit at alpha_t = 0; and at the last step all."""
    if here.alpha_t == 0 or here.alpha_s == 1:
        return here.alpha_s
    step = math.log(here.alpha_s) - math.log(here.alpha_t)
    return math.expm1(step) * here.alpha_t / (1 - here.alpha_t)


def at_rate(chance: Callable[[float], float]) -> Callable[[Here], float]:
    """The rate -alpha'(t) / (1 - alpha_t) over the step; everything at the last step."""
    return lambda here: 1.0 if here.s == 0 else chance((here.t - here.s) * -here.slope / (1 - here.alpha_t))


def one(here: Here, drawn: State) -> list[Chosen]:
    """One noisy cell, each alike."""
    return [(1 / len(here.noisy), (cell,)) for cell in here.noisy] or [(1.0, ())]


WRITING: dict[str, Rule] = {
    "ancestral": Rule(becomes(lambda here: here.rate)),
    "first-hitting": Rule(writes(one), ENDLESS),
    "d3pm": Rule(becomes(lambda here: here.rate)),
    "d3pm:last=best": Rule(d3pm_best),
    "analytic": Rule(becomes(tweedie)),
    "euler": Rule(becomes(at_rate(lambda mean: min(1.0, mean)))),
    "euler:form=exponential": Rule(becomes(at_rate(lambda mean: 1 - math.exp(-mean)))),
    "random": ordered(even, heat=1.0),
    "random:blocks=2": ordered(even, heat=1.0, blocks=2),
    "confidence": ordered(best),
    "confidence:blocks=2": ordered(best, blocks=2),
    "confidence:rounding=down": ordered(best, down=True),
    "confidence:alg_temp=0.3": ordered(best, heat=0.3),
    "confidence:by=drawn": ordered(lucky),
    "confidence:blocks=2,by=drawn": ordered(lucky, blocks=2),
    "entropy": ordered(certain),
    "entropy:alg_temp=0.5": ordered(certain, heat=0.5),
    "entropy:blocks=2,rounding=down,alg_temp=0.5": ordered(certain, blocks=2, down=True, heat=0.5),
    "margin": ordered(ahead),
    "left-to-right": ordered(leftmost),
    "halton": ordered(spread),
    "maskgit": maskgit(4.5),
    "maskgit:heat=0": maskgit(0.0),
    "threshold": adaptive(best, threshold(0.9)),
    "threshold:tau=0.35": adaptive(best, threshold(0.35)),
    "threshold:tau=0.5": adaptive(best, threshold(0.5)),
    "threshold:tau=1": adaptive(best, threshold(1.0)),
    "threshold:blocks=2,tau=0.5": adaptive(best, threshold(0.5), blocks=2),
    "factor": adaptive(best, factor(1.0)),
    "factor:f=0": adaptive(best, factor(0.0)),
    "factor:f=1.8": adaptive(best, factor(1.8)),
    "factor:f=2": adaptive(best, factor(2.0)),
    "entropy-bound": adaptive(certain, bound(0.1)),
    "entropy-bound:gamma=0": adaptive(certain, bound(0.0)),
    "entropy-bound:gamma=0.8": adaptive(certain, bound(0.8)),
    "entropy-bound:gamma=1.1": adaptive(certain, bound(1.1)),
    "entropy-bound:gamma=0.8,proxy=confidence": adaptive(best, bound(0.8)),
    "entropy-bound:gamma=0.8,proxy=margin": adaptive(ahead, bound(0.8)),
}
