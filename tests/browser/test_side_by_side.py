"""The side by side page as a reader uses it: one clock, three questions, the ledger, and what is taken along."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stepping import go_to, scrub
from textdiff_core import lab

NUM_LANES = sum(not process.ordered for process in lab.processes.values())


@pytest.fixture
def opened(stocked: str, page: Page) -> Callable[[str], Page]:
    """`opened("seed=3")` goes to the page by that link and waits for all runs."""

    def go(query: str = "") -> Page:
        page.goto(f"{stocked}/side_by_side?{query}")
        expect(page.get_by_role("button", name="Ledger (.csv)")).to_be_visible()
        expect(page.get_by_text("replay", exact=True)).to_be_visible()
        return page

    return go


def reading(page: Page, name: str) -> Locator:
    return page.locator(".tp .reading").filter(has_text=name).locator("b")


def ink(page: Page, lane: int) -> str:
    """The picture of a lane's text."""
    return page.locator(".tp .lane canvas").nth(lane).evaluate("canvas => canvas.toDataURL()")


def test_every_process_has_a_lane_and_a_row_on_one_clock_of_noise(opened: Callable[[str], Page]) -> None:
    page = opened("steps=8")
    expect(page.locator(".tp .lane")).to_have_count(NUM_LANES)
    expect(page.locator(".tp .strip")).to_have_count(NUM_LANES)
    expect(page.get_by_role("button", name="equal noise")).to_have_attribute("aria-pressed", "true")
    go_to(page, 0)
    expect(reading(page, "noise")).to_have_text("100\u00a0%")
    go_to(page, 4)
    expect(reading(page, "noise")).to_have_text("50\u00a0%")
    for fate in page.locator(".tp .lane .fate").all():
        expect(fate).to_have_text("50\u00a0% noise")
    first = page.locator(".tp .strip .now").evaluate_all("all => all.map((now) => now.style.left)")
    go_to(page, 5)
    then = page.locator(".tp .strip .now").evaluate_all("all => all.map((now) => now.style.left)")
    assert len(set(first)) == 1
    assert all(float(b.rstrip("%")) > float(a.rstrip("%")) for a, b in zip(first, then, strict=True))


def test_a_question_is_answered_by_looking_and_in_numbers_without_the_server(
    opened: Callable[[str], Page], page: Page
) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page = opened("steps=12")
    assert sent, "the page itself came through the socket that is watched"
    page.wait_for_timeout(500)
    sent.clear()
    go_to(page, 10)
    before = [ink(page, lane) for lane in range(NUM_LANES)]
    switch = page.get_by_role("button", name="Can it change its mind?")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    answer = page.locator(".tp .answer")
    expect(answer).to_contain_text(re.compile(r"masking.* never changed a word"))
    expect(answer).to_contain_text(
        re.compile(r"niform changed its mind (once|twice|\d+ times), in \d+ of 47 places")
    )
    assert all(ink(page, lane) != before[lane] for lane in range(NUM_LANES))
    page.get_by_role("button", name="Does it really re-mask?").click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(answer).to_contain_text("put a written word back to noise")
    page.get_by_role("button", name="Why is the length fixed?").click()
    expect(answer).to_contain_text("47 cells from the first step to the last")
    expect(page.locator(".tp .lengths svg.chart")).to_be_visible()
    page.get_by_role("button", name="Why is the length fixed?").click()
    expect(answer).to_be_hidden()
    assert [ink(page, lane) for lane in range(NUM_LANES)] == before
    assert sent == []


def test_the_table_and_the_sentences_tell_the_same(opened: Callable[[str], Page]) -> None:
    page = opened("steps=8")
    page.get_by_text("The totals as a table").click()
    table = page.locator(".tp .ledger table")
    rows = table.get_by_role("row").all()[1:]
    assert len(rows) == NUM_LANES
    for row, sentence in zip(rows, page.locator(".tp .strip .sentence").all_inner_texts(), strict=True):
        _, written, changed, _, inserted = (int(cell) for cell in row.get_by_role("cell").all_inner_texts())
        assert sentence.startswith(f"Wrote {written} word")
        assert ("never changed its mind" in sentence) == (changed == 0)
        assert ("inserted no cell" in sentence) == (inserted == 0)


def test_pointing_into_the_ledger_moves_the_clock(opened: Callable[[str], Page]) -> None:
    page = opened("steps=8")
    strip = page.locator(".tp .strip .map").first
    box = strip.bounding_box()
    assert box is not None
    strip.click(position={"x": 0.55 * box["width"], "y": 20})
    expect(scrub(page)).to_have_value("4")


def test_a_link_gives_the_same_runs_again(opened: Callable[[str], Page]) -> None:
    page = opened("steps=8&seed=5&temperature=0.8")
    sentences = page.locator(".tp .strip .sentence").all_inner_texts()
    page.get_by_role("button", name="New noise").click()
    expect(page).to_have_url(re.compile("seed=6"))
    page.goto("about:blank")
    page = opened("steps=8&seed=5&temperature=0.8")
    assert page.locator(".tp .strip .sentence").all_inner_texts() == sentences


def test_runs_are_shown_while_they_are_computed(opened: Callable[[str], Page]) -> None:
    page = opened("steps=4")
    # Watched in the browser itself: the badge may be live for a moment only.
    page.locator(".tp .badge").evaluate(
        "badge => { const note = () => { if (badge.textContent === 'live') window.wasLive = true; };"
        " new MutationObserver(note).observe(badge, {childList: true, characterData: true, subtree: true}); }"
    )
    page.get_by_role("spinbutton", name="Steps").fill("64")
    page.get_by_role("spinbutton", name="Steps").press("Enter")
    page.wait_for_function("() => window.wasLive === true")
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Ledger (.csv)")).to_be_visible()
    expect(page.locator(".tp .lane")).to_have_count(NUM_LANES)


def test_all_lanes_play_offline_from_one_file(opened: Callable[[str], Page], browser, tmp_path: Path) -> None:
    page = opened("steps=8")
    sentences = page.locator(".tp .strip .sentence").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("button", name="Replay (.html)").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context = browser.new_context(offline=True, reduced_motion="reduce")
    replay = context.new_page()
    requests: list[str] = []
    replay.on("request", lambda request: requests.append(request.url))
    replay.goto(file.as_uri())
    expect(replay.locator(".tp .lane")).to_have_count(NUM_LANES)
    assert replay.locator(".tp .strip .sentence").all_inner_texts() == sentences
    replay.get_by_role("button", name="Can it change its mind?").click()
    expect(replay.locator(".tp .answer")).to_be_visible()
    assert [url for url in requests if not url.startswith("blob:")] == [file.as_uri()]
    context.close()


def test_the_ledger_and_each_trace_can_be_taken_along(opened: Callable[[str], Page], tmp_path: Path) -> None:
    page = opened("steps=8")
    with page.expect_download() as download:
        page.get_by_role("button", name="Ledger (.csv)").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert {row["event"] for row in rows if row["process"] == "masking"} == {"written"}
    with page.expect_download() as download:
        page.get_by_role("button", name="Uniform (.npz)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")


def test_words_put_back_go_on_on_the_denoise_page(opened: Callable[[str], Page]) -> None:
    page = opened("steps=8")
    go_to(page, 8)
    page.locator('.tp .lane[data-lane="0"] button.cell[data-cell="3"]').click(modifiers=["Control"])
    page.get_by_role("button", name=re.compile("^Resume from step 8")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How does noise become a story?")
    expect(page).to_have_url(re.compile(r"/denoise\?.*edits=8%3A4"))


def test_on_a_phone_the_lanes_stand_one_above_the_other(opened: Callable[[str], Page]) -> None:
    def lefts(page: Page) -> set[float]:
        return set(
            page.locator(".tp .lane").evaluate_all(
                "all => all.map((lane) => lane.getBoundingClientRect().left)"
            )
        )

    page = opened("steps=4")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".tp.narrow")).to_be_visible()
    assert len(lefts(page)) == 1
    page.set_viewport_size({"width": 1920, "height": 1080})
    expect(page.locator(".tp:not(.narrow)")).to_be_visible()
    assert len(lefts(page)) == 2
