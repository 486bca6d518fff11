"""The absorbing process beyond the contracts."""

import pytest
import torch
from scipy.stats import binomtest

from textdiff_core.draws import step_rng
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.schedules import return_rate, schedules

X_0 = torch.randint(5, (4, 20_000), generator=step_rng(0, 0))


@pytest.mark.parametrize("schedule", schedules)
def test_words_are_hidden_with_one_minus_alpha(schedule) -> None:
    """80,000 cells at four noise levels: binomial p > 1e-4 each; what is visible is the text."""
    process = Absorbing(5, schedules.build(schedule))
    t = torch.tensor([0.1, 0.4, 0.7, 0.95])
    x_t = process.corrupt(X_0, t, rng=step_rng(1, 0))
    hidden = x_t == process.noise_id
    assert torch.equal(x_t[~hidden], X_0[~hidden])
    for row, level in zip(hidden, t.double(), strict=True):
        share = 1 - float(process.schedule.alpha(level))
        assert binomtest(int(row.sum()), row.numel(), share).pvalue > 1e-4


def test_more_noise_hides_more_of_the_same_words() -> None:
    """The same random numbers at a higher level hide a superset."""
    process = Absorbing(5, schedules.build("linear"))
    less, more = (process.corrupt(X_0, torch.full((4,), t), rng=step_rng(2, 0)) == 5 for t in (0.3, 0.6))
    assert bool((more | ~less).all())


def test_write_rates() -> None:
    """0 for no step, 1 for the step to clean text, (t - s) / t for the linear schedule; never NaN."""
    linear = schedules.build("linear")
    t, s = torch.tensor([0.5, 0.5, 0.8, 0.0]).double(), torch.tensor([0.5, 0.0, 0.2, 0.0]).double()
    assert torch.allclose(
        return_rate(linear.alpha(t), linear.alpha(s)),
        torch.tensor([0.0, 1.0, 0.75, 0.0]).double(),
        rtol=0,
        atol=1e-15,
    )


def test_corruption_leaves_its_argument_alone() -> None:
    before = X_0.clone()
    Absorbing(5, schedules.build("linear")).corrupt(X_0, torch.ones(4), rng=step_rng(3, 0))
    assert torch.equal(X_0, before)
