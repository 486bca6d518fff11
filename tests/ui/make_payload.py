"""Writes payloads for tests/player/*.test.mjs to standard output: base64, one a line, named on the command line."""

from __future__ import annotations

import base64
import sys

from tests.ui.synthetic_run import first_frames, synthetic_run
from textdiff_ui.player.wire import Lane, LossCurve, encode

LOSS = LossCurve(
    [0.1, 0.5, 0.9], [0.4, 1.5, float("nan")], [1, 10, 100], [5.0, 3.0, 2.0], [5.1, float("nan"), 2.2]
)
KINDS = {
    "plain": lambda: encode([Lane(synthetic_run(kept=2, faults=True), "first", LOSS, rule="one")]),
    "revised": lambda: encode([Lane(synthetic_run(revisions=True))]),
    "growing": lambda: encode([Lane(first_frames(synthetic_run(), 5))], live=True, run="r"),
    "empty": lambda: encode([]),
}

if __name__ == "__main__":
    for kind in sys.argv[1:]:
        print(base64.b64encode(KINDS[kind]()).decode())
