"""The main script: page settings and navigation, no widgets. Runs before every page."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # a script is run with its own folder on the path, not the repository's
    sys.path.insert(0, str(ROOT))

from textdiff_ui.navigation import sections  # noqa: E402

ICON = str(ROOT / "assets" / "favicon.png")  # a picture: named icons would be fetched from a font host

st.set_page_config(page_title="Text diffusion, step by step", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")
st.navigation(dict(sections()), expanded=True).run()
