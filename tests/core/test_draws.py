"""Random draws."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, kstest

from textdiff_core.draws import pick, step_rng, stratified, uniform


def test_a_step_has_its_own_stream_that_replays() -> None:
    streams = {
        (seed, step): uniform((4,), step_rng(seed, step)).tolist() for seed in range(20) for step in range(20)
    }
    assert streams[3, 7] == uniform((4,), step_rng(3, 7)).tolist()
    assert len({value for values in streams.values() for value in values}) == 1600


def test_drawing_leaves_the_global_seed_alone() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    stratified(5, step_rng(0, 0))
    pick(torch.ones(3, 2), uniform((3,), step_rng(0, 1)))
    assert torch.equal(before, torch.get_rng_state())


def test_a_row_draws_what_it_would_draw_alone() -> None:
    together = uniform((3, 5), [step_rng(seed, 2) for seed in (9, 4, 6)])
    for row, seed in zip(together, (9, 4, 6), strict=True):
        assert torch.equal(row, uniform((5,), step_rng(seed, 2)))
        assert torch.equal(row, uniform((1, 5), [step_rng(seed, 2)])[0])


def test_rows_and_generators_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="3 rows need as many generators, got 2"):
        uniform((3, 5), [step_rng(0, 0), step_rng(1, 0)])


def test_uniforms_are_uniform() -> None:
    """Kolmogorov-Smirnov on 100,000 draws, p > 0.001."""
    u = uniform((100_000,), step_rng(1, 0))
    assert u.dtype == torch.float64 and float(u.min()) >= 0 and float(u.max()) < 1
    assert kstest(u.numpy(), "uniform").pvalue > 0.001


def test_strata_come_in_random_order() -> None:
    """The first of 4 strata over 2,000 draws: chi-square p > 0.001."""
    first = [int(stratified(4, step_rng(2, k))[0] * 4) for k in range(2_000)]
    assert chisquare(np.bincount(first, minlength=4)).pvalue > 0.001


def test_pick_inverts_the_cumulative_sum() -> None:
    p = torch.tensor([0.2, 0.0, 0.5, 0.3], dtype=torch.float64)
    u = torch.tensor([0.0, 0.19, 0.21, 0.69, 0.71, 0.9999999999999999], dtype=torch.float64)
    assert pick(p.expand(6, 4), u).tolist() == [0, 0, 2, 2, 3, 3]
    assert pick(3 * p.expand(6, 4), u).tolist() == [0, 0, 2, 2, 3, 3]


def test_pick_never_takes_what_has_no_share() -> None:
    """Also where rounding carries u * total up to the total: 100,000 vectors with zeros at the ends."""
    p = uniform((100_000, 7), step_rng(3, 0))
    p[:, [0, 3, 6]] = 0
    last = torch.full((len(p),), 1 - 2.0**-53, dtype=torch.float64)
    for u in (torch.zeros(len(p), dtype=torch.float64), uniform((len(p),), step_rng(3, 1)), last):
        assert bool((p.gather(-1, pick(p, u)[:, None]) > 0).all())
    assert set(pick(p, last).tolist()) == {5}


def test_pick_draws_with_the_given_shares() -> None:
    """Chi-square on 50,000 draws, p > 0.001."""
    p = torch.tensor([0.05, 0.4, 0.0, 0.25, 0.3], dtype=torch.float64)
    drawn = pick(p.expand(50_000, 5), uniform((50_000,), step_rng(4, 0)))
    counts = np.bincount(drawn.numpy(), minlength=5)
    assert counts[2] == 0
    assert chisquare(counts[[0, 1, 3, 4]], 50_000 * p[[0, 1, 3, 4]].numpy()).pvalue > 0.001
