"""The page against autoregression through the main script: two lanes, the recorded numbers, gaps, bad links."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import begun_and_stopped, ended, fine, html, open_page, said, words
from textdiff_core import against, lab
from textdiff_core.against import AgainstConfig, Nats
from textdiff_core.trace import Status
from textdiff_ui import autoregressive, autoregressive_plots, autoregressive_verdicts, cache, state, studies
from textdiff_ui.autoregressive import SCREEN


def opened(**query: str) -> AppTest:
    return open_page("autoregressive", **query)


def shown(page: AppTest) -> AgainstConfig:
    return page.session_state[SCREEN.key(state.CONFIG)]


def test_it_opens_with_two_recorded_lanes_and_the_recorded_numbers() -> None:
    page = opened()
    assert page.title[0].value == "From left to right, or everywhere at once?" and said(page) == []
    assert dict(page.query_params) == {} and len(page.get("plotly_chart")) == 2
    assert all(lab.shipped_trace(run) is not None for run in shown(page).runs())
    found = cache.recorded_against("tales").found
    assert "python -m benchmarks.autoregressive" in words(page) and found.done == 1
    for sentence in autoregressive_verdicts.of_world(found):
        assert sentence.replace("\\", "") in words(page)
    one = found.nats[against.CAUSAL]
    assert f"{found.entropy:.2f} + {one.mean:.3f} pm {one.half:.3f}" in words(page)
    assert all(name in html(page) for way, name in autoregressive_plots.NAMES.items() if way in against.WAYS)


def test_the_lanes_stand_on_one_clock_of_calls() -> None:
    traces = [lab.shipped_trace(run) for run in AgainstConfig().runs()]
    picture = autoregressive.picture(traces)
    assert picture["pace"] == "calls" and [lane.title for lane in picture["lanes"]] == [
        "Diffusion",
        "Autoregression",
    ]
    causal = traces[1]
    assert causal.calls[-1] == causal.num_steps == 47 and causal.verdict.valid
    for frame in range(causal.num_steps):  # from left to right, and a guess for the next word alone
        assert (causal.status[frame, :frame] != Status.NOISE).all() and (
            causal.top_ids[frame, frame] >= 0
        ).all()
        assert (causal.status[frame, frame:] == Status.NOISE).all() and (
            causal.top_ids[frame, frame + 1 :] == -1
        ).all()


def test_a_gap_is_filled_by_both_between_the_same_words() -> None:
    page = opened()
    page.select_slider("against_set_gap").set_value(16)
    page = fine(page.run())
    assert said(page) == [] and dict(page.query_params) == {"gap": "16"}
    for run in shown(page).runs():
        job = ended(run)
        kept = (job.trace.status[-1] == Status.KEPT).sum()
        assert kept == len(run.keep) == len(against.given(shown(page))) > 20
    assert shown(opened(gap="16")) == shown(page)


def test_other_settings_have_nothing_recorded_and_a_button() -> None:
    page = opened(seed="5")
    assert "Nothing was recorded of these models and this seed" in words(page)
    assert "against_measure against" in {button.key for button in page.button}
    page, _ = begun_and_stopped(page, "against", "against", lambda: cache.study(studies.AGAINST, shown(page)))
    assert "Stopped at" in words(fine(page.run()))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"rival": "/etc"}, "no model here is called '/etc'"),
        ({"rival": "tales-uniform"}, "must write from left to right"),
        ({"model": "tales-ar"}, "needs a model of masking"),
        ({"gap": "47"}, "must leave some of the 47 cells"),
        ({"gap": "-1"}, "gap must be"),
        ({"sampler": "ddpm"}, "does not serve the absorbing process"),
    ],
)
def test_a_broken_link_opens_with_the_defaults_and_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = opened(**query)
    assert len(said(page)) == 1 and sentence in said(page)[0] and shown(page) == AgainstConfig()


def row(valid: float, calls: float) -> dict[str, float]:
    rates = dict.fromkeys(against.METRICS, 0.5)
    return rates | {"valid_rate": valid, "texts": 400, "calls": calls}


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [
        (0.98, 0.99, "no difference that so few"),
        (0.9, 0.99, "autoregression wins"),
        (0.99, 0.9, "diffusion wins"),
    ],
)
def test_the_verdict_says_who_wins_and_by_what_chance(ours, theirs, says) -> None:
    found = against.Found(24.5, {against.WORD_BY_WORD: row(ours, 47), against.ONE: row(theirs, 47)})
    (sentence,) = autoregressive_verdicts.of_world(found)
    assert says in sentence and f"{ours:.1%}" in sentence and f"{theirs:.1%}" in sentence
    nats = {
        against.CAUSAL: Nats(9, 0.5 - theirs / 2, 0.001, False),
        against.MASKED: Nats(9, 0.5 - ours / 2, 0.001, True),
    }
    told = autoregressive_verdicts.of_world(against.Found(24.5, nats=nats))[0]
    assert ("autoregression wins" if theirs > ours else "diffusion wins") in told
    assert autoregressive_verdicts.of_world(against.Found(24.5)) == []
