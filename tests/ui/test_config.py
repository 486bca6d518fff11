"""The settings that speed, privacy and safety rest on, as Streamlit itself reads them."""

import re
import tomllib
from pathlib import Path

import pytest
from streamlit import config

from textdiff_ui.player.assets import style
from textdiff_ui.plots import LANES, SERIES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("runner.postScriptGC", False),
        ("runner.magicEnabled", False),
        ("browser.gatherUsageStats", False),
        ("server.address", "127.0.0.1"),
        ("server.enableXsrfProtection", True),
        ("server.enableStaticServing", False),
        ("server.maxUploadSize", 10),
        ("client.showErrorDetails", "type"),
    ],
)
def test_streamlit_reads_the_setting(option: str, value: object) -> None:
    assert config.get_option(option) == value


def test_every_setting_is_one_that_streamlit_knows() -> None:
    """A misspelt or removed option would be passed over in silence."""

    def options(table: dict, path: str = "") -> list[str]:
        return [
            name
            for key, value in table.items()
            for name in (options(value, f"{path}{key}.") if isinstance(value, dict) else [f"{path}{key}"])
        ]

    known = config.get_config_options()
    written = options(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")))
    assert [name for name in written if name not in known] == []


@pytest.mark.parametrize(
    ("theme", "scheme"), [("light", r"\.tp \{"), ("dark", r'\.tp\[data-scheme="dark"\] \{')]
)
def test_a_lane_has_one_colour_in_the_player_and_in_figures(theme: str, scheme: str) -> None:
    """The player's sheet names it, `plots.LANES` says which series colour of the theme it is."""
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][theme]
    blocks = "".join(re.findall(scheme + r"([^}]*)\}", style()))
    named = ["primary", "second", "third", "warm", "fifth", "sixth"]
    drawn = [told["primaryColor"], *(re.search(rf"--tp-{name}: (#\w+);", blocks)[1] for name in named[1:])]
    assert drawn == [told["chartCategoricalColors"][SERIES.index(colour)] for colour in LANES]
