"""Pictures of GANs and of guidance: what is drawn is what was counted, and the same in words."""

import pytest

from textdiff_core.adversarial import Round, Told
from textdiff_core.guiding import Measured
from textdiff_ui import gan_plots

ROUNDS = [
    Round(step, step / 2, 0.9, 0.5, 0.4, 8, step // 20, 8, step // 20, 1.0, 0.4, 0.9, 0.5, ("a",))
    for step in (20, 40)
]


def test_both_players_are_drawn_and_the_shown_report_is_marked() -> None:
    chart = gan_plots.losses(ROUNDS, at=40)
    assert {line.name: list(line.y) for line in chart.data} == {"generator": [0.9, 0.9], "critic": [0.5, 0.5]}
    assert [shape.x0 for shape in chart.layout.shapes if shape.x0 == shape.x1] == [40]
    assert "2 reports" in gan_plots.told_losses(ROUNDS)


def test_measures_over_training_are_those_of_both() -> None:
    told = [Told("d", 5, 60.0, 10, 4, 3, 100, None, 0.1, 2.0, 0.8, 0.3, 47.0)]
    assert gan_plots.minutes(told, "valid") == [(1.0, 0.4)] and gan_plots.minutes(told, "combinations") == [
        (1.0, 3)
    ]
    chart = gan_plots.over_training([(0.5, 0.0)], [(1.0, 0.4)], "share of valid tales")
    assert [(line.name, list(line.x), list(line.y)) for line in chart.data] == [
        ("GAN", [0.5], [0.0]), ("diffusion", [1.0], [0.4])
    ]  # fmt: skip
    assert "diffusion 0.4 after 1.0 minutes" in gan_plots.told_over_training([], [(1.0, 0.4)], "share")


def test_strengths_are_shares_of_all_seeds_with_their_intervals() -> None:
    """6 of 20: 95 % of such intervals hold the truth; [0.119, 0.543] in Clopper and Pearson's tables."""
    seeds = tuple(Measured(num=10, valid=valid) for valid in (2, 4))
    points = gan_plots.points({0.0: seeds, 1.0: (), 2.0: (Measured(),)})
    assert points == [(0.0, 0.3, pytest.approx(0.119, abs=1e-3), pytest.approx(0.543, abs=1e-3))]
    line = gan_plots.strengths({"K = 4": points}, 1.0).data[0]
    assert list(line.y) == [pytest.approx(0.3)] and line.error_y.array[0] == pytest.approx(0.243, abs=1e-3)
    assert "K = 4: 30.0% at strength 0" in gan_plots.told_strengths({"K = 4": points})
