"""The way into noise: one text at rising noise levels, and the curves of a schedule. Importing it needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.draws import step_rng
from textdiff_core.records import RunConfig
from textdiff_core.schedules import Schedule
from textdiff_core.trace import Status, Trace
from textdiff_core.vocab import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = 50  # steps of t from 0 to 1


@dataclass(frozen=True)
class Noised:
    """One text at noise levels t = 0, 1/50, ..., 1, by one process and one stream of random numbers.

    Attributes:
        trace: its frames, from clean to noise. Hidden is what no longer shows the text's own word; where the
            process shows another word instead, that word is the frame's only alternative, of unknown probability.
        posterior: (F, C, 3) float64, q(x_s | x_t, x_0) for s one level below t: the probability that the cell
            holds its own word at s, that it stays another word or noise as it is, and all the rest. NaN at
            t = 0 and where the process has no such probabilities.
        signal: (F,) the share of the signal a in z = a e + s n, for processes of vectors; else None.
        distance: (F, C) how far each vector is from its nearest word, 0 on it, about 1 for noise; else None.
    """

    trace: Trace
    posterior: np.ndarray
    signal: np.ndarray | None = None
    distance: np.ndarray | None = None


def noised(process: Any, vocabulary: Vocabulary, ids: np.ndarray, config: RunConfig) -> Noised:
    """The text on its way into noise. All levels draw the same numbers, so that a word once hit stays hit, and
    so do all processes, so that they differ by what noise does and not by luck.

    Args:     process: of as many words as the vocabulary.   ids: (C,) of the text.   config: its seed names the
              random numbers.
    Raises:   ValueError: no word at all.
    """
    import torch

    if not len(ids):
        raise ValueError("a text needs at least one word, got none")
    t = torch.linspace(0, 1, LEVELS + 1, dtype=torch.float64)
    clean = torch.from_numpy(ids).expand(len(t), -1)
    state = process.corrupt(clean, t, rng=[step_rng(config.seed, 0) for _ in t])
    return Noised(
        trace=_trace(config, vocabulary, t, process, state, clean),
        posterior=_posterior(process, state, clean, t).numpy(),
    )


def _trace(
    config: RunConfig, vocabulary: Vocabulary, t: Tensor, process: Any, state: Tensor, clean: Tensor
) -> Trace:
    import torch

    tokens = process.words(state)
    hidden = tokens != clean
    status = torch.where(hidden, int(Status.NOISE), int(Status.SETTLED))
    status[1:][hidden[1:] & ~hidden[:-1]] = int(Status.RENOISED)
    unknown = np.full(tokens.shape, np.nan, dtype=np.float32)
    other = torch.where(hidden & (tokens < process.noise_id), tokens, -1)[..., None]
    return Trace(
        config=config, words=vocabulary.words, spacing=vocabulary.spacing,
        t=t.numpy(), alpha=process.schedule.alpha(t).numpy(),
        tokens=tokens.numpy().astype(np.int32), status=status.numpy().astype(np.uint8),
        prob=unknown, entropy=unknown, top_ids=other.numpy().astype(np.int32), top_probs=unknown[..., None],
        calls=np.zeros(len(t), dtype=np.int32), seconds=np.zeros(len(t), dtype=np.float32),
    )  # fmt: skip


def _posterior(process: Any, state: Tensor, clean: Tensor, t: Tensor) -> Tensor:
    import torch

    shares = torch.full((*clean.shape, 3), torch.nan, dtype=torch.float64)
    told = torch.nn.functional.one_hot(clean, process.num_words).double()[1:]
    back = process.posterior(state[1:], told, t[1:], t[:-1])  # (F - 1, L, V or V + 1)
    own = back.gather(-1, clean[1:, :, None])[..., 0]
    same = back.gather(-1, state[1:, :, None])[..., 0].masked_fill(state[1:] == clean[1:], 0.0)
    shares[1:] = torch.stack([own, same, (1 - own - same).clamp_min(0.0)], dim=-1)
    return shares


def curves(schedule: Schedule, num: int = 201) -> dict[str, np.ndarray]:
    """What a schedule does at `num` even noise levels: t; alpha; noise, the expected share 1 - alpha; weight, the
    loss weight -alpha' / (1 - alpha), infinite at t = 0; snr, alpha / (1 - alpha) in decibels, infinite at the ends.
    """
    t = np.linspace(0, 1, num)
    alpha = schedule.alpha(t)
    with np.errstate(divide="ignore"):
        snr = 10 * (np.log10(alpha) - np.log10(1 - alpha))
    return {"t": t, "alpha": alpha, "noise": 1 - alpha, "weight": schedule.weight(t), "snr": snr}
