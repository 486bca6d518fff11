"""Guidance by a judge of steps: exact by enumeration first, then the sampler, the judge's training and its counting."""

import itertools
import math

import numpy as np
import pytest
import torch

from tests.core import exact
from tests.core.exact import LONGER, TABLE
from tests.core.propagation import RULES, propagate
from tests.core.rules_of_guiding import each_alone, expected_number, guided, resampled
from textdiff_core.generate import denoise
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules


def error(p: np.ndarray, rule, steps: int) -> float:
    """Total variation to the corpus of a rule written down by its definition."""
    RULES["tried"] = rule
    try:
        return exact.distance(propagate(p, "tried", steps), p)
    finally:
        del RULES["tried"]


@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_F12_the_product_times_the_best_odds_is_the_joint(p) -> None:
    """D = P / (P + product of marginals): product D / (1 - D) is P within 1e-12, by enumeration of all texts."""
    product = exact.product(p)
    best = p / (p + product)
    assert np.abs(product * best / (1 - best) - p).max() < 1e-12
    judge, texts = exact.judge(p), torch.tensor(list(exact.texts(p)))
    told = judge(texts[:, None], torch.ones_like(texts, dtype=torch.bool)).exp().numpy().reshape(p.shape)
    assert np.abs(product * told - p).max() < 1e-12


@pytest.mark.parametrize("choose", [each_alone, expected_number])
@pytest.mark.parametrize("steps", [1, 2, 3, 5])
@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_F12_steps_reweighed_by_the_best_judge_are_exact_however_few(p, steps, choose) -> None:
    """Every candidate weighed: TV < 1e-12 at any number of steps, one included, whichever cells a step writes."""
    assert error(p, guided(choose, math.inf), steps) < 1e-12


def test_F12_a_judge_that_does_not_see_which_words_are_new_is_not_exact() -> None:
    """Why the judge is told: with the ratio of the marginals at s, q_s / (what one step from q_t leads to), all
    candidates weighed and two even steps, TV is 0.0330 on this table; the ratio of the steps has 0."""
    num, noise = TABLE.shape[0], TABLE.shape[0]
    states = list(itertools.product(range(num + 1), repeat=2))

    def marginal(alpha: float) -> dict:
        out = dict.fromkeys(states, 0.0)
        for text, hidden in itertools.product(exact.texts(TABLE), itertools.product((0, 1), repeat=2)):
            state = tuple(noise if h else w for w, h in zip(text, hidden, strict=True))
            out[state] += TABLE[text] * math.prod((1 - alpha) if h else alpha for h in hidden)
        return out

    def kernel(state, rate: float) -> dict:
        given, out = exact.posterior(TABLE, state), {}
        cells = [
            [(1.0, w)] if w < num else [*((rate * given[i, v], v) for v in range(num)), (1 - rate, noise)]
            for i, w in enumerate(state)
        ]
        for parts in itertools.product(*cells):
            out[tuple(w for _, w in parts)] = math.prod(share for share, _ in parts)
        return out

    reached = {(noise, noise): 1.0}
    for alpha, onward in ((0.0, 0.5), (0.5, 1.0)):
        rate, drawn, after = (
            (onward - alpha) / (1 - alpha),
            dict.fromkeys(states, 0.0),
            dict.fromkeys(states, 0.0),
        )
        for state, share in marginal(alpha).items():
            for one, chance in kernel(state, rate).items():
                drawn[one] += share * chance
        true = marginal(onward)
        for state, share in reached.items():
            weighed = {
                one: c * true[one] / drawn[one] for one, c in kernel(state, rate).items() if c * drawn[one]
            }
            for one, chance in weighed.items():
                after[one] += share * chance / sum(weighed.values())
        reached = after
    error = sum(abs(reached[text] - TABLE[text]) for text in exact.texts(TABLE)) / 2
    assert abs(error - 0.0330) < 5e-5


@pytest.mark.parametrize("steps", [1, 2])
def test_more_candidates_come_nearer_as_one_over_their_number(steps) -> None:
    """TV falls with K; from 64 on four times as many take off three quarters, within 15 %."""
    errors = [error(LONGER, guided(each_alone, k), steps) for k in (1, 4, 16, 64, 256)]
    assert errors == sorted(errors, reverse=True)
    assert abs(errors[3] / errors[4] - 4) < 0.6
    assert abs(errors[0] - exact.distance(propagate(LONGER, "ancestral", steps), LONGER)) < 1e-9


def test_resampling_by_quadrature_is_that_by_enumeration() -> None:
    """Three candidates of four outcomes, all 64 triples: within 1e-9; the shares add up to 1."""
    product, weight = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 2.0, 1.0, 0.5])
    due = np.zeros(4)
    for triple in itertools.product(range(4), repeat=3):
        for one in triple:
            due[one] += math.prod(product[list(triple)]) * weight[one] / weight[list(triple)].sum()
    ours = resampled(product, weight, 3)
    assert np.abs(ours - due).max() < 1e-9 and abs(ours.sum() - 1) < 1e-9


def run(spec: str, steps: int, seeds=range(40), judge=None, p: np.ndarray = LONGER):
    process = Absorbing(p.shape[0], schedules.build("linear"))
    *_, last = denoise(
        process, exact.oracle(p), samplers.build(spec), grids.build("uniform").times(steps), seeds=seeds,
        keep=torch.full((p.ndim,), -1), record=False, judge=judge,
    )  # fmt: skip
    return last


def test_calls_of_both_networks_are_counted() -> None:
    """One step of three cells: one call of the denoiser, one of the judge for each candidate; where a step writes one
    word, the judge is not asked."""
    last = run("guided:base=random,candidates=5", 1, judge=exact.judge(LONGER))
    assert last.judged.tolist() == [5] * 40 and last.calls.tolist() == [6] * 40
    last = run("guided:base=random,candidates=5", 3, judge=exact.judge(LONGER))
    assert last.judged.tolist() == [0] * 40 and last.calls.tolist() == [3] * 40


@pytest.mark.parametrize("spec", ["guided:strength=0", "guided:candidates=1"])
def test_without_strength_or_choice_it_is_its_base(spec) -> None:
    """The same words from the same seeds, and no call of the judge."""
    last, due = run(spec, 2, judge=exact.judge(LONGER)), run("ancestral", 2)
    assert torch.equal(last.state, due.state) and int(last.judged.sum()) == 0


def test_candidates_that_are_all_impossible_are_drawn_evenly() -> None:
    def never(candidates, written, belief):
        return torch.full(candidates.shape[:2], -math.inf, dtype=torch.float64)

    assert bool((run("guided", 1, judge=never).state < 3).all())


def test_a_missing_judge_is_one_clear_sentence() -> None:
    with pytest.raises(ValueError, match="sampler 'guided' needs a judge of steps, got none"):
        run("guided", 2)
