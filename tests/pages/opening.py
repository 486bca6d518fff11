"""Pages opened through the main script, as a link opens them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from textdiff_core.records import RunConfig
from textdiff_ui import cache
from textdiff_ui.live import Job, Work

MAIN = Path(__file__).resolve().parents[2] / "textdiff_ui" / "main.py"


def open_page(name: str, **query: str) -> AppTest:
    """The page of pages/`name`.py as a link with these parameters opens it."""
    page = AppTest.from_file(str(MAIN), default_timeout=300).switch_page(f"../pages/{name}.py")
    for parameter, value in query.items():
        page.query_params[parameter] = value
    return fine(page.run())


def fine(page: AppTest) -> AppTest:
    assert [error.value for error in page.exception] == []
    return page


def begun_and_stopped(
    page: AppTest, screen: str, study: str, work: Callable[[], Work[Any]]
) -> tuple[AppTest, Work[Any]]:
    """The page on which a study was begun and, after its first result, stopped. Args: work: finds the study's."""
    page.button(f"{screen}_measure {study}").click()
    fine(page.run())
    begun, deadline = work(), time.monotonic() + 300
    while begun.latest is None:
        assert time.monotonic() < deadline, "nothing was measured"
        time.sleep(0.05)
    fine(page.run())
    page.button(f"{screen}_stop {study}").click()
    page = fine(page.run())
    while begun.computing:
        assert time.monotonic() < deadline, "it did not stop"
        time.sleep(0.05)
    return fine(page.run()), begun


def finished(page: AppTest) -> AppTest:
    """The page when its runs have ended: the tests' page does not ask by itself as a browser does."""
    deadline = time.monotonic() + 300
    while not page.get("download_button"):
        assert time.monotonic() < deadline, "the runs did not end"
        time.sleep(0.05)
        fine(page.run())
    return page


def ended(run: RunConfig) -> Job:
    """The job of a run, which one viewer watches to its end."""
    job, deadline = cache.job(run), time.monotonic() + 300
    while not job.over:
        job.watch("test")
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.05)
    return job


def said(page: AppTest) -> list[str]:
    """The errors and warnings on the page."""
    return [message.value.replace("\\", "") for message in (*page.error, *page.warning)]


def words(page: AppTest) -> str:
    """All the prose on the page, without Markdown's escapes."""
    kinds = (page.markdown, page.caption, page.latex, page.info)
    return " ".join(text.value.replace("\\", "") for kind in kinds for text in kind)


def html(page: AppTest) -> str:
    """All the HTML on the page."""
    return "".join(element.proto.body for element in page.get("html"))
