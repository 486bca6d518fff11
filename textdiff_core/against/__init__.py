"""Diffusion against an autoregressive model, measured: what both write, what texts cost them, gaps, seconds.

Both have one architecture of the same size, and one corpus, whose truth is known where texts are judged. Importing it
needs no torch.
"""

from textdiff_core.against.found import (
    BLIND,
    CAUSAL,
    MASKED,
    ONE,
    REAL,
    TIMED,
    UNKEPT,
    WAYS,
    WORD_BY_WORD,
    AgainstConfig,
    Found,
    Mean,
    Middle,
    Nats,
    Timed,
    check,
    gap,
    given,
)
from textdiff_core.against.held import corpus_of, held_out, is_known
from textdiff_core.against.kept import from_json, rows, to_json
from textdiff_core.against.measure import METRICS, USUAL, Amount, measure
from textdiff_core.against.middles import fill, read
from textdiff_core.against.ways import AT_ONCE, mean_of, write

__all__ = [
    "AT_ONCE", "BLIND", "CAUSAL", "MASKED", "METRICS", "ONE", "REAL", "TIMED", "UNKEPT", "USUAL", "WAYS",
    "WORD_BY_WORD", "AgainstConfig", "Amount", "Found", "Mean", "Middle", "Nats", "Timed", "check", "corpus_of", "fill",
    "from_json", "gap", "given", "held_out", "is_known", "mean_of", "measure", "read", "rows", "to_json", "write",
]  # fmt: skip
