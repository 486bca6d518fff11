"""When two traces hold the same arrays, to the bit."""

from textdiff_core.trace import Trace

ARRAYS = ("t", "alpha", "tokens", "status", "prob", "entropy", "top_ids", "top_probs", "calls", "seconds")


def assert_same_arrays(again: Trace, first: Trace) -> None:
    """Asserts equal types and bytes, NaN included."""
    for name in ARRAYS:
        ours, theirs = getattr(first, name), getattr(again, name)
        assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes()
