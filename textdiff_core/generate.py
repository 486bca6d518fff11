"""The denoising loop: the only place where a state goes from noise to text."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from textdiff_core.asking import Caller, Jury, Measured
from textdiff_core.draws import step_rng
from textdiff_core.records import Edit
from textdiff_core.samplers import EVEN, Moment, Sampler
from textdiff_core.schedules import Schedule, return_rate


@dataclass(frozen=True)
class Frame:
    """The batch at one moment. Frame 0 is the start; frame i is what step i led to.

    Attributes:
        t, alpha: (B,) float64.   state: the process's.   words: (B, L) int64 ids as shown, V is noise.
        calls: (B,) int64 network calls so far, those of a judge among them.   judged: (B,) only those.
        seconds: since the start.   measured: None without recording.
    """

    t: Tensor
    alpha: Tensor
    state: Tensor
    words: Tensor
    calls: Tensor
    judged: Tensor
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
    judge: Any = None,
) -> Iterator[Frame]:
    """Yields the frames of one run for each seed, from noise to text.

    Args:     grid: (N + 1,) times from 1 to 0; a sampler may draw its own (see `Sampler.times`).
              seeds: B of them; row b draws the same numbers whatever else is in the batch.
              keep: (L,) or (B, L) int64 ids that are given and never change, -1 where a cell is free: the same
              cells in every row, whose words may differ.
              temperature: logits are divided by it before drawing; 0 takes the likeliest word.
              top_p: words are drawn from the smallest set of likeliest words with at least this share (the
              word that crosses it is in).   edits: the reader's changes, for a single run.
              draft: (L,) or (B, L) ids to begin from instead of noise, noised to the grid's time at which the share
              of noise is `level` or next above it; cells that it leaves open, as V, are noise.
              judge: of steps, for samplers that need one, see `denoisers.judge`.
    Raises:   ValueError: the sampler does not serve the process, or needs a judge; edits that do not fit; rows of
              `keep` that are too few, too many, or free in different cells.
    """
    if process.name not in sampler.serves:
        raise ValueError(f"sampler {sampler.name!r} needs the {' or '.join(sampler.serves)} process")  # type: ignore[attr-defined]
    if sampler.judged and judge is None:
        raise ValueError(f"sampler {sampler.name!r} needs a judge of steps, got none")  # type: ignore[attr-defined]
    if edits and len(seeds) != 1:
        raise ValueError(f"edits belong to a single run, got {len(seeds)}")
    if keep.ndim == 2 and (len(keep) != len(seeds) or bool(((keep < 0) != (keep[0] < 0)).any())):
        raise ValueError(
            f"keep must have the same free cells in each of {len(seeds)} rows, got {len(keep)} rows"
        )
    begun, rngs = time.perf_counter(), [step_rng(seed, 0) for seed in seeds]
    state, share, free = begin(
        process, grid, keep, draft, level, rngs, mends=process.revises or sampler.remasks
    )
    caller = Caller(
        process, denoiser, state, free, temperature, top_p, record, draft,
        reads=sampler.reads, remasks=sampler.remasks,
    )  # fmt: skip
    jury = Jury(judge, len(seeds))
    way = plan(process.schedule, sampler, grid, share, caller.left(), rngs)
    done, waiting = 0, list(edits)
    for index in itertools.count(1):  # of the next frame
        (t, alpha, rate), more = way[done], done + 1 < len(way)
        if record and more:
            caller.look(state, alpha)
        seconds = time.perf_counter() - begun
        measured = caller.measured(state, alpha, asked=more)
        calls = caller.calls + jury.calls
        yield Frame(t, alpha, state, caller.words, calls, jury.calls, seconds, measured)
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
            now = caller.moment(state, t, s, alpha, alpha_s, rate, rngs)._replace(judge=jury)
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
    *,
    mends: bool,
) -> tuple[Tensor, float, Tensor]:
    """The state a run starts from, (B, L, ...), the share of noise in it, and (L,) which cells may change.

    Args as in `denoise`; mends: words that stand may be changed or taken back.
    """
    given = keep.view(-1, keep.shape[-1])[0] >= 0
    free = ~given
    words = (keep if draft is None else draft).expand(len(rngs), -1)
    if draft is None:
        state, share = process.prior(words, rng=rngs), 1.0
    else:
        noise = 1 - process.schedule.alpha(grid)
        start = int(np.flatnonzero(noise >= level - EVEN)[-1])
        times, share = torch.full((len(rngs),), float(grid[start])).double(), float(noise[start])
        missing = draft == process.noise_id
        state = process.corrupt(words.masked_fill(missing, 0), times, rng=rngs)
        if bool(missing.any()) and not process.grows:  # where texts grow, nothing stands there either way
            alpha = process.schedule.alpha(times) if share else torch.zeros_like(times)
            state = process.put_back(state, missing.nonzero()[:, 0], alpha, rng=rngs)
            if mends and not share:  # the rest of the draft stays as it is
                free = free & missing
            share = process.share(state, free, share)
    return process.hold(state, given, keep), share, free


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
