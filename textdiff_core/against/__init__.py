"""Diffusion against an autoregressive model, measured: what both write, what texts cost them, gaps, seconds.

Both have one architecture of the same size, and one corpus, whose truth is known where texts are judged. Importing it
needs no torch.
"""

from textdiff_core.against.found import (
    CAUSAL,
    MASKED,
    ONE,
    TIMED,
    UNKEPT,
    WAYS,
    WORD_BY_WORD,
    AgainstConfig,
    Found,
    Nats,
    Timed,
    check,
    from_json,
    gap,
    given,
    rows,
    to_json,
    why_not,
)
from textdiff_core.against.measure import METRICS, USUAL, Amount, measure

__all__ = [
    "CAUSAL", "MASKED", "METRICS", "ONE", "TIMED", "UNKEPT", "USUAL", "WAYS", "WORD_BY_WORD", "AgainstConfig", "Amount",
    "Found", "Nats", "Timed", "check", "from_json", "gap", "given", "measure", "rows", "to_json", "why_not",
]  # fmt: skip
