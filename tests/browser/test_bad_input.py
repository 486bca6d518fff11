"""Bad input in a real browser: one sentence, nothing lost, nothing executed."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

SCRIPT = '3:<img src=x onerror="window.owned=1"><script>window.owned=1</script>![t](http://example.org/t.png)'


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("group", name="Player")).to_be_visible()


def test_a_broken_link_opens_and_says_what_was_left_out(server: str, page: Page) -> None:
    opened(page, f"{server}/denoise?steps=0&seed=9&colour=red&keep=3%3Afoxx")
    warning = page.get_by_test_id("stAlert")
    expect(warning).to_have_count(1)
    expect(warning).to_contain_text("steps must be a whole number 1..1024, got 0")
    expect(warning).to_contain_text("unknown parameter 'colour'")
    expect(warning).to_contain_text("near it: fox")
    expect(page).to_have_url(re.compile(r"/denoise\?seed=9$"))


def test_a_script_typed_as_a_word_is_shown_and_not_run(server: str, page: Page) -> None:
    opened(page, f"{server}/denoise")
    page.get_by_text("Words to keep").click()
    box = page.get_by_role("textbox", name="Position and word")
    box.fill(SCRIPT)
    box.press("Enter")
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("the model does not know the word '<img src=x")
    expect(alert.locator("img, script")).to_have_count(0)
    assert page.evaluate("window.owned") is None
    expect(box).to_have_value(SCRIPT)
    expect(page.get_by_role("group", name="Player")).to_be_visible()


def test_a_damaged_trace_file_is_answered_with_one_sentence(server: str, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "broken.npz"
    file.write_bytes(b"PK\x03\x04 this is no archive")
    opened(page, f"{server}/denoise")
    page.get_by_text("Open a recording").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    expect(page.get_by_test_id("stAlert")).to_contain_text(
        "broken.npz was not opened: this is not a whole trace file"
    )
    expect(page.get_by_role("group", name="Player")).to_be_visible()


def test_a_wrong_number_is_answered_and_stays_in_its_box(server: str, page: Page) -> None:
    opened(page, f"{server}/denoise?sampler=ancestral&seed=3")
    box = page.get_by_role("spinbutton", name="Steps")
    box.fill("100000")
    box.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("steps must be a whole number 1..1024, got 100000")
    expect(box).to_have_value("100000")
    assert page.url.endswith("sampler=ancestral&seed=3")
