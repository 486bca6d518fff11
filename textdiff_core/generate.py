"""The denoising loop: the only place where a state goes from noise to text."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from textdiff_core.draws import flat_cells, step_rng
from textdiff_core.records import Edit, RunConfig
from textdiff_core.samplers import Sampler
from textdiff_core.trace import NUM_ALTERNATIVES, Status, Trace, Verdict


@dataclass(frozen=True)
class Measured:
    """What the model says of each cell. All (B, L) or (B, L, K), K = min(8, V), on the CPU.

    Attributes:
        prob: of noise, the probability of the best word now; of a word, its probability when it was
            written; NaN for kept words.   entropy: nats, of the same distribution.
        top_ids, top_probs: the K likeliest words of noisy cells; id -1 elsewhere.
    All are the model's own probabilities, before temperature and top-p.
    """

    prob: Tensor
    entropy: Tensor
    top_ids: Tensor
    top_probs: Tensor


@dataclass(frozen=True)
class Frame:
    """The batch at one moment. Frame 0 is the start; frame i is what step i led to.

    Attributes:
        t, alpha: (B,) float64.   state: (B, L) int64.   calls: (B,) int64 network calls so far.
        seconds: since the start.   measured: None without recording.
    """

    t: Tensor
    alpha: Tensor
    state: Tensor
    calls: Tensor
    seconds: float
    measured: Measured | None


@torch.no_grad()
def denoise(
    process: Any,
    denoiser: Any,
    sampler: Sampler,
    grid: np.ndarray,
    *,
    seeds: Sequence[int],
    keep: Tensor,
    temperature: float = 1.0,
    top_p: float = 1.0,
    edits: Sequence[Edit] = (),
    record: bool = True,
) -> Iterator[Frame]:
    """Yields the frames of one run for each seed, from noise to text.

    Args:     grid: (N + 1,) times from 1 to 0; a sampler may draw its own (see `Sampler.times`).
              seeds: B of them; row b draws the same numbers whatever else is in the batch.
              keep: (L,) int64 ids that are given and never change, -1 where a cell is free.
              temperature: logits are divided by it before drawing; 0 takes the likeliest word.
              top_p: words are drawn from the smallest set of likeliest words with at least this share (the
              word that crosses it is in).   edits: the reader's changes, for a single run.
    Raises:   ValueError: the sampler does not serve the process; edits that do not fit.
    """
    if process.name not in sampler.serves:
        raise ValueError(f"sampler {sampler.name!r} needs the {' or '.join(sampler.serves)} process")  # type: ignore[attr-defined]
    if edits and len(seeds) != 1:
        raise ValueError(f"edits belong to a single run, got {len(seeds)}")
    begun = time.perf_counter()
    given = keep >= 0
    free = int((~given).sum())
    state = torch.where(given, keep, process.prior(keep.expand(len(seeds), -1)))
    caller = Caller(process, denoiser, state, temperature, top_p, record)

    def plan(noisy: int, stream: int) -> list[tuple[Tensor, Tensor]]:
        rngs = [step_rng(seed, stream) for seed in seeds]
        times = torch.from_numpy(np.array(sampler.times(process.schedule, grid, noisy, free, rngs)))
        return list(zip(times.unbind(1), process.schedule.alpha(times).unbind(1), strict=True))

    times, done, waiting = plan(free, 0), 0, list(edits)
    for index in itertools.count(1):  # of the next frame
        (t, alpha), before = times[done], state
        if record:
            caller.look(state, t)
        yield Frame(t, alpha, state, caller.calls, time.perf_counter() - begun, caller.measured())
        if waiting and waiting[0].step == index - 1:
            edit = waiting.pop(0)
            state = put_back(process, state, edit, given)
            seeds = seeds if edit.seed is None else [edit.seed]
            times, done = plan(int(process.is_noise(state).sum()), index), 0
        elif done + 1 < len(times):
            if not record:
                caller.look(state, t)
            rng = [step_rng(seed, index) for seed in seeds]
            model = caller.model.unflatten(0, state.shape)
            state = sampler.step(process, state, caller.p_x0, t, times[done + 1][0], rng=rng, model=model)
            done += 1
        elif waiting:
            raise ValueError(f"an edit is at step {waiting[0].step}, but the run has only {index - 1}")
        else:
            return
        caller.follow(before, state)


def put_back(process: Any, state: Tensor, edit: Edit, given: Tensor) -> Tensor:
    """The state (1, L) with the edit's cells noise again.

    Raises:   ValueError: a position outside the canvas, or a kept word.
    """
    cells = torch.tensor(edit.positions) - 1
    if int(cells.max()) >= state.shape[1]:
        raise ValueError(f"an edit names position {int(cells.max()) + 1}; the canvas has {state.shape[1]}")
    if bool(given[cells].any()):
        raise ValueError(f"an edit names position {int(cells[given[cells]][0]) + 1}, which is a kept word")
    state = state.clone()
    state[:, cells] = process.noise_id
    return state


class Caller:
    """Asks the network about the rows that changed since it was last asked, and keeps what it said.

    `p_x0` (B, L, V) holds the shares that words are drawn by, and is one-hot where a cell is a word (the
    carry-over parameterisation); `model` holds the model's own, before temperature and top-p. What is kept
    of cells is kept row under row (B * L, ...): one list of cells then serves every update.
    """

    def __init__(
        self, process: Any, denoiser: Any, state: Tensor, temperature: float, top_p: float, record: bool
    ) -> None:
        self.process, self.denoiser, self.shape = process, denoiser, state.shape
        self.temperature, self.top_p, self.record = temperature, top_p, record
        self.calls = torch.zeros(len(state), dtype=torch.int64)
        self.stale = torch.ones(len(state), dtype=torch.bool)
        self.unmoved = torch.full((len(state),), process.time_dependent)  # stale rows when nothing changed
        self.noisy = process.is_noise(state)
        self.p_x0 = one_hot(state.masked_fill(self.noisy, 0), process.num_words).double()
        self.shares = self.p_x0.flatten(0, 1)  # the same memory, (B * L, V)
        self.model = self.shares if temperature == top_p == 1 else self.shares.clone()
        self.prob = torch.full((state.numel(),), torch.nan, dtype=torch.float64)
        self.entropy = self.prob.clone()
        top = min(NUM_ALTERNATIVES, process.num_words)
        self.top_ids = torch.full((state.numel(), top), -1)
        self.top_probs = torch.zeros(state.numel(), top, dtype=torch.float64)

    def look(self, state: Tensor, t: Tensor) -> None:
        """Asks about the stale rows of this state that still have noise."""
        asked = self.stale & self.noisy.any(-1)
        self.stale = self.unmoved
        num_asked = int(asked.sum())
        if not num_asked:
            return
        where, noisy = self.noisy, self.noisy
        if num_asked < len(asked):
            state, t, where, noisy = state[asked], t[asked], noisy[asked], noisy & asked[:, None]
        logits = self.denoiser(state, t, where=where).double()  # (K, V)
        self.calls = self.calls + asked
        model, cells = logits.softmax(-1), flat_cells(noisy)
        self.model.index_copy_(0, cells, model)
        if self.model is not self.shares:
            self.shares.index_copy_(0, cells, shape(logits, self.temperature, self.top_p))
        if self.record:
            top_probs, top_ids = model.topk(self.top_ids.shape[-1])
            self.top_probs.index_copy_(0, cells, top_probs)
            self.top_ids.index_copy_(0, cells, top_ids)
            self.prob.index_copy_(0, cells, top_probs[:, 0])
            self.entropy.index_copy_(0, cells, torch.special.entr(model).sum(-1))

    def follow(self, before: Tensor, after: Tensor) -> None:
        """Takes note of what a step or an edit changed."""
        moved = before != after
        self.stale = self.stale | moved.any(-1)
        self.noisy = self.process.is_noise(after)
        cells = flat_cells(moved & ~self.noisy)
        if not len(cells):
            return
        ids = after.flatten()[cells]
        if self.record:
            self.prob.index_copy_(0, cells, self.model[cells, ids])
        self.shares.index_fill_(0, cells, 0.0)
        self.shares[cells, ids] = 1.0

    def measured(self) -> Measured | None:
        """A copy of what is known of every cell now."""
        if not self.record:
            return None
        top_ids = self.top_ids.masked_fill(~self.noisy.flatten()[:, None], -1)
        known = (self.prob.clone(), self.entropy.clone(), top_ids, self.top_probs.clone())
        return Measured(*(part.unflatten(0, self.shape) for part in known))


def shape(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """(K, V) probabilities that words are drawn by: softmax(logits / temperature), cut to the nucleus."""
    if temperature == 0:
        return one_hot(logits.argmax(-1), logits.shape[-1]).double()
    p = (logits / temperature).softmax(-1)
    if top_p < 1:
        ordered, order = p.sort(-1, descending=True)
        outside = ordered.cumsum(-1) - ordered >= top_p
        p = p.masked_fill(torch.zeros_like(outside).scatter(-1, order, outside), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def trace(
    frames: Iterable[Frame],
    config: RunConfig,
    process: Any,
    words: tuple[str, ...],
    spacing: str,
    keep: Tensor,
    row: int = 0,
    verdict: Verdict | None = None,
) -> Trace:
    """One row of recorded frames as a `Trace`. Args as in `denoise`; keep: (L,) ids, -1 where free."""
    seen = list(frames)
    tokens = torch.stack([frame.state[row] for frame in seen])  # (N + 1, L)
    noise = process.is_noise(tokens)
    status = torch.where(noise, int(Status.NOISE), int(Status.SETTLED))
    status[1:][noise[:-1] & ~noise[1:]] = int(Status.WRITTEN)
    status[1:][~noise[:-1] & noise[1:]] = int(Status.RENOISED)
    status[1:][~noise[:-1] & ~noise[1:] & (tokens[:-1] != tokens[1:])] = int(Status.CHANGED)
    status[:, keep >= 0] = int(Status.KEPT)
    parts = [frame.measured for frame in seen]
    stack = {
        name: torch.stack([getattr(part, name)[row] for part in parts]).numpy()
        for name in ("prob", "entropy", "top_ids", "top_probs")
    }
    return Trace(
        config=config,
        words=words,
        spacing=spacing,
        t=np.array([float(frame.t[row]) for frame in seen]),
        alpha=np.array([float(frame.alpha[row]) for frame in seen]),
        tokens=tokens.numpy().astype(np.int32),
        status=status.numpy().astype(np.uint8),
        prob=stack["prob"].astype(np.float32),
        entropy=stack["entropy"].astype(np.float32),
        top_ids=stack["top_ids"].astype(np.int32),
        top_probs=stack["top_probs"].astype(np.float32),
        calls=np.array([int(frame.calls[row]) for frame in seen], dtype=np.int32),
        seconds=np.array([frame.seconds for frame in seen], dtype=np.float32),
        verdict=verdict,
    )
