"""How long a reader who draws a schedule waits for its curves, measured inside the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

LINK = "noise?schedule=drawn:t=0/0.5/1,a=1/0.5/0"
FOLLOW = """async (panel) => {
  const number = panel.querySelector('figure[data-curve="alpha"] b');
  const taken = [];
  for (let i = 0; i < 8; i += 1) {
    const changed = new Promise((tell) => new MutationObserver((_, watch) => { watch.disconnect(); tell(); })
      .observe(number, { childList: true, characterData: true, subtree: true }));
    const begun = performance.now();
    panel.querySelector('.handle').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }));
    await changed;
    taken.push((performance.now() - begun) / 1000);
    await new Promise((rest) => setTimeout(rest, 150));
  }
  return taken;
}"""


def seconds_to_curves(page: Page, address: str) -> list[float]:
    """Eight times: from the key that moves a point of a drawn schedule to the new number beside its curve.

    Args:     address: of the running app.
    """
    page.goto(f"{address}/{LINK}")
    curves = page.locator(".tp .curves")
    expect(curves).to_be_visible()
    page.get_by_role("slider", name="Noise level t").evaluate(
        "(range) => { range.value = range.max / 2; range.dispatchEvent(new Event('input')); }"
    )
    expect(curves.locator('figure[data-curve="alpha"] b')).to_have_text("0.500")
    return curves.evaluate(FOLLOW)
