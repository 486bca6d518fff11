"""A made-up run with the shape of a real one, for tests of what shows runs: a fixed story, drawn numbers."""

from __future__ import annotations

import dataclasses

import numpy as np

from textdiff_core.records import RunConfig
from textdiff_core.trace import Fault, Status, Trace, Verdict

TALE = (
    "there once lived a lazy mouse called max . he lived in a hole near the barn . one rainy day , max went "
    "for a walk and met a clever fox named lily . lily lost her blue kite . max found it and smiled ."
)
MORE = (
    "once upon time happy brave duck bear cat rabbit den forest village snowy lost found his she red drum silver "
    "bell boat cried thanked they friends and happily ever after sam zoe leo anna"
)
STORY = TALE.split()
WORDS = ("", *dict.fromkeys(STORY + MORE.split()))
NUM_TOP = 8


def synthetic_run(
    *,
    cells: int = 48,
    steps: int = 32,
    seed: int = 0,
    kept: int = 0,
    faults: bool = False,
    revisions: bool = False,
) -> Trace:
    """A run of `cells` cells that settles in random order; the first `kept` are given.

    With `revisions`, one word goes back to noise and another changes; with `faults`, the verdict names cells.
    """
    rng = np.random.default_rng(seed)
    noise = len(WORDS)
    story = [STORY[i % len(STORY)] if cells > 2 * len(STORY) or i < len(STORY) else "" for i in range(cells)]
    final = np.array([WORDS.index(word) for word in story])
    when = np.ceil(rng.permutation(np.arange(1, cells + 1)) * steps / cells).astype(int)
    when[:kept] = 0
    frames = np.arange(steps + 1)[:, None]
    status = np.where(frames < when, Status.NOISE, np.where(frames == when, Status.WRITTEN, Status.SETTLED))
    status[:, :kept] = Status.KEPT
    tokens = np.where(status == Status.NOISE, noise, final)
    top_ids, top_probs, entropy = _alternatives(rng, final, steps + 1)
    prob = top_probs[:, :, 0].copy()
    for cell in range(cells):
        first = when[cell]
        prob[first:, cell] = (
            np.nan if cell < kept else _chosen(top_ids, top_probs, first - 1, cell, final[cell])
        )
    if revisions and steps > 4:
        cell = int(np.argmin(np.where(when > 0, when, steps)))
        middle = steps // 2
        tokens[middle : middle + 2, cell] = noise
        status[middle, cell], status[middle + 1, cell], status[middle + 2, cell] = (
            Status.RENOISED, Status.NOISE, Status.WRITTEN,
        )  # fmt: skip
        other = int(np.argsort(when)[kept + 1])
        tokens[middle:, other] = WORDS.index("zoe")
        status[middle, other] = Status.CHANGED
    word = (status != Status.NOISE) & (status != Status.RENOISED)
    top_ids[word], top_probs[word] = -1, np.nan
    entropy[status == Status.KEPT] = np.nan
    broken = (Fault("names", (21, 31), "A name must be told before it is used: “max”."),) if faults else ()
    t = np.linspace(1, 0, steps + 1)
    return Trace(
        config=RunConfig(steps=steps, seed=seed, sampler="ancestral"),
        words=WORDS,
        spacing="word",
        t=t,
        alpha=1 - t,
        tokens=tokens.astype(np.int32),
        status=status.astype(np.uint8),
        prob=prob.astype(np.float32),
        entropy=entropy.astype(np.float32),
        top_ids=top_ids.astype(np.int32),
        top_probs=top_probs.astype(np.float32),
        calls=np.arange(steps + 1, dtype=np.int32),
        seconds=np.linspace(0, 1, steps + 1, dtype=np.float32),
        verdict=Verdict(("names", "home"), broken),
    )


def with_vectors(trace: Trace, *, seed: int = 0) -> Trace:
    """The same run, as if its cells were vectors that wander over a map to the words they become."""
    rng = np.random.default_rng(seed)
    final = np.where(trace.tokens[-1] < len(trace.words), trace.tokens[-1], trace.top_ids[-1, :, 0])
    words = rng.normal(0, 0.4, (len(trace.words), 2))
    left = np.sqrt(1 - trace.alpha)[:, None]
    noise = rng.normal(0, 0.4 * np.sqrt(len(trace.words)), (*trace.tokens.shape, 2))
    points = (1 - left)[..., None] * words[final] + left[..., None] * noise
    distance = left * rng.uniform(0.9, 1.1, trace.tokens.shape)
    return dataclasses.replace(
        trace,
        distance=distance.astype(np.float32),
        points=points.astype(np.float32),
        word_points=words.astype(np.float32),
    )


def first_frames(trace: Trace, count: int) -> Trace:
    """The run while it was still going on, with its first `count` frames."""
    names = ("t", "alpha", "tokens", "status", "prob", "entropy", "top_ids", "top_probs", "calls", "seconds")
    parts = {name: getattr(trace, name)[:count] for name in names}
    return Trace(config=trace.config, words=trace.words, spacing=trace.spacing, **parts)


def _alternatives(
    rng: np.random.Generator, final: np.ndarray, frames: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The likeliest words in every cell: the final one gains on its rivals as the run goes on."""
    cells = len(final)
    shifts = rng.permuted(np.tile(np.arange(1, len(WORDS)), (cells, 1)), axis=1)[:, : NUM_TOP - 1]
    ids = np.concatenate([final[:, None], (final[:, None] + shifts) % len(WORDS)], axis=1)
    strength = rng.normal(0, 1.0, (cells, NUM_TOP))
    drift = np.cumsum(rng.normal(0, 0.25, (frames, cells, NUM_TOP)), axis=0)
    gain = np.linspace(0.5, 5, frames)[:, None] * rng.uniform(0.4, 1.3, cells)
    scores = strength + drift
    scores[:, :, 0] += gain
    shares = np.exp(scores)
    shares /= shares.sum(-1, keepdims=True) * 1.15
    order = np.argsort(-shares, axis=-1, kind="stable")
    probs = np.take_along_axis(shares, order, axis=-1)
    entropy = -(probs * np.log(probs)).sum(-1)
    return np.take_along_axis(np.broadcast_to(ids, shares.shape), order, axis=-1), probs, entropy


def _chosen(ids: np.ndarray, probs: np.ndarray, frame: int, cell: int, word: int) -> float:
    return float(probs[frame, cell][ids[frame, cell] == word][0])
