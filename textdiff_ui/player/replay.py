"""A run as one HTML file that plays anywhere: no server, no network, nothing to install."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from typing import Any

from textdiff_ui.player.assets import script, style
from textdiff_ui.player.wire import Lane, encode

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {script_hash}; \
style-src {style_hash}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<main id="player"></main>
<noscript>This recording needs JavaScript, which is switched off here.</noscript>
<script type="text/plain" id="payload">{payload}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def replay_html(lanes: Sequence[Lane], *, title: str, **look: Any) -> str:
    """A self-contained page that replays `lanes` from a file, asking no server for anything; look: as in `encode`.

    Its content security policy lets through this script and this style sheet by their hashes, and nothing else.
    """
    code, sheet = "\n" + script("replay"), "\n" + style("replay")
    return _PAGE.format(
        title=html.escape(title),
        style=sheet,
        style_hash=_source_hash(sheet),
        script=code,
        script_hash=_source_hash(code),
        payload=base64.b64encode(encode(lanes, **look)).decode(),
    )


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
