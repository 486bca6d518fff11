"""The page on confidence through the main script: its numbers, its controls, its measurements, and bad input."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, open_page, said
from textdiff_core.calibration import LOOK, MODEL, CalibrationConfig, Key
from textdiff_core.reliability import MASS, WIDTH
from textdiff_ui import cache, state, studies
from textdiff_ui.calibration import SCREEN


def opened(**query: str) -> AppTest:
    return open_page("calibration", **query)


def shown(page: AppTest) -> CalibrationConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def words(page: AppTest) -> str:
    return " ".join(
        text.value for kind in (page.markdown, page.caption, page.latex, page.info) for text in kind
    )


def error(model: str = "tales", level: float = 0.5, temperature: float = 1.0, binning: str = WIDTH) -> str:
    return (
        f"{cache.recorded_reliability(model).tables[Key(MODEL, level, LOOK, temperature, binning)].ece:.4f}"
    )


def test_it_opens_with_what_was_recorded() -> None:
    page = opened()
    assert page.title[0].value == "Is the confidence worth its name?" and said(page) == []
    assert len(page.get("plotly_chart")) == 5 and dict(page.query_params) == {}
    assert f"&= {error()}" in words(page) and "python -m benchmarks.calibration tales" in words(page)


def test_level_temperature_and_bins_choose_the_table_and_stand_in_the_link() -> None:
    page = opened()
    page.select_slider("calibration_set_level").set_value(0.9)
    page.select_slider("calibration_set_temperature").set_value(1.5)
    page.selectbox("calibration_set_binning").set_value(MASS)
    assert said(fine(page.run())) == []
    assert f"&= {error(level=0.9, temperature=1.5, binning=MASS)}" in words(page)
    query = {"level": "0.9", "temperature": "1.5", "binning": MASS}
    assert dict(page.query_params) == query
    again = opened(**query)
    assert shown(again) == shown(page) and words(again) == words(page)


def test_temperature_asks_the_network_nothing() -> None:
    page = opened()
    page.select_slider("calibration_set_temperature").set_value(2.0)
    fine(page.run())
    work = cache.study(studies.LOOK, shown(page))
    assert (
        work is cache.study(studies.LOOK, CalibrationConfig()) and not work.computing and work.latest is None
    )
    assert error(temperature=2.0) != error() and f"&= {error(temperature=2.0)}" in words(page)


def test_a_sampler_that_was_not_measured_is_measured_here() -> None:
    page = opened(sampler="confidence", steps="4", level="0.1")
    assert "This sampler was not measured from this level yet" in words(page)
    page.button("calibration_measure fill").click()
    fine(page.run())
    work = cache.study(studies.FILL, shown(page))
    deadline = time.monotonic() + 300
    while not work.over:
        assert time.monotonic() < deadline, "it was not measured"
        time.sleep(0.1)
    page = fine(page.run())
    assert work.done and "was not measured" not in words(page) and len(page.get("plotly_chart")) == 5


@pytest.mark.parametrize("model", ["tales-uniform", "tales-gaussian"])
def test_other_noises_have_one_look_and_say_why_no_more(model: str) -> None:
    page = opened(model=model)
    assert said(page) == [] and len(page.get("plotly_chart")) == 3
    assert "may be changed until the end" in words(page).replace("\\", "")
    assert f"&= {error(model)}" in words(page)
    page.selectbox("calibration_set_model").set_value("tales")
    page = fine(page.run())
    assert len(page.get("plotly_chart")) == 5 and shown(page).model == "tales"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"level": "0.2"}, "level must be one of 0.1, 0.3, 0.5, 0.7, 0.9, got 0.2"),
        ({"temperature": "9"}, "temperature must be one of 0.5,"),
        ({"binning": "none"}, "binning must be equal width or equal mass, got 'none'"),
        ({"model": "tales-insertion"}, "cells have no fixed place"),
        ({"sampler": "ddim"}, "does not serve the absorbing process"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = opened(steps="7", **query)
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page) == CalibrationConfig(steps=7)


def test_steps_out_of_bounds_are_answered_and_the_picture_stays() -> None:
    page = opened(sampler="confidence", steps="8")
    page.number_input("calibration_set_steps").set_value(0)
    fine(page.run())
    assert len(said(page)) == 1 and "steps must be a whole number 1..1024, got 0" in said(page)[0]
    assert shown(page).steps == 8 and len(page.get("plotly_chart")) == 5
