"""A model that writes in registers, on every page that offers models: its controls and its links."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, finished, open_page, said
from textdiff_core.records import RunConfig
from textdiff_ui import state
from textdiff_ui.by_hand import SCREEN as LOSS
from textdiff_ui.lanes import SCREEN as COMPARE
from textdiff_ui.score import SCREEN as SCORE

FAST = {"model": "english", "sampler": "random", "steps": "2"}


def keys(page: AppTest) -> set[str]:
    return {str(box.key) for box in (*page.selectbox, *page.number_input, *page.text_input)}


def words(page: AppTest) -> str:
    return " ".join(text.value.replace("\\", "") for kind in (page.markdown, page.caption) for text in kind)


def test_denoise_offers_register_and_guidance_and_hides_them_where_there_are_none() -> None:
    page = finished(open_page("denoise", register="verses", **FAST))
    assert said(page) == [] and {"set_register", "set_guidance"} <= keys(page)
    assert "recipes, encyclopedia articles" in words(page)
    page.number_input("set_guidance").set_value(2.0)
    page = finished(fine(page.run()))
    assert page.query_params["guidance"] == "2"
    page.selectbox("set_register").set_value("any")
    page = fine(page.run())  # guidance to nothing is none
    assert said(page) == [] and "set_guidance" not in keys(page) and "guidance" not in page.query_params
    page.selectbox("set_model").set_value("tales")
    page = fine(page.run())
    assert said(page) == [] and not {"set_register", "set_guidance"} & keys(page)
    assert page.session_state[state.CONFIG].register == ""


def test_a_text_shorter_than_the_canvas_is_a_draft_that_ends() -> None:
    page = finished(open_page("denoise", register="recipes", draft="Mix it.\nBake it.", level="0", **FAST))
    assert said(page) == [] and "blanks follow it" in words(page)


def test_a_typed_word_is_kept_in_its_pieces() -> None:
    page = finished(open_page("denoise", register="verses", **FAST))
    page.number_input("set_keep_position").set_value(5)
    page.text_input("set_keep_word").set_value("The mountain")
    page.button("keep_word").click()
    page = finished(fine(page.run()))
    assert page.session_state[state.CONFIG].keep == ((5, " the"), (6, " mountain"))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"model": "english", "register": "poems"}, "unknown register 'poems'"),
        ({"model": "english", "guidance": "2"}, "guidance 2 needs a register to guide to"),
        ({"register": "verses"}, "writes one kind of text: it takes no register"),
        ({"model": "english", "keep": "1:the"}, "position 1 holds the register's tag"),
    ],
)
def test_a_link_that_does_not_fit_the_model_says_so(query: dict[str, str], sentence: str) -> None:
    page = open_page("denoise", **query)
    assert len(said(page)) == 1 and sentence in said(page)[0]


def test_compare_has_them_in_each_lane() -> None:
    lanes = ["model=english&register=chat&sampler=random&steps=2",
             "model=english&register=verses&guidance=2&sampler=random&steps=2"]  # fmt: skip
    page = finished(open_page("compare", lane=lanes))
    assert said(page) == []
    assert [run.register for run in page.session_state[COMPARE.key(state.CONFIG)].runs] == ["chat", "verses"]
    assert {"compare_set_register", "compare_set_guidance"} <= keys(page)


def test_the_language_model_page_reads_a_text_in_a_register() -> None:
    page = open_page("score", model="english", register="recipes", subsets="2", orders="2")
    assert said(page) == [] and "score_set_register" in keys(page)
    assert "[recipes]" not in page.text_area("score_set_draft").value
    page.text_area("score_set_draft").set_value("In the beginning\nwas the word.")
    page.selectbox("score_set_register").set_value("verses")
    page = fine(page.run())
    assert (
        said(page) == []
        and page.session_state[SCORE.key(state.CONFIG)].draft == "In the beginning\nwas the word."
    )
    page = open_page("score", model="english", draft="word " * 70, subsets="2")
    assert len(said(page)) == 1 and "holds 63 pieces" in said(page)[0]


def test_the_loss_by_hand_is_that_of_the_text_alone() -> None:
    page = open_page("loss", model="english", register="verses", draft="In the beginning was the word.")
    assert said(page) == [] and "loss_set_register" in keys(page)
    assert page.session_state[LOSS.key(state.CONFIG)].register == "verses"
    assert "[verses]" not in " ".join(block.value for block in page.get("html") if hasattr(block, "value"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("parallel", "which has no rules to be judged by"),
        ("calibration", "whose exact posterior is not known"),
        ("side_by_side", "this page compares models of tales"),
        ("translate", "english"),
    ],
)
def test_pages_that_need_exact_truth_say_so(name: str, sentence: str) -> None:
    page = open_page(name, model="english")
    assert len(said(page)) == 1 and sentence in said(page)[0]


def test_the_noise_page_needs_no_model() -> None:
    page = open_page("noise", model="english")
    assert said(page) == [] and RunConfig.model == "tales"
