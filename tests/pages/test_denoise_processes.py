"""The Denoise page tells what is true of the process on screen, and begins from a draft where one is given."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, finished, open_page, said
from tests.shelf import stock
from textdiff_core import lab, models
from textdiff_core.records import RunConfig
from textdiff_ui import cache, state

MODELS = {
    "absorbing": "tales", "uniform": "tales-uniform", "gaussian": "tales-gaussian", "insertion": "tales-insertion",
    "autoregressive": "tales-ar",
}  # fmt: skip
STORY = "the bold bear lived in the hills."


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of every process, each with a training curve: the shipped one's."""
    assets = stock(tmp_path_factory.mktemp("assets"))
    history = assets / "checkpoints" / "tales" / "history.json"
    for folder in history.parents[1].iterdir():
        if folder != history.parent:
            shutil.copy(history, folder)
    return assets


@pytest.fixture(autouse=True)
def shelf(assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "ASSETS", assets)
    monkeypatch.setenv("TEXTDIFF_RUNS", str(tmp_path))  # other tests' trainings are no models here


def opened(**query: str) -> AppTest:
    return open_page("denoise", **query)


def shown(page: AppTest) -> RunConfig:
    return page.session_state[state.CONFIG]


@pytest.mark.parametrize("name", lab.processes)
def test_the_words_on_the_page_are_those_of_the_process_on_screen(name: str) -> None:
    page = opened(model=MODELS[name], sampler=lab.processes[name].sampler)
    assert said(page) == []
    texts = [markdown.value for markdown in page.markdown]
    for other, process in lab.processes.items():
        told = (process.seen.strip() in texts, process.step.strip() in texts)
        assert told == (other == name,) * 2
        assert any(process.tries[0] in text for text in texts) == (other == name)
    sources = [text for text in texts if text.startswith("- ") and "arXiv:" in text]
    assert sources == ["\n".join(f"- {source}" for source in lab.processes[name].sources)]


def test_the_model_stands_first_and_says_what_it_undoes() -> None:
    page = opened()
    model = page.sidebar.selectbox[0]
    assert model.label == "Model" and model.value == "tales"
    assert set(model.options) == {
        "tales (masking)", "tales-uniform (uniform)", "tales-gaussian (Gaussian)", "tales-insertion (insertion)",
        "tales-ar (autoregressive)", "recipes (masking)", "recipes-ar (autoregressive)",
        "english (masking)",
    }  # fmt: skip
    model.set_value("tales-insertion")
    fine(page.run())
    assert shown(page).to_query() == {"model": "tales-insertion", "sampler": "one-event"}
    assert lab.processes["insertion"].seen.strip() in [markdown.value for markdown in page.markdown]


def test_only_the_bound_that_cannot_be_compared_says_so() -> None:
    curves = {model: cache.loss_curve(model) for model in MODELS.values()}
    warned = [model for model, curve in curves.items() if curve is not None and curve.caution]
    assert None not in curves.values() and warned == ["tales-insertion"]
    assert curves["tales-insertion"].caution.startswith("Bound, not comparable: ")


def test_a_draft_is_typed_and_stands_in_the_link() -> None:
    page = opened()
    assert page.slider("set_level").disabled
    page.text_area("set_draft").set_value("the bold  bear lived in the hills.")
    fine(page.run())
    page.slider("set_level").set_value(0.4)
    fine(page.run())
    assert said(page) == [] and not page.slider("set_level").disabled
    assert dict(page.query_params) == shown(page).to_query() == {"draft": STORY, "level": "0.4"}
    again = opened(draft=STORY, level="0.437")
    assert said(again) == [] and again.text_area("set_draft").value == STORY
    assert again.slider("set_level").value == shown(again).level == 0.437
    again.text_area("set_draft").set_value("")
    assert fine(again.run()).session_state[state.CONFIG] == RunConfig()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("the foxx", "draft: the model does not know the word 'foxx'; near it: fox"),
        ("the " * 60, "draft: a text may have at most 47 words here, got 60"),
        ("<b>fox</b>", "does not know the word '<b>fox</b>'"),
        ("the " * 4000, "draft must be a text of at most 4000 characters"),
    ],
)
def test_a_draft_that_cannot_be_used_is_answered_and_the_run_stays(typed: str, words: str) -> None:
    page = opened(seed="2")
    page.text_area("set_draft").set_value(typed)
    fine(page.run())
    assert len(said(page)) == 1 and words in said(page)[0]
    assert shown(page).to_query() == {"seed": "2"}


@pytest.mark.parametrize("name", ["absorbing", "insertion"])
def test_the_text_on_screen_becomes_the_draft(name: str) -> None:
    page = finished(opened(model=MODELS[name], sampler=lab.processes[name].sampler, length="9", seed="3"))
    text = cache.job(shown(page)).trace.text()
    page.button("use_draft").click()
    fine(page.run())
    assert shown(page).draft == page.text_area("set_draft").value == text
    assert said(page) == [] and shown(page).seed == 3
