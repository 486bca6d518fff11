"""Every page runs through the main script, as a reader meets it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "pages").glob("*.py"))


def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "textdiff_ui" / "main.py"), default_timeout=300)


def test_the_default_page_opens_without_an_exception() -> None:
    opened = app().run()
    assert [error.value for error in opened.exception] == []
    assert len(opened.title) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_without_exception_or_error(page: Path) -> None:
    opened = app().run().switch_page(f"../pages/{page.name}").run()
    assert [error.value for error in opened.exception] == []
    assert [error.value for error in opened.error] == []
    assert len(opened.title) == 1
    assert opened.title[0].value.endswith("?")
