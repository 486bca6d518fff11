"""The numbers that a process puts into its formula are those of the step itself."""

import numpy as np
import pytest
import torch

from textdiff_core.processes import Gaussian, Uniform
from textdiff_core.samplers.vectors import bridge
from textdiff_core.schedules import schedules

LINEAR = schedules.build("linear")
STEPS = [(0.0, 0.1), (0.1, 0.4), (0.4, 0.9), (0.9, 1.0), (0.0, 1.0)]  # alpha_t, alpha_s


@pytest.mark.parametrize(("alpha_t", "alpha_s"), STEPS)
def test_uniform_a_wrong_word_is_replaced_as_the_posterior_says(alpha_t: float, alpha_s: float) -> None:
    """1 - q(x_s = x_t | x_t, x_0) for x_0 other than x_t, to 1e-12."""
    process = Uniform(5, LINEAR)
    told = torch.nn.functional.one_hot(torch.tensor([[3]]), 5).double()
    t, s = (torch.tensor([1 - alpha], dtype=torch.float64) for alpha in (alpha_t, alpha_s))
    stays = process.posterior(torch.tensor([[1]]), told, t, s)[0, 0, 1]
    numbers = process.numbers(np.array([alpha_t]), np.array([alpha_s]))
    assert numbers["replaced"][0] == pytest.approx(1 - float(stays), abs=1e-12)
    assert numbers["kept"] + numbers["lost"] == pytest.approx(1)


@pytest.mark.parametrize(("alpha_t", "alpha_s"), STEPS)
def test_gaussian_shares_are_those_of_the_bridge(alpha_t: float, alpha_s: float) -> None:
    """To 1e-9; signal and noise have a^2 + s^2 = 1."""
    process = Gaussian(7, LINEAR)
    told = {
        name: value[0] for name, value in process.numbers(np.array([alpha_t]), np.array([alpha_s])).items()
    }
    at, to = (process.signal(torch.tensor([alpha], dtype=torch.float64)) for alpha in (alpha_t, alpha_s))
    way = bridge(*at, *to)
    assert told["of_state"] == pytest.approx(float(way.from_state), abs=1e-9)
    assert told["of_word"] == pytest.approx(float(way.from_word), abs=1e-9)
    assert told["of_noise"] ** 2 == pytest.approx(float(way.variance), abs=1e-9)
    for time in "ts":
        assert told[f"a_{time}"] ** 2 + told[f"s_{time}"] ** 2 == pytest.approx(1)
