"""Writing several words at once, measured: texts drawn by the denoising loop, of a listed language and of a model's.

Beside the model stands the exact denoiser of its corpus. What that one gets wrong at so many words a step is the
sampler's doing; what the model gets wrong beyond it is the model's. Importing it needs no torch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.bounds import one_of, real, whole
from textdiff_core.corpora import corpora
from textdiff_core.joint import RULES, TOYS, Language, listed, times
from textdiff_core.processes import processes
from textdiff_core.records import MAX_LENGTH, RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

if TYPE_CHECKING:
    from torch import Tensor

DRAWS, DRAWN_AT_ONCE = 2000, 250  # texts of a listed language, for each number of words a step
STORIES, TOLD_AT_ONCE = 100, 20  # of a model, likewise
AT_ONCE = (1, 2, 3, 4, 8, 16, 32, 64, 128, 256)  # words a step that are offered, and all of them
MODEL, EXACT = "model", "exact denoiser"


@dataclass(frozen=True)
class ParallelConfig(RunConfig):
    """A run that writes several words at once, and a listed language beside it.

    Attributes:
        sampler: of `joint.RULES`.   toy: of `joint.TOYS`.   share: by which that is weighed.
        words: a step, of the listed language's cells.   at_once: words a step, of the model's cells.
    """

    sampler: str = "random"
    toy: str = next(iter(TOYS))
    share: float = 0.5
    words: int = 2
    at_once: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("toy", self.toy, *TOYS)
        one_of("sampler", self.sampler, *RULES)
        real("share", self.share, 0.0, 1.0)
        whole("words", self.words, 1, self.language.length)
        whole("at_once", self.at_once, 1, MAX_LENGTH)

    @property
    def language(self) -> Language:
        """The listed one."""
        return listed(self.toy, self.share)

    def run(self, length: int) -> RunConfig:
        """The run of the model that writes `at_once` of its `length` words a step, spread evenly."""
        return RunConfig(self.model, self.sampler, steps=math.ceil(length / self.at_once), seed=self.seed)


def offered(length: int) -> list[int]:
    """The numbers of words a step that a canvas of so many cells is shown with."""
    return [*(words for words in AT_ONCE if words < length), length]


def check(info: Any, config: ParallelConfig) -> None:
    """Raises ValueError, in one sentence, when stories cannot be told and judged. Args: info: a `lab.ModelInfo`."""
    if info.process != "absorbing":
        raise ValueError(
            f"{info.name!r} undoes {info.process} noise, where a word is never written once and for all; "
            "this page needs a model of masking"
        )
    if info.corpus not in corpora:
        raise ValueError(f"{info.name!r} was trained on {info.corpus!r}, which has no rules to be judged by")
    if config.at_once not in offered(info.length):
        known = ", ".join(map(str, offered(info.length)))
        raise ValueError(f"at_once must be one of {known} words a step, got {config.at_once}")


# ---- a listed language ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """Texts drawn so far. Attributes: num: for each number of words a step.   impossible: words a step -> how many
    of them are never told.   done: share of the work, in [0, 1]."""

    num: int
    impossible: dict[int, int]
    done: float


def drawn(config: ParallelConfig) -> Iterator[Drawn]:
    """DRAWS texts for every number of words a step by the sampler itself, with the exact denoiser; adds up."""
    import torch

    from textdiff_core.denoisers.oracle import OracleDenoiser

    language, length = config.language, config.language.length
    process = processes["absorbing"](len(language.words), schedules.build("linear"))
    oracle = OracleDenoiser(torch.from_numpy(language.texts), process, torch.from_numpy(language.shares))
    told, impossible = set(map(tuple, language.texts.tolist())), Counter[int]()
    for first in range(0, DRAWS, DRAWN_AT_ONCE):
        seeds = range(config.seed + first, config.seed + first + DRAWN_AT_ONCE)
        for words in range(1, length + 1):
            rows = _texts(process, oracle, config.sampler, times(length, words), seeds, length)
            impossible[words] += sum(tuple(row) not in told for row in rows.tolist())
        num = first + DRAWN_AT_ONCE
        yield Drawn(num, dict(impossible), num / DRAWS)


def _texts(
    process: Any, denoiser: Any, sampler: str, grid: np.ndarray, seeds: Sequence[int], length: int
) -> Tensor:  # fmt: skip
    """(B, L) words of finished runs from pure noise."""
    import torch

    from textdiff_core.generate import denoise

    keep = torch.full((length,), -1)
    *_, last = denoise(process, denoiser, samplers.build(sampler), grid, seeds=seeds, keep=keep, record=False)
    return last.words


# ---- a model --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stories:
    """Stories told with one number of words a step.

    Attributes:
        num: of them.   valid: that break no rule.   broken: rule -> stories that break it.
    """

    num: int = 0
    valid: int = 0
    broken: Mapping[str, int] = field(default_factory=dict)

    def with_these(self, texts: Sequence[str], corpus: Any) -> Stories:
        """These stories and more."""
        verdicts = [corpus.check(text) for text in texts]
        broken = Counter(rule for verdict in verdicts for rule in {fault.rule for fault in verdict.faults})
        rules = verdicts[0].rules
        return Stories(
            self.num + len(texts),
            self.valid + sum(verdict.valid for verdict in verdicts),
            {rule: self.broken.get(rule, 0) + broken[rule] for rule in rules},
        )


Told = dict[str, dict[int, Stories]]  # MODEL or EXACT -> words a step -> stories


@dataclass(frozen=True)
class Tally:
    """Stories told so far. Attributes: told: see there.   done: share of the work, in [0, 1]."""

    told: Told
    done: float


def tell(
    denoiser: Any, info: Any, config: ParallelConfig, num: int = STORIES, batch: int = TOLD_AT_ONCE
) -> Iterator[Tally]:
    """`num` stories for each number of words a step, by the model and by the exact denoiser; adds up.

    Args:     info: a `lab.ModelInfo`.   batch: stories that are told together.   Seeds follow on config.seed.
    """
    from textdiff_core.denoisers.exact import exact

    check(info, config)
    corpus = corpora[info.corpus]
    process = processes[info.process](len(info.vocabulary), schedules.build("linear"))
    answer = {MODEL: denoiser, EXACT: exact(corpus, process)}
    told: Told = {by: {words: Stories() for words in offered(info.length)} for by in answer}
    weight = {words: 1 / words for words in offered(info.length)}  # the calls that a story takes
    done = 0.0
    for first in range(0, num, batch):
        seeds = range(config.seed + first, config.seed + min(num, first + batch))
        for words in reversed(offered(info.length)):
            grid = grids.build("uniform").times(math.ceil(info.length / words))
            for by, one in answer.items():
                rows = _texts(process, one, config.sampler, grid, seeds, info.length)
                texts = [info.vocabulary.decode(row) for row in rows.numpy()]
                told[by] = told[by] | {words: told[by][words].with_these(texts, corpus)}
            done += len(seeds) / num * weight[words] / math.fsum(weight.values())
            yield Tally({by: dict(rows) for by, rows in told.items()}, min(1.0, done))


def total_correlation(corpus: Any) -> float:
    """KL(joint || product of marginals) of a corpus's canvas in nats: its cells' entropies less that of its texts."""
    import torch

    from textdiff_core.denoisers.exact import exact

    process = processes["absorbing"](len(corpus.words), schedules.build("linear"))
    nothing = torch.full((1, corpus.length), process.noise_id)
    marginals = exact(corpus, process)(nothing).exp()
    return float(torch.special.entr(marginals).sum()) - corpus.entropy()


def first_to_break(stories: Mapping[int, Stories]) -> list[tuple[str, int]]:
    """(rule, the least number of words a step at which most stories break it), those that break soonest first."""
    if not stories:
        return []
    rules = next(iter(stories.values())).broken
    found = []
    for rule in rules:
        words = [n for n, one in sorted(stories.items()) if 2 * one.broken.get(rule, 0) > one.num]
        found.append((rule, words[0] if words else 0))
    return sorted(found, key=lambda pair: pair[1] or math.inf)


__all__ = [
    "EXACT", "MODEL", "Drawn", "ParallelConfig", "Stories", "Tally", "check", "drawn", "first_to_break", "offered",
    "tell", "total_correlation",
]  # fmt: skip
