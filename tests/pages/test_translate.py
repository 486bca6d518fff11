"""The Translate page through the main script: what is asked, the verdict, the curve, and bad input."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import begun_and_stopped, fine, open_page, said, words
from textdiff_core.translating import VERSE, TranslateConfig
from textdiff_core.verses import EXAMPLES as TO_TRY
from textdiff_ui import cache, state, studies
from textdiff_ui.translate import EXAMPLES, SCREEN, VALUES, VERSES


def opened(**query: str) -> AppTest:
    return open_page("translate", **query)


def shown(page: AppTest) -> TranslateConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def judged(page: AppTest) -> dict[str, str]:
    """The cards, when the run has ended."""
    deadline = time.monotonic() + 300
    while not page.metric:
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.05)
        fine(page.run())
    return {card.label: card.value for card in page.metric}


def test_it_opens_with_a_date_its_translation_the_truth_and_the_recorded_curve() -> None:
    page = opened()
    assert page.title[0].value == "Can noise be translated?" and said(page) == []
    assert judged(page) == {"Translation": "21 mars 1998", "Truth": "21 mars 1998"}
    assert "Right: equal to the truth" in words(page) and dict(page.query_params) == {}
    assert len(page.get("plotly_chart")) == 2 and "python -m benchmarks.translating" in words(page)


def test_what_is_typed_is_translated_and_stands_in_the_link() -> None:
    page = opened()
    page.text_input("translate_set_text").set_value("mille neuf cents")
    page.selectbox("translate_set_to").set_value("es")
    assert said(fine(page.run())) == []
    assert judged(page)["Truth"] == "mil novecientos" and "from “mille neuf cents”" in words(page)
    query = {"text": "mille neuf cents", "to": "es"}
    assert dict(page.query_params) == query
    again = opened(**query)
    assert shown(again) == shown(page) and judged(again) == judged(page)


def test_a_link_whose_parts_make_sense_only_together_is_followed() -> None:
    """French into English: neither part fits what the page opens with."""
    page = opened(text="21 mars 1998", to="en")
    assert said(page) == [] and shown(page) == TranslateConfig(text="21 mars 1998", to="en")
    judged(page)
    assert "as right is “March 21, 1998”" in words(page)


def test_an_example_is_asked_by_its_button() -> None:
    page = opened()
    page.button("example_2").click()
    assert said(fine(page.run())) == []
    assert (shown(page).text, shown(page).to) == EXAMPLES[2]
    assert page.text_input("translate_set_text").value == EXAMPLES[2][0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("30 February", "there is no such date as '30 February'"),
        ("123456", "a number must be 0..9999, got 123456"),
        ("<img src=x onerror=alert(1)>", "is neither a number nor a date"),
        ("7" * 5000, "at most 60 characters, got 5000"),
        ("", "there is nothing to translate"),
        ("21 mars 1998", "is in French already"),
    ],
)
def test_what_cannot_be_read_is_answered_and_the_picture_stays(text: str, sentence: str) -> None:
    page = opened()
    page.text_input("translate_set_text").set_value(text)
    fine(page.run())
    assert len(said(page)) == 1 and sentence in said(page)[0] and "still the run before" in said(page)[0]
    assert shown(page) == TranslateConfig()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"to": "it"}, "unknown language 'it'"),
        ({"text": "31.4.2000"}, "there is no such date"),
        ({"model": "tales"}, "tales"),
        ({"sampler": "ddpm"}, "does not serve"),
        ({"length": "5"}, "give neither draft nor length"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = opened(seed="4", **query)
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page) == TranslateConfig(seed=4)


def test_other_pages_do_not_offer_the_model() -> None:
    page = open_page("denoise", model="translate")
    assert len(said(page)) == 1 and "shipped models: tales" in said(page)[0]
    assert "translate" not in page.selectbox("set_model").options


def test_the_curve_is_measured_anew_and_stop_keeps_what_there_is() -> None:
    page = opened(seed="5")
    page, work = begun_and_stopped(
        page, "translate", "translated", lambda: cache.study(studies.TRANSLATED, shown(page))
    )
    assert not work.over and 0 < work.latest.done < 1 and "Stopped at" in words(page)
    assert "translate_measure translated" in {button.key for button in page.button}


def test_where_words_look_is_computed_when_it_is_asked_for() -> None:
    page = opened()
    judged(page)
    closed = len(page.get("plotly_chart"))
    page.session_state["looks"] = True
    fine(page.run())
    assert page.slider(key="looks_step").max == 12
    assert len(page.get("plotly_chart")) == closed + 1
    fine(page.slider(key="looks_step").set_value(12).run())


# ---- verses -----------------------------------------------------------------------------------------------


def compared(page: AppTest) -> AppTest:
    """The page when the verse is translated."""
    deadline = time.monotonic() + 300
    while "By the model" not in words(page):
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.05)
        fine(page.run())
    return page


def test_verses_are_chosen_translated_and_stand_in_the_link() -> None:
    page = opened(seed="3")
    page.segmented_control("translate_set_what").set_value(VERSES)
    page = compared(fine(page.run()))
    assert said(page) == [] and shown(page) == VERSE and dict(page.query_params) == {"to": "modern"}
    assert TO_TRY[1].new in words(page) and "Psalm 119:105" in words(page)
    page.button("example_0").click()
    page = compared(fine(page.run()))
    assert page.text_area("translate_set_verse").value == TO_TRY[0].old
    assert dict(page.query_params) == {"to": "modern", "text": TO_TRY[0].old}
    again = compared(opened(**page.query_params))
    assert said(again) == [] and shown(again) == shown(page)
    again.segmented_control("translate_set_what").set_value(VALUES)
    assert shown(fine(again.run())) == TranslateConfig() and dict(again.query_params) == {}


def test_the_page_tells_how_close_verses_come_beside_copying() -> None:
    page = compared(opened(to="modern"))
    told, recorded = words(page), cache.recorded_verses("modern")
    assert len(page.get("plotly_chart")) == 2 and "python -m benchmarks.modern" in told
    assert f"against {recorded.copy.chrf:.1f}" in told and "copying the source" in told
    table = page.dataframe[-1].value
    assert (
        list(table["text"])[:2] == ["the source, copied", "the source, by a word list"] and len(table) == 15
    )
    assert "Model card of modern" in {box.label for box in page.expander}


def test_a_verse_that_is_too_long_says_where_it_was_cut() -> None:
    page = compared(opened(to="modern", text="and he went up " * 10, steps="2"))
    assert said(page) == [
        "The text has 40 pieces and the canvas holds 31: it was cut after its first 31, at 'went', and only those are "
        "translated."
    ]
    assert "No translation of this text by people" in words(page)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is nothing to translate"),
        ("☃", "no English piece for '☃'"),
        ("a " * 5000, "at most 2,000"),
    ],
)
def test_what_is_no_verse_is_answered_and_the_picture_stays(text: str, sentence: str) -> None:
    page = opened(to="modern", steps="2")
    page.text_area("translate_set_verse").set_value(text)
    fine(page.run())
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page).text == VERSE.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"to": "modern", "model": "translate"}, "this needs a model of verses"),
        ({"to": "modern", "sampler": "ddpm"}, "does not serve"),
        ({"to": "modern", "text": " "}, "there is nothing to translate"),
        ({"model": "modern"}, "this needs a model of translations"),
    ],
)
def test_a_broken_link_to_verses_says_what_it_left_out(query: dict[str, str], sentence: str) -> None:
    page = opened(**query)
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page) == (VERSE if "to" in query else TranslateConfig())


def test_where_the_pieces_of_a_verse_look() -> None:
    page = compared(opened(to="modern", steps="4"))
    closed = len(page.get("plotly_chart"))
    page.session_state["looks"] = True
    fine(page.run())
    assert page.slider(key="looks_step").max == 4 and len(page.get("plotly_chart")) == closed + 1
