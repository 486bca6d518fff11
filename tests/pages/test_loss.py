"""The Loss page through the main script: its controls, its link, its numbers, and what is said of bad input."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, html, open_page, said
from textdiff_core import by_hand as core
from textdiff_core import lab
from textdiff_ui import by_hand, state
from textdiff_ui.by_hand import SCREEN
from textdiff_ui.noising import default_text

SHORT = "the kind bear lived in the hills."


def opened(**query: str) -> AppTest:
    return open_page("loss", **query)


def shown(page: AppTest):
    return page.session_state[SCREEN.key(state.CONFIG)]


def test_it_opens_with_a_story_its_table_and_two_figures() -> None:
    page = opened()
    assert page.title[0].value == "What does the loss add up?"
    assert page.text_area("loss_set_draft").value == default_text() and dict(page.query_params) == {}
    assert said(page) == [] and len(page.get("plotly_chart")) == 2
    info = lab.model_info("tales")
    added = core.added_up(lab.load("tales").denoiser, info, by_hand.asked(shown(page)))
    assert html(page).count('class="hidden-word"') == len(added.hidden) > 10
    table = html(page)[html(page).index("<tfoot>") :]
    for one in added.sums:
        assert abs(one.by_hand - one.computed) < 1e-4  # the code of the loss adds up in single precision
        assert all(f"<td>{total:.4f}</td>" in table for total in (one.by_hand, one.computed))
        assert any(f"= {one.by_hand:.3f}" in formula.value for formula in page.latex)
    exact = -lab.corpora["tales"].log_prob(default_text())
    assert page.metric[0].value == f"{exact:.2f} nats"


def test_every_setting_is_in_the_link_and_comes_back_from_it() -> None:
    page = opened()
    page.text_area("loss_set_draft").set_value("the kind bear  lived in the hills.")
    page.slider("loss_set_level").set_value(0.3)
    page.number_input("loss_set_seed").set_value(7)
    page.selectbox("loss_set_schedule").set_value("cosine-mdlm")
    assert said(fine(page.run())) == []
    query = {"draft": SHORT, "level": "0.3", "seed": "7", "schedule": "cosine-mdlm"}
    assert dict(page.query_params) == query
    again = opened(**query)
    assert said(again) == [] and shown(again).to_query() == query
    assert html(again) == html(page)


def test_new_noise_hides_other_words() -> None:
    page = opened()
    before = html(page)
    page.button("new_noise").click()
    fine(page.run())
    assert shown(page).seed == 1 and html(page) != before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("the kind bearr", "does not know the word 'bearr'; near it: bear"),
        ("", "at least one word, got none"),
        ("the " * 60, "words here, got 60"),
        ("the " * 4000, "at most 4000 characters"),
        ("<script>alert(1)</script>", "does not know the word '<script>alert(1)</script>'"),
    ],
)
def test_a_text_it_cannot_show_is_answered_and_the_one_before_stays(typed: str, words: str) -> None:
    page = opened(draft=SHORT)
    before = html(page)
    page.text_area("loss_set_draft").set_value(typed)
    fine(page.run())
    assert len(said(page)) == 1 and words in said(page)[0]
    assert shown(page).draft == SHORT and html(page) == before


def test_without_noise_there_is_nothing_to_add_up_and_the_picture_stays() -> None:
    page = opened(level="0.4")
    page.slider("loss_set_level").set_value(0.0)
    fine(page.run())
    assert len(said(page)) == 1 and "t must be 0.001..1, got 0" in said(page)[0]
    assert shown(page).level == 0.4 and "<tfoot>" in html(page)


def test_a_level_at_which_nothing_is_hidden_says_so() -> None:
    page = opened(level="0.001")
    assert said(page) == [] and "<tfoot>" not in html(page)
    assert "every sum is 0" in page.info[0].value


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"level": "7"}, "level must be a number 0..1, got 7"),
        ({"level": "0"}, "t must be 0.001..1, got 0"),
        ({"model": "tales-uniform"}, "its loss is no sum over hidden words"),
        ({"draft": "foxx"}, "near it: fox"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], words: str) -> None:
    page = opened(seed="4", **query)
    assert len(said(page)) == 1 and words in said(page)[0]
    assert shown(page).to_query() == {"seed": "4"}


def test_only_models_that_hide_words_are_offered_and_the_page_says_why() -> None:
    page = opened()
    models = page.selectbox("loss_set_model").options
    assert models and {lab.model_info(name).process for name in models} == {"absorbing"}
    assert any("Only models of masking" in caption.value for caption in page.caption)


def test_a_sentence_outside_the_world_has_no_exact_probability() -> None:
    page = opened(draft=SHORT)
    assert page.metric[0].value == "∞"
    assert re.fullmatch(r"\d+\.\d\d nats", page.metric[1].value)
