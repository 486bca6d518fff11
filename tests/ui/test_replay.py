"""The HTML replay: one file, no request, its own script and nothing else."""

import base64
import hashlib
import re

import pytest

from tests.ui.synthetic_run import synthetic_run
from textdiff_ui.player import Lane, encode, replay_html
from textdiff_ui.player.assets import FOLDER, MODULES, script


@pytest.fixture(scope="module")
def page() -> str:
    return replay_html([Lane(synthetic_run())], title='A <story> & "more"')


def test_it_holds_the_run(page) -> None:
    text = re.search(r'id="payload">([^<]*)<', page)[1]
    assert base64.b64decode(text) == encode([Lane(synthetic_run())])


def test_its_policy_lets_through_its_own_script_and_style_only(page) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; ")
    for part, inside in (
        ("script", r'<script type="module">(.*?)</script>'),
        ("style", "<style>(.*?)</style>"),
    ):
        text = re.search(inside, page, re.DOTALL)[1]
        known = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{part}-src 'sha256-{known}'" in policy


def test_it_names_no_other_place(page) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"']*", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a language, never fetched


def test_its_title_is_text(page) -> None:
    assert "<h1>A &lt;story&gt; &amp; &quot;more&quot;</h1>" in page


@pytest.mark.parametrize("entry", ["component", "replay"])
def test_the_joined_script_has_every_part_once(entry) -> None:
    code = script(entry)
    assert not re.search(r"^import ", code, re.MULTILINE)
    assert len(re.findall(r"^export ", code, re.MULTILINE)) == (entry == "component")
    names = re.findall(r"^(?:async )?(?:const|let|function|class) ([A-Za-z_]\w*)", code, re.MULTILINE)
    assert len(names) == len(set(names)), "two parts use one top-level name"


def test_every_part_on_disk_is_joined() -> None:
    assert {file.stem for file in FOLDER.glob("*.mjs")} == {*MODULES, "component", "replay"}


def test_no_part_writes_markup_from_text() -> None:
    for file in FOLDER.glob("*.mjs"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", file.read_text()), (
            file.name
        )
