"""Pictures of trainings: what is read from a curve, and what stands in the figures."""

import math

import pytest

from textdiff_core.training_records import TrainPoint
from textdiff_ui.training_plots import Curve, Look, levels, loss, plateau, smoothed, told


def curve(losses: dict[int, float]) -> list[TrainPoint]:
    return [
        TrainPoint(step, step * 10, step / 2, nats, nats, (nats,) * 10, 1.0, 0.1)
        for step, nats in losses.items()
    ]


RESTING = curve({10: 4.0, 20: 2.0, 40: 1.1, 80: 1.05, 160: 1.02, 320: 0.5, 640: 0.3})


def test_a_plateau_is_found_between_two_falls() -> None:
    rest = plateau(RESTING)
    assert rest is not None
    assert (rest.since, rest.until, rest.drop) == (40, 160, 320)


@pytest.mark.parametrize(
    "losses",
    [
        {},
        {10: 4.0, 20: 2.0},
        {10: 4.0, 20: 3.0, 40: 2.0, 80: 1.0, 160: 0.1, 320: 0.0},  # falls evenly
        {10: 4.0, 20: 2.0, 40: 1.1, 80: 1.05, 160: 1.02, 320: 1.01},  # ends where it rests
        {10: 4.0, 20: 4.0, 40: 4.1, 80: 4.3, 160: 5.0, 320: 9.0},  # climbs
        {10: 4.0, 20: 2.0, 40: math.nan, 80: 1.05, 160: 1.02, 320: 0.5},
    ],
)
def test_there_is_none_where_nothing_rested(losses: dict[int, float]) -> None:
    assert plateau(curve(losses)) is None


def test_smoothing_keeps_a_constant_and_the_first_value() -> None:
    assert smoothed([3.0, 3.0, 3.0], 0.9) == pytest.approx([3.0, 3.0, 3.0])
    assert smoothed([4.0, 2.0], 0.5) == pytest.approx([4.0, 8 / 3])
    assert smoothed([4.0, 2.0], 0.0) == [4.0, 2.0]


def test_bits_are_nats_by_ln_2() -> None:
    drawn = loss([Curve("one", points=RESTING)], Look(unit="bits a cell"))
    assert list(drawn.data[0].y) == pytest.approx([point.validation_nelbo / math.log(2) for point in RESTING])
    assert drawn.layout.yaxis.title.text == "loss (bits a cell)"


def test_a_run_keeps_its_colour_whoever_else_is_drawn() -> None:
    first, second = Curve("one", points=RESTING, color=0), Curve("two", points=RESTING, color=1)
    both, alone = loss([first, second], Look()), loss([second], Look())
    assert both.data[1].line.color == alone.data[0].line.color != both.data[0].line.color


def test_across_seconds_the_axis_says_so() -> None:
    drawn = loss([Curve("one", points=RESTING)], Look(x="seconds"))
    assert list(drawn.data[0].x) == [point.seconds for point in RESTING]
    assert "seconds" in drawn.layout.xaxis.title.text


def test_the_heat_map_has_a_row_a_noise_level_and_a_column_a_validation() -> None:
    (grid,) = levels(RESTING, "nats a cell").data
    assert len(grid.z) == 10 and len(grid.z[0]) == len(RESTING) and list(grid.x)[-1] == 640


def test_the_picture_is_told_in_words() -> None:
    assert told([Curve("one", points=RESTING)]) == "Validation loss in nats a cell: one from 4.00 to 0.30."
    assert told([]) == "Validation loss in nats a cell: none yet."
