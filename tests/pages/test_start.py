"""The Start page: alone, through the main script, and the way on from it."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from textdiff_core.records import RunConfig
from textdiff_ui import state
from textdiff_ui.navigation import PAGES

MAIN = PAGES.parent / "textdiff_ui" / "main.py"


def test_it_is_the_first_page_and_leads_to_every_other() -> None:
    page = AppTest.from_file(str(MAIN), default_timeout=300).run()
    assert not page.exception
    assert page.title[0].value == "What is text diffusion?"
    others = {Path(file).stem for file in PAGES.glob("*.py")} - {"start"}
    links = {link.proto.page.strip("/") for link in page.get("page_link")}
    assert links == others


def test_it_says_that_diffusion_is_not_built_on_gans() -> None:
    page = AppTest.from_file(str(MAIN), default_timeout=300).run()
    assert any("not built on GANs" in text.value for text in page.markdown)


def test_words_put_back_here_go_on_as_a_run_on_the_denoise_page() -> None:
    page = AppTest.from_file(str(MAIN), default_timeout=300).run()
    assert len(page.get("bidi_component")) == 1
    page.session_state["shipped"] = {"resume": {"step": 10, "positions": [2], "lane": 0}}
    page.run()
    assert page.title[0].value == "How does noise become a story?"
    edits = page.session_state[state.CONFIG].edits
    assert [str(edit) for edit in edits] == ["10:2"]
    assert RunConfig() in page.session_state[state.RUNS].values()
