"""The player mounted on an empty page: what it makes of payloads that come in an order nobody wants."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, expect

from tests.ui.synthetic_run import first_frames, synthetic_run
from textdiff_ui.player.assets import script
from textdiff_ui.player.wire import Lane, encode

DELIVER = """all => {
  const place = document.body.appendChild(document.createElement("div"));
  for (const text of all) {
    mount({ parentElement: place, data: Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), setTriggerValue() {} });
  }
}"""


@pytest.fixture
def deliver(page: Page):
    """`deliver(payload, ...)` hands payloads to the player in one breath, as a framework that lags behind does."""
    page.add_script_tag(type="module", content=f"{script('component')}\nwindow.mount = mount;")

    def go(*payloads: bytes) -> None:
        page.evaluate(DELIVER, [base64.b64encode(payload).decode() for payload in payloads])

    return go


def test_an_outdated_payload_right_after_the_whole_run_does_not_hold_it_live(page: Page, deliver) -> None:
    trace = synthetic_run(cells=12, steps=8)
    live = encode([Lane(first_frames(trace, 5))], live=True, run="a")
    whole = encode([Lane(trace)], run="a")
    deliver(live, whole, live)
    expect(page.locator(".badge")).to_have_text("replay")


def test_the_last_run_asked_for_stays_though_another_unpacks_longer(page: Page, deliver) -> None:
    long, short = synthetic_run(cells=64, steps=200), synthetic_run(cells=12, steps=8)
    deliver(encode([Lane(long)], run="long"), encode([Lane(short)], run="short"))
    page.wait_for_timeout(500)
    expect(page.locator(".story").get_by_role("button")).to_have_count(12)
