"""Losses of which a part of the text is given: exact by enumeration, and the given cells are left alone."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from tests.core import exact
from tests.core.exact import LONGER
from tests.core.training_run import CONFIG
from textdiff_core.corpora import TRANSLATION
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.losses import conditional, losses
from textdiff_core.processes import Absorbing, processes
from textdiff_core.schedules import schedules
from textdiff_core.training import train

V, TEXTS = LONGER.shape[0], list(exact.texts(LONGER))
PROCESS = Absorbing(V, schedules.build("linear"))


class Seen:
    """The exact denoiser of the whole, and every state and question that reached it."""

    def __init__(self, p: np.ndarray) -> None:
        self.oracle, self.states, self.asked = exact.oracle(p), [], []

    def __call__(self, state, noise=None, where=None):
        self.states.append(state.clone())
        self.asked.append(where.clone())
        return self.oracle(state, noise, where)


def of_rest(given: tuple[int, ...], text: tuple[int, ...]) -> float:
    """-ln p(the other cells | the given ones), from the table."""
    there = tuple(word if cell in given else slice(None) for cell, word in enumerate(text))
    return -math.log(LONGER[text] / LONGER[there].sum())


@pytest.mark.parametrize("given", [(0,), (2,), (0, 1), (1, 2)])
@pytest.mark.parametrize("name", ["count", "nelbo", "cross-entropy"])
def test_with_the_exact_denoiser_the_bound_is_the_likelihood_of_the_rest(name, given) -> None:
    """Word by word, every text of the table, within 1e-9; per cell that is not given."""
    x_0, judge = torch.tensor(TEXTS), conditional(losses.build(name), given)
    terms = judge.validation(PROCESS, exact.oracle(LONGER), x_0, rng=step_rng(0, 0))
    due = torch.tensor([of_rest(given, text) for text in TEXTS], dtype=torch.float64)
    assert float((terms.nelbo - due).abs().max()) < 1e-9
    assert float(terms.objective) == pytest.approx(float(due.mean()) / (3 - len(given)), abs=1e-9)


@pytest.mark.parametrize("name", ["count", "nelbo"])
def test_drawn_levels_have_that_mean(name) -> None:
    """20,000 noisy versions of one text, its first cell given: within 5 errors, and the least noise's thousandth."""
    given, text = (0,), TEXTS[5]
    x_0 = torch.tensor([text]).repeat(20_000, 1)
    terms = conditional(losses.build(name), given)(PROCESS, exact.oracle(LONGER), x_0, rng=step_rng(1, 0))
    due, error = of_rest(given, text), float(terms.nelbo.std()) / math.sqrt(20_000)
    assert abs(float(terms.nelbo.mean()) - due) < 5 * error + 0.002 * due


@pytest.mark.parametrize("name", ["count", "nelbo", "cross-entropy"])
def test_given_cells_are_never_noise_and_never_asked_about(name) -> None:
    x_0, seen = torch.tensor(TEXTS), Seen(LONGER)
    judge = conditional(losses.build(name), (1,))
    judge(PROCESS, seen, x_0, rng=step_rng(2, 0))
    judge.validation(PROCESS, seen, x_0, rng=step_rng(3, 0))
    assert all(bool((state[:, 1] == x_0[:, 1]).all()) for state in seen.states)
    assert not any(bool(asked[:, 1].any()) for asked in seen.asked)
    assert any(bool((state[:, [0, 2]] == V).all(-1).any()) for state in seen.states)


def test_without_given_cells_it_is_the_loss_itself() -> None:
    loss = losses.build("count")
    assert conditional(loss, ()) is loss


def test_uniform_noise_leaves_given_cells_alone_too() -> None:
    """Its answers for all cells are those for the free ones, and the gradient flows."""
    process = processes["uniform"](V, schedules.build("linear"))
    denoiser = TransformerDenoiser(TransformerConfig(V, 3, 8, 1, 2, **process.network))
    states = []

    def seen(state, noise=None, where=None):
        states.append(state.clone())
        return denoiser(state, noise, where=where)

    x_0 = torch.tensor(TEXTS)
    terms = conditional(losses.build("rates"), (0,))(process, seen, x_0, rng=step_rng(4, 0))
    terms.objective.backward()
    assert all(bool((state[:, 0] == x_0[:, 0]).all()) for state in states)
    assert float(denoiser.head.weight.grad.abs().sum()) > 0


def test_training_counts_nats_per_word_of_the_target() -> None:
    """Before the first step all words are alike: ln V nats for each of the cells that are not given (1e-3, bf16)."""
    config = dataclasses.replace(CONFIG, corpus="translation", steps=5, every=5)
    part = Absorbing(len(TRANSLATION.words), schedules.build("linear"))
    denoiser = TransformerDenoiser(TransformerConfig(len(TRANSLATION.words), TRANSLATION.length, 16, 1, 2))
    steps = list(train(config, TRANSLATION, part, denoiser, losses.build("count")))
    assert steps[0].nelbo == pytest.approx(math.log(len(TRANSLATION.words)), rel=1e-3)
    assert 0 < steps[-1].report.validation_nelbo < steps[0].nelbo
