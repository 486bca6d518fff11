"""The page on few steps through the main script: its numbers, its controls, its measurements, and bad input."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import begun_and_stopped, fine, open_page, said
from textdiff_core.parallel import ParallelConfig
from textdiff_ui import cache, parallel, state, studies
from textdiff_ui.parallel import SCREEN


def opened(**query: str) -> AppTest:
    return open_page("parallel", **query)


def shown(page: AppTest) -> ParallelConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def words(page: AppTest) -> str:
    """All the prose, but for a sentence that comes and goes while other runs are computed."""
    said = [text.value for kind in (page.markdown, page.caption, page.latex, page.info) for text in kind]
    return " ".join(text for text in said if not text.startswith("Waiting for "))


def test_it_opens_with_both_parts_and_recorded_counts() -> None:
    page = opened()
    assert page.title[0].value == "Why do few steps break a story?" and said(page) == []
    assert len(page.get("plotly_chart")) == 4 and dict(page.query_params) == {}
    assert "50.0 % possible, 50.0 % impossible" in words(page)
    assert r"4 \cdot 0.693 - 0.693" in words(page) and "2.079" in words(page)
    assert "python -m benchmarks.parallel" in words(page) and len(page.metric) == 3


def test_more_words_a_step_move_the_numbers_and_the_link() -> None:
    page = opened()
    page.select_slider("parallel_set_words of 4").set_value(3)
    page.select_slider("parallel_set_at once of 47").set_value(2)
    page.selectbox("parallel_set_rule").set_value("confidence")
    assert said(fine(page.run())) == []
    assert "25.0 % possible, 75.0 % impossible" in words(page)
    query = {"words": "3", "at_once": "2", "sampler": "confidence"}
    assert dict(page.query_params) == query
    again = opened(**query)
    assert shown(again) == shown(page) and words(again) == words(page)


def test_another_language_has_other_cells() -> None:
    page = opened(words="4")
    page.selectbox("parallel_set_toy").set_value("two cells, three words")
    assert said(fine(page.run())) == [] and shown(page).words == 2
    assert "100.0 % possible" in words(page) and "total variation from the language 0.413" in words(page)


def test_texts_are_drawn_and_stand_beside_the_prediction() -> None:
    page = opened(toy="an even number of B", words="3")
    page.button("parallel_measure texts").click()
    fine(page.run())
    work = cache.study(studies.TEXTS, shown(page))
    deadline = time.monotonic() + 300
    while not work.over:
        assert time.monotonic() < deadline, "the texts were not drawn"
        time.sleep(0.05)
    page = fine(page.run())
    assert work.done and work.latest.impossible[3] == 0 and "parallel_measure texts" not in keys(page)
    chart = page.get("plotly_chart")[1].proto
    assert "of 2,000 drawn" in chart.spec


def test_stop_keeps_what_was_measured_so_far() -> None:
    page = opened(seed="3")
    assert "Nothing was recorded of this model and seed" in words(page)
    page, work = begun_and_stopped(
        page, "parallel", "stories", lambda: cache.study(studies.STORIES, shown(page))
    )
    assert not work.over and work.latest.done < 1
    assert "Stopped at" in words(page) and "parallel_measure stories" in keys(page)


def keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"words": "9"}, "words must be a whole number 1..4, got 9"),
        ({"toy": "nothing"}, "toy must be ABAB or BABA or"),
        ({"sampler": "entropy"}, "sampler must be random or ancestral or confidence"),
        ({"at_once": "5"}, "at_once must be one of 1, 2, 3, 4, 8, 16, 32, 47 words a step, got 5"),
        ({"model": "tales-uniform"}, "this page needs a model of masking"),
        ({"share": "much"}, "could not convert"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = opened(seed="4", **query)
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page) == ParallelConfig(seed=4)


def test_a_seed_out_of_bounds_is_answered_and_the_picture_stays() -> None:
    page = opened()
    page.number_input("parallel_set_seed").set_value(-1)
    fine(page.run())
    assert len(said(page)) == 1 and "seed must be a whole number 0.." in said(page)[0]
    assert shown(page).seed == 0 and len(page.get("plotly_chart")) == 4


def test_every_kind_of_step_has_a_name() -> None:
    assert set(parallel.KINDS) == set(parallel.RULES)
