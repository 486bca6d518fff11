"""Noise schedules and time grids."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from textdiff_core.registry import spec as spec_of
from textdiff_core.schedules import grids, schedules

SPECS = [
    *schedules, "polynomial:k=0.5", "polynomial:k=1", "polynomial:k=8", "cosine-ddpm:offset=0.2",
    "cosine-ddpm:offset=0", "geometric:low=0.1,high=2", "geometric:low=1e-05,high=50",
    "drawn:t=0/1,a=1/0", "drawn:t=0/0.02/0.5/0.52/0.9/1,a=1/0.95/0.94/0.3/0.05/0",
]  # fmt: skip
each_schedule = pytest.mark.parametrize("spec", SPECS)


@each_schedule
def test_the_ends_are_exact(spec) -> None:
    """alpha is 1 at 0 and 0 at 1 to the last bit, for floats, arrays and tensors alike."""
    schedule = schedules.build(spec)
    assert (schedule.alpha(0), schedule.alpha(1.0)) == (1.0, 0.0)
    assert schedule.alpha(np.array([0.0, 1.0])).tolist() == [1.0, 0.0]
    for dtype in (torch.float32, torch.float64):
        assert schedule.alpha(torch.tensor([0.0, 1.0], dtype=dtype)).tolist() == [1.0, 0.0]


@each_schedule
def test_alpha_falls_and_stays_in_bounds(spec) -> None:
    alpha = schedules.build(spec).alpha(np.linspace(0, 1, 2001))
    assert (np.diff(alpha) <= 0).all() and alpha.min() == 0 and alpha.max() == 1
    assert (np.diff(alpha[200:]) < 0).all()


@each_schedule
def test_floats_arrays_and_tensors_agree(spec) -> None:
    schedule = schedules.build(spec)
    t = np.linspace(0.05, 0.999, 50)
    for function in (schedule.alpha, schedule.dalpha, schedule.weight):
        one_by_one = [function(float(x)) for x in t]
        assert all(type(value) is float for value in one_by_one)
        assert np.abs(function(t) / one_by_one - 1).max() < 1e-12
        assert np.abs(function(torch.from_numpy(t)).numpy() / one_by_one - 1).max() < 1e-12


@each_schedule
def test_dalpha_is_the_derivative(spec) -> None:
    """Against autograd in float64, within 1e-12 of the larger of 1 and its size."""
    schedule = schedules.build(spec)
    t = torch.linspace(0.01, 0.99, 99, dtype=torch.float64, requires_grad=True)
    (due,) = torch.autograd.grad(schedule.alpha(t).sum(), t)
    ours = schedule.dalpha(t.detach())
    assert bool(((ours - due).abs() <= 1e-12 * due.abs().clamp_min(1)).all())
    assert bool((ours <= 0).all())
    assert schedule.dalpha(0.0) <= 0 and schedule.dalpha(np.zeros(2)).max() <= 0


@each_schedule
def test_weight_is_the_rate_of_hiding_per_hidden_word(spec) -> None:
    schedule = schedules.build(spec)
    t = np.linspace(0.05, 1, 50)
    assert np.allclose(schedule.weight(t) * (1 - schedule.alpha(t)), -schedule.dalpha(t), rtol=1e-12, atol=0)
    assert schedule.weight(0.0) == math.inf and schedule.weight(np.zeros(2)).tolist() == [math.inf] * 2
    assert schedule.weight(torch.zeros(1, dtype=torch.float64)).item() == math.inf


def test_the_linear_weight_is_one_over_t() -> None:
    t = np.linspace(0.01, 1, 100)
    assert np.abs(schedules.build("linear").weight(t) * t - 1).max() < 1e-13


@each_schedule
def test_time_is_the_inverse_of_alpha(spec) -> None:
    """alpha(time(a)) = a within 1e-12; time(alpha(t)) = t where alpha is not flat, within 1e-9."""
    schedule = schedules.build(spec)
    alpha = np.linspace(0, 0.99, 100)
    assert np.abs(schedule.alpha(schedule.time(alpha)) - alpha).max() < 1e-12
    assert schedule.time(0.0) == 1.0
    t = np.linspace(0.1, 0.95, 50)
    steep = -schedule.dalpha(t) > 1e-5
    assert steep.sum() > 30
    assert np.abs(schedule.time(schedule.alpha(t)) - t)[steep].max() < 1e-9
    assert type(schedule.time(0.3)) is float
    as_tensor = schedule.time(torch.from_numpy(alpha)).numpy()
    assert np.abs(as_tensor - schedule.time(alpha)).max() < 1e-12


@each_schedule
@pytest.mark.parametrize("t", [-1e-9, 1.000001, math.nan])
def test_noise_levels_outside_are_refused(spec, t) -> None:
    schedule = schedules.build(spec)
    for value in (t, np.array([0.5, t]), torch.tensor([0.5, t])):
        with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
            schedule.alpha(value)
        with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
            schedule.dalpha(value)


def test_known_values() -> None:
    """Each family at t = 1/2, from its formula by hand."""
    due = {
        "linear": 0.5,
        "cosine-mdlm": math.sqrt(0.5),
        "cosine-md4": 1 - math.sqrt(0.5),
        "cosine-squared": 0.5,
        "polynomial": 0.75,
        "cosine-ddpm:offset=0": 0.5,
    }
    for spec, value in due.items():
        assert schedules.build(spec).alpha(0.5) == pytest.approx(value, abs=1e-15)
    middle = (math.exp(-math.sqrt(1e-4 * 20)) - math.exp(-20)) / (math.exp(-1e-4) - math.exp(-20))
    assert schedules.build("geometric").alpha(0.5) == pytest.approx(middle, abs=1e-15)


def test_a_drawn_schedule_goes_through_its_points_and_never_rises_between_them() -> None:
    """As scipy's own evaluation has it, within rounding; two points are joined by a line."""
    drawn = schedules.build("drawn:t=0/0.3/0.35/1,a=1/0.9/0.2/0")
    assert np.abs(drawn.alpha(np.array(drawn.t)) - drawn.a).max() < 1e-15
    t = np.linspace(0, 1, 10_001)
    curve = PchipInterpolator(drawn.t, drawn.a)
    assert np.abs(drawn.alpha(t) - curve(t)).max() < 1e-14
    assert np.abs(drawn.dalpha(t) - curve(t, 1)).max() < 1e-12
    assert (np.diff(drawn.alpha(t)) <= 0).all()
    assert np.abs(schedules.build("drawn:t=0/1,a=1/0").alpha(t) - (1 - t)).max() < 1e-15


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(1, 999)), max_size=10))
def test_whatever_falling_points_are_drawn_the_curve_falls(inner) -> None:
    """And its spec, as it stands in a link, draws it again."""
    t, a = sorted({x for x, _ in inner}), sorted({y for _, y in inner}, reverse=True)
    num = min(len(t), len(a))
    points = ([0.0, *(x / 1000 for x in t[:num]), 1.0], [1.0, *(y / 1000 for y in a[:num]), 0.0])
    drawn = schedules["drawn"](*map(tuple, points))
    assert (np.diff(drawn.alpha(np.linspace(0, 1, 3001))) <= 1e-16).all()
    assert (drawn.dalpha(np.linspace(0, 1, 3001)) <= 0).all()
    assert schedules.build(spec_of(drawn)) == drawn


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("t=0/0.5/1,a=1/0.4", "one alpha for each t, got 2 for 3"),
        ("t=0,a=1", "2 to 12 points, got 1"),
        ("t=" + "/".join(str(i / 12) for i in range(13)) + ",a=" + "/".join(str(1 - i / 12) for i in range(13)),
         "2 to 12 points, got 13"),
        ("t=0.1/1,a=1/0", "must start at t = 0 with alpha = 1, got t = 0.1, alpha = 1"),
        ("t=0/0.9,a=1/0", "must end at t = 1 with alpha = 0, got t = 0.9, alpha = 0"),
        ("t=0/1,a=1/0.1", "must end at t = 1 with alpha = 0, got t = 1, alpha = 0.1"),
        ("t=0/0.5/0.5/1,a=1/0.6/0.4/0", "t must rise from point to point, got 0.5 after 0.5"),
        ("t=0/0.7/0.5/1,a=1/0.6/0.4/0", "t must rise from point to point, got 0.5 after 0.7"),
        ("t=0/0.3/0.5/1,a=1/0.4/0.4/0", "alpha must fall from point to point, got 0.4 at t = 0.5 after 0.4"),
        ("t=0/0.3/0.5/1,a=1/0.4/0.6/0", "alpha must fall from point to point, got 0.6 at t = 0.5 after 0.4"),
        ("t=0/0.5/1,a=1/1.5/0", "alpha must fall from point to point, got 1.5 at t = 0.5 after 1"),
        ("t=0/0.5/1,a=1/-0.5/0", "alpha must fall from point to point, got 0 at t = 1 after -0.5"),
        ("t=0/nan/1,a=1/0.5/0", "t must rise from point to point, got nan after 0"),
        ("t=0/0.5/1,a=1/nan/0", "alpha must fall from point to point, got nan at t = 0.5"),
    ],
)  # fmt: skip
def test_a_drawn_schedule_that_is_none_is_refused_with_the_reason(points, message) -> None:
    with pytest.raises(ValueError, match=f"^a drawn schedule.*{message}"):
        schedules.build(f"drawn:{points}")


@pytest.mark.parametrize("spec", ["uniform", "cosine"])
@given(num_steps=st.integers(1, 1024))
def test_grids_fall_from_one_to_zero(spec, num_steps) -> None:
    times = grids.build(spec).times(num_steps)
    assert times.shape == (num_steps + 1,) and times.dtype == np.float64
    assert times[0] == 1 and times[-1] == 0 and (np.diff(times) < 0).all()


def test_grid_shapes() -> None:
    """Equal steps; and steps that grow towards the clean end, the sine of equal angles."""
    assert np.ptp(np.diff(grids.build("uniform").times(7))) < 1e-15
    cosine = grids.build("cosine").times(64)
    assert (np.diff(-np.diff(cosine)) > 0).all()
    assert cosine[32] == pytest.approx(math.sqrt(0.5), abs=1e-15)
    assert grids.build("list:given=1/0.3/0.1/0").times(99).tolist() == [1, 0.3, 0.1, 0]


@pytest.mark.parametrize("given_times", ["1/0", "1/0.5/0.5/0", "1/0.2/0.6/0", "0.9/0", "1/0.1", "1"])
def test_lists_of_times_must_fall_from_one_to_zero(given_times) -> None:
    if given_times == "1/0":
        assert grids.build(f"list:given={given_times}").times(1).tolist() == [1, 0]
        return
    with pytest.raises(ValueError, match="must fall from 1 to 0"):
        grids.build(f"list:given={given_times}")
