"""The exact distribution of the texts that a sampler of masks ends with, and of the way there.

The probability of every state is carried from step to step, by the definition of the sampler's rule and never by
its code. Definitions are in `rules_of_writing`, `rules_of_remasking`, `rules_of_deciding` and `rules_of_guiding`;
schedules are used, which have tests of their own.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tests.core.exact import State, posterior
from tests.core.rules_of_deciding import DECIDING
from tests.core.rules_of_guiding import GUIDING
from tests.core.rules_of_remasking import REMASKING
from tests.core.rules_of_writing import ENDLESS, WRITING, Here, Rule
from textdiff_core.schedules import schedules

RULES: dict[str, Rule] = WRITING | REMASKING | DECIDING | GUIDING
"""What tests propagate: the spec of a sampler and its definition."""

Judge = Callable[[np.ndarray, State], np.ndarray]
"""(table, state) -> (L, V): what the model says of each cell."""


class Known(NamedTuple):
    """A state of the run. Attributes: told: of each word the probability it had when written, where a rule asks."""

    words: State
    told: tuple[float, ...] = ()


def propagate(
    p: np.ndarray, spec: str, steps: int, schedule: str = "linear", judge: Judge = posterior
) -> np.ndarray:
    """The table of texts after `steps` even steps; rules that find their own steps make as many as they need."""
    *_, last = masses(p, spec, steps, schedule, judge)
    out = np.zeros_like(p)
    for known, mass in last.items():
        out[known.words] += mass  # an IndexError here means that noise was left
    return out


def masses(
    p: np.ndarray, spec: str, steps: int, schedule: str = "linear", judge: Judge = posterior
) -> Iterator[dict[Known, float]]:
    """The distribution over states at the start and after each step."""
    rule, num_words, length = RULES[spec], p.shape[0], p.ndim
    current = {Known((num_words,) * length, (0.0,) * length if rule.remembers else ()): 1.0}
    yield current
    for step in _steps(rule, steps, schedule, length):
        after: dict[Known, float] = defaultdict(float)
        for known, mass in current.items():
            here = Here(p, known.words, known.told, judge(p, known.words), *step)
            for share, words in rule.moves(here):
                if share > 0:
                    after[_next(known, words, here)] += mass * share
        current = dict(after)
        yield current


def _steps(
    rule: Rule, steps: int, schedule: str, length: int
) -> list[tuple[float, float, float, float, float]]:
    """t, s, alpha_t, alpha_s and alpha'(t) of each step."""
    part = schedules.build(schedule)
    if rule.alphas is ENDLESS:
        return [(1.0, 0.0, 0.0, 1.0, -1.0)] * length  # a step with nothing to write changes nothing
    if rule.alphas is not None:
        alphas = rule.alphas(steps)
        return [(np.nan, np.nan, a, b, np.nan) for a, b in itertools.pairwise(alphas)]
    times = [1 - k / steps for k in range(steps)] + [0.0]
    return [(t, s, part.alpha(t), part.alpha(s), part.dalpha(t)) for t, s in itertools.pairwise(times)]


def _next(known: Known, words: State, here: Here) -> Known:
    if not known.told:
        return Known(words)
    num_words = here.p.shape[0]
    told = tuple(
        0.0 if word == num_words else old if word == before else round(float(here.given[cell, word]), 12)
        for cell, (word, before, old) in enumerate(zip(words, known.words, known.told, strict=True))
    )
    return Known(words, told)


def alone(p: np.ndarray, state: State) -> np.ndarray:
    """A judge that looks at each cell as if it were hidden: (L, V) of p(x_0^i | all the other cells)."""
    num_words = p.shape[0]
    return np.stack(
        [
            posterior(p, tuple(num_words if i == cell else w for i, w in enumerate(state)))[cell]
            for cell in range(p.ndim)
        ]
    )
