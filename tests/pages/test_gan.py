"""The With GANs page through the main script: what was recorded, guidance, what is measured here, and bad input."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import begun_and_stopped, fine, open_page, said
from textdiff_core import guiding
from textdiff_core.records import RunConfig
from textdiff_ui import cache, state, studies
from textdiff_ui.gan import SCREEN


def opened(**query: str) -> AppTest:
    return open_page("gan", **query)


def shown(page: AppTest) -> RunConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def words(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.info)
    return " ".join(text.value.replace("\\", "") for kind in kinds for text in kind)


def test_it_opens_with_the_recorded_game_the_collapse_and_the_recorded_guidance() -> None:
    page = opened()
    assert page.title[0].value == "Can a network that only judges help to write?" and said(page) == []
    assert dict(page.query_params) == {} and len(page.get("plotly_chart")) == 4 and len(page.dataframe) == 2
    told = words(page)
    assert (
        "hold every rule" in told
        and "python -m benchmarks.guiding" in told
        and "popular articles get wrong" in told
    )
    assert next(iter(page.dataframe[0].value["Told by"])) == "the GAN"


def test_the_slider_shows_each_report_of_the_game() -> None:
    page = opened()
    _, rounds = cache.recorded_gan()
    slider = page.select_slider(SCREEN.key("report"))
    assert slider.value == rounds[-1].step
    slider.set_value(rounds[0].step)
    page = fine(page.run())
    assert f"after {rounds[0].step:,} steps" in words(page)


def test_knobs_of_guidance_stand_in_the_link() -> None:
    page = opened()
    page.selectbox("gan_set_sampler guided base").set_value("informed")
    page.slider("gan_set_sampler guided candidates").set_value(4)
    page.number_input("gan_set_steps").set_value(4)
    assert said(fine(page.run())) == []
    query = {"sampler": "guided:base=informed,candidates=4", "steps": "4"}
    assert dict(page.query_params) == query and shown(opened(**query)) == shown(page)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"sampler": "ancestral"}, "needs the sampler 'guided'"),
        ({"model": "tales-uniform"}, "tales-uniform"),
        ({"sampler": "guided:candidates=0"}, "candidates"),
        ({"steps": "0"}, "steps must be"),
        ({"edits": "2:3"}, "an edit belongs to one run"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = opened(seed="4", **query)
    assert len(said(page)) == 1 and sentence in said(page)[0]
    assert shown(page) == guiding.DEFAULT.replace(seed=4)


def test_a_wrong_number_is_answered_and_the_picture_stays() -> None:
    page = opened()
    page.number_input("gan_set_steps").set_value(0)
    fine(page.run())
    assert len(said(page)) == 1 and "steps must be" in said(page)[0] and shown(page) == guiding.DEFAULT


@pytest.mark.parametrize(("study", "label"), [(studies.GUIDED, "guided"), (studies.GAME, "game")])
def test_what_is_begun_here_can_be_stopped_and_keeps_what_there_is(study: studies.Study, label: str) -> None:
    page = opened(seed="5", sampler="guided:candidates=2", steps="4")
    config = shown(page) if label == "game" else guiding.strengthened(shown(page), 1.0)
    page, work = begun_and_stopped(page, "gan", label, lambda: cache.study(study, config))
    assert not work.over and 0 < work.latest.done < 1 and "Stopped at" in words(page)


def test_the_denoise_page_offers_guidance_where_there_is_a_judge_only() -> None:
    assert "guided" in open_page("denoise").selectbox("set_sampler").options
    assert "guided" not in open_page("denoise", model="tales-uniform").selectbox("set_sampler").options
    assert "guided" not in open_page("calibration").selectbox("calibration_set_sampler").options
