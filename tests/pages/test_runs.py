"""The Runs page through the main script: empty, and with runs on the shelf."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.shelf_run import checkpoint
from tests.pages.opening import open_page, said
from textdiff_core import lab


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TEXTDIFF_RUNS", str(tmp_path))
    yield tmp_path


def test_an_empty_shelf_says_how_to_fill_it(shelf: Path) -> None:
    page = open_page("runs")
    assert len(page.info) == 1 and "Nothing has been trained here yet" in page.info[0].value
    assert str(shelf) in " ".join(text.value for text in page.markdown)


def test_runs_are_listed_also_those_of_the_command_line(shelf: Path) -> None:
    checkpoint(shelf / "by-hand")
    page = open_page("runs")
    (table,) = page.dataframe
    assert list(table.value["name"]) == ["by-hand"] and said(page) == []


def test_a_model_of_the_shelf_is_offered_on_the_other_pages(shelf: Path) -> None:
    checkpoint(shelf / "by-hand")
    page = open_page("denoise", model="by-hand")
    assert said(page) == [] and page.selectbox("set_model").value == "by-hand"
    assert "by-hand" in lab.shelf_models()
