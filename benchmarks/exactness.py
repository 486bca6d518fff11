"""`python -m benchmarks.exactness` writes docs/exactness.md: how far samplers' texts are from the corpus, exactly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.core import all_states, exact
from tests.core.exact import TABLE

ONCE = 0.4132  # stated for one step: F3b
FILE = Path(__file__).resolve().parents[1] / "docs" / "exactness.md"
HEAD = """# How exact the samplers are

Written by `python -m benchmarks.exactness`; `tests/core/test_exactness.py` holds this file to it.

Total variation between the corpus and the texts that a sampler ends with: half the sum of the differences of their
probabilities, 0 where they agree and 1 where they share nothing. Nothing is drawn: the probability of every state is
carried from step to step, through the definition of the sampler's rule and the exact denoiser, so the numbers have no
scatter. The corpus has three words and two cells, and these probabilities (first word down, second across):

{corpus}

Steps are even on the linear schedule. *Stated* is what the theory says, worked out before any code: F3b, that
ancestral sampling errs by TV(1) / N on two cells; F3c, that one word a step is exact in any order that looks at the
state only; F3d, that choosing by the drawn word is not; F8, the errors of uniform noise, and that they do not vanish
when the full posterior p(x_0 | x_t) stands where the leave-one-out prediction belongs. A dash: no number is stated. Of
tau-leaping the tests check that it errs half as much when its steps double.
"""
TAIL = """
## What is not here

**Gaussian** states are vectors and cannot be listed; its samplers are drawn 30,000 times instead
(`tests/core/test_vectors.py`): one step gives the product of the marginals, and at 32 steps total variation is below
0.025, where 0.007 is expected of an exact sampler. **Insertion** states can be listed, and are for its oracle and its
bound (`tests/core/insertions.py`), but its samplers' rules are not written down a second time; 2,000 texts a sampler
are drawn instead (`tests/core/test_inserting.py`).
"""


class Row(NamedTuple):
    """One line. Attributes: measured: total variation.   stated: as it is stated, with its digits; "" for nothing."""

    process: str
    sampler: str
    steps: int
    measured: float
    stated: str
    fact: str

    @property
    def holds(self) -> bool:
        """Whether the two agree: in a unit of the last digit that is stated."""
        digits = len(self.stated.partition(".")[2])
        return not self.stated or abs(self.measured - float(self.stated)) < 10.0**-digits


def rows() -> Iterator[Row]:
    """All lines, computed."""
    for steps in (1, 2, 4, 16, 64, 128):
        reached = exact.propagate(TABLE, "ancestral", np.arange(steps + 1) / steps)
        yield Row("masking", "ancestral", steps, tv(reached), f"{ONCE / steps:.6f}", "F3b")
    for sampler in ("first-hitting", "random", "confidence", "entropy", "margin", "left-to-right"):
        yield Row("masking", sampler, 2, tv(exact.propagate(TABLE, sampler, [0, 0.5, 1])), "0.000000", "F3c")
    drawn = exact.propagate(TABLE, "confidence:by=drawn", [0, 0.5, 1])
    yield Row("masking", "confidence:by=drawn", 2, tv(drawn), "0.2144", "F3d")

    stated = {1: "0.413", 4: "0.149", 16: "0.0362", 64: "0.0087", 256: "0.0021"}
    for steps, value in stated.items():
        reached = all_states.propagate(TABLE, "posterior", steps)
        yield Row("uniform", "posterior", steps, tv(reached), value, "F8")
    for steps in stated:
        wrong = all_states.propagate(
            TABLE, "posterior", steps, lambda alpha: all_states.full_posterior(TABLE, alpha)
        )
        limit = "0.280" if steps == max(stated) else ""
        yield Row(
            "uniform", "posterior, told the full posterior", steps, tv(wrong), limit, "F8" if limit else ""
        )
    for steps in stated:
        yield Row(
            "uniform", "tau-leaping", steps, tv(all_states.propagate(TABLE, "tau-leaping", steps)), "", ""
        )


def tv(reached: np.ndarray) -> float:
    """Total variation to the corpus."""
    return exact.distance(reached, TABLE)


def written() -> str:
    """The file's text."""
    corpus = ["| | 0 | 1 | 2 |", "|---|--:|--:|--:|"]
    corpus += [
        f"| **{word}** | {' | '.join(f'{share:.2f}' for share in line)} |" for word, line in enumerate(TABLE)
    ]
    lines = ["| process | sampler | N | measured | stated | fact |", "|---|---|--:|--:|--:|---|"]
    lines += [
        f"| {row.process} | {row.sampler} | {row.steps} | {row.measured:.6f} | {row.stated or '–'} | {row.fact} |"
        for row in rows()
    ]
    return HEAD.format(corpus="\n".join(corpus)) + "\n" + "\n".join(lines) + "\n" + TAIL


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
    sys.exit(0 if all(row.holds for row in rows()) else 1)
