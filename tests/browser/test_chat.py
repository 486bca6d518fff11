"""The Chat page as a reader uses it: a turn, the reply out of noise, a part of it written anew, a clean address."""

import re

from playwright.sync_api import Page, expect

from tests.browser.stepping import go_to, last_step


def test_a_turn_is_replied_to_and_the_reply_is_written_anew_in_part(server: str, page: Page) -> None:
    page.goto(f"{server}/chat")
    box = page.get_by_test_id("stChatInputTextArea")
    expect(box).to_be_visible()
    box.fill("<img src=x onerror=alert(1)> hello")
    box.press("Enter")
    another = page.get_by_role("button", name="Another reply")
    expect(another).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)> hello")).to_be_visible()
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    go_to(page, last_step(page))
    cells = page.get_by_role("group", name="The text, cell by cell").get_by_role("button")
    expect(cells).to_have_count(64)
    cells.nth(60).click()
    page.get_by_role("button", name=re.compile(r"^Write the \d+ marked cells? anew$")).click()
    expect(
        page.get_by_role("button", name=re.compile("^61: .*(written at this step|settled)"))
    ).to_have_count(1)
    expect(another).to_be_visible()
    box.fill("   ")
    assert page.url == f"{server}/chat"
    page.get_by_role("button", name="Forget everything").click()
    expect(page.get_by_role("button", name="Hi, how are you?")).to_be_visible()
    expect(page.get_by_text("onerror")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
