"""How surprised a model is by a text: word by word, as a whole, in whole orders, and which word does not belong.

A masked model has no single probability of a text at hand, but a bound on it: hide words at random, ask for them.
Importing it needs no torch.
"""

from textdiff_core.scoring.found import (
    LEFT_TO_RIGHT,
    ODD,
    RIGHT_TO_LEFT,
    Alone,
    Orders,
    Score,
    Surprise,
    perplexity,
    record,
)
from textdiff_core.scoring.measure import chained, orders, score
from textdiff_core.scoring.reading import (
    Reading,
    ScoreConfig,
    by_word,
    check,
    cut,
    no_orders,
    read,
    typed,
    why_not,
)

__all__ = [
    "LEFT_TO_RIGHT", "ODD", "RIGHT_TO_LEFT", "Alone", "Orders", "Reading", "Score", "ScoreConfig", "Surprise",
    "by_word", "chained", "check", "cut", "no_orders", "orders", "perplexity", "read", "record", "score",
    "typed", "why_not",
]  # fmt: skip
