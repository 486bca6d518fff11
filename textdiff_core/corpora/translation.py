"""`Translation`: numbers and dates from one form into another, with exact truth.

A canvas is a tag that names the target's form, the source, a sign between and the target. Everything up to the target
is given: training never noises it, and it stands while a text is denoised.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence

import numpy as np

from textdiff_core.corpora import forms
from textdiff_core.corpora.base import one_in
from textdiff_core.corpora.forms import FORMS, MOST, YEARS, Value
from textdiff_core.trace import Fault, Verdict
from textdiff_core.vocab import Vocabulary

NUMBERS = 0.6  # share of the pairs that are numbers; the others are dates
HELD_OUT = 10  # one value in so many is never trained on
ALWAYS = 100  # numbers below it are trained on: each has words of its own
SLOT = 12  # cells of a source and of a target
BETWEEN, FILL = " = ", " "
RULES = ("form", "value")


class Translation:
    """Pairs of a number 0..9999, or a date of two centuries, in two forms.

    Where a form has several ways of writing a date, one is drawn: the target then is not one text but a few.
    """

    name = "translation"
    spacing = "char"
    length = 2 * SLOT + 2
    given = tuple(range(SLOT + 2))
    measured_by = "benchmarks.translating"

    @functools.cached_property
    def words(self) -> tuple[str, ...]:
        """The blank, the tags, the sign between, and every piece of a form."""
        return ("", *(f"{form}: " for form in FORMS), BETWEEN, *forms.pieces())

    @functools.cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.words, self.spacing)

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of pairs whose values are not held out."""
        return self._pairs(num, rng, held_out=False)

    def held_out(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of pairs whose values are never trained on."""
        return self._pairs(num, rng, held_out=True)

    def _pairs(self, num: int, rng: np.random.Generator, *, held_out: bool) -> np.ndarray:
        ids = np.empty((num, self.length), dtype=np.int64)
        for row in ids:
            value = draw(rng, held_out=held_out)
            source, target = rng.choice(list(FORMS), size=2, replace=False)
            row[:] = self.canvas(_one(value, source, rng), target, _one(value, target, rng))
        return ids

    # ---- the canvas ---------------------------------------------------------------------------------

    def canvas(self, source: str, to: str, target: str = "") -> np.ndarray:
        """(length,) int64 ids. Args: source: as its form writes it.   to: form of the target.

        Raises:   ValueError: an unknown form.
        """
        if to not in FORMS:
            raise ValueError(f"unknown language {to[:40]!r}; there are: {', '.join(FORMS)}")
        before, after = self._cut(source), self._cut(target)
        cells = [f"{to}: ", *before, *[FILL] * (SLOT - len(before)), BETWEEN]
        cells += [*after, *[""] * (SLOT - len(after))]
        return np.array([self.vocabulary.ids[cell] for cell in cells], dtype=np.int64)

    def parts(self, cells: Sequence[str]) -> tuple[str, str, str]:
        """The source, the target's form and the target that stand on a canvas of words."""
        return "".join(cells[1 : SLOT + 1]).rstrip(), cells[0].strip(": "), "".join(cells[SLOT + 2 :])

    @functools.lru_cache(maxsize=2**18)  # noqa: B019  there is one Translation, and it lives as long as the program
    def _cut(self, text: str) -> tuple[str, ...]:
        return tuple(self.vocabulary.split(text))

    # ---- truth --------------------------------------------------------------------------------------

    def truths(self, source: str, to: str) -> tuple[str, ...]:
        """Every right translation of a source, the usual one first."""
        return forms.written(forms.read(source, but=to)[0], to)

    def check(self, cells: Sequence[str]) -> Verdict:
        """Whether the target on a canvas of words is the source's value in the form that was asked for.

        The words at fault are those in which it differs from the nearest right translation.
        """
        source, to, target = self.parts(cells)
        truths = self.truths(source, to)
        if target in truths:
            return Verdict(RULES)
        got, first = list(cells[SLOT + 2 :]), SLOT + 2
        wrong = [
            tuple(
                first + i for i, (a, b) in enumerate(zip(got, [*cut, *[""] * SLOT], strict=False)) if a != b
            )
            for cut in map(self._cut, truths)
        ]
        nearest = min(range(len(truths)), key=lambda i: len(wrong[i]))
        try:
            value, form, _ = forms.read(target)
        except ValueError:
            value, form = 0, ""
        if form != to:
            return Verdict(RULES, (Fault("form", wrong[nearest], f"{target!r} is not {truths[nearest]!r}"),))
        message = f"{target!r} is {forms.written(value, 'digits')[0]}; right is {truths[nearest]!r}"
        return Verdict(RULES, (Fault("value", wrong[nearest], message),))


def draw(rng: np.random.Generator, *, held_out: bool) -> Value:
    """A value of one side of the split; of the numbers that are trained on two in five have fewer than four digits."""
    is_number = rng.random() < NUMBERS
    while True:
        if is_number:
            most = MOST + 1 if held_out else int(rng.choice((100, 1000, *[MOST + 1] * 4)))
            value: Value = int(rng.integers(most))
        else:
            first, last = datetime.date(YEARS[0], 1, 1), datetime.date(YEARS[1], 12, 31)
            value = first + datetime.timedelta(int(rng.integers((last - first).days + 1)))
        if is_held_out(value) == held_out:
            return value


def is_held_out(value: Value) -> bool:
    """Whether a value is kept for measuring: one in ten, by a hash of its digits."""
    if isinstance(value, int) and value < ALWAYS:
        return False
    return one_in(HELD_OUT, str(value))


def _one(value: Value, form: str, rng: np.random.Generator) -> str:
    ways = forms.written(value, form)
    return ways[int(rng.integers(len(ways)))]


TRANSLATION = Translation()
