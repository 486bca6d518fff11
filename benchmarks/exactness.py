"""`python -m benchmarks.exactness` writes docs/exactness.md and assets/exactness.json: how far samplers' texts are from
the corpus, exactly."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.verdicts import EXACT, LIMIT, MEANING, NEVER, VERDICTS
from tests.core import all_states, exact, propagation
from tests.core.exact import LONGER, TABLE
from tests.core.rules_of_writing import ENDLESS

ONCE = 0.4132  # stated for one step: F3b
STEPS = (1, 2, 4, 8, 16)
ROOT = Path(__file__).resolve().parents[1]
FILE, DATA = ROOT / "docs" / "exactness.md", ROOT / "assets" / "exactness.json"
NAMES = {"masking": "absorbing", "uniform": "uniform"}
HEAD = """# How exact the samplers are

Written by `python -m benchmarks.exactness`, as is `assets/exactness.json`, which has the same numbers;
`tests/core/test_exactness.py` holds both to it.

Total variation between the corpus and the texts that a sampler ends with: half the sum of the differences of their
probabilities, 0 where they agree and 1 where they share nothing. Nothing is drawn: the probability of every state is
carried from step to step, through the definition of the sampler's rule and the exact denoiser, so the numbers have no
scatter. Another model errs besides; this is the sampler's own part. The corpus has three words and two cells, and these
probabilities (first word down, second across):

{corpus}

## Every sampler

Steps are even on the linear schedule, or the sampler's own. Samplers that find their own steps are the same at every
number asked for. The verdict is what the theory says; tests hold the numbers against it, of three cells too:

{meanings}

"""
STATED = """
## What is stated

What the theory says in numbers, worked out before any code: F3b, that ancestral sampling errs by TV(1) / N on two
cells; F3c, that one word a step is exact in any order that looks at the state only; F3d, that choosing by the drawn
word is not; F3e, how a flow's exponential jumps err; F6, that remasking keeps its error for long; F8, the errors of
uniform noise, and that they do not vanish when the full posterior p(x_0 | x_t) stands where the leave-one-out
prediction belongs. A dash: no number is stated.

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
    """One number. Attributes: measured: total variation.   stated: as it is stated, with its digits; "" for none."""

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


class Line(NamedTuple):
    """One sampler. Attributes: tv: total variation at each of STEPS.   own: it finds its own steps."""

    process: str
    sampler: str
    tv: tuple[float, ...]
    own: bool
    verdict: str
    why: str


def error(process: str, spec: str, steps: int, p: np.ndarray = TABLE) -> float:
    """Total variation to the corpus after so many steps."""
    carry = propagation.propagate if process == "masking" else all_states.propagate
    return exact.distance(carry(p, spec, steps), p)


def own_steps(process: str, spec: str) -> bool:
    """Whether the number of steps is found on the way."""
    return process == "masking" and propagation.RULES[spec].alphas is ENDLESS


def lines() -> Iterator[Line]:
    """Every sampler, computed."""
    for process, verdicts in VERDICTS.items():
        for spec, (verdict, why) in verdicts.items():
            tv = tuple(error(process, spec, steps) for steps in STEPS)
            yield Line(process, spec, tv, own_steps(process, spec), verdict, why)


def bears_out(process: str, spec: str, verdict: str) -> bool:
    """Whether the numbers of both corpora are as the verdict says.

    Exact: below 1e-12 as soon as there are as many steps as cells, and from there on. In the limit: not so, but four
    times as many steps take off at least 40 %. Never: they take off less than a tenth.
    """
    cells = [(p, steps) for p in (TABLE, LONGER) for steps in (p.ndim, 2 * p.ndim)]
    if process == "uniform":
        errors = [error(process, spec, steps) for steps in (64, 256)]
        return (
            verdict == LIMIT
            if errors[1] < 0.6 * errors[0]
            else verdict == NEVER and errors[1] > 0.9 * errors[0]
        )
    if max(error(process, spec, steps, p) for p, steps in cells) < 1e-12:
        return verdict == EXACT
    if own_steps(process, spec):
        return verdict == NEVER
    few = 256 if spec in ("remdm-loop", "p2") else 64
    p = LONGER if error(process, spec, TABLE.ndim) < 1e-12 else TABLE
    errors = [error(process, spec, steps, p) for steps in (few, 4 * few)]
    return (
        verdict == LIMIT if errors[1] < 0.6 * errors[0] else verdict == NEVER and errors[1] > 0.9 * errors[0]
    )


def rows() -> Iterator[Row]:
    """Every stated number, computed."""
    for steps in (1, 2, 4, 16, 64, 128):
        yield _stated("masking", "ancestral", steps, f"{ONCE / steps:.6f}", "F3b")
    for sampler in ("first-hitting", "random", "confidence", "entropy", "margin", "left-to-right", "halton"):
        yield _stated("masking", sampler, 2, "0.000000", "F3c")
    yield _stated("masking", "confidence:by=drawn", 2, "0.2144", "F3d")
    yield _stated("masking", "euler", 2, f"{ONCE / 2:.6f}", "F3e")
    yield _stated("masking", "euler:form=exponential", 2, "0.2160", "F3e")
    yield _stated("masking", "remdm-cap", 512, "0.0043", "F6")
    yield _stated("masking", "remdm-cap:eta=0.2", 128, "0.0179", "F6")
    stated = {1: "0.413", 4: "0.149", 16: "0.0362", 64: "0.0087", 256: "0.0021"}
    for steps, value in stated.items():
        yield _stated("uniform", "posterior", steps, value, "F8")
    for steps in stated:
        wrong = all_states.propagate(
            TABLE, "posterior", steps, lambda alpha: all_states.full_posterior(TABLE, alpha)
        )
        limit, fact = ("0.280", "F8") if steps == max(stated) else ("", "")
        reached = exact.distance(wrong, TABLE)
        yield Row("uniform", "posterior, told the full posterior", steps, reached, limit, fact)


def _stated(process: str, sampler: str, steps: int, value: str, fact: str) -> Row:
    return Row(process, sampler, steps, error(process, sampler, steps), value, fact)


def written() -> str:
    """The text of the file for readers."""
    corpus = ["| | 0 | 1 | 2 |", "|---|--:|--:|--:|"]
    corpus += [
        f"| **{word}** | {' | '.join(f'{share:.2f}' for share in line)} |" for word, line in enumerate(TABLE)
    ]
    meanings = [f"- **{verdict}**: {meaning}" for verdict, meaning in MEANING.items()]
    table = [
        f"| process | sampler | {' | '.join(f'N = {steps}' for steps in STEPS)} | verdict | why |",
        f"|---|---|{'--:|' * len(STEPS)}---|---|",
    ]
    table += [
        f"| {one.process} | {one.sampler} | {' | '.join(f'{tv:.4f}' for tv in one.tv)} | {one.verdict} | {one.why} |"
        for one in lines()
    ]
    stated = ["| process | sampler | N | measured | stated | fact |", "|---|---|--:|--:|--:|---|"]
    stated += [
        f"| {row.process} | {row.sampler} | {row.steps} | {row.measured:.6f} | {row.stated or '–'} | {row.fact} |"
        for row in rows()
    ]
    head = HEAD.format(corpus="\n".join(corpus), meanings="\n".join(meanings))
    return head + "\n".join(table) + "\n" + STATED + "\n".join(stated) + "\n" + TAIL


def data() -> str:
    """The text of the file for the app: rounded to what is certain on every machine."""
    record = {
        "corpus": TABLE.tolist(),
        "steps": STEPS,
        "meanings": MEANING,
        "rows": [
            {
                "process": NAMES[one.process], "sampler": one.sampler, "tv": [round(tv, 9) for tv in one.tv],
                "own_steps": one.own, "verdict": one.verdict, "why": one.why,
            }
            for one in lines()
        ],
    }  # fmt: skip
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
    DATA.write_text(data(), encoding="utf-8")
    sys.exit(0 if all(row.holds for row in rows()) else 1)
