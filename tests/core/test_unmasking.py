"""The orders of unmasking samplers on one canvas; whole distributions are in test_facts.py."""

import pytest
import torch

from tests.core.moments import moment
from textdiff_core.draws import step_rng
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.samplers import samplers
from textdiff_core.samplers.base import Sampler
from textdiff_core.schedules import grids, schedules

PROCESS = Absorbing(3, schedules.build("linear"))
# Four noisy cells and a word. Surest by the best word: cell 1; by the least entropy: 0; by the margin: 3.
P_X0 = torch.tensor([
    [0.50, 0.50, 0.00],
    [0.52, 0.24, 0.24],
    [0.34, 0.33, 0.33],
    [0.51, 0.22, 0.27],
    [0.00, 1.00, 0.00],
], dtype=torch.float64)  # fmt: skip
STATE = torch.tensor([[3, 3, 3, 3, 1]])


def written(sampler: str, steps_left: int, seed: int = 0) -> set[int]:
    """The cells that one of `steps_left` even steps writes."""
    now = moment(PROCESS, STATE, P_X0[None], 1.0, 1 - 1 / steps_left, [step_rng(seed, 1)])
    after = samplers.build(sampler).step(PROCESS, now)
    assert int(after[0, 4]) == 1 and STATE.tolist() == [[3, 3, 3, 3, 1]]
    return set((after != STATE)[0].nonzero()[:, 0].tolist())


@pytest.mark.parametrize(
    ("sampler", "order"),
    [
        ("confidence", [1, 3, 0, 2]),
        ("entropy", [0, 1, 3, 2]),
        ("margin", [1, 3, 2, 0]),
        ("left-to-right", [0, 1, 2, 3]),
    ],
)
def test_the_order_is_that_of_the_score(sampler, order) -> None:
    assert written(sampler, 4) == set(order[:1])
    assert written(sampler, 2) == set(order[:2])
    assert written(sampler, 1) == {0, 1, 2, 3}


@pytest.mark.parametrize("sampler", ["random", "first-hitting"])
def test_random_orders_write_any_cell(sampler) -> None:
    ones = [written(sampler, 4, seed) for seed in range(60)]
    assert {len(cells) for cells in ones} == {1} and set().union(*ones) == {0, 1, 2, 3}


def test_a_nearly_empty_canvas_after_an_edit_joins_the_grid_where_it_is() -> None:
    """2 of 8 cells noisy: the times of an even grid from 1/4 down; of none: only the end."""
    grid, linear = grids.build("uniform").times(8), schedules.build("linear")
    times = Sampler().times(linear, grid, 2 / 8, 2, [step_rng(0, 0)])
    assert times.tolist() == [[0.25, 0.125, 0.0]]
    assert Sampler().times(linear, grid, 3 / 9, 3, [step_rng(0, 0)])[0, 0] == 0.375  # not cleaner than 1/3
    assert Sampler().times(linear, grid, 1.0, 8, [step_rng(0, 0)]).shape == (1, 9)
    assert Sampler().times(linear, grid, 0.0, 0, [step_rng(0, 0)]).tolist() == [[0.0]]


def test_an_order_without_a_step_rule_is_not_a_sampler() -> None:
    assert "absorbing" in Sampler.serves and Sampler.rule == "expected"
    assert [name for name, part in samplers.items() if part.rule == "one"] == [
        "one-event",
        "first-hitting",
        "next-word",
    ]
