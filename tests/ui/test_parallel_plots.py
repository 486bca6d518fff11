"""Figures of several words at once and of reliability: what they draw, and that every colour is the theme's."""

import re

import numpy as np
import pytest

from textdiff_core.calibration import EXACT, MODEL
from textdiff_core.joint import listed, predicted
from textdiff_core.parallel import Drawn, Stories
from textdiff_core.reliability import MASS, WIDTH, Answers, Reliability
from textdiff_ui import calibration_plots, parallel_plots, plots

LANGUAGE = listed("ABAB or BABA", 0.5)
WAYS = predicted(LANGUAGE, "random")
TOLD = {
    by: {n: Stories(40, valid, {"names": 40 - valid, "home": 0}) for n, valid in ((1, 40), (2, 15), (4, 0))}
    for by in (MODEL, EXACT)
}
SURE = Reliability.of(
    Answers(np.array([0.2, 0.95, 0.97]), np.array([False, True, True]), np.ones(3, dtype=bool)), WIDTH
)
FOUND = {MODEL: SURE, EXACT: SURE}
FIGURES = {
    "texts": lambda: parallel_plots.texts(LANGUAGE, WAYS[1]),
    "breaking": lambda: parallel_plots.breaking(WAYS, Drawn(20, {1: 0, 2: 9, 3: 16, 4: 18}, 1.0), 2),
    "valid": lambda: parallel_plots.valid(TOLD, 2),
    "rules": lambda: parallel_plots.rules(TOLD, 2),
    "reliability": lambda: calibration_plots.reliability(FOUND, allowed=True),
    "errors": lambda: calibration_plots.errors(
        {(MODEL, WIDTH): {0.1: SURE}, (EXACT, MASS): {0.1: SURE}}, "t", 0.1
    ),
    "ways": lambda: calibration_plots.ways({"first-hitting": FOUND}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_colours_are_placeholders_that_the_theme_replaces(name: str) -> None:
    own = FIGURES[name]().to_plotly_json()
    own["layout"].pop("template", None)
    used = set(re.findall(r"#[0-9a-fA-F]{6}", str(own)))
    assert used and used <= {*plots.SERIES, plots.INK, plots.GROUND}


def test_impossible_texts_are_marked_in_words() -> None:
    joint, product, reached = FIGURES["texts"]().data
    assert list(joint.y[:2]) == ["ABAB", "BABA"] and len(joint.y) == 16
    assert all(name.endswith(parallel_plots.NEVER) for name in joint.y[2:])
    assert joint.type == product.type == "bar" and product.marker.pattern.shape == "/"
    assert list(joint.x[:2]) == [0.5, 0.5] and np.allclose(product.x, 1 / 16)
    assert sum(reached.x[:2]) == pytest.approx(0.5)


def test_shares_stand_in_their_intervals() -> None:
    model, exact = FIGURES["valid"]().data
    assert list(model.x) == ["1", "2", "4"] and list(model.y) == [1, 0.375, 0]
    assert (np.array(model.error_y.array) >= 0).all() and (np.array(model.error_y.arrayminus) >= 0).all()
    assert model.error_y.arrayminus[2] == 0 and exact.marker.symbol != model.marker.symbol
    assert parallel_plots.share(15, 40) == "38 % (23 to 54)"


def test_what_was_not_measured_yet_is_left_out() -> None:
    partial = {by: {1: Stories(), 2: rows[2]} for by, rows in TOLD.items()}
    assert [list(trace.x) for trace in parallel_plots.valid(partial, 2).data] == [["2"], ["2"]]
    assert len(parallel_plots.rules(partial, 1).data) == 0


def test_figures_are_told_in_words() -> None:
    assert "50.0% of what is written is never told" in parallel_plots.told_texts(LANGUAGE, WAYS[1])
    assert "model: 100% at 1, 38% at 2, 0% at 4" in parallel_plots.told_valid(TOLD)
    assert "names 62%, home 0%" in parallel_plots.told_rules(TOLD, 2)
    assert "66.7% of 3 words right, 100.0% allowed" in calibration_plots.told(FOUND)
