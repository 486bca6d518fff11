"""The Denoise page through the main script: its controls, its link, and what is said of bad input."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import MAIN, fine, finished, open_page, said
from textdiff_core.records import MAX_STEPS
from textdiff_ui import state


def opened(**query: str) -> AppTest:
    return open_page("denoise", **query)


def shown(page: AppTest):
    return page.session_state[state.CONFIG]


def test_the_page_runs_alone() -> None:
    page = AppTest.from_file(str(MAIN.parents[1] / "pages" / "denoise.py"), default_timeout=300).run()
    assert not page.exception
    assert page.title[0].value == "How does noise become a story?"
    assert len(page.get("bidi_component")) == 1


def test_a_moved_control_is_a_new_run_and_a_new_link() -> None:
    page = opened()
    page.number_input("set_seed").set_value(12)
    fine(page.run())
    assert shown(page).seed == 12
    assert page.query_params["seed"] == "12"
    finished(page)
    assert len(page.get("download_button")) == 5


def test_a_link_brings_back_every_setting() -> None:
    query = {
        "sampler": "confidence:by=drawn", "steps": "9", "grid": "cosine", "schedule": "polynomial:k=3",
        "temperature": "0.7", "top_p": "0.9", "seed": "41", "length": "40", "keep": "2:the",
    }  # fmt: skip
    page = opened(**query)
    assert said(page) == []
    assert shown(page).to_query() == query
    assert page.selectbox("set_sampler").value == "confidence"
    assert page.selectbox("set_sampler confidence by").value == "drawn"
    assert page.slider("set_schedule polynomial k").value == 3.0
    assert page.text_input("set_keep").value == "2:the"
    assert dict(page.query_params) == query


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("steps", "0", f"steps must be a whole number 1..{MAX_STEPS}, got 0"),
        ("steps", "100000", f"steps must be a whole number 1..{MAX_STEPS}, got 100000"),
        ("temperature", "-1", "temperature must be a number 0..10, got -1"),
        ("temperature", "nan", "temperature must be a number 0..10, got nan"),
        ("temperature", "warm", "warm"),
        ("sampler", "evil", "unknown sampler 'evil'"),
        ("keep", "2:the;2:a", "keep names position 2 twice"),
        ("keep", "900:the", "position 900, but the canvas has"),
        ("keep", "3:foxx", "near it: fox"),
        ("model", "/etc", "shipped models: tales"),
        ("step", "12", "unknown parameter 'step'"),
    ],
)
def test_a_broken_link_opens_with_defaults_and_one_sentence(name: str, value: str, words: str) -> None:
    page = opened(**{name: value})
    assert len(said(page)) == 1
    assert said(page)[0].startswith("Left out of the link: ")
    assert words in said(page)[0]
    assert shown(page).to_query() == {}


def test_the_warning_stays_while_its_run_does_and_goes_with_the_next() -> None:
    page = finished(opened(seed="3", steps="0"))
    assert len(page.warning) == 1
    page.button("new_noise").click()
    assert not fine(page.run()).warning


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("set_steps", 0, "steps must be a whole number 1..1024, got 0"),
        ("set_steps", 100_000, "steps must be a whole number 1..1024, got 100000"),
        ("set_temperature", -0.5, "temperature must be a number 0..10, got -0.5"),
        ("set_top_p", 0.0, "top_p must be above 0 and at most 1, got 0"),
        ("set_length", 4000, "length must be"),
        ("set_seed", -1, "seed must be a whole number"),
    ],
)
def test_a_wrong_number_is_answered_and_nothing_is_lost(key: str, value: float, words: str) -> None:
    page = opened(sampler="random", steps="5", seed="2")
    page.number_input(key).set_value(value)
    fine(page.run())
    assert len(said(page)) == 1
    assert words in said(page)[0]
    assert shown(page).to_query() == {"sampler": "random", "steps": "5", "seed": "2"}
    assert page.number_input(key).value == value
    assert len(page.get("bidi_component")) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("foxx", "'3:%20' for a space, got 'foxx'"),
        ("3:foxx", "does not know the word 'foxx'; near it: fox"),
        ("0:fox", "a position from 1"),
        ("99:fox", "position 99, but the canvas has"),
        ("3:fox; 3:den", "position 3 twice"),
        ("3:<script>alert(1)</script>", "does not know the word '<script>alert(1)</script>'"),
        ("3:![x](http://tracker)", "'![x](http://tracker)'"),
        ("3:🦊", "'🦊'"),
        ("3:ثعلب", "'ثعلب'"),
        ("3:" + "a" * 100_000, "does not know the word 'aaaa"),
        ("x" * 100_000, "got 'xxxx"),
    ],
)
def test_odd_words_to_keep_are_answered_as_text(typed: str, words: str) -> None:
    page = opened()
    page.text_input("set_keep").set_value(typed)
    fine(page.run())
    assert len(said(page)) == 1
    assert words in said(page)[0]
    assert len(said(page)[0]) < 300
    assert page.text_input("set_keep").value == typed
    assert shown(page).keep == ()


def test_a_chosen_word_is_kept_in_place_of_another() -> None:
    page = opened(keep="2:the;4:a")
    page.number_input("set_keep_position").set_value(2)
    page.selectbox("set_keep_word").set_value("fox")
    page.button("keep_word").click()
    fine(page.run())
    assert page.text_input("set_keep").value == "4:a; 2:fox"
    assert shown(page).keep == ((2, "fox"), (4, "a"))


def test_zero_temperature_says_that_it_is_greedy() -> None:
    page = opened(temperature="0")
    assert "Greedy: always the likeliest word." in [caption.value for caption in page.caption]


def test_a_run_and_its_branch_both_stay_and_can_be_compared() -> None:
    page = finished(opened(seed="4"))
    page.query_params["edits"] = "20:3,5"
    page = finished(fine(page.run()))
    assert str(shown(page).edits[0]) == "20:3,5"
    assert list(page.session_state[state.RUNS]) == [1, 2]
    assert page.radio("run_on_screen").value == 2
    page.selectbox("beside_2").set_value(1)
    fine(page.run())
    page.radio("run_on_screen").set_value(1)
    fine(page.run())
    assert shown(page).to_query() == dict(page.query_params) == {"seed": "4"}


def test_another_setting_leaves_the_edits_behind() -> None:
    page = opened(seed="4", edits="20:3,5")
    assert shown(page).edits
    page.number_input("set_temperature").set_value(0.5)
    assert fine(page.run()).query_params["temperature"] == "0.5"
    assert shown(page).edits == ()


def test_the_run_stays_when_the_reader_comes_back_from_another_page() -> None:
    page = opened(seed="6")
    fine(page.switch_page("../pages/start.py").run())
    page.query_params.clear()
    fine(page.switch_page("../pages/denoise.py").run())
    assert shown(page).seed == 6
    assert page.number_input("set_seed").value == 6
