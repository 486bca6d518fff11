"""The Chat page through the main script: turns, replies, a rewriting, bad input, and nothing said is left anywhere."""

import gc
import logging
import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, open_page, said
from textdiff_core.records import RunConfig
from textdiff_ui import state
from textdiff_ui.chat import SCREEN, TURNS, Turn

SECRET = "quokka"


def opened() -> AppTest:
    page = open_page("chat")
    page.number_input("chat_set_steps").set_value(2)
    return fine(page.run())


def replied(page: AppTest) -> AppTest:
    """The page when the reply that is looked at is written."""
    deadline = time.monotonic() + 300
    while "chat_another" not in {button.key for button in page.button}:
        assert time.monotonic() < deadline, "the reply did not come"
        time.sleep(0.1)
        fine(page.run())
    return page


def say(page: AppTest, text: str) -> AppTest:
    page.chat_input[0].set_value(text)
    return fine(page.run())


def turns(page: AppTest) -> list[Turn]:
    return page.session_state[TURNS]


def test_it_says_what_it_is_and_offers_a_first_turn() -> None:
    page = open_page("chat")
    told = " ".join(text.value for kind in (page.markdown, page.caption) for text in kind)
    assert (
        "repeats what it read" in told and "glin-profanity" in told and "Nothing typed here is stored" in told
    )
    page.button("chat_opener_0").click()
    assert said(replied(fine(page.run()))) == []
    assert turns(page)[0].said == "Hi, how are you?" and turns(page)[0].job.done


def test_a_conversation_keeps_its_turns_and_shows_each_reply() -> None:
    page = replied(say(opened(), "Hello <b>there</b>"))
    page = replied(say(page, "What do you like?"))
    assert [turn.said for turn in turns(page)] == ["Hello <b>there</b>", "What do you like?"]
    shown = [text.value for text in page.text]
    assert shown[0] == "Hello <b>there</b>" and "What do you like?" in shown
    seen = "".join(word for _, word in turns(page)[1].asked.run.keep)
    assert seen.startswith(" - hello <b>there</b>\n - ") and seen.endswith(" - what do you like?\n -")
    page.button("chat_look_0").click()
    replied(fine(page.run()))
    assert page.session_state[SCREEN.key(state.CONFIG)] == turns(page)[0].asked.run


def test_a_part_of_a_reply_is_written_anew_and_the_rest_stays() -> None:
    page = replied(say(opened(), "Hello"))
    turn, parent = turns(page)[0], turns(page)[0].job
    given = turn.asked.given
    state_key, before = SCREEN.key(state.CONFIG), parent.trace.tokens[-1].copy()
    edited = SCREEN.changed(turn.asked.run, 0, state.Edit(parent.trace.num_steps, (given + 2, given + 3)))
    page.session_state[state_key] = edited
    page = replied(fine(page.run()))
    assert turn.job is not parent and turn.job.parent is parent and turn.job.config == edited
    after = turn.job.trace.tokens[-1]
    assert set((before != after).nonzero()[0]) <= {given + 1, given + 2}
    page.button("chat_another").click()
    page = replied(fine(page.run()))
    assert turns(page)[0].asked.run.seed == 1 and turns(page)[0].asked.run.edits == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("   ", "there is nothing to reply to: the turn is empty."),
        ("x" * 1_000_000, "a turn may have at most 500 characters, got 1,000,000."),
        ("漢字", "the model knows no English piece for '漢', '字'."),
    ],
)
def test_a_bad_turn_is_answered_in_one_sentence_and_nothing_is_lost(text: str, sentence: str) -> None:
    page = replied(say(opened(), "Hello"))
    page = say(page, text)
    assert said(page) == [sentence] and [turn.said for turn in turns(page)] == ["Hello"]


def test_a_setting_out_of_bounds_is_answered_and_the_conversation_stays() -> None:
    page = replied(say(opened(), "Hello"))
    page.number_input("chat_set_temperature").set_value(99.0)
    page = fine(page.run())
    assert len(said(page)) == 1 and "temperature must be a number 0..10, got 99.0" in said(page)[0]
    assert "Hello" in [text.value for text in page.text]


def test_a_long_turn_is_cut_and_said() -> None:
    page = say(opened(), "one two three " * 30)
    assert any("Of your turn's 90 pieces the last" in sentence for sentence in said(page))


def test_nothing_that_was_said_is_left_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        page = replied(say(opened(), f"I saw a {SECRET}"))
        assert dict(page.query_params) == {}
        say(page, f"{SECRET} 漢")  # refused
        page = replied(say(page, f"The {SECRET} ate"))
        page.button("chat_another").click()
        page = replied(fine(page.run()))
        assert _alive()
        page.button("chat_forget").click()
        page = fine(page.run())
    assert TURNS not in page.session_state or turns(page) == []
    assert SECRET not in caplog.text and SECRET not in repr(dict(page.query_params))
    del page
    assert not _alive()


def _alive() -> list[RunConfig]:
    """Runs, of whatever is shared or not, that hold what was said."""
    gc.collect()
    runs = [one for one in gc.get_objects() if issubclass(type(one), RunConfig)]
    return [run for run in runs if SECRET in "".join(word for _, word in run.keep)]
