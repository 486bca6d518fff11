"""The Noise page through the main script: its controls, its link, drawn schedules, and what is said of bad input."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, open_page, said
from textdiff_ui import state
from textdiff_ui.noising import SCREEN, default_text

GOOD = "drawn:t=0/0.4/1,a=1/0.3/0"


def opened(**query: str) -> AppTest:
    return open_page("noise", **query)


def shown(page: AppTest):
    return page.session_state[SCREEN.key(state.CONFIG)]


def test_it_opens_with_a_story_and_an_empty_link() -> None:
    page = opened()
    assert page.title[0].value == "How does text become noise?"
    assert page.text_area("noise_set_draft").value == default_text()
    assert len(page.get("bidi_component")) == 1 and dict(page.query_params) == {}


def test_every_setting_is_in_the_link_and_comes_back_from_it() -> None:
    page = opened()
    page.text_area("noise_set_draft").set_value("the kind bear  lived in the hills.")
    page.number_input("noise_set_seed").set_value(7)
    page.selectbox("noise_set_schedule").set_value("drawn")
    fine(page.run())
    page.text_input("noise_set_schedule drawn t").set_value("0/0.4/1")
    page.text_input("noise_set_schedule drawn a").set_value("1/0.3/0")
    assert said(fine(page.run())) == []
    query = {"draft": "the kind bear lived in the hills.", "seed": "7", "schedule": GOOD}
    assert dict(page.query_params) == query
    again = opened(**query)
    assert said(again) == [] and shown(again).to_query() == query
    assert again.text_input("noise_set_schedule drawn a").value == "1/0.3/0"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("the kind bearr", "does not know the word 'bearr'; near it: bear"),
        ("", "at least one word, got none"),
        ("the " * 60, "words here, got 60"),
        ("the " * 4000, "at most 4000 characters"),
        ("<script>alert(1)</script>", "does not know the word '<script>alert(1)</script>'"),
        ("🦊 ثعلب", "does not know the word '🦊'"),
    ],
)
def test_a_text_it_cannot_show_is_answered_and_the_one_before_stays(typed: str, words: str) -> None:
    page = opened(draft="the kind bear")
    page.text_area("noise_set_draft").set_value(typed)
    fine(page.run())
    assert len(said(page)) == 1 and words in said(page)[0]
    assert shown(page).draft == "the kind bear" and len(page.get("bidi_component")) == 1


@pytest.mark.parametrize(
    ("t", "alpha", "words"),
    [
        ("0/0.4/1", "1/1/0", "alpha must fall from point to point, got 1 at t = 0.4 after 1"),
        ("0/0.4/0.4/1", "1/0.3/0.2/0", "t must rise from point to point, got 0.4 after 0.4"),
        ("0/0.4/1", "1/0.3/0.1", "must end at t = 1 with alpha = 0"),
        ("0.1/0.4/1", "1/0.3/0", "must start at t = 0"),
        ("0/0.4", "1/0.3/0", "one alpha for each t, got 3 for 2"),
        ("0/half/1", "1/0.3/0", "must be numbers joined by '/', got '0/half/1'"),
    ],
)
def test_a_schedule_that_is_none_is_refused_and_the_last_good_one_stays(
    t: str, alpha: str, words: str
) -> None:
    page = opened(schedule=GOOD)
    page.text_input("noise_set_schedule drawn t").set_value(t)
    page.text_input("noise_set_schedule drawn a").set_value(alpha)
    fine(page.run())
    assert len(said(page)) == 1 and words in said(page)[0]
    assert said(page)[0].startswith("Not this one: ") and said(page)[0].endswith(
        "The last good schedule stays."
    )
    assert [error.value for error in page.main.error] == []  # beside the points, not above the page
    assert shown(page).schedule == GOOD and page.query_params["schedule"] == GOOD
    assert page.text_input("noise_set_schedule drawn t").value == t
    page.text_input("noise_set_schedule drawn t").set_value("0/0.5/1")
    page.text_input("noise_set_schedule drawn a").set_value("1/0.6/0")
    assert said(fine(page.run())) == []
    assert shown(page).schedule == "drawn:t=0/0.5/1,a=1/0.6/0"


def test_a_broken_link_opens_with_the_defaults_and_one_sentence() -> None:
    page = opened(schedule="drawn:t=0/1,a=1/0.5", draft="foxx", seed="4")
    assert len(said(page)) == 1
    assert "must end at t = 1" in said(page)[0] and "near it: fox" in said(page)[0]
    assert shown(page).to_query() == {"seed": "4"}


def test_a_schedule_for_everywhere_is_taken_over_once_by_the_other_pages() -> None:
    page = opened(schedule=GOOD)
    page.button("use_everywhere").click()
    fine(page.run())
    page.query_params.clear()
    fine(page.switch_page("../pages/denoise.py").run())
    assert page.session_state[state.CONFIG].schedule == GOOD
    assert page.selectbox("set_schedule").value == "drawn"
    page.selectbox("set_schedule").set_value("linear")
    fine(page.run())
    assert page.session_state[state.CONFIG].schedule == "linear"
    assert shown(page).schedule == GOOD
