"""The Train page through the main script: settings, a real worker, what it says of bad input."""

import json
import os
import signal
import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, open_page, said
from textdiff_core import lab


def opened(**query: str) -> AppTest:
    return open_page("train", **query)


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return fine(button.click().run())


def started(page: AppTest, **numbers: float) -> AppTest:
    for name, value in numbers.items():
        page.number_input(f"train_set_{name}").set_value(value)
    fine(page.run())
    return press(page, "Start training")


def until(page: AppTest, phase: str, seconds: float = 300) -> AppTest:
    """The page when its run has come to this phase: the tests' page does not ask by itself as a browser does."""
    deadline, run = time.monotonic() + seconds, page.query_params["run"]
    while lab.shelf().run(run).state.phase != phase:
        assert time.monotonic() < deadline, lab.shelf().run(run)
        time.sleep(0.1)
    return fine(page.run())


def test_it_opens_with_the_curve_that_was_shipped() -> None:
    page = opened()
    assert page.title[0].value == "How does a model learn to denoise?"
    assert len(page.get("plotly_chart")) == 4 and said(page) == []
    assert any("million weights" in caption.value for caption in page.caption)


def test_a_training_starts_is_watched_and_used() -> None:
    page = until(started(opened(), **{"steps 1000": 24}), "done")
    run = page.query_params["run"]
    assert said(page) == [] and len(lab.shelf().curve(run)) == 24
    assert len(page.get("plotly_chart")) == 4 and len(page.get("bidi_component")) == 1
    assert run in lab.shelf_models()
    again = opened(run=run)  # another visitor, by the link
    assert any("toy sentences, masking" in heading.value.replace("\\", "") for heading in again.subheader)
    denoise = open_page("denoise", model=run)
    assert said(denoise) == [] and denoise.selectbox("set_model").value == run


def test_a_run_can_be_paused_and_goes_on() -> None:
    page = started(opened(), **{"steps 1000": 100_000})
    run = page.query_params["run"]
    until(page, "training")
    begun = time.monotonic()
    page = press(page, "Pause")
    assert time.monotonic() - begun < 3 and lab.shelf().run(run).state.phase == "paused"
    step = lab.shelf().run(run).state.step
    page = until(press(page, "Continue"), "training")
    page = press(page, "Stop")
    assert lab.shelf().run(run).state.phase == "stopped" and lab.shelf().run(run).state.step >= step


def test_a_worker_killed_from_outside_is_said_so_and_goes_on() -> None:
    page = until(started(opened(), **{"steps 1000": 100_000}), "training")
    run = lab.shelf().run(page.query_params["run"])
    os.kill(json.loads((run.folder / "worker.json").read_text("utf-8"))["pid"], signal.SIGKILL)
    page = until(page, "failed")
    assert "ended from outside" in said(page)[0] and "can be continued" in said(page)[0]
    page = until(press(page, "Continue"), "training")
    assert said(page) == []
    lab.shelf().delete(run.id)
    assert "there is no run" in said(fine(page.run()))[0]  # deleted elsewhere while it is on screen


def test_settings_and_run_are_there_again_after_another_page() -> None:
    page = opened()
    page.selectbox("train_set_corpus").set_value("own")
    fine(page.run())
    page.text_area("train_set_own_text").set_value("The fox ran over the hill. " * 20)
    fine(page.run())
    page = fine(page.switch_page("../pages/loss.py").run())
    page = fine(page.switch_page("../pages/train.py").run())
    assert page.selectbox("train_set_corpus").value == "own"
    assert page.text_area("train_set_own_text").value.startswith("The fox ran")


def test_a_learning_rate_of_ten_is_recognised() -> None:
    page = opened()
    page.number_input("train_set_rate adamw").set_value(10.0)
    page = until(started(page, **{"steps 1000": 500, "warmup": 0}), "diverged")
    assert len(said(page)) == 1 and "diverged" in said(page)[0] and "rate" in said(page)[0]
    first = page.query_params["run"]
    assert lab.shelf().log(first)
    page = press(page, "Again with a third of the rate")
    assert page.query_params["run"] != first
    again = lab.shelf().run(page.query_params["run"])
    assert again.config.rate == pytest.approx(10 / 3)
    lab.shelf().delete(again.id)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no text yet"),
        ("word", "one word"),
        ("two words", "too short"),
    ],
)
def test_a_text_it_cannot_learn_is_answered_and_nothing_starts(text: str, words: str) -> None:
    page = opened()
    before = len(lab.shelf().runs())
    page.selectbox("train_set_corpus").set_value("own")
    fine(page.run())
    page.text_area("train_set_own_text").set_value(text)
    fine(page.run())
    if not text:
        page = press(page, "Start training")
    assert len(said(page)) == 1 and words in said(page)[0]
    assert len(lab.shelf().runs()) == before and "run" not in page.query_params


def test_an_own_text_is_kept_with_its_run() -> None:
    page = opened()
    page.selectbox("train_set_corpus").set_value("own")
    fine(page.run())
    page.text_area("train_set_own_text").set_value("The fox ran over the hill. <b>ثعلب</b> 🦊\n" * 20)
    page.number_input("train_set_length").set_value(32)
    page.selectbox("train_set_size small").set_value("tiny")
    fine(page.run())
    page = until(started(page, **{"steps 2000": 24}), "done")
    (run,) = [run for run in lab.shelf().runs() if run.id == page.query_params["run"]]
    assert (run.folder / "text.txt").read_text("utf-8").startswith("The fox ran") and said(page) == []


@pytest.mark.parametrize("run", ["nothing-here", "../secrets", ".locks", "<script>alert(1)</script>"])
def test_a_run_that_is_not_there_is_said_so(run: str) -> None:
    assert len(said(opened(run=run))) == 1 and "there is no run" in said(opened(run=run))[0]
