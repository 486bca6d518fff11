"""The Compare page through the main script: its lanes, its link, what is said of broken ones, what is taken along."""

import io
import shutil
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, finished, open_page, said
from textdiff_core import lab, models
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace
from textdiff_ui import cache, compare, lanes, state
from textdiff_ui.lanes import SCREEN
from textdiff_ui.screens import Lanes

SHORT = [RunConfig(sampler="ancestral", steps=steps, seed=3) for steps in (2, 3)]


def opened(*runs: RunConfig | str) -> AppTest:
    """The page as a link with these lanes, or with these texts in the place of lanes, opens it."""
    return open_page("compare", lane=[lane if isinstance(lane, str) else query(lane) for lane in runs])


def query(run: RunConfig) -> str:
    return urlencode({"model": run.model, **run.to_query()})


def shown(page: AppTest) -> tuple[RunConfig, ...]:
    return page.session_state[SCREEN.key(state.CONFIG)].runs


def pasted(page: AppTest, link: str) -> AppTest:
    page.text_input(lanes.PASTED).set_value(link)
    page.button("add_link").click()
    return fine(page.run())


def test_it_opens_with_four_lanes_that_are_there_at_once() -> None:
    page = open_page("compare")
    assert said(page) == [] and dict(page.query_params) == {}
    assert [run.sampler for run in shown(page)] == ["first-hitting", "confidence", "ancestral", "informed"]
    assert len({run.model for run in shown(page)}) == len({run.seed for run in shown(page)}) == 1
    assert all(lab.shipped_trace(run) is not None for run in shown(page))
    assert [button.proto.label for button in page.get("download_button")][:2] == [
        "Replay (.html)",
        "All traces (.zip)",
    ]


def test_a_link_brings_back_every_setting_of_every_lane() -> None:
    runs = [
        RunConfig(sampler="confidence:by=drawn", steps=4, grid="cosine", schedule="polynomial:k=3", seed=9),
        RunConfig(
            sampler="ancestral", steps=3, temperature=0.7, top_p=0.9, length=40, keep=((2, "the"),), seed=41
        ),
        RunConfig(
            model="tales-uniform",
            sampler="posterior",
            steps=2,
            draft="Once Finn lived in the barn .",
            level=0.25,
        ),
    ]
    page = opened(*runs)
    assert said(page) == [] and list(shown(page)) == runs
    assert page.query_params["lane"] == [query(run) for run in runs]


def test_a_lane_is_copied_changed_and_removed() -> None:
    page = opened(*SHORT)
    page.radio(lanes.CHANGED).set_value(1)
    fine(page.run())
    assert page.number_input("compare_set_steps").value == 3
    page.button("add_lane").click()
    fine(page.run())
    assert list(shown(page)) == [*SHORT, SHORT[1]] and page.radio(lanes.CHANGED).value == 2
    page.number_input("compare_set_steps").set_value(4)
    fine(page.run())
    assert [run.steps for run in shown(page)] == [2, 3, 4]
    page.selectbox("compare_set_sampler").set_value("random")
    fine(page.run())
    assert [run.sampler for run in shown(page)] == ["ancestral", "ancestral", "random"]
    page.button("remove_lane").click()
    fine(page.run())
    assert list(shown(page)) == SHORT and page.button("remove_lane").disabled


def test_another_model_brings_a_sampler_that_serves_it() -> None:
    page = opened(*SHORT)
    page.selectbox("compare_set_model").set_value("tales-uniform")
    fine(page.run())
    changed, other = shown(page)
    assert changed.model == "tales-uniform" and other == SHORT[1] and said(page) == []
    lab.check(changed)


def test_six_lanes_are_the_most() -> None:
    page = opened(*SHORT, *SHORT, *SHORT)
    assert len(shown(page)) == 6 and page.button("add_lane").disabled
    page = pasted(page, "http://here/denoise?steps=2")
    assert (
        said(page) == ["this page holds at most 6 lanes: it has 6, and 1 would come"]
        and len(shown(page)) == 6
    )
    page = opened(*SHORT, *SHORT, *SHORT, *SHORT)
    assert len(shown(page)) == 6 and said(page) == [
        "Left out of the link: 2 more lanes, as the page holds 6."
    ]


def test_new_noise_is_new_for_every_lane_and_one_seed_stays_one() -> None:
    page = opened(*SHORT)
    page.button("new_noise").click()
    assert [run.seed for run in shown(fine(page.run()))] == [4, 4]
    page.number_input("compare_set_seed").set_value(8)
    assert [run.seed for run in shown(fine(page.run()))] == [8, 8]
    page.get("button_group")[0].set_value(lanes.SEED_WAYS[1])
    assert [run.seed for run in shown(fine(page.run()))] == [8, 9]
    page.number_input("compare_set_seed").set_value(20)
    assert [run.seed for run in shown(fine(page.run()))] == [20, 9]
    page.button("new_noise").click()
    assert [run.seed for run in shown(fine(page.run()))] == [32, 21]


@pytest.mark.parametrize(
    ("lane", "words"),
    [
        ("steps=0&seed=3", "lane 1: steps = '0' (steps must be a whole number 1..1024, got 0)"),
        ("sampler=evil", "lane 1: sampler = 'evil' (unknown sampler 'evil'"),
        ("keep=3:foxx", "near it: fox"),
        ("model=tales-uniform&sampler=confidence", "does not serve the uniform process"),
        ("colour=red", "lane 1: unknown parameter 'colour'"),
        ("model=gone&steps=4", "lane 1: the whole lane, as no model here is called 'gone'"),
        ("model=/etc", "no model here is called '/etc'"),
        ("%%%=&&&", "unknown parameter"),
    ],
)
def test_a_broken_lane_is_answered_with_one_sentence(lane: str, words: str) -> None:
    page = opened(lane, *SHORT)
    assert len(said(page)) == 1 and words in said(page)[0]
    assert list(shown(page)[-2:]) == SHORT
    assert len(shown(page)) == (2 if "whole lane" in said(page)[0] else 3)


def test_where_too_few_lanes_are_left_those_it_opens_with_fill_up() -> None:
    page = opened("model=gone", SHORT[0])
    assert list(shown(page)) == [SHORT[0], SCREEN.default.runs[0]] and len(said(page)) == 1
    assert shown(open_page("compare", steps="3")) == SCREEN.default.runs


def test_a_wrong_number_is_answered_and_nothing_is_lost() -> None:
    page = opened(*SHORT)
    page.number_input("compare_set_steps").set_value(0)
    fine(page.run())
    assert said(page)[0].startswith("steps must be a whole number 1..1024, got 0")
    assert list(shown(page)) == SHORT


def test_a_lane_comes_from_a_link_of_either_page() -> None:
    page = pasted(opened(*SHORT), "http://here:8501/denoise?sampler=random&steps=5&seed=2")
    assert said(page) == [] and shown(page)[2] == RunConfig(sampler="random", steps=5, seed=2)
    assert page.text_input(lanes.PASTED).value == "" and page.radio(lanes.CHANGED).value == 2
    assert page.number_input("compare_set_steps").value == 5
    address = urlencode({"lane": [query(run) for run in SHORT]}, doseq=True)
    page = pasted(page, f"https://there/app/compare?{address}")
    assert [*shown(page)[3:]] == SHORT


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("", "a link of the Denoise page or of this page is wanted"),
        ("hello", "a link of the Denoise page or of this page is wanted, got 'hello'"),
        ("http://[", "a link of the Denoise page or of this page is wanted"),
        ("http://here/train?run=1", "a link of the Denoise page or of this page is wanted"),
        ("http://here/denoise?model=gone", "no model here is called 'gone'"),
        ("http://here/compare?lane=model%3Dgone", "no lane is left of this link"),
    ],
)
def test_a_link_that_holds_no_lane_is_refused_and_stays_to_be_mended(link: str, words: str) -> None:
    page = pasted(opened(*SHORT), link)
    assert len(said(page)) == 1 and words in said(page)[0]
    assert list(shown(page)) == SHORT and page.text_input(lanes.PASTED).value == link


def test_what_was_left_out_of_a_pasted_link_is_said() -> None:
    page = pasted(opened(*SHORT), "http://here/denoise?steps=0&seed=2&sampler=random")
    assert shown(page)[2] == RunConfig(sampler="random", seed=2)
    assert len(said(page)) == 1 and "steps must be a whole number 1..1024, got 0" in said(page)[0]


def test_a_lane_whose_model_goes_while_the_page_is_open_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(models.ASSETS / "checkpoints", tmp_path / "checkpoints")
    monkeypatch.setattr(models, "ASSETS", tmp_path)
    gone = RunConfig(model="tales-uniform", sampler="posterior", steps=2)
    page = finished(opened(*SHORT, gone))
    assert len(shown(page)) == 3
    shutil.rmtree(tmp_path / "checkpoints" / "tales-uniform")
    fine(page.run())
    assert list(shown(page)) == SHORT
    assert said(page) == ["Lanes left out, because their model is not here any more: tales-uniform."]


def test_all_traces_and_the_replay_can_be_taken_along() -> None:
    page = finished(opened(*SHORT))
    traces = [cache.job(run).trace for run in shown(page)]
    assert all(trace is not None for trace in traces)
    with zipfile.ZipFile(io.BytesIO(compare._zip(traces))) as archive:
        kept = [Trace.load(archive.read(name)) for name in sorted(archive.namelist())]
    assert [trace.config for trace in kept] == SHORT
    assert "1 Ancestral" not in compare._html(traces)  # the runs stand in it packed
    assert compare.TITLE in compare._html(traces)


def test_titles_and_notes_tell_the_lanes_apart() -> None:
    runs = (
        RunConfig(sampler="confidence:by=drawn", steps=9, seed=2, temperature=0.5),
        RunConfig(model="tales-uniform", sampler="posterior", steps=2, grid="cosine"),
        RunConfig(),
    )
    told = lanes.titled(Lanes(runs))
    assert told[0] == ("1 Confidence, by drawn", "tales · 9 steps · linear · temperature 0.5 · seed 2")
    assert told[1] == ("2 Posterior", "tales-uniform · 2 steps · linear · cosine grid · seed 0")
    assert told[2] == ("3 First-hitting", "tales · one word a call · linear · seed 0")


def test_its_lanes_and_the_run_of_the_denoise_page_do_not_mix() -> None:
    page = opened(*SHORT)
    page.query_params.clear()
    fine(page.switch_page("../pages/denoise.py").run())
    assert page.session_state[state.CONFIG] == RunConfig()
    page.query_params.clear()
    fine(page.switch_page("../pages/compare.py").run())
    assert list(shown(page)) == SHORT
    assert parse_qs(urlencode({"lane": page.query_params["lane"]}, doseq=True))["lane"] == [
        query(run) for run in SHORT
    ]


def test_words_put_back_here_go_on_as_a_run_on_the_denoise_page() -> None:
    page = finished(opened(*SHORT))
    page.session_state["compare_player"] = {"resume": {"step": 2, "positions": [2], "lane": 1}}
    page.run()
    assert page.title[0].value == "How does noise become a story?"
    run = page.session_state[state.CONFIG]
    assert [str(edit) for edit in run.edits] == ["2:2"] and run.replace(edits=()) == SHORT[1]
