"""Asking the network while a text is denoised: when to ask, and what is remembered of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from textdiff_core.denoisers.remembering import remembering
from textdiff_core.draws import flat_cells
from textdiff_core.samplers import Moment
from textdiff_core.trace import NUM_ALTERNATIVES

NUCLEUS_AT_FIRST = 1024  # words: to order all 10,000 of a real vocabulary takes four times as long
JUDGED_AT_ONCE = 256  # candidates: more do not stay in a core's cache


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


class Caller:
    """Asks the network about the rows that changed since it was last asked, and keeps what it said.

    `p_x0` (B, L, V) holds the shares that words are drawn by; `model` holds the model's own, before
    temperature and top-p. Both start as one-hot and then hold the last answer about each cell. What is kept
    of cells is kept row under row (B * L, ...): one list of cells then serves every update.
    """

    def __init__(
        self, process: Any, denoiser: Any, state: Tensor, free: Tensor, temperature: float, top_p: float,
        record: bool, draft: Tensor | None = None, *, reads: str = "noise", remasks: bool = False,
    ) -> None:  # fmt: skip
        self.process, self.denoiser, self.free = process, remembering(denoiser), free
        self.passes = getattr(denoiser, "passes", 1)  # of the network, each time it is asked
        self.reads, self.reads_all, self.mends = reads, reads == "all", process.revises or remasks
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

    def question(self) -> Tensor:
        """(B, L) bool: the cells that the model is to be asked about, or was."""
        if self.reads == "next":
            first: Tensor = self.process.following(self.open)
            return first
        return self.free.expand(self.shape) if self.reads_all else self.open

    def moment(
        self, state: Tensor, t: Tensor, s: Tensor, alpha_t: Tensor, alpha_s: Tensor, rate: Tensor,
        rng: Sequence[Generator],
    ) -> Moment:  # fmt: skip
        """What a sampler needs to go from t to s."""
        model = self.model.view_as(self.p_x0)
        return Moment(
            state, self.open, self.free, self.p_x0, model, self.extra, t, s, alpha_t, alpha_s, rate, rng
        )

    def look(self, state: Tensor, alpha: Tensor) -> None:
        """Asks about the stale rows of this state that have open cells, or what else the process asks about."""
        where, noise, told = self.question() & self.stale, 1 - alpha, self.told
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
        self.calls = self.calls + asked * self.passes
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
        if self.process.revises or self.reads_all:  # cells that were asked about may show words
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
        if edited is not None and over and self.mends:  # the rest of the text stays as it is
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
        told = (self.open & self.question()).flatten()
        top_ids = self.top_ids.masked_fill(~told[:, None] if asked else torch.tensor(True), -1)
        unknown = (
            self.noisy.flatten() & self.open.flatten() & ~told
        )  # noise that the model is not asked about
        known = (
            self.prob.masked_fill(unknown, torch.nan), self.entropy.masked_fill(unknown, torch.nan),
            top_ids, self.top_probs.clone(),
        )  # fmt: skip
        extras = self.process.extras(state, alpha, self.landmarks)
        prob, entropy, top_ids, top_probs = (part.unflatten(0, self.shape) for part in known)
        places = self.process.places(state)
        return Measured(self.noisy, prob, entropy, top_ids, top_probs, places, extras, self.landmarks)


class Jury:
    """Asks the judge about candidates of a step, and counts the calls of its network: one for each candidate."""

    def __init__(self, judge: Any, batch: int) -> None:
        self.judge, self.calls = judge, torch.zeros(batch, dtype=torch.int64)

    def __call__(self, candidates: Tensor, written: Tensor, belief: Tensor) -> Tensor:
        """(B, K) ln D / (1 - D), 0 where at most one word is written: that is true as it is. Args as in `Moment`."""
        asked = written.sum(-1) > 1
        odds = torch.zeros(candidates.shape[:2], dtype=torch.float64)
        rows = asked.nonzero()[:, 0].split(max(1, JUDGED_AT_ONCE // candidates.shape[1]))
        for some in rows if bool(asked.any()) else ():
            odds[some] = self.judge(candidates[some], written[some], belief[some]).double()
        self.calls = self.calls + asked * candidates.shape[1]
        return odds


def shape(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """(K, V) probabilities that words are drawn by: softmax(logits / temperature), cut to the nucleus."""
    if temperature == 0:
        return one_hot(logits.argmax(-1), logits.shape[-1]).double()
    p = (logits / temperature).softmax(-1)
    if top_p < 1:
        p = nucleus(p, top_p, min(NUCLEUS_AT_FIRST, p.shape[-1]))
        p = p / p.sum(-1, keepdim=True)
    return p


def nucleus(p: Tensor, top_p: float, num: int) -> Tensor:
    """(K, V) p, with 0 for all words outside the smallest set of likeliest words that has at least top_p of it.

    Args:     num: likeliest words to look at first; all V are ordered only in rows where these are not enough.
    Source:   nucleus sampling arXiv:1904.09751.
    """
    best, order = p.topk(num)
    inside = best.cumsum(-1) - best < top_p
    kept = torch.zeros_like(p).scatter(-1, order, best * inside)
    larger = inside[:, -1]
    if num < p.shape[-1] and bool(larger.any()):
        kept[larger] = nucleus(p[larger], top_p, p.shape[-1])
    return kept
