"""Figures: what they draw of a record, and that every colour is the theme's."""

import math
import re

import numpy as np
import pytest

from textdiff_core.by_hand import Estimate, Spread
from textdiff_ui import plots


def spread(exact: float | None) -> Spread:
    one = Estimate(np.array([20.0, 30.0]), np.array([0.2, 0.7]), 3.0)
    return Spread({name: one for name in plots.WAYS}, 7, exact)


def lines(chart) -> int:
    """Dashed ones, that is values known exactly."""
    return sum(shape.line.dash == "dash" for shape in chart.layout.shapes)


@pytest.mark.parametrize("exact", [None, math.inf, 24.2])
def test_an_exact_value_is_drawn_where_one_is_known(exact: float | None) -> None:
    known = exact is not None and math.isfinite(exact)
    for chart in (plots.scatter(spread(exact)), plots.estimates(spread(exact))):
        assert lines(chart) == known


def test_every_noisy_version_is_a_dot_and_every_way_a_mean_with_its_interval() -> None:
    dots = plots.scatter(spread(24.2)).data
    assert [trace.name for trace in dots] == [plots.WAYS["stratified"], plots.WAYS["counted"]]
    assert all(list(trace.x) == [0.2, 0.7] and list(trace.y) == [20.0, 30.0] for trace in dots)
    means = plots.estimates(spread(24.2)).data
    assert [trace.y[0] for trace in means] == list(plots.WAYS.values())
    assert all(trace.x[0] == 25.0 and trace.error_x.value == 3.0 for trace in means)


def test_colours_are_placeholders_that_the_theme_replaces() -> None:
    """Streamlit's are "#000001" and on; any other colour would be wrong in light or in dark."""
    for chart in (plots.scatter(spread(24.2)), plots.estimates(spread(24.2))):
        own = chart.to_plotly_json()
        own["layout"].pop("template", None)
        assert set(re.findall(r"#[0-9a-fA-F]{6}", str(own))) <= {*plots.SERIES, plots.INK, plots.GROUND}


def test_axes_say_their_units() -> None:
    chart = plots.scatter(spread(None))
    assert "nats" in chart.layout.yaxis.title.text and "noise" in chart.layout.xaxis.title.text
