"""The Language model page through the main script: numbers, controls, link, and what is said of bad input."""

import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, html, open_page, said, words
from textdiff_core import lab, scoring
from textdiff_core.__main__ import main
from textdiff_core.scoring import ScoreConfig
from textdiff_ui import score, state, studies
from textdiff_ui.score import SCREEN
from textdiff_ui.score_examples import examples

TALE = lab.corpora["tales"].tell(np.random.default_rng(7)).text
WRONG = TALE.replace("gave Leo", "gave Nora")


def opened(**query: str) -> AppTest:
    return measured(open_page("score", **query))


def measured(page: AppTest, study: studies.Study = studies.SCORE) -> AppTest:
    """The page when its measurement is over: the tests' page does not ask by itself as a browser does."""
    deadline = time.monotonic() + 300
    while (work := state_of(page, study)) is not None and not work.over:
        assert time.monotonic() < deadline, "it was not measured"
        time.sleep(0.05)
    return fine(page.run())


def state_of(page: AppTest, study: studies.Study):
    key = SCREEN.key(state.MEASURED + study.name)  # AppTest's session has no `get`
    return page.session_state[key] if key in page.session_state else None  # noqa: SIM401


def shown(page: AppTest) -> ScoreConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def found(page: AppTest) -> scoring.Score:
    return state_of(page, studies.SCORE).latest


def test_it_opens_with_a_scored_text_by_itself() -> None:
    page = opened()
    assert page.title[0].value == "How surprised is the model by your text?" and said(page) == []
    assert (
        dict(page.query_params) == {}
        and page.text_area("score_set_draft").value == examples("tales")["A text of the tales"]
    )
    one = found(page)
    assert len(one.texts) == 64 and one.done == 1
    values = [metric.value for metric in page.metric]
    assert values[:2] == [f"{one.bound:.2f} nats", f"{one.reading.exact:.2f} nats"]
    assert values[2:4] == [f"{one.perplexity:.4g}", f"{one.bits_per_character:.3f}"]
    other = one.beside
    assert values[4:] == [
        f"{other.bound:.2f} nats",
        f"{other.perplexity:.4g}",
        f"{other.bits_per_character:.3f}",
    ]
    assert f"<td>{other.bound:.3f}</td>" in html(page) and f"<td>{other.nats[0, 0]:.3f}</td>" in html(page)
    assert html(page).count('tabindex="-1" data-told=') == one.reading.num_words
    assert f"<td>{one.bound:.3f}</td>" in html(page) and f"= {one.bound:.2f}" in words(page)
    assert f"gap: {one.bound - one.reading.exact:+.2f} nats" in words(page) and "No word stands out" in words(
        page
    )
    assert len(page.get("download_button")) == 2


def test_the_odd_word_is_named_and_the_better_one_put_in_its_place() -> None:
    page = opened(draft=WRONG)
    assert "The odd word out is Nora" in words(page) and page.metric[1].value == "∞"
    assert "Leo became Nora" in words(page) and 'class="surprise odd-word"' in html(page)
    page.button("score_mend").click()
    page = measured(fine(page.run()))
    assert score.text_of(shown(page)) == TALE and "No word stands out" in words(page)


def test_every_setting_is_in_the_link_and_comes_back_from_it() -> None:
    page = opened()
    page.number_input("score_set_subsets").set_value(16)
    page.number_input("score_set_seed").set_value(5)
    page.number_input("score_set_orders").set_value(3)
    page.text_area("score_set_draft").set_value(f"{WRONG} ")
    page = measured(fine(page.run()))
    query = {"draft": WRONG, "subsets": "16", "seed": "5", "orders": "3"}
    assert said(page) == [] and dict(page.query_params) == query and len(found(page).texts) == 16
    again = opened(**query)
    assert shown(again) == shown(page) and html(again) == html(page) and words(again) == words(page)


def test_examples_are_one_click_and_the_first_one_is_how_it_opens() -> None:
    page = opened()
    page.button("score_example 1").click()
    page = measured(fine(page.run()))
    assert shown(page).draft == examples("tales")["One word wrong"] and found(page).odd is not None
    page.button("score_example 0").click()
    page = measured(fine(page.run()))
    assert dict(page.query_params) == {} and found(page).odd is None


def test_whole_orders_are_written_on_request() -> None:
    page = opened(draft=WRONG, orders="2")
    assert page.get("plotly_chart") == []
    page.button("score_measure chains").click()
    page = measured(fine(page.run()), studies.CHAINS)
    chains = state_of(page, studies.CHAINS).latest
    assert len(page.get("plotly_chart")) == 2 and len(chains.totals) == 4
    assert f"= {chains.totals[0]:.2f}" in words(page) and "The orders differ by up to" in words(page)


def test_a_text_beyond_the_canvas_says_where_it_was_cut() -> None:
    page = opened(draft=f"{TALE} Max won the den.")
    assert (
        len(said(page)) == 1
        and "cut after the word 'won', and 3 words from 'the' on are not scored" in said(page)[0]
    )
    assert found(page).reading.num_words == 47


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("the kind bearr", "does not know the word 'bearr'; near it: bear"),
        ("", "at least one word, got none"),
        ("a" * 2**20, "at most 4000 characters here, got 1048576"),
        (
            "<script>alert(1)</script> <img>",
            "does not know 2 words of this text: '<script>alert(1)</script>', '<img>'",
        ),
    ],
)
def test_a_text_it_cannot_read_is_answered_and_the_one_before_stays(typed: str, sentence: str) -> None:
    page = opened(draft=WRONG, subsets="8")
    before = html(page)
    page.text_area("score_set_draft").set_value(typed)
    page = fine(page.run())
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page).draft == WRONG and html(page) == before


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"subsets": "7"}, "subsets must be an even number"),
        ({"subsets": "9999"}, "subsets must be a whole number 2..1024"),
        ({"draft": "foxx"}, "near it: fox"),
        ({"model": "../../etc"}, "no run here has this name"),
        ({"colour": "red"}, "unknown parameter 'colour'"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = opened(seed="4", **query)
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page) == ScoreConfig(seed=4)


@pytest.mark.parametrize("model", ["tales-uniform", "tales-gaussian"])
def test_other_noises_have_a_bound_of_the_whole_text_only(model: str) -> None:
    page = opened(model=model, subsets="16")
    assert said(page) == [] and page.metric[0].value == f"{found(page).bound:.2f} nats"
    assert "hides no words" in words(page) and "writes in no order of words" in words(page)
    assert 'tabindex="-1" data-told=' not in html(page) and len(page.get("download_button")) == 1


def test_growing_texts_have_no_score_and_the_page_says_why() -> None:
    page = opened(model="tales-insertion")
    assert said(page) == [] and "words have no fixed places" in words(page) and not page.metric
    page.selectbox("score_set_model").set_value("tales")
    page = measured(fine(page.run()))
    assert shown(page).model == "tales" and len(page.metric) == 7  # with the autoregressive ones


def test_what_was_typed_is_known_to_its_session_alone() -> None:
    """Two readers of one text share no measurement, unlike all others of the app."""
    one, other = opened(draft=WRONG, subsets="8"), opened(draft=WRONG, subsets="8")
    assert state_of(one, studies.SCORE) is not state_of(other, studies.SCORE)
    assert WRONG not in state_of(one, studies.SCORE).name


def test_text_by_characters_is_read_as_it_stands(tmp_path: Path) -> None:
    """Of a training of one's own: spaces and line ends are cells, nothing follows the text, nobody knows its truth."""
    (tmp_path / "own.txt").write_text("a fox ran\nto the old barn\n" * 40, encoding="utf-8")
    tiny = (
        "--width 16 --depth 1 --heads 1 --batch 4 --warmup 1 --validation 2 --steps 2 --every 1 --length 24"
    )
    assert main(["train", *tiny.split(), "--corpus", f"file:{tmp_path / 'own.txt'}", "--shelf"]) == 0
    name = lab.shelf_models()[0]
    page = opened(model=name, draft="a fox \n  ran", subsets="8")
    assert said(page) == [] and shown(page).draft == "a fox \n  ran"
    assert len(found(page).surprises) == found(page).reading.num_words == 12
    assert page.metric[1].value == "not known" and "for the end" not in words(page)
    assert {"What the model wrote", "Two characters swapped"} < {button.label for button in page.button}
    assert "<th scope='row'>space</th>" in html(page) and "<th scope='row'>line end</th>" in html(page)
    lab.shelf().delete(name)


def test_an_autoregressive_model_says_exactly_what_a_text_costs() -> None:
    """No bound, no interval, no odd word and one order: the sum of its words is the card, and close to the truth."""
    page = opened(model="tales-ar", draft=TALE)
    one = found(page)
    assert said(page) == [] and one.exactly and one.beside is None
    assert [metric.label for metric in page.metric] == [
        "−ln p, left to right", "Exact −ln p", "Perplexity, exactly", "Bits a character, exactly"
    ]  # fmt: skip
    assert float(one.nats.sum()) == pytest.approx(one.bound) and abs(one.bound - one.reading.exact) < 2
    assert "given the words before it" in html(page) and "one order alone" in words(page)
