"""The Race page through the main script: what is raced, in which order, and what is said of bad input."""

import dataclasses
import time

import pytest

from tests.pages.opening import fine, open_page, said
from textdiff_core import lab
from textdiff_core.training_records import TrainConfig
from textdiff_ui import race


def test_three_rates_run_one_after_another_and_keep_their_order() -> None:
    page = open_page("race")
    page.selectbox("race_raced").set_value("rate")
    page.number_input("race_set_steps 1000").set_value(24)
    fine(page.run())
    page.text_input("race_raced rates adamw").set_value("0.001; 0.003; 0.01")
    fine(page.run())
    (button,) = [button for button in page.button if button.label == "Start the race"]
    page = fine(button.click().run())
    group = page.query_params["race"]
    deadline = time.monotonic() + 300
    while any(run.state.phase != "done" for run in race.runs_of(group)):
        training = [run for run in race.runs_of(group) if run.state.phase == "training"]
        assert len(training) <= 1 and time.monotonic() < deadline, race.runs_of(group)
        time.sleep(0.1)
    page = fine(page.run())
    table = race.table(race.runs_of(group))
    assert list(table["learning rate"]) == [0.001, 0.003, 0.01] and list(table["state"]) == ["finished"] * 3
    assert len(page.get("plotly_chart")) == 1 and said(page) == []
    configs = {dataclasses.replace(run.config, rate=1.0, rate_rest=1.0) for run in race.runs_of(group)}
    assert len(configs) == 1, "only the rate may differ"


def test_an_optimizer_comes_with_the_rate_it_begins_with() -> None:
    raced = race.field(TrainConfig(), "optimizer", ["sgd", "muon"])
    assert {name: config.rate for name, config in raced.items()} == {
        name: lab.optimizers[name].rate for name in ("sgd", "muon")
    }


@pytest.mark.parametrize("values", [[], ["sgd"], ["sgd", "sgd"], ["sgd", "adam", "adamw", "muon", "rmsprop"]])
def test_a_race_needs_two_to_four_different_runs(values: list[str]) -> None:
    with pytest.raises(ValueError, match="a race needs two to 4 different values"):
        race.field(TrainConfig(), "optimizer", values)


def test_a_rate_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="a learning rate must be a number, got 'fast'"):
        race.field(TrainConfig(), "rate", ["0.1", "fast"])


def test_a_race_that_is_not_there_is_said_so() -> None:
    assert "there is no race" in said(open_page("race", race="race-of-nobody"))[0]


def test_what_is_raced_is_not_asked_for_twice() -> None:
    page = open_page("race")
    keys = {box.key for box in page.selectbox}
    assert "race_set_optimizer" not in keys and "race_set_loss" in keys
    page.selectbox("race_raced").set_value("process")
    keys = {box.key for box in fine(page.run()).selectbox}
    assert "race_set_optimizer" in keys and not {"race_set_process", "race_set_loss"} & keys


def test_a_noise_with_one_loss_cannot_race_losses() -> None:
    page = open_page("race")
    page.selectbox("race_raced").set_value("loss")
    page.selectbox("race_set_process").set_value("uniform")
    assert "uniform noise has one loss only" in said(fine(page.run()))[0]


def test_it_opens_with_the_race_that_was_recorded() -> None:
    page = open_page("race")
    assert len(page.get("plotly_chart")) == 1 and "a race that was recorded" in page.info[0].value
