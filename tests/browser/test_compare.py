"""The Compare page as a reader uses it: six lanes on one clock, their difference, their charts, a lane from a link."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stepping import go_to, last_step, scrub
from textdiff_core.records import RunConfig

SIX = [
    RunConfig(sampler=sampler, steps=steps, seed=4)
    for sampler, steps in (
        ("first-hitting", 48), ("confidence", 12), ("ancestral", 8), ("margin", 8), ("random", 6), ("ancestral", 4),
    )
]  # fmt: skip
PACES = {"equal noise": "noise", "equal steps": "step", "equal calls": "calls"}


@pytest.fixture
def opened(server: str, page: Page) -> Callable[..., Page]:
    """`opened(run, run)` goes to the page by the link to these lanes, to all six without any; waits for their ends."""

    def go(*runs: RunConfig) -> Page:
        lanes = [urlencode({"model": run.model, **run.to_query()}) for run in runs or SIX]
        page.goto(f"{server}/compare?{urlencode({'lane': lanes}, doseq=True)}")
        expect(page.locator(".tp .lane")).to_have_count(len(lanes))
        return ended(page)

    return go


def ended(page: Page) -> Page:
    expect(page.get_by_role("button", name="All traces (.zip)")).to_be_visible()
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    return page


def fates(page: Page) -> list[str]:
    return page.locator(".tp .lane .fate").all_inner_texts()


def ink(page: Page, lane: int) -> str:
    """The picture of a lane's text."""
    return page.locator(".tp .lane canvas").nth(lane).evaluate("canvas => canvas.toDataURL()")


def reading(page: Page) -> Locator:
    return page.locator(".tp .reading:visible")


def test_it_opens_with_four_whole_lanes_and_asks_nobody(server: str, page: Page) -> None:
    page.goto(f"{server}/compare")
    ended(page)
    titles = page.locator(".tp .lane h3").all_inner_texts()
    assert [title.split("\n")[0] for title in titles] == [
        "1 First-hitting",
        "2 Confidence",
        "3 Ancestral",
        "4 Informed",
    ]
    go_to(page, last_step(page))
    first, second, third, fourth = fates(page)
    assert first == fourth == "every rule holds"
    assert all(re.fullmatch(r"\d+ words? at fault", fate) for fate in (second, third))


def test_one_clock_moves_six_lanes_by_noise_by_steps_and_by_calls(opened: Callable[..., Page]) -> None:
    page = opened()
    for name, word in PACES.items():
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        go_to(page, last_step(page) // 2)
        expect(reading(page)).to_have_count(1)
        expect(reading(page)).to_contain_text(word)
    go_to(page, 5)  # calls
    assert re.fullmatch(r"calls 6 of 4\d", reading(page).inner_text().replace("\u00a0", " "))
    costs = page.locator(".tp .lane .cost").all_inner_texts()
    assert [int(cost.split()[0]) for cost in costs] == [6, 6, 6, 6, 6, 4]
    assert all(re.search(r"· \d+\.\d\d s$", cost) for cost in costs)
    over = [not fate.endswith("noise") for fate in fates(page)]
    assert over == [False, False, False, False, True, True], "lanes with fewer calls stand finished"
    expect(page.get_by_role("button", name="equal share")).to_be_hidden()


def test_it_plays_and_scrubs_without_the_server(opened: Callable[..., Page], page: Page) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page = opened()
    assert sent, "the page itself came through the socket that is watched"
    page.wait_for_timeout(500)
    sent.clear()
    page.get_by_role("button", name="Mark the difference").click()
    page.get_by_role("button", name="equal steps").click()
    go_to(page, 0)
    page.get_by_role("combobox", name="Speed").select_option("8")
    page.get_by_role("button", name="Play (space)").click()
    expect(scrub(page)).to_have_value(str(last_step(page)))
    assert not any(fate.endswith("noise") for fate in fates(page))
    assert sent == []


def test_the_difference_of_two_lanes_is_marked_and_told(opened: Callable[..., Page]) -> None:
    page = opened()
    go_to(page, last_step(page) // 2)
    before = [ink(page, lane) for lane in range(6)]
    switch = page.get_by_role("button", name="Mark the difference")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    told = page.locator(".tp .difference .account")
    expect(told).to_contain_text(
        re.compile(r"^\d+ places? alike, \d+ different.*1 First-hitting was earlier in \d+ places")
    )
    assert [ink(page, lane) != before[lane] for lane in range(6)] == [True, True, False, False, False, False]
    expect(page.locator(".tp .lane.aside")).to_have_count(4)
    assert len(page.locator(".tp .difference .legend .key").all_inner_texts()) == 4
    page.get_by_role("combobox", name="and of lane").select_option(label="6 Ancestral")
    expect(page.locator(".tp .lane:not(.aside)")).to_have_count(2)
    expect(told).to_contain_text("6 Ancestral in ")
    page.get_by_role("button", name="Go to where they part").click()
    expect(told).to_contain_text(re.compile(r", 1 different|, [2-9] different"))
    part = re.search(r"They part at (.+?) noise", told.inner_text())
    assert part and reading(page).inner_text().replace("\u00a0", " ") == f"noise {part[1]}".replace(
        "\u00a0", " "
    )
    page.get_by_role("combobox", name="and of lane").select_option(label="1 First-hitting")
    expect(told).to_contain_text("same lane")
    switch.click()
    expect(told).to_be_hidden()
    go_to(page, last_step(page) // 2)
    assert [ink(page, lane) for lane in range(6)] == before


def test_texts_of_other_vocabularies_are_not_compared_but_their_clock_is(opened: Callable[..., Page]) -> None:
    grown = RunConfig(model="tales-insertion", sampler="insert-tau", steps=6, seed=4)
    page = opened(SIX[1], grown)
    page.get_by_role("button", name="Mark the difference").click()
    expect(page.locator(".tp .difference .account")).to_contain_text("where a text grows")
    expect(page.locator(".tp .lane.aside")).to_have_count(0)
    expect(page.locator(".tp .charts svg.chart")).to_have_count(6)


def test_the_charts_share_the_clock_and_move_it(opened: Callable[..., Page]) -> None:
    page = opened()
    charts = page.locator(".tp .charts figure")
    assert len(charts.all()) == 6

    def marks() -> list[str]:
        return page.locator(".tp .charts .now").evaluate_all(
            "all => all.map((line) => line.getAttribute('x1'))"
        )

    go_to(page, 3)
    first = marks()
    go_to(page, 20)
    assert len(set(first)) == len(set(marks())) == 1 and float(first[0]) < float(marks()[0])
    calls = page.locator('.tp figure[data-chart="calls"] .values b').all_inner_texts()
    costs = page.locator(".tp .lane .cost").all_inner_texts()
    assert calls == [cost.split()[0] for cost in costs]
    for name in PACES:
        page.get_by_role("button", name=name).click()
        chart = page.locator('.tp figure[data-chart="alpha"] .curve')
        box = chart.bounding_box()
        assert box is not None
        chart.click(position={"x": box["width"] - 14, "y": 60})
        expect(scrub(page)).to_have_value(str(last_step(page)))
        chart.click(position={"x": 45, "y": 60})
        expect(scrub(page)).to_have_value("0")


def test_a_lane_is_added_from_a_link_while_others_stay(opened: Callable[..., Page], server: str) -> None:
    page = opened(*SIX[1:3])
    page.get_by_role("button", name="Add lane from link").click()
    page.get_by_role("textbox", name="Link").fill(f"{server}/denoise?sampler=random&steps=5&seed=9")
    page.get_by_role("textbox", name="Link").press("Tab")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".tp .lane")).to_have_count(3)
    ended(page)
    expect(page.locator(".tp .lane").nth(2)).to_contain_text("3 Random")
    expect(page).to_have_url(re.compile(r"lane=.*lane=.*lane=.*sampler%3Drandom"))
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator(".tp .lane")).to_have_count(3)


def test_a_lane_is_changed_live(opened: Callable[..., Page]) -> None:
    page = opened(RunConfig(model="tales-uniform", sampler="d3pm", steps=8, seed=4), SIX[2])
    page.get_by_role("spinbutton", name="Steps").fill("1024")
    page.get_by_role("spinbutton", name="Steps").press("Enter")
    expect(page.locator(".tp .badge")).to_have_text("live")
    expect(page.locator(".tp .lane").first).to_contain_text("1024 steps")


def test_running_lanes_can_be_stopped(server: str, page: Page) -> None:
    # Uniform noise asks the network at every step, masking only when a word was written: six thousand calls are left.
    long = [RunConfig(model="tales-uniform", sampler="d3pm", steps=1024, seed=seed) for seed in range(6)]
    lanes = [urlencode({"model": run.model, **run.to_query()}) for run in long]
    page.goto(f"{server}/compare?{urlencode({'lane': lanes}, doseq=True)}")
    expect(page.locator(".tp .badge")).to_have_text("live")
    page.locator(".tp .stop").click()
    expect(page.get_by_text("Stopped at step")).to_be_visible()


def test_a_broken_link_is_answered_in_one_sentence(server: str, page: Page) -> None:
    page.goto(f"{server}/compare?lane=model%3Dgone&lane=steps%3D0%26seed%3D32")
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    expect(page.get_by_test_id("stAlert")).to_contain_text("no model here is called 'gone'")
    expect(page.get_by_test_id("stAlert")).to_contain_text("steps must be a whole number 1..1024, got 0")
    expect(page.locator(".tp .lane")).to_have_count(2)


def test_all_lanes_play_offline_from_one_file(opened: Callable[..., Page], browser, tmp_path: Path) -> None:
    page = opened(*SIX[1:4])
    go_to(page, last_step(page))
    told = fates(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Replay (.html)").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context = browser.new_context(
        offline=True, reduced_motion="reduce", viewport={"width": 1280, "height": 800}
    )
    replay = context.new_page()
    requests: list[str] = []
    replay.on("request", lambda request: requests.append(request.url))
    replay.goto(file.as_uri())
    expect(replay.locator(".tp .lane")).to_have_count(3)
    replay.get_by_role("button", name="Last step (End)").click()
    assert fates(replay) == told
    replay.get_by_role("button", name="Mark the difference").click()
    expect(replay.locator(".tp .difference .account")).to_contain_text("alike")
    expect(replay.locator(".tp .charts svg.chart")).to_have_count(6)
    assert [url for url in requests if not url.startswith("blob:")] == [file.as_uri()]
    context.close()
    with page.expect_download() as download:
        page.get_by_role("button", name="All traces (.zip)").click()
    assert len(zipfile.ZipFile(download.value.path()).namelist()) == 3


def test_the_cards_fit_the_screen_from_a_phone_to_a_lecture_hall(
    opened: Callable[..., Page], screenshot: Callable[[str], None]
) -> None:
    def columns(page: Page) -> int:
        lefts = "all => all.map((lane) => Math.round(lane.getBoundingClientRect().left))"
        return len(set(page.locator(".tp .lane").evaluate_all(lefts)))

    page = opened()
    go_to(page, last_step(page) // 2)
    for (width, height), wanted in {(390, 844): 1, (1280, 800): 2, (1920, 1080): 3}.items():
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator(".tp .lanes")).to_have_attribute("style", re.compile(f"--columns: {wanted};"))
        assert columns(page) == wanted
        wide = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")
        assert wide <= 0, f"{wide} px stick out at {width}"
        screenshot(f"compare-{width}")
