"""Whether a confidence is worth its name: of the words believed with probability p, how many are right.

Held-out texts are noised to a level and filled in. *Right* is a word that the held-out text has there, which is what
p(x_0 | x_t) is a probability of. *Allowed* is a word that breaks no rule, which is more often the case.
Importing it needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.bounds import one_of
from textdiff_core.corpora import corpora
from textdiff_core.draws import step_rng
from textdiff_core.processes import processes
from textdiff_core.records import RunConfig
from textdiff_core.reliability import MASS, WIDTH, Answers, Reliability, judged
from textdiff_core.samplers import samplers
from textdiff_core.schedules import schedules

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
TEMPERATURES = tuple(round(0.1 * k, 1) for k in range(5, 21))
MODEL, EXACT = "model", "exact denoiser"
TEXTS, ASKED_AT_ONCE = 300, 60  # held-out texts that are asked about, at each level
FILLED, FILLED_AT_ONCE = 100, 20  # texts that a sampler fills in
SEEN, NOISED = 7, 8  # streams of their own: which texts, and what noise does to them


@dataclass(frozen=True)
class CalibrationConfig(RunConfig):
    """A model whose confidence is looked at. Attributes: level: of LEVELS.   temperature: of TEMPERATURES.
    binning: WIDTH or MASS.   sampler, steps: those that fill in word by word."""

    binning: str = WIDTH

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("binning", self.binning, WIDTH, MASS)
        for name, allowed in (("level", LEVELS), ("temperature", TEMPERATURES)):
            if (value := getattr(self, name)) not in allowed:
                known = ", ".join(f"{number:g}" for number in allowed)
                raise ValueError(f"{name} must be one of {known}, got {value:g}")


@dataclass(frozen=True)
class Key:
    """Names one reliability. Attributes: by: MODEL or EXACT.   level: of noise.   way: "one look" or a sampler's name.
    temperature: that re-shapes it.   binning: WIDTH or MASS."""

    by: str
    level: float
    way: str
    temperature: float
    binning: str


LOOK = "one look"


@dataclass(frozen=True)
class Found:
    """Reliabilities found so far. Attributes: texts: held-out ones.   tables: see `Key`.   done: share of the work."""

    texts: int
    tables: Mapping[Key, Reliability]
    done: float


def check(info: Any, config: CalibrationConfig) -> None:
    """Raises ValueError, in one sentence, when the model's confidence has no such reading. Args: info: `ModelInfo`."""
    if processes[info.process].grows:
        raise ValueError(
            f"{info.name!r} undoes {info.process} noise, where cells have no fixed place: there is no word that the "
            "held-out text has at a cell, so its confidence has no such reading"
        )
    if processes[info.process].ordered:
        raise ValueError(
            f"{info.name!r} writes from left to right and is asked about the next word alone: of words hidden anywhere "
            "else it says nothing"
        )
    if info.corpus not in corpora:
        raise ValueError(f"{info.name!r} was trained on {info.corpus!r}, whose exact posterior is not known")
    samplers.build(config.sampler)


def written_once(info: Any) -> bool:
    """Whether there is a moment at which the model's process writes a word."""
    return info.process == "absorbing"


def check_way(info: Any, config: CalibrationConfig) -> None:
    """Raises ValueError, in one sentence, when texts cannot be filled in word by word."""
    if not written_once(info):
        raise ValueError(
            f"where {info.process} noise is undone, a word may be changed until the end: it is not written at one "
            "moment with one probability"
        )
    sampler = samplers.build(config.sampler)
    if info.process not in sampler.serves:
        raise ValueError(f"sampler {config.sampler!r} does not serve the {info.process} process")
    if sampler.judged:
        raise ValueError(
            f"sampler {config.sampler!r} chooses among several draws: a word has another chance than its probability"
        )
    if sampler.reads != "noise":
        raise ValueError(
            f"sampler {config.sampler!r} also asks about words that stand and may take them back: such a word has "
            "more than one probability"
        )


def way(config: CalibrationConfig) -> str:
    """What a sampler's reliabilities are filed under: its spec, and its steps where it takes them."""
    uses = samplers.build(config.sampler).uses_grid()
    return f"{config.sampler}, {config.steps} steps" if uses else config.sampler


def noised(process: Any, corpus: Any, seed: int, first: int, num: int, level: float) -> tuple[Tensor, Tensor]:
    """Held-out texts (num, L) and their noisy states; the same for every denoiser."""
    import torch

    texts = torch.from_numpy(corpus.held_out(num, np.random.default_rng((seed, SEEN, first))))
    t = torch.full((num,), level, dtype=torch.float64)
    return texts, process.corrupt(texts, t, rng=step_rng(seed, first, NOISED))


def asked(process: Any, denoiser: Any, x_0: Tensor, x_t: Tensor, level: float) -> Tensor:
    """(K, V) float64 log p(x_0^i | x_t) of the cells that are open in x_t (B, L, ...), as the process asks for it."""
    import torch

    noise = torch.full((len(x_t),), level, dtype=torch.float64)
    with torch.no_grad():
        logits, _ = process.ask(denoiser, x_t, noise, process.open(x_t), None)
        return logits.double().log_softmax(-1)


def look(
    denoiser: Any, info: Any, config: CalibrationConfig, num: int = TEXTS, batch: int = ASKED_AT_ONCE
) -> Iterator[Found]:
    """One look: noisy held-out texts, at every level, and for each open cell what the surest word would be; adds up.

    `num` texts a level, by the model and by the exact denoiser on the same noise, at every temperature. Of masked
    words *allowed* are those that some text of the world has there together with all that is visible.
    """
    check(info, config)
    process, corpus, answer = _rivals(denoiser, info)
    parts: dict[tuple[str, float, float], list[Answers]] = {}
    for first in range(0, num, batch):
        size = min(batch, num - first)
        for level in LEVELS:
            x_0, x_t = noised(process, corpus, config.seed, first, size, level)
            true = x_0[process.open(x_t)].numpy()
            logs = {by: asked(process, one, x_0, x_t, level).numpy() for by, one in answer.items()}
            for by, log_p in logs.items():
                allowed = None
                if process.name == "absorbing":
                    allowed = np.isfinite(
                        np.take_along_axis(logs[EXACT], log_p.argmax(-1)[:, None], -1)[:, 0]
                    )
                for temperature in TEMPERATURES:
                    part = judged(log_p, true, allowed, temperature)
                    parts.setdefault((by, level, temperature), []).append(part)
        yield Found(first + size, _looked(parts), (first + size) / num)


def _looked(parts: Mapping[tuple[str, float, float], Sequence[Answers]]) -> dict[Key, Reliability]:
    return {
        Key(by, level, LOOK, temperature, binning): Reliability.of(whole, binning)
        for (by, level, temperature), some in parts.items()
        for whole in [Answers.joined(some)]
        for binning in (WIDTH, MASS)
    }


def fill(
    denoiser: Any, info: Any, config: CalibrationConfig, num: int = FILLED, batch: int = FILLED_AT_ONCE
) -> Iterator[Found]:
    """Word by word: held-out texts at config's level, filled in by its sampler; adds up.

    Of every word, the probability when it was written, whether the held-out text has it, and whether the finished
    text breaks no rule there. By the model and by the exact denoiser, from the same noise.
    """
    check(info, config)
    check_way(info, config)
    process, corpus, answer = _rivals(denoiser, info)
    parts: dict[str, list[Answers]] = {by: [] for by in answer}
    for first in range(0, num, batch):
        size = min(batch, num - first)
        seeds = range(config.seed + first, config.seed + first + size)
        texts = corpus.held_out(size, np.random.default_rng((config.seed, SEEN, first)))
        for by, one in answer.items():
            parts[by].append(_filled(process, one, corpus, config, texts, seeds))
        tables = {
            Key(by, config.level, way(config), 1.0, binning): Reliability.of(Answers.joined(some), binning)
            for by, some in parts.items()
            for binning in (WIDTH, MASS)
        }
        yield Found(first + size, tables, (first + size) / num)


def _filled(
    process: Any, denoiser: Any, corpus: Any, config: CalibrationConfig, texts: np.ndarray, seeds: Sequence[int]
) -> Answers:  # fmt: skip
    """The words of finished texts that noise had taken."""
    import torch

    from textdiff_core.generate import denoise

    grid = config.level * np.linspace(1, 0, config.steps + 1)
    length = texts.shape[1]
    frames = denoise(
        process, denoiser, samplers.build(config.sampler), grid, seeds=seeds,
        keep=torch.full((length,), -1), draft=torch.from_numpy(texts), level=config.level,
    )  # fmt: skip
    first = next(frames)
    *_, last = frames
    assert last.measured is not None
    hidden, words = (first.words == process.noise_id).numpy(), last.words.numpy()
    sure = last.measured.prob.numpy()[hidden]  # of a word that stays, the probability when it was written
    faults = np.zeros_like(hidden)
    for row, ids in zip(faults, words, strict=True):
        for fault in corpus.check([corpus.words[i] for i in ids]).faults:
            row[[cell for cell in fault.cells if cell < length]] = True
    return Answers(sure, (words == texts)[hidden], ~faults[hidden])


def _rivals(denoiser: Any, info: Any) -> tuple[Any, Any, dict[str, Any]]:
    """The process, the corpus, and who answers."""
    from textdiff_core.denoisers.exact import exact

    corpus = corpora[info.corpus]
    process = processes[info.process](len(info.vocabulary), schedules.build("linear"))
    return process, corpus, {MODEL: denoiser, EXACT: exact(corpus, process)}
