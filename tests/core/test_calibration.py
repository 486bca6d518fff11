"""Calibration: an exact denoiser's is perfect, by enumeration; and what is counted of filled-in texts."""

import numpy as np
import pytest
import torch

from tests.core import all_states, exact
from tests.core.exact import LONGER, TABLE
from textdiff_core import lab
from textdiff_core.calibration import (
    EXACT,
    LEVELS,
    LOOK,
    MODEL,
    TEMPERATURES,
    CalibrationConfig,
    Key,
    asked,
    check,
    check_way,
    fill,
    look,
    way,
)  # fmt: skip
from textdiff_core.processes import Absorbing
from textdiff_core.reliability import MASS, WIDTH, judged
from textdiff_core.schedules import Linear


def masked(p: np.ndarray, alpha: float):
    """Every pair of a text and a state of it: the process, the denoiser, x_0, x_t, and probabilities of the pairs."""
    num, pairs = p.shape[0], []
    for x in exact.texts(p):
        for hidden in exact.hidden_sets(p.ndim):
            state = [num if cell in hidden else word for cell, word in enumerate(x)]
            chance = p[x] * (1 - alpha) ** len(hidden) * alpha ** (p.ndim - len(hidden))
            pairs.append((x, state, chance))
    x_0, x_t, chance = (torch.tensor(column) for column in zip(*pairs, strict=True))
    return Absorbing(num, Linear()), exact.oracle(p), x_0, x_t, chance.numpy()


def replaced(p: np.ndarray, alpha: float):
    """The same for uniform noise."""
    process, oracle = all_states.oracle(p)
    states, q = all_states.states(p), all_states.forward(p, alpha)
    x_0 = states.repeat_interleave(len(states), 0)
    return process, oracle, x_0, states.repeat(len(states), 1), (p.reshape(-1, 1) * q).flatten()


@pytest.mark.parametrize("pairs", [masked, replaced], ids=["masking", "uniform"])
@pytest.mark.parametrize("table", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_the_exact_denoiser_is_right_exactly_as_often_as_it_says(pairs, table: np.ndarray) -> None:
    """Over all texts and all that noise can make of them, among words of one confidence."""
    process, oracle, x_0, x_t, chance = pairs(table, 0.4)
    open_cells = process.open(x_t)
    log_p = asked(process, oracle, x_0, x_t, 0.6).numpy()
    found = judged(log_p, x_0[open_cells].numpy(), None, 1.0)
    weight = np.repeat(chance, open_cells.sum(1).numpy())
    level = np.round(found.confidence, 9)
    assert len(np.unique(level)) > 5
    for value in np.unique(level):
        of_it = level == value
        assert np.average(found.right[of_it], weights=weight[of_it]) == pytest.approx(value, abs=1e-8)
    sharper = judged(log_p, x_0[open_cells].numpy(), None, 0.5)
    assert np.average(sharper.confidence, weights=weight) > np.average(found.right, weights=weight) + 0.01
    assert np.average(sharper.nats, weights=weight) > np.average(found.nats, weights=weight)


@pytest.mark.parametrize("model", ["tales", "tales-uniform", "tales-gaussian"])
def test_one_look_tells_every_level_at_every_temperature(model: str) -> None:
    info, config = lab.model_info(model), CalibrationConfig(model=model)
    *_, found = look(lab.load(model).denoiser, info, config, num=8, batch=4)
    assert found.texts == 8 and found.done == 1
    assert len(found.tables) == 2 * len(LEVELS) * len(TEMPERATURES) * 2
    for level in LEVELS:
        ours, best = (found.tables[Key(by, level, LOOK, 1.0, WIDTH)] for by in (MODEL, EXACT))
        assert ours.total == best.total and bool(best.allowed) == (model == "tales")
        assert best.allowed_rate == 1 or model != "tales"
        sharp = found.tables[Key(MODEL, level, LOOK, 0.5, MASS)]
        assert sharp.mean_confidence >= ours.mean_confidence and sum(sharp.right) == sum(ours.right)


def test_one_word_at_a_time_the_exact_denoiser_writes_nothing_that_is_not_allowed() -> None:
    info, denoiser = lab.model_info("tales"), lab.load("tales").denoiser
    for sampler in ("first-hitting", "confidence"):
        config = CalibrationConfig(sampler=sampler, steps=47, level=0.5)
        *_, found = fill(denoiser, info, config, num=6, batch=3)
        ours, best = (found.tables[Key(by, 0.5, way(config), 1.0, WIDTH)] for by in (MODEL, EXACT))
        assert best.allowed_rate == 1 and ours.total == best.total > 60
        assert 0 < best.right_rate < 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"level": 0.2}, "level must be one of 0.1, 0.3, 0.5, 0.7, 0.9, got 0.2"),
        ({"temperature": 0.0}, "temperature must be one of 0.5, .*, 2, got 0"),
        ({"binning": "none"}, "binning must be equal width or equal mass, got 'none'"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CalibrationConfig(**wrong)


def test_where_there_is_no_such_reading_it_says_so() -> None:
    with pytest.raises(ValueError, match="cells have no fixed place"):
        check(lab.model_info("tales-insertion"), CalibrationConfig())
    for model in ("tales-uniform", "tales-gaussian"):
        with pytest.raises(ValueError, match="may be changed until the end"):
            check_way(lab.model_info(model), CalibrationConfig(model=model))
    with pytest.raises(ValueError, match="unknown sampler 'none'"):
        check(lab.model_info("tales"), CalibrationConfig(sampler="none"))
