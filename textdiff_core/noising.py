"""The way into noise: one text at rising noise levels, and the curves of a schedule. Importing it needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.draws import step_rng
from textdiff_core.processes import processes
from textdiff_core.records import RunConfig
from textdiff_core.samplers.vectors import bridge
from textdiff_core.schedules import Schedule, return_rate, schedules
from textdiff_core.trace import Status, Trace
from textdiff_core.vocab import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = 50  # steps of t from 0 to 1


@dataclass(frozen=True)
class Noised:
    """One text at noise levels t = 0, 1/50, ..., 1, by one process and one stream of random numbers.

    Attributes:
        process: its name.
        trace: the frames, from clean to noise; a column is a word of the text. Hidden is what no longer shows the
            text's own word; where the process shows another word instead, that one is the frame's only
            alternative, of unknown probability.
        way_back: (F, C, 3) float64, q(x_s | x_t, x_0) for s one level below t; NaN at t = 0. Of words: the
            probability that the cell holds its own word at s, that it stays the noise or other word that it is,
            and that it is anything else. Of vectors: (b, c, d) of z_s = b e(x_0) + c z_t + d n.
        signal: (F,) a / s of vectors z = a e(x_0) + s n; None for other processes.
    """

    process: str
    trace: Trace
    way_back: np.ndarray
    signal: np.ndarray | None = None


def words_of(text: str, vocabulary: Vocabulary, most: int) -> np.ndarray:
    """(C,) ids of a text, without blanks that would pad it.

    Raises:   ValueError: no word, more than `most`, or one that the vocabulary does not have.
    """
    num = len(vocabulary.split(text))
    if not num:
        raise ValueError("a text needs at least one word, got none")
    return vocabulary.encode(text, most)[:num]


def noised(process: str, vocabulary: Vocabulary, ids: np.ndarray, config: RunConfig) -> Noised:
    """The text on its way into noise. All levels draw the same numbers, so that a word once hit stays hit, and
    so do all processes, so that they differ by what noise does and not by luck.

    Args:     process: its name.   ids: (C,) of the text, at least one.   config: its seed names the random
              numbers, its schedule is used.
    """
    import torch

    kind: Any = processes[process](len(vocabulary), schedules.build(config.schedule))
    t = torch.linspace(0, 1, LEVELS + 1, dtype=torch.float64)
    clean = torch.from_numpy(ids).expand(len(t), -1)
    state = kind.corrupt(clean, t, rng=[step_rng(config.seed, 0) for _ in t])
    unknown = torch.full((1, len(ids), 3), torch.nan, dtype=torch.float64)
    return Noised(
        process=process,
        trace=_trace(config, vocabulary, t, kind, state, clean),
        way_back=torch.cat([unknown, _way_back(kind, state[1:], clean[1:], t[1:], t[:-1])]).numpy(),
        signal=torch.div(*kind.signal(kind.schedule.alpha(t))).numpy() if _of_vectors(kind) else None,
    )


def _trace(
    config: RunConfig, vocabulary: Vocabulary, t: Tensor, process: Any, state: Tensor, clean: Tensor
) -> Trace:
    import torch

    alpha = process.schedule.alpha(t)
    tokens, there = process.words(state), process.present(state)
    distance = process.extras(state, alpha, None).get("distance")
    hidden = tokens != clean
    status = torch.where(hidden, int(Status.NOISE), int(Status.SETTLED))
    status[1:][hidden[1:] & ~hidden[:-1]] = int(Status.RENOISED)
    status[~there] = int(Status.ABSENT)
    unknown = np.full(tokens.shape, np.nan, dtype=np.float32)
    other = torch.where(hidden & (tokens < process.noise_id), tokens, -1)[..., None]
    return Trace(
        config=config, words=vocabulary.words, spacing=vocabulary.spacing, t=t.numpy(), alpha=alpha.numpy(),
        tokens=tokens.numpy().astype(np.int32), status=status.numpy().astype(np.uint8),
        prob=unknown, entropy=unknown, top_ids=other.numpy().astype(np.int32), top_probs=unknown[..., None],
        calls=np.zeros(len(t), dtype=np.int32), seconds=np.zeros(len(t), dtype=np.float32),
        distance=None if distance is None else distance.numpy().astype(np.float32),
    )  # fmt: skip


def _way_back(process: Any, state: Tensor, clean: Tensor, t: Tensor, s: Tensor) -> Tensor:
    """(B, L, 3) of `Noised.way_back` for states at t (B,)."""
    import torch
    from torch.nn.functional import one_hot

    alpha_t, alpha_s = process.schedule.alpha(t), process.schedule.alpha(s)
    if _of_vectors(process):
        told = bridge(*process.signal(alpha_t), *process.signal(alpha_s))
        return torch.cat([told.from_word, told.from_state, told.variance.sqrt()], dim=-1).expand(
            *clean.shape, 3
        )
    words = process.words(state)
    if process.grows:
        rate = return_rate(alpha_t, alpha_s)[:, None]
        # A missing word that returns at alpha = u is written at one that is even in [u, 1].
        left = (1 - alpha_s) / (1 - alpha_t)
        both = rate + torch.xlogy(left, left)[:, None]
        missing, mask = ~process.present(state), process.open(state)
        own = torch.where(missing, both, torch.where(mask, rate, 1.0))
        same = torch.where(missing | mask, 1 - rate, 0.0)
    else:
        back = process.posterior(state, one_hot(clean, process.num_words).double(), t, s)
        own = back.gather(-1, clean[..., None])[..., 0]
        same = back.gather(-1, words[..., None])[..., 0].masked_fill(words == clean, 0.0)
    return torch.stack([own, same, (1 - own - same).clamp_min(0.0)], dim=-1)


def _of_vectors(process: Any) -> bool:
    return process.network.get("vectors", False)


def curves(schedule: Schedule) -> dict[str, np.ndarray]:
    """What a schedule does, at 201 even noise levels, among them those of `noised`.

    Returns:  t; alpha; noise, the expected share 1 - alpha; weight, the loss weight -alpha' / (1 - alpha) of a hidden
              word, infinite at t = 0; snr, alpha / (1 - alpha) in decibels, infinite at the ends.
    """
    t = np.linspace(0, 1, 4 * LEVELS + 1)
    alpha = schedule.alpha(t)
    with np.errstate(divide="ignore"):
        snr = 10 * (np.log10(alpha) - np.log10(1 - alpha))
    return {"t": t, "alpha": alpha, "noise": 1 - alpha, "weight": schedule.weight(t), "snr": snr}


def decibels(signal: np.ndarray) -> np.ndarray:
    """A ratio of amplitudes a / s as the signal-to-noise ratio a^2 / s^2 in decibels."""
    with np.errstate(divide="ignore"):
        return 20 * np.log10(signal)
