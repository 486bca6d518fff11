"""From the frames of the denoising loop to a `Trace`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from textdiff_core.asking import Measured
from textdiff_core.generate import Frame
from textdiff_core.records import RunConfig
from textdiff_core.trace import Status, Trace, Verdict


def trace(
    frames: Iterable[Frame],
    config: RunConfig,
    words: tuple[str, ...],
    spacing: str,
    keep: Tensor,
    row: int = 0,
    verdict: Verdict | None = None,
) -> Trace:
    """One row of recorded frames as a `Trace`. Args as in `denoise`; keep: (L,) ids, -1 where free.

    Its cells stand in the reading order of the last frame, which holds every cell there ever was.
    """
    seen = list(frames)
    tokens = torch.stack([frame.words[row] for frame in seen])  # (N + 1, L)
    parts = [frame.measured for frame in seen if frame.measured is not None]
    stack = {
        name: torch.stack([getattr(part, name)[row] for part in parts])
        for name in ("noisy", "prob", "entropy", "top_ids", "top_probs", "places")
    }
    noisy, there = stack["noisy"], stack["places"] < len(keep)
    status = torch.where(noisy, int(Status.NOISE), int(Status.SETTLED))
    status[1:][noisy[:-1] & ~noisy[1:]] = int(Status.WRITTEN)
    status[1:][there[:-1] & ~noisy[:-1] & noisy[1:]] = int(Status.RENOISED)
    status[1:][~noisy[:-1] & ~noisy[1:] & (tokens[:-1] != tokens[1:])] = int(Status.CHANGED)
    status[:, keep >= 0] = int(Status.KEPT)
    status[~there] = int(Status.ABSENT)
    cells = stack["places"][-1].argsort(stable=True)[: int(there[-1].sum())]
    stack, tokens, status = (
        {name: part[:, cells] for name, part in stack.items()},
        tokens[:, cells],
        status[:, cells],
    )
    return Trace(
        config=config,
        words=words,
        spacing=spacing,
        t=np.array([float(frame.t[row]) for frame in seen]),
        alpha=np.array([float(frame.alpha[row]) for frame in seen]),
        tokens=tokens.numpy().astype(np.int32),
        status=status.numpy().astype(np.uint8),
        prob=stack["prob"].numpy().astype(np.float32),
        entropy=stack["entropy"].numpy().astype(np.float32),
        top_ids=stack["top_ids"].numpy().astype(np.int32),
        top_probs=stack["top_probs"].numpy().astype(np.float32),
        calls=np.array([int(frame.calls[row]) for frame in seen], dtype=np.int32),
        seconds=np.array([frame.seconds for frame in seen], dtype=np.float32),
        verdict=verdict,
        **_extras(parts, row, cells),
    )


def _extras(parts: list[Measured], row: int, cells: Tensor) -> dict[str, np.ndarray]:
    """The arrays of one row and these cells that only some processes measure, by their names in `Trace`."""
    extras = {
        name: torch.stack([part.extras[name][row, cells] for part in parts]) for name in parts[0].extras
    }
    if parts[0].landmarks is not None:
        extras["word_points"] = parts[0].landmarks
    return {name: value.numpy().astype(np.float32) for name, value in extras.items()}
