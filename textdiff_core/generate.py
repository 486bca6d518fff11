"""The denoising loop: the only place where a state goes from noise to text."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from textdiff_core.draws import flat_cells, step_rng
from textdiff_core.records import Edit, RunConfig
from textdiff_core.samplers import EVEN, Moment, Sampler
from textdiff_core.schedules import Schedule, return_rate
from textdiff_core.trace import NUM_ALTERNATIVES, Status, Trace, Verdict


@dataclass(frozen=True)
class Measured:
    """What is known of each cell. All (B, L) or (B, L, K), K = min(8, V), on the CPU.

    Attributes:
        noisy: bool, the cell shows noise.
        prob: of noise, the probability of the best word now; of a word, the probability it had when the model
            was last asked about its cell; NaN for kept words.   entropy: nats, of the same distribution.
        top_ids, top_probs: the K likeliest words of the cells asked about in this frame; id -1 elsewhere.
        places: in reading order; L for a cell that is not on the canvas.
        extras: what else the process measures, see `Process.extras`.   landmarks: (V, 2) or None.
    All are the model's own probabilities, before temperature and top-p.
    """

    noisy: Tensor
    prob: Tensor
    entropy: Tensor
    top_ids: Tensor
    top_probs: Tensor
    places: Tensor
    extras: dict[str, Tensor] = field(default_factory=dict)
    landmarks: Tensor | None = None


@dataclass(frozen=True)
class Frame:
    """The batch at one moment. Frame 0 is the start; frame i is what step i led to.

    Attributes:
        t, alpha: (B,) float64.   state: the process's.   words: (B, L) int64 ids as shown, V is noise.
        calls: (B,) int64 network calls so far.   seconds: since the start.   measured: None without recording.
    """

    t: Tensor
    alpha: Tensor
    state: Tensor
    words: Tensor
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
    draft: Tensor | None = None,
    level: float = 1.0,
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
              draft: (L,) ids to begin from instead of noise, noised to the grid's time at which the share of
              noise is `level` or next above it.
    Raises:   ValueError: the sampler does not serve the process; edits that do not fit.
    """
    if process.name not in sampler.serves:
        raise ValueError(f"sampler {sampler.name!r} needs the {' or '.join(sampler.serves)} process")  # type: ignore[attr-defined]
    if edits and len(seeds) != 1:
        raise ValueError(f"edits belong to a single run, got {len(seeds)}")
    begun, rngs, free = time.perf_counter(), [step_rng(seed, 0) for seed in seeds], keep < 0
    state, share = begin(process, grid, keep, draft, level, rngs)
    caller = Caller(process, denoiser, state, free, temperature, top_p, record, draft)
    way = plan(process.schedule, sampler, grid, share, caller.left(), rngs)
    done, waiting = 0, list(edits)
    for index in itertools.count(1):  # of the next frame
        (t, alpha, rate), more = way[done], done + 1 < len(way)
        if record and more:
            caller.look(state, alpha)
        seconds = time.perf_counter() - begun
        measured = caller.measured(state, alpha, asked=more)
        yield Frame(t, alpha, state, caller.words, caller.calls, seconds, measured)
        if waiting and waiting[0].step == index - 1:
            edit = waiting.pop(0)
            seeds = seeds if edit.seed is None else [edit.seed]
            rngs = [step_rng(seed, index) for seed in seeds]
            cells = edited(process, state, edit, free)
            state = process.put_back(state, cells, alpha if more else torch.zeros_like(alpha), rng=rngs)
            caller.follow(state, alpha, cells, over=not more)
            share = process.share(state, caller.free, float(1 - alpha) if more else 0.0)
            way, done = plan(process.schedule, sampler, grid, share, caller.left(), rngs), 0
        elif more:
            if not record:
                caller.look(state, alpha)
            done, (s, alpha_s, _) = done + 1, way[done + 1]
            rngs = [step_rng(seed, index) for seed in seeds]
            now = caller.moment(state, t, s, alpha, alpha_s, rate, rngs)
            if (earlier := sampler.until(process, now)) is not alpha_s:
                now = stop(process.schedule, now, earlier, [step_rng(seed, index) for seed in seeds])
                if not bool((now.s == s).all()):
                    way.insert(done, (now.s, now.alpha_s, return_rate(now.alpha_s, alpha_s)[:, None]))
            state = sampler.step(process, now)
            caller.follow(state, now.alpha_s)
        elif waiting:
            raise ValueError(f"an edit is at step {waiting[0].step}, but the run has only {index - 1}")
        else:
            return


def begin(
    process: Any,
    grid: np.ndarray,
    keep: Tensor,
    draft: Tensor | None,
    level: float,
    rngs: Sequence[Generator],
) -> tuple[Tensor, float]:
    """The state a run starts from, (B, L, ...), and the share of noise in it. Args as in `denoise`."""
    words = (keep if draft is None else draft).expand(len(rngs), -1)
    if draft is None:
        state, share = process.prior(words, rng=rngs), 1.0
    else:
        noise = 1 - process.schedule.alpha(grid)
        start = int(np.flatnonzero(noise >= level - EVEN)[-1])
        times, share = torch.full((len(rngs),), float(grid[start])).double(), float(noise[start])
        state = process.corrupt(words, times, rng=rngs)
    return process.hold(state, keep >= 0, keep), share


def plan(
    schedule: Schedule,
    sampler: Sampler,
    grid: np.ndarray,
    share: float,
    noisy: int,
    rngs: Sequence[Generator],
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """The sampler's times from here on: t (B,), alpha (B,), and the return rate (B, 1) to the next time."""
    times = torch.from_numpy(np.array(sampler.times(schedule, grid, share, noisy, rngs)))
    alpha = schedule.alpha(times)
    rate = return_rate(alpha, alpha.roll(-1, 1))  # the last one is never used
    return list(zip(times.unbind(1), alpha.unbind(1), rate.split(1, 1), strict=True))


def stop(schedule: Schedule, now: Moment, alpha: Tensor, rngs: Sequence[Generator]) -> Moment:
    """The way of a step that ends at alpha (B,) already, with generators that begin anew."""
    s = torch.where(alpha < now.alpha_s, schedule.time(alpha), now.s)
    alpha = schedule.alpha(s)
    return now._replace(s=s, alpha_s=alpha, rate=return_rate(now.alpha_t, alpha)[:, None], rng=rngs)


def edited(process: Any, state: Tensor, edit: Edit, free: Tensor) -> Tensor:
    """(K,) the cells that an edit names by their positions among those on the canvas, in reading order.

    Raises:   ValueError: a position outside the canvas, or a kept word.
    """
    positions, there = torch.tensor(edit.positions), int(process.present(state).sum())
    if int(positions.max()) > there:
        raise ValueError(f"an edit names position {int(positions.max())}; the canvas has {there}")
    cells = process.places(state)[0].argsort(stable=True)[positions - 1]
    kept = positions[~free[cells]]
    if len(kept):
        raise ValueError(f"an edit names position {int(kept[0])}, which is a kept word")
    return cells


class Caller:
    """Asks the network about the rows that changed since it was last asked, and keeps what it said.

    `p_x0` (B, L, V) holds the shares that words are drawn by; `model` holds the model's own, before
    temperature and top-p. Both start as one-hot and then hold the last answer about each cell. What is kept
    of cells is kept row under row (B * L, ...): one list of cells then serves every update.
    """

    def __init__(
        self, process: Any, denoiser: Any, state: Tensor, free: Tensor, temperature: float, top_p: float,
        record: bool, draft: Tensor | None = None,
    ) -> None:  # fmt: skip
        self.process, self.denoiser, self.free = process, denoiser, free
        self.temperature, self.top_p, self.record = temperature, top_p, record
        self.words = process.words(state)
        self.shape, num_cells = self.words.shape, self.words.numel()
        self.calls = torch.zeros(len(state), dtype=torch.int64)
        # Rows (B, 1) to ask about: at first all, and of those that did not move all or none.
        self.stale = torch.ones(len(state), 1, dtype=torch.bool)
        self.unmoved = torch.full((len(state), 1), process.time_dependent)
        self.open = process.open(state) & free
        drafted = torch.zeros_like(self.open) if draft is None else self.words == draft
        self.noisy = process.noisy(state, drafted, ~drafted, torch.zeros(len(state)).double()) & free
        self.p_x0 = one_hot(
            self.words.masked_fill(self.words == process.noise_id, 0), process.num_words
        ).double()
        self.shares = self.p_x0.flatten(0, 1)  # the same memory, (B * L, V)
        self.model = self.shares if temperature == top_p == 1 else self.shares.clone()
        self.told: Tensor | None = None  # the last answer, once there is one
        self.extra: Tensor | None = None
        self.landmarks = process.landmarks(denoiser) if record else None
        self.prob = torch.full((num_cells,), torch.nan, dtype=torch.float64)
        self.entropy = self.prob.clone()
        top = min(NUM_ALTERNATIVES, process.num_words)
        self.top_ids = torch.full((num_cells, top), -1)
        self.top_probs = torch.zeros(num_cells, top, dtype=torch.float64)

    def left(self) -> int:
        """The number of open cells in the row with most."""
        return int(self.open.sum(-1).max())

    def moment(
        self, state: Tensor, t: Tensor, s: Tensor, alpha_t: Tensor, alpha_s: Tensor, rate: Tensor,
        rng: Sequence[Generator],
    ) -> Moment:  # fmt: skip
        """What a sampler needs to go from t to s."""
        model = self.model.view_as(self.p_x0)
        return Moment(state, self.open, self.p_x0, model, self.extra, t, s, alpha_t, alpha_s, rate, rng)

    def look(self, state: Tensor, alpha: Tensor) -> None:
        """Asks about the stale rows of this state that have open cells, or what else the process asks about."""
        where, noise, told = self.open & self.stale, 1 - alpha, self.told
        self.stale = self.unmoved
        asked = self.process.asks(state, where, noise)
        if not bool(asked.any()):
            return
        cells, some = flat_cells(where), not bool(asked.all())
        if some:
            state, noise, where = state[asked], noise[asked], where[asked]
            told = None if told is None else told[asked]
        logits, self.extra = self.process.ask(self.denoiser, state, noise, where, told)
        if some and self.extra is not None:
            whole = self.extra.new_zeros(len(asked), *self.extra.shape[1:])
            self.extra = whole.index_put((asked,), self.extra)
        self.calls = self.calls + asked
        model = logits.softmax(-1, dtype=torch.float64)  # (K, V)
        self.model.index_copy_(0, cells, model)
        self.told = self.model.view_as(self.p_x0)
        if self.model is not self.shares:
            self.shares.index_copy_(0, cells, shape(logits.double(), self.temperature, self.top_p))
        if self.record:
            self._measure(cells, model)

    def _measure(self, cells: Tensor, model: Tensor) -> None:
        top_probs, top_ids = model.topk(self.top_ids.shape[-1])
        self.top_probs.index_copy_(0, cells, top_probs)
        self.top_ids.index_copy_(0, cells, top_ids)
        prob = top_probs[:, 0]
        if self.process.revises:  # open cells may show words
            words = self.words.flatten()[cells, None]
            shown = model.gather(-1, words.clamp_max(model.shape[-1] - 1))[:, 0]
            prob = torch.where(self.noisy.flatten()[cells], prob, shown)
        self.prob.index_copy_(0, cells, prob)
        self.entropy.index_copy_(0, cells, torch.special.entr(model).sum(-1))

    def follow(self, state: Tensor, alpha: Tensor, edited: Tensor | None = None, over: bool = False) -> None:
        """Takes note of what a step or an edit led to.

        Args:     alpha: (B,) of the state.   edited: (K,) cells.   over: the run had ended before the edit.
        """
        before, self.words = self.words, self.process.words(state)
        changed = self.words != before
        self.stale = self.unmoved if self.process.time_dependent else changed.any(-1, keepdim=True)
        if edited is not None and over and self.process.revises:  # the rest of the text stays as it is
            self.free = torch.zeros_like(self.free).index_fill_(0, edited, True)
        self.open = self.process.open(state) & self.free
        if edited is not None:
            self.told = None  # it would give away the words that were put back
        if not self.record:
            return
        self.noisy = self.process.noisy(state, changed, self.noisy, alpha)
        if edited is not None:
            self.noisy = self.noisy.index_fill(1, edited, True)
        cells = flat_cells(changed & ~self.noisy)
        self.prob.index_copy_(0, cells, self.model[cells, self.words.flatten()[cells]])

    def measured(self, state: Tensor, alpha: Tensor, asked: bool) -> Measured | None:
        """A copy of what is known of every cell now. Args: asked: the model was asked about this frame's open cells."""
        if not self.record:
            return None
        top_ids = self.top_ids.masked_fill(~self.open.flatten()[:, None] if asked else torch.tensor(True), -1)
        known = (self.prob.clone(), self.entropy.clone(), top_ids, self.top_probs.clone())
        extras = self.process.extras(state, alpha, self.landmarks)
        prob, entropy, top_ids, top_probs = (part.unflatten(0, self.shape) for part in known)
        places = self.process.places(state)
        return Measured(self.noisy, prob, entropy, top_ids, top_probs, places, extras, self.landmarks)


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
