"""Writes payloads for tests/player/*.test.mjs to standard output: base64, one a line, named on the command line."""

from __future__ import annotations

import base64
import dataclasses
import sys

from tests.ui.synthetic_run import WORDS, first_frames, synthetic_run, with_vectors
from textdiff_core.ledger import answers, ledger
from textdiff_core.records import RunConfig
from textdiff_ui.noising import payload as noised_payload
from textdiff_ui.player.wire import Lane, LossCurve, encode

LOSS = LossCurve(
    [0.1, 0.5, 0.9], [0.4, 1.5, float("nan")], [1, 10, 100], [5.0, 3.0, 2.0], [5.1, float("nan"), 2.2]
)
TRACES = {"uniform": synthetic_run(revisions=True), "masking": synthetic_run()}
ACCOUNTS = {name: ledger(trace, name) for name, trace in TRACES.items()}
KINDS = {
    "beside": lambda: encode(
        [Lane(trace, name, ledger=ACCOUNTS[name]) for name, trace in TRACES.items()],
        pace="noise",
        questions=answers(list(ACCOUNTS.values())),
    ),
    "plain": lambda: encode([Lane(synthetic_run(kept=2, faults=True), "first", LOSS, rule="one")]),
    "revised": lambda: encode([Lane(synthetic_run(revisions=True))]),
    "growing": lambda: encode([Lane(first_frames(synthetic_run(), 5))], live=True, run="r"),
    "noised": lambda: noised_payload(
        RunConfig(schedule="drawn:t=0/0.5/1,a=1/0.4/0"), ((0.0, 1.0), (0.5, 0.4), (1.0, 0.0)), ""
    ),
    "vectors": lambda: encode([Lane(with_vectors(synthetic_run(kept=1)))]),
    "compared": lambda: encode(
        [
            Lane(synthetic_run(seed=1), "1 One", note="32 steps"),
            Lane(synthetic_run(revisions=True), "2 Other"),
            Lane(dataclasses.replace(synthetic_run(), words=("", *WORDS[:0:-1])), "3 Another tongue"),
        ],
        pace="noise",
        comparing=True,
    ),
    "empty": lambda: encode([]),
}

if __name__ == "__main__":
    for kind in sys.argv[1:]:
        print(base64.b64encode(KINDS[kind]()).decode())
