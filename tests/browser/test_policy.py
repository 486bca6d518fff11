"""The front door's policy on a small app of its own: everything we draw with works, nothing gets out."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import serve

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = '''
import plotly.graph_objects as go
import streamlit as st

st.set_page_config(page_icon="favicon.png")
st.title("Policy")
st.latex(r"\\alpha_t = 1 - t")
st.plotly_chart(go.Figure(go.Scatter(y=[3, 1, 2])), key="lines")
st.plotly_chart(go.Figure(go.Heatmap(z=[[0.1, 0.9], [0.5, 0.2]])), key="cells")
draw = st.components.v2.component(
    "policy_probe",
    html="<output></output>",
    js="""export default function ({ data, parentElement }) {
      const bytes = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
      new Response(bytes).text().then((text) => { parentElement.querySelector("output").textContent = text; });
    }
    """,
)
import gzip
draw(key="probe", data=gzip.compress(b"unpacked in the browser"))
st.download_button("Save", b"saved", "saved.txt", on_click="ignore")
if st.button("Show a foreign picture"):
    st.markdown("![tracker](https://example.org/pixel.png)")
    st.text("shown")
'''


@pytest.fixture(scope="module")
def small_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("policy")
    shutil.copy(ROOT / "app.py", folder)
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    shutil.copy(ROOT / "assets" / "favicon.png", folder)
    (folder / "textdiff_ui").mkdir()
    (folder / "textdiff_ui" / "main.py").write_text(SCRIPT)
    with serve(folder / "app.py", folder / "server.log") as address:
        yield address


def test_charts_components_and_downloads_work_without_a_violation(small_app: str, page: Page) -> None:
    refused = refusals(page)
    page.goto(small_app)
    expect(page.locator("output")).to_have_text("unpacked in the browser")
    expect(page.locator(".st-key-lines path.js-line")).to_be_visible()
    expect(page.locator(".st-key-cells .heatmaplayer image")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    assert Path(download.value.path()).read_bytes() == b"saved"
    assert refused() == []


def test_a_foreign_picture_is_refused_by_the_browser_itself(small_app: str, page: Page) -> None:
    refused = refusals(page)
    page.goto(small_app)
    page.get_by_role("button", name="Show a foreign picture").click()
    expect(page.get_by_text("shown", exact=True)).to_be_visible()
    page.wait_for_function("window.refused.length > 0")
    assert refused() == ["img-src https://example.org/pixel.png"]


def test_every_answer_carries_the_headers(small_app: str, page: Page) -> None:
    for path in ("", "/_stcore/health"):
        headers = page.request.get(small_app + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self' blob: data:" in headers["content-security-policy"]
        assert "frame-ancestors 'self'" in headers["content-security-policy"]


def refusals(page: Page):
    """Starts to note what the policy refuses on `page`; the answer gives the notes so far."""
    page.add_init_script(
        "window.refused = []; document.addEventListener('securitypolicyviolation', (event) =>"
        " window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`));"
    )
    return lambda: page.evaluate("window.refused")
