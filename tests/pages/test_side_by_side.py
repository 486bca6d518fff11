"""The side by side page through the main script: one lane a process, one link, what is said of what is missing."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, finished, open_page, said
from tests.shelf import stock
from textdiff_core import lab, models
from textdiff_core.records import RunConfig
from textdiff_ui import cache, side_by_side, state
from textdiff_ui.side_by_side import SCREEN


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("assets"))


@pytest.fixture
def every_process(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of every process is on the shelf."""
    monkeypatch.setattr(models, "ASSETS", shelf)


@pytest.fixture
def masking_alone(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the default model is on the shelf."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "tales").symlink_to(shelf / "checkpoints" / "tales")
    monkeypatch.setattr(models, "ASSETS", tmp_path)


def opened(**query: str) -> AppTest:
    return open_page("side_by_side", **query)


def shown(page: AppTest) -> RunConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def test_every_process_has_a_lane_in_the_order_of_the_registry(every_process: None) -> None:
    lanes = side_by_side.lanes(SCREEN.default)
    kinds = [process for process, part in lab.processes.items() if not part.ordered]  # that has its own page
    assert [lab.model_info(lane.model).process for lane in lanes] == kinds
    for lane in lanes:
        lab.check(lane)
        shared = lane.replace(model=RunConfig.model, sampler=SCREEN.default.sampler)
        assert shared == SCREEN.default
    assert side_by_side.missing() == ""


def test_a_sampler_goes_to_the_lanes_it_serves_and_the_others_take_the_steps_asked_for(
    every_process: None,
) -> None:
    for name, part in lab.samplers.items():
        for lane in side_by_side.lanes(RunConfig(sampler=name)):
            process = lab.model_info(lane.model).process
            own = lab.samplers.build(lane.sampler)
            assert process in own.serves
            assert lane.sampler == name if process in part.serves else own.rule != "one"


def test_four_runs_end_and_can_be_taken_along(every_process: None) -> None:
    page = finished(opened(steps="4"))
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels[:2] == ["Replay (.html)", "Ledger (.csv)"]
    assert len(labels) == 2 + len(side_by_side.models())
    for lane in side_by_side.lanes(shown(page)):
        trace = cache.job(lane).trace
        assert trace is not None
        assert trace.num_steps == 4


def test_a_process_without_a_model_is_named_in_one_sentence(masking_alone: None) -> None:
    page = finished(opened(steps="3"))
    others = [side_by_side.called(name) for name in side_by_side.models() if name != "absorbing"]
    told = [caption.value for caption in page.caption if caption.value.startswith("Not shown")]
    assert len(told) == 1
    assert all(name in told[0] for name in others)
    assert len(page.get("download_button")) == 3


def test_a_link_brings_back_every_setting() -> None:
    query = {
        "sampler": "confidence:by=drawn", "steps": "9", "grid": "cosine", "schedule": "polynomial:k=3",
        "temperature": "0.7", "top_p": "0.9", "seed": "41", "length": "40", "keep": "2:the",
    }  # fmt: skip
    page = opened(**query)
    assert said(page) == []
    assert dict(page.query_params) == query
    assert shown(page).to_query(SCREEN.default) == query


def test_the_defaults_are_not_in_the_link() -> None:
    page = opened()
    assert (shown(page).steps, shown(page).sampler) == (32, "ancestral")
    assert dict(page.query_params) == {}
    page = opened(seed="3")
    assert shown(page) == SCREEN.default.replace(seed=3)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("steps", "0", "steps must be a whole number 1..1024, got 0"),
        ("sampler", "evil", "unknown sampler 'evil'"),
        ("keep", "3:foxx", "near it: fox"),
        ("edits", "4:2", "an edit belongs to one run"),
        ("model", "/etc", "shipped models: tales"),
        ("colour", "red", "unknown parameter 'colour'"),
    ],
)
def test_a_broken_link_opens_with_defaults_and_one_sentence(name: str, value: str, words: str) -> None:
    page = opened(**{name: value})
    assert len(said(page)) == 1
    assert words in said(page)[0]
    assert shown(page) == SCREEN.default


def test_a_wrong_number_is_answered_and_nothing_is_lost() -> None:
    page = opened(seed="2")
    page.number_input("beside_set_steps").set_value(0)
    fine(page.run())
    assert said(page)[0].startswith("steps must be a whole number 1..1024, got 0")
    assert shown(page) == SCREEN.default.replace(seed=2)


def test_new_noise_is_the_next_seed() -> None:
    page = opened(seed="8", steps="2")
    page.button("new_noise").click()
    assert fine(page.run()).query_params["seed"] == "9"


def test_its_settings_and_those_of_the_denoise_page_do_not_mix() -> None:
    page = opened(seed="6")
    page.query_params.clear()
    fine(page.switch_page("../pages/denoise.py").run())
    assert page.session_state[state.CONFIG] == RunConfig()
    assert page.number_input("set_seed").value == 0
    page.query_params.clear()
    fine(page.switch_page("../pages/side_by_side.py").run())
    assert shown(page).seed == 6
    assert page.number_input("beside_set_seed").value == 6


def test_words_put_back_here_go_on_as_a_run_on_the_denoise_page() -> None:
    page = finished(opened(steps="6"))
    page.session_state["beside_player"] = {"resume": {"step": 5, "positions": [2], "lane": 0}}
    page.run()
    assert page.title[0].value == "How does noise become a story?"
    run = page.session_state[state.CONFIG]
    assert [str(edit) for edit in run.edits] == ["5:2"]
    assert (run.model, run.sampler, run.steps) == ("tales", "ancestral", 6)
