"""The Denoise page as a reader uses it: play, scrub, ask, branch, compare, take along, bring back."""

import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stepping import go_to, last_step, scrub

LONG = "sampler=ancestral&steps=1024"


@pytest.fixture
def opened(server: str, page: Page):
    """`opened("seed=3")` goes to the page by that link and waits for the whole run."""

    def go(query: str = "") -> Page:
        page.goto(f"{server}/denoise?{query}")
        expect(player(page)).to_be_visible()
        expect(page.get_by_text("replay", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Replay (.html)")).to_be_visible()
        return page

    return go


def player(page: Page) -> Locator:
    return page.get_by_role("group", name="Player")


def cell(page: Page, position: int) -> Locator:
    return page.locator(f'.tp button.cell[data-cell="{position - 1}"]')


def told(page: Page) -> list[str]:
    """What each cell of the last frame says of itself to a screen reader: "5: fox, settled, 91 % when written"."""
    go_to(page, last_step(page))
    return page.locator(".tp button.cell").evaluate_all("all => all.map((cell) => cell.ariaLabel)")


def tells(page: Page, expected: list[str]) -> None:
    """The last frame says what is expected, as soon as the run is there."""
    deadline = time.monotonic() + 300
    while (found := told(page)) != expected and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert found == expected


def narration(page: Page) -> Locator:
    return page.locator(".tp .narration")


def test_it_opens_on_noise_and_plays(opened) -> None:
    page = opened()
    expect(scrub(page)).to_have_value("0")
    expect(player(page)).to_contain_text("noise 100 %")
    player(page).get_by_role("button", name="Play (space)").click()
    expect(scrub(page)).not_to_have_value("0")
    player(page).get_by_role("button", name="Pause (space)").click()
    expect(narration(page)).to_contain_text(f"Step {scrub(page).input_value()} of")


def test_scrubbing_moves_everything_and_asks_the_server_nothing(opened) -> None:
    page = opened("seed=2")
    sent: list[object] = []
    page.on("websocket", lambda socket: sent.append(socket))
    go_to(page, 20)
    expect(narration(page)).to_contain_text("Step 20 of")
    expect(player(page)).to_contain_text("calls 21")
    go_to(page, 5)
    expect(narration(page)).to_contain_text("Step 5 of")
    assert sent == []


def test_a_player_without_room_draws_when_there_is_some_again(opened) -> None:
    page = opened("seed=2")
    root, slider = page.locator(".tp").first, scrub(page).element_handle()
    root.evaluate("(root) => { root.style.display = 'none'; }")
    slider.evaluate("(range) => { range.value = 20; range.dispatchEvent(new Event('input')); }")
    page.wait_for_timeout(200)
    root.evaluate("(root) => { root.style.display = ''; }")
    expect(narration(page)).to_contain_text("Step 20 of")
    canvas = page.locator(".tp canvas").first
    assert canvas.evaluate("(canvas) => canvas.width * canvas.height") > 0


def test_a_word_tells_what_else_it_could_have_been(opened) -> None:
    page = opened("seed=2")
    go_to(page, 30)
    cell(page, 3).click()
    panel = page.locator(".tp .candidates")
    expect(panel).to_contain_text("Position 3")
    expect(panel.locator("li")).to_have_count(8)
    expect(panel).to_contain_text("nats")


def test_the_keyboard_plays_it(opened) -> None:
    page = opened("seed=2")
    player(page).get_by_role("button", name=re.compile("^Full screen")).focus()
    page.keyboard.press("Home")
    expect(scrub(page)).to_have_value("0")
    page.keyboard.press("ArrowRight")
    expect(scrub(page)).to_have_value("1")
    page.keyboard.press("End")
    expect(scrub(page)).to_have_value(str(last_step(page)))
    page.keyboard.press("5")
    expect(scrub(page)).to_have_value(str(round(last_step(page) / 2)))


def test_a_link_gives_the_same_words_again(opened) -> None:
    page = opened("sampler=ancestral&steps=12&seed=77&temperature=0.8")
    first = told(page)
    page.get_by_role("button", name="Same noise again").click()
    expect(page.locator(".tp .badge.live")).to_have_count(0)
    expect(page.get_by_role("button", name="Replay (.html)")).to_be_visible()
    tells(page, first)
    page.get_by_role("button", name="Copy link").click()
    link = page.locator("[data-testid=stPopoverBody] code").inner_text()
    assert parse_qs(urlsplit(link).query) == parse_qs(urlsplit(page.url).query)
    assert link.startswith(f"{page.url.partition('?')[0]}?")
    page.get_by_role("button", name="New noise").click()
    expect(page).to_have_url(re.compile("seed=78"))
    page.goto("about:blank")
    tells(opened(urlsplit(link).query), first)


def test_the_first_frame_is_seen_before_the_last_and_stop_stops(opened) -> None:
    page = opened(LONG)
    stop = page.locator(".tp button.stop").element_handle()
    page.get_by_role("button", name="New noise").click()
    # Pressed in the browser itself: a click by the test driver would first wait until nothing moves.
    page.wait_for_function("stop => !stop.hidden && (stop.click(), true)", arg=stop)
    expect(page.get_by_text(re.compile(r"Stopped at step \d+"))).to_be_visible()
    reached = int(re.search(r"step (\d+)", page.get_by_text(re.compile("Stopped at step")).inner_text())[1])
    assert reached < 1024
    expect(page.get_by_role("button", name="Replay (.html)")).to_have_count(0)


def test_a_slow_browser_loses_no_click(opened) -> None:
    page = opened("sampler=ancestral&steps=32&seed=10")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    for seed in range(11, 16):
        page.get_by_role("button", name="New noise").click()
        expect(page.locator(".tp .lane h3")).to_contain_text(f"seed {seed}")
        expect(page.locator(".tp .badge")).to_have_text("replay")
        expect(page.get_by_role("button", name="Replay (.html)")).to_be_visible()
        expect(page).to_have_url(re.compile(f"seed={seed}$"))


def test_words_put_back_branch_the_run_and_two_runs_play_side_by_side(opened) -> None:
    page = opened("seed=5")
    go_to(page, last_step(page))
    cell(page, 4).click(modifiers=["Control"])
    page.get_by_role("button", name="Noise brush").click()
    cell(page, 6).click()
    resume = page.get_by_role("button", name=re.compile("Resume from step .* with 2 words back to noise"))
    resume.click()
    expect(page).to_have_url(re.compile(r"edits=\d+%3A4%2C6"))
    expect(page.get_by_role("button", name="Replay (.html)")).to_be_visible()
    page.get_by_role("button", name="Runs").click()
    choices = page.get_by_role("radiogroup", name="On screen")
    expect(choices.get_by_role("radio")).to_have_count(2)
    page.get_by_role("combobox", name=re.compile("Beside it")).click()
    page.get_by_role("option", name=re.compile("^1:")).click()
    expect(page.locator(".tp .lane")).to_have_count(2)
    page.locator("[data-testid=stPopoverBody]").get_by_text(re.compile("^1: first-hitting")).click()
    expect(page).to_have_url(re.compile(r"\?seed=5$"))


def test_the_replay_plays_from_a_file_without_a_network(opened, browser, tmp_path: Path) -> None:
    page = opened("seed=2")
    expected = told(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Replay (.html)").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context = browser.new_context(offline=True, reduced_motion="reduce")
    replay = context.new_page()
    requests: list[str] = []
    replay.on("request", lambda request: requests.append(request.url))
    replay.goto(file.as_uri())
    tells(replay, expected)
    player(replay).get_by_role("button", name=re.compile("First")).click()
    player(replay).get_by_role("button", name=re.compile("^Play")).click()
    expect(scrub(replay)).not_to_have_value("0")
    assert [url for url in requests if not url.startswith("blob:")] == [file.as_uri()]
    context.close()


def test_a_saved_trace_is_shown_again(opened, tmp_path: Path) -> None:
    page = opened("seed=2")
    expected = told(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Trace (.npz)").click()
    file = tmp_path / "run.npz"
    download.value.save_as(file)
    page = opened("seed=3")
    page.get_by_text("Open a recording").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    expect(page.get_by_text("This is a recording from a file.")).to_be_visible()
    tells(page, expected)


@pytest.mark.parametrize(
    ("label", "begins"),
    [("Animation (.gif)", b"GIF8"), ("Heat map (.png)", b"\x89PNG"), ("Table (.csv)", b"\xef\xbb\xbfframe,")],
)
def test_a_picture_and_a_table_can_be_taken_along(opened, label: str, begins: bytes) -> None:
    page = opened("seed=2")
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    assert Path(download.value.path()).read_bytes().startswith(begins)
