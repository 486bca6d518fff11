"""The address and the controls: the run follows the reader; a browser that lags behind changes nothing."""

import pytest
from streamlit.testing.v1 import AppTest

from textdiff_ui import state

PAGE = """
import streamlit as st
from textdiff_ui import state
state.adopt_link()
st.button("New noise", on_click=state.new_noise)
state.write_link()
"""

CONTROLS = """
import streamlit as st
from textdiff_ui import state
from textdiff_ui.controls import run_controls
if st.session_state.pop("run_ended", False):
    state.hold_controls()
run_controls()
st.button("New noise", on_click=state.new_noise, key="new_noise")
"""


@pytest.fixture
def page() -> AppTest:
    """A page opened by the link to seed 5."""
    page = AppTest.from_string(PAGE, default_timeout=300)
    page.query_params["seed"] = "5"
    return page.run()


def test_a_link_is_followed_and_so_is_the_way_back(page: AppTest) -> None:
    assert _seed(page) == 5
    page.button[0].click().run()
    assert (_seed(page), page.query_params["seed"]) == (6, "6")
    page.run()
    assert _seed(_from(page, seed=5)) == 5
    assert _seed(_from(page, seed=41)) == 41


def test_the_address_before_the_click_is_no_wish_to_go_back(page: AppTest) -> None:
    page.button[0].click().run()
    for _ in range(2):
        assert _seed(_from(page, seed=5)) == 6
    assert page.query_params["seed"] == "6"


def test_clicks_count_though_the_address_lags_behind(page: AppTest) -> None:
    for clicks, address in enumerate((5, 5, 6), start=1):
        page.button[0].click()
        assert _seed(_from(page, seed=address)) == 5 + clicks
    assert _seed(_from(page, seed=8)) == 8
    assert _seed(_from(page, seed=7)) == 7, "the browser had come to 8, so 7 is the reader's wish"


def test_without_an_address_the_run_stays(page: AppTest) -> None:
    page.button[0].click().run()
    page.query_params.clear()
    assert _seed(page.run()) == 6


def test_controls_as_they_stood_before_the_click_are_no_wish_when_the_run_ends() -> None:
    page = AppTest.from_string(CONTROLS, default_timeout=300).run()
    page.button("new_noise").click().run()
    page.session_state["run_ended"] = True
    assert _seed(page.number_input("set_seed").set_value(0).run()) == 1
    assert page.number_input("set_seed").value == 1


def test_what_the_reader_typed_while_it_ran_stays_when_the_run_ends() -> None:
    page = AppTest.from_string(CONTROLS, default_timeout=300).run()
    page.button("new_noise").click().run()
    page.number_input("set_temperature").set_value(-1.0).run()
    assert page.error
    page.session_state["run_ended"] = True
    page.run()
    assert page.error and page.number_input("set_temperature").value == -1.0


def _from(page: AppTest, *, seed: int) -> AppTest:
    """The page after a message of a browser whose address names this seed."""
    page.query_params["seed"] = str(seed)
    return page.run()


def _seed(page: AppTest) -> int:
    assert not page.exception
    return page.session_state[state.CONFIG].seed
