"""Vectors on their way to words, as a reader of the Denoise page sees them, also from a file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stepping import go_to

STEPS = 12
PICTURE = "canvas => canvas.toDataURL()"
COLORS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) found.add(data.slice(i, i + 4).join());
  return found.size;
}"""


@pytest.fixture
def opened(stocked: str, page: Page) -> Callable[[str], Page]:
    def go(query: str) -> Page:
        page.goto(f"{stocked}/denoise?{query}")
        expect(page.get_by_role("button", name="Replay (.html)")).to_be_visible()
        return page

    return go


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Vectors on their way to words")


def picture(page: Page) -> str:
    return panel(page).locator("canvas").evaluate(PICTURE)


def test_the_vectors_travel_as_the_clock_moves_and_the_server_is_asked_nothing(opened) -> None:
    page = opened(f"model=tales-gaussian&sampler=ddpm&steps={STEPS}")
    expect(panel(page)).to_be_visible()
    sent: list[object] = []
    page.on("request", lambda request: sent.append(request))
    page.on("websocket", lambda socket: sent.append(socket))
    seen = set()
    for step in (0, 4, 8, STEPS):
        go_to(page, step)
        assert panel(page).locator("canvas").evaluate(COLORS) > 20, "a blank canvas"
        seen.add(picture(page))
    assert len(seen) == 4
    expect(panel(page)).to_contain_text("47 of 47 vectors have come nearer to their word than to all others")
    assert "47 of 47" in (panel(page).locator("canvas").get_attribute("aria-label") or "")
    page.locator(".tp button.cell").nth(6).click()
    expect(panel(page)).to_contain_text("Bold: position 7, nearest to")
    assert picture(page) not in seen
    assert sent == []


def test_a_vector_is_chosen_by_a_click_on_the_map(opened) -> None:
    page = opened(f"model=tales-gaussian&sampler=ddpm&steps={STEPS}")
    go_to(page, STEPS // 2)
    canvas = panel(page).locator("canvas")
    canvas.scroll_into_view_if_needed()
    bold = panel(page).locator("h4")
    before = bold.inner_text()
    box = canvas.bounding_box()
    for share in [i / 24 for i in range(2, 23)]:  # across the map until the pointer turns to a hand
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
        if canvas.evaluate("canvas => canvas.style.cursor") == "pointer":
            page.mouse.down()
            page.mouse.up()
            if bold.inner_text() != before:
                break
    expect(bold).not_to_have_text(before)
    expect(page.get_by_role("slider", name="Step")).to_have_value(str(STEPS // 2))


def test_runs_without_vectors_have_no_map(opened) -> None:
    page = opened("seed=2")
    expect(page.locator(".tp .heat")).to_be_visible()
    expect(panel(page)).to_have_count(0)


def test_the_map_is_in_the_replay_and_in_a_recording_brought_back(opened, browser, tmp_path: Path) -> None:
    page = opened(f"model=tales-gaussian&sampler=ddpm&steps={STEPS}")
    files = {}
    for name in ("Replay (.html)", "Trace (.npz)"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        files[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[name])
    replay = browser.new_context(offline=True, reduced_motion="reduce").new_page()
    replay.goto(files["Replay (.html)"].as_uri())
    expect(panel(replay)).to_be_visible()
    go_to(replay, STEPS)
    expect(panel(replay)).to_contain_text("47 of 47")
    replay.context.close()
    page = opened("seed=2")
    page.get_by_text("Open a recording").click()
    page.locator("input[type=file]").set_input_files(files["Trace (.npz)"])
    expect(panel(page)).to_be_visible()
