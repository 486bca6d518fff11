"""The settings that speed, privacy and safety rest on, as Streamlit itself reads them."""

import tomllib
from pathlib import Path

import pytest
from streamlit import config

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
