"""The Write page through the main script: the form, three texts, loose words, changes, and bad input."""

import dataclasses
import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, open_page, said
from textdiff_core import lab, writing
from textdiff_core.records import Edit
from textdiff_core.writing import WriteConfig
from textdiff_ui import cache, state, studies
from textdiff_ui.write import DEFAULT, PLACED, SCREEN

FAST = {"steps": "2"}


def shown(page: AppTest) -> WriteConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def texts(page: AppTest) -> list[str]:
    """The three texts, when their runs have ended."""
    deadline = time.monotonic() + 300
    while len(found := [code.value for code in page.get("code")][1:]) < 3:  # the first one is the link
        assert time.monotonic() < deadline, "the runs did not end"
        time.sleep(0.1)
        fine(page.run())
    return found[:3]


def test_it_opens_with_three_recipes_of_one_title() -> None:
    page = open_page("write", **FAST)
    assert page.title[0].value == "Can noise write to order?" and said(page) == []
    found = texts(page)
    assert all(text.startswith("pancakes\ningredients: flour, milk, eggs, butter, salt") for text in found)
    assert len(set(found)) == 3 and dict(page.query_params) == FAST


def test_the_link_brings_the_same_texts_and_the_title_goes_with_its_register() -> None:
    query = {
        "register": "plays",
        "begin": "HAMLET: my lord",
        "end": "farewell",
        "length": "30",
        "seed": "4",
        **FAST,
    }
    page = open_page("write", **query)
    found = texts(page)
    assert all(text.startswith("hamlet: my lord") and text.endswith(" farewell") for text in found)
    assert dict(page.query_params) == query and said(page) == []
    assert "write_set_title" not in {box.key for box in page.text_input}
    page.selectbox("write_set_register").set_value("recipes")
    fine(page.run())
    assert page.text_input("write_set_title").value == DEFAULT.title


def test_a_loose_word_gets_its_place_and_stands_in_every_text() -> None:
    page = open_page("write", register="verses", must="shepherd", **FAST)
    assert all("shepherd" in text for text in texts(page))
    told = " ".join(caption.value.replace("\\", "") for caption in page.caption)
    assert told.count("“shepherd” from position") == 3


def test_a_change_belongs_to_its_text_and_the_rest_stays() -> None:
    config = dataclasses.replace(DEFAULT, steps=2)
    before = texts(open_page("write", **FAST))
    changed = config.changed(1, Edit(2, (40, 41, 42)))
    page = open_page("write", **changed.to_query(DEFAULT))
    after = texts(page)
    assert shown(page) == changed and (after[0], after[2]) == (before[0], before[2])
    keep, words = writing.form(changed).keep, lab.model_info("english").vocabulary.words
    trace = cache.job(changed.runs([keep] * 3, words)[1]).trace
    assert trace is not None
    assert set((trace.tokens[2] != trace.tokens[-1]).nonzero()[0] + 1) <= {40, 41, 42}
    page.button("new_noise").click()
    fine(page.run())
    assert shown(page) == dataclasses.replace(config, seed=3)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"must": "50:salt; 50:sugar"}, "two things are to stand at position 50: 'salt' and 'sugar'"),
        ({"must": "2:salt"}, "position 2: the beginning and 'salt'"),
        ({"begin": "x" * 1_000_000}, "at most 2000 characters, got 1000000"),
        ({"end": "漢字"}, "does not know the piece"),
    ],
)
def test_what_contradicts_itself_is_answered_and_the_picture_stays(
    typed: dict[str, str], sentence: str
) -> None:
    page = open_page("write", **FAST)
    before = shown(page)
    for name, text in typed.items():
        page.text_area(f"write_set_{name}").set_value(text)
    fine(page.run())
    assert len(said(page)) == 1 and sentence in said(page)[0] and "still the run before" in said(page)[0]
    assert shown(page) == before


def test_what_is_longer_than_the_canvas_is_cut_and_said() -> None:
    page = open_page("write", register="verses", begin="one two three " * 40, **FAST)
    assert len(said(page)) == 1 and "The beginning was cut: 55 of its pieces may be given" in said(page)[0]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"register": "poems"}, "unknown register 'poems'"),
        ({"model": "tales"}, "tales"),
        ({"changes": "9/9"}, "a change is written"),
        ({"draft": "hello"}, "give no draft"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = open_page("write", **FAST, **query)
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page) == dataclasses.replace(DEFAULT, steps=2)


def test_places_are_looked_for_once_whatever_is_changed_by_hand() -> None:
    assert "changes" not in PLACED.depends and set(PLACED.depends) > {"must", "begin", "seed", "register"}
    assert isinstance(PLACED, studies.Study)
