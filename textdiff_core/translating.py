"""Translation by diffusion: a source stands on the canvas, its translation comes out of noise; how often it is right.

Numbers and dates have an exact truth; verses of 1611 in modern English have none, see `verses`. Importing it needs
neither torch nor the packages that know the truth.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from textdiff_core import lab, verses
from textdiff_core.corpora import MODERN, TRANSLATION, tasks
from textdiff_core.corpora.forms import FORMS, PATTERNS, read
from textdiff_core.corpora.translation import SLOT
from textdiff_core.models import answers, known
from textdiff_core.processes import processes
from textdiff_core.records import RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules
from textdiff_core.trace import Trace

STEPS = (1, 2, 3, 4, 6, 8, SLOT)  # the last writes one token a step
ORDERS = ("random", "confidence")  # samplers whose steps write so many words
NUM, BATCH = 200, 100  # pairs measured live, and at a time
KINDS = ("number", "date")
TARGETS = FORMS | {verses.TO: verses.NAME}


@dataclass(frozen=True)
class TranslateConfig(RunConfig):
    """A run that translates.

    Attributes:
        text: the source, a number or a date in any form, or a verse.   to: form of the target: digits, en, fr, de or
            es; or modern, of a verse.
    """

    model: str = "translate"
    steps: int = SLOT
    text: str = "21 March 1998"
    to: str = "fr"

    def run(self) -> RunConfig:
        """The run of the model: everything up to the target is kept words.

        Raises:   ValueError: what cannot be read, or an unknown form.
        """
        if self.to == verses.TO:
            given = verses.given(self.text, lab.model_info(self.model).vocabulary)
            asked: dict[str, Any] = {"register": verses.REGISTER}
        else:
            ids = TRANSLATION.canvas(source(self.text, self.to), self.to)
            given, asked = tuple(TRANSLATION.words[ids[cell]] for cell in TRANSLATION.given), {}
        plain = {field.name: getattr(self, field.name) for field in fields(RunConfig)}
        return RunConfig(**plain | asked | {"keep": tuple(enumerate(given, 1))})


VERSE = TranslateConfig(
    model=verses.MODEL, sampler=verses.ORDERS[0], steps=verses.STEPS[-1], temperature=0.0, text=verses.EXAMPLES[1].old,
    to=verses.TO,
)  # fmt: skip


def usual(to: str) -> TranslateConfig:
    """What a translation into a form is set to, unless something else is said. Args: to: of `TARGETS`."""
    return VERSE if to == verses.TO else TranslateConfig(to=to)


def source(text: str, to: str) -> str:
    """A source as its form writes it. Raises ValueError: no such form, or a text that is in it or cannot be read."""
    if to not in FORMS:
        raise ValueError(f"unknown language {to[:40]!r}; there are: {', '.join(TARGETS)}")
    return read(text, but=to)[2]


def offered(model: str) -> bool:
    """Whether a link may name a model to translate with."""
    return known(model) and answers(model)


def check(config: TranslateConfig) -> None:
    """Raises ValueError, in one sentence, when a config cannot be run; needs no torch."""
    info, due = lab.model_info(config.model), MODERN if config.to == verses.TO else TRANSLATION
    if info.corpus != due.name:
        needed = f"{'verses' if due is MODERN else 'translations'}, such as {usual(config.to).model!r}"
        raise ValueError(f"{config.model!r} was trained on {info.corpus!r}; this needs a model of {needed}")
    if config.draft.strip() or config.length is not None:
        raise ValueError("a translation begins from noise on the whole canvas: give neither draft nor length")
    lab.check(config.run())


def cut(config: TranslateConfig) -> str:
    """The sentence on what of a source does not stand on the canvas; "" where all does, as of any number or date."""
    if config.to != verses.TO:
        return ""
    return verses.source(config.text, lab.model_info(config.model).vocabulary)[1]


def parts(trace: Trace) -> tuple[str, str, str]:
    """The source, the target's form and the target that stand in a trace's last frame."""
    if lab.model_info(trace.config.model).corpus == MODERN.name:
        source, target = verses.parts(trace)
        return source, verses.TO, target
    return TRANSLATION.parts([trace.words[i] for i in trace.tokens[-1]])


def truths(source: str, to: str) -> tuple[str, ...]:
    """Every right translation, the usual one first."""
    return TRANSLATION.truths(source, to)


# ---- where it looks -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Looks:
    """Attention of the target's cells at one step of a run.

    Attributes:
        targets, sources: the words in the target's cells at that step, "▒" for noise, and in the given cells; without
            the source's empty ones.   shares: (depth, T, S) in [0, 1] of a target cell's attention that goes to each
            given cell, the mean of a block's heads; what is missing to 1 stays among the target's and the empty ones.
    """

    targets: tuple[str, ...]
    sources: tuple[str, ...]
    shares: np.ndarray


def looks(trace: Trace, step: int) -> Looks:
    """Where the model looks from each cell of the target when it is asked at `step` of a run, 0 the first one.

    Raises:   ValueError: the run has no such step.
    """
    import torch

    if not 0 <= step < trace.num_steps:
        raise ValueError(f"step must be 0..{trace.num_steps - 1}, got {step}")
    state = torch.from_numpy(trace.tokens[step].astype(np.int64))[None]
    with torch.no_grad():
        denoiser: Any = lab.load(trace.config.model).denoiser
        shares = denoiser.attention(state)[:, 0].mean(1)  # (depth, L, L)
    shown, first = [*trace.words, "▒"], len(tasks[lab.model_info(trace.config.model).corpus].given)
    words = [shown[i] for i in trace.tokens[step]]
    told = [i for i in range(first, len(words)) if trace.tokens[-1][i] > 0]
    asked = [i for i in range(first) if words[i].strip()]
    return Looks(
        tuple(words[i].strip() for i in told),
        tuple(words[i].strip() for i in asked),
        shares[:, told][:, :, asked].numpy(),
    )


# ---- how often it is right ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matches:
    """Held-out pairs that were translated. Attributes: num, right: (kind, target's form) -> pairs, exact matches."""

    num: Mapping[tuple[str, str], int]
    right: Mapping[tuple[str, str], int]

    def of(self, kind: str = "", to: str = "") -> tuple[int, int]:
        """(exact matches, pairs) of a kind and a form; "" is all of them."""
        keys = [key for key in self.num if kind in ("", key[0]) and to in ("", key[1])]
        return sum(self.right.get(key, 0) for key in keys), sum(self.num[key] for key in keys)

    @property
    def of_two_ways(self) -> tuple[int, int]:
        """(exact matches, pairs) of dates into forms that have two ways of writing them."""
        counts = [self.of("date", form) for form, ways in PATTERNS.items() if len(ways) > 1]
        return sum(right for right, _ in counts), sum(num for _, num in counts)

    def plus(self, other: Matches) -> Matches:
        """Both together."""
        return Matches(Counter(self.num) + Counter(other.num), Counter(self.right) + Counter(other.right))

    def to_json(self) -> dict[str, list[int]]:
        """ "kind to" -> exact matches and pairs, as plain JSON values."""
        return {" ".join(key): [self.right.get(key, 0), num] for key, num in sorted(self.num.items())}

    @classmethod
    def from_json(cls, record: Mapping[str, list[int]]) -> Matches:
        """What `to_json` wrote."""
        keys = {(name.split()[0], name.split()[1]): pair for name, pair in record.items()}
        return cls(
            {key: num for key, (_, num) in keys.items()}, {key: right for key, (right, _) in keys.items()}
        )


@dataclass(frozen=True)
class Tally:
    """Translated so far. Attributes: rows: sampler -> steps -> matches.   done: share of the work, in [0, 1]."""

    rows: Mapping[str, Mapping[int, Matches]]
    done: float


def measure(denoiser: Any, config: TranslateConfig, num: int = NUM, batch: int = BATCH) -> Iterator[Tally]:
    """`num` held-out pairs in every order and number of steps, the same pairs in all; adds up.

    Seeds follow on config.seed; temperature and top-p are the config's.
    """
    pairs = TRANSLATION.held_out(num, np.random.default_rng((config.seed, 1)))
    rows = {order: {steps: Matches({}, {}) for steps in STEPS} for order in ORDERS}
    done, work = 0, num * sum(STEPS) * len(ORDERS)
    for first in range(0, num, batch):
        some = pairs[first : first + batch]
        for steps in reversed(STEPS):
            for order in ORDERS:
                run = replace(config, sampler=order, steps=steps, seed=config.seed + first)
                ids = translated(denoiser, run, some)
                rows[order][steps] = rows[order][steps].plus(_matches(ids))
                done += len(some) * steps
                yield Tally({name: dict(found) for name, found in rows.items()}, done / work)


def translated(denoiser: Any, config: TranslateConfig, pairs: np.ndarray) -> np.ndarray:
    """(B, L) ids of finished canvases, from the given cells of pairs (B, L), with seeds from the config's on."""
    import torch

    from textdiff_core.generate import denoise

    info = lab.model_info(config.model)
    keep, given = torch.full(pairs.shape, -1), list(tasks[info.corpus].given)
    keep[:, given] = torch.from_numpy(pairs[:, given])
    process = processes["absorbing"](len(info.vocabulary), schedules.build(config.schedule))
    *_, last = denoise(
        process, denoiser, samplers.build(config.sampler), grids.build(config.grid).times(config.steps),
        seeds=range(config.seed, config.seed + len(pairs)), keep=keep, temperature=config.temperature,
        top_p=config.top_p, record=False,
    )  # fmt: skip
    return last.words.numpy()


def _matches(ids: np.ndarray) -> Matches:
    num, right = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in ids:
        cells = [TRANSLATION.words[i] for i in row]
        text, to, target = TRANSLATION.parts(cells)
        value = read(text, but=to)[0]
        key = (KINDS[isinstance(value, datetime.date)], to)
        num[key] += 1
        right[key] += target in TRANSLATION.truths(text, to)
    return Matches(num, right)


__all__ = [
    "FORMS", "KINDS", "NUM", "ORDERS", "STEPS", "TARGETS", "VERSE", "Looks", "Matches", "Tally", "TranslateConfig",
    "check", "cut", "looks", "measure", "offered", "parts", "source", "translated", "truths", "usual",
]  # fmt: skip
