"""What every corruption process is: how text becomes noise, and how its states are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Tensor

    from textdiff_core.draws import Rng


@dataclass(frozen=True)
class Process:
    """Diffusion over V words with a noise schedule. Here, of a process whose states are words or noise.

    A *state* is a tensor whose first two sizes are B texts and L cells; what a cell holds is the process's
    own affair. Where `words` shows noise it answers with the id V.

    Attributes:
        num_words: V.   schedule: alpha(t), the share of words that survive at t.
        time_dependent: the best prediction depends on the noise level, so that an unchanged state has to be
            asked about again.   revises: cells that are words already may change, so that all are open.
        grows: cells come between others, so that texts have any length and cells no fixed position.
        ordered: words come in reading order alone, each known to depend on those before it and on no other.
        network: what its denoiser needs beyond sizes, fields of `TransformerConfig`.
        title: what it is called on screen; its name where that is empty.
        loss, sampler: names of the loss it is trained by and the sampler that leads back, unless others are
            asked for.
        caution: what to say beside its bound, "" where it can be compared with that of other processes.

    What readers are told of it (Markdown, `step` with the formula in it):
        seen: what they see.   step: one step back in the reverse process.   tries: what is worth trying.
        in_numbers: the step's formula with {names} for which the numbers of a step are put: alpha_t, alpha_s, noise_t
            and noise_s (1 - alpha), share (of what noise took by t, back at s), V, and those of `numbers`; a letter
            after "_" is set low, *what stands so* bold.   sources: papers, one a line of a list.
    """

    num_words: int
    schedule: Schedule
    name: ClassVar[str]
    title: ClassVar[str] = ""
    time_dependent: ClassVar[bool] = True
    revises: ClassVar[bool] = False
    grows: ClassVar[bool] = False
    ordered: ClassVar[bool] = False
    loss: ClassVar[str]
    sampler: ClassVar[str]
    caution: ClassVar[str] = ""
    seen: ClassVar[str]
    step: ClassVar[str]
    in_numbers: ClassVar[str]
    tries: ClassVar[tuple[str, ...]]
    sources: ClassVar[tuple[str, ...]]
    network: ClassVar[Mapping[str, bool]] = {"time_conditioning": True}

    @property
    def noise_id(self) -> int:
        return self.num_words

    # ---- text to noise ------------------------------------------------------------------------------

    def prior(self, x_0: Tensor, *, rng: Rng) -> Tensor:
        """A state at t = 1 for texts of x_0's shape (B, L), whatever they say."""
        raise NotImplementedError

    def corrupt(self, x_0: Tensor, t: Tensor, *, rng: Rng) -> Tensor:
        """x_t drawn from q(x_t | x_0).

        Args:     x_0: (B, L) int64 in [0, V).   t: (B,) noise levels in [0, 1].
        """
        raise NotImplementedError

    def likelihood(self, state: Tensor, noise: Tensor) -> Tensor:
        """(B, L, V) float64: q(x_t^i | x_0^i = v) for every word v, up to a factor for each cell.

        Args:     noise: (B,) float64 shares of noise 1 - alpha.
        """
        raise NotImplementedError

    # ---- reading a state ----------------------------------------------------------------------------

    def words(self, state: Tensor) -> Tensor:
        """(B, L) int64 ids as they are shown; V is noise."""
        return state

    def open(self, state: Tensor) -> Tensor:
        """(B, L) bool: the cells that the model has to be asked about."""
        raise NotImplementedError

    def noisy(self, state: Tensor, changed: Tensor, noisy: Tensor, alpha: Tensor) -> Tensor:
        """(B, L) bool: the cells that show noise.

        Args:     changed: (B, L) bool, where other words are shown than one frame earlier.
                  noisy: (B, L), what this function said then.   alpha: (B,) of the state.
        """
        return self.words(state) == self.noise_id

    def places(self, state: Tensor) -> Tensor:
        """(B, L) int64: each cell's place in reading order, from 0; L while it is not on the canvas."""
        import torch

        cells = torch.arange(state.shape[1], device=state.device)
        return cells.expand(state.shape[:2])

    def present(self, state: Tensor) -> Tensor:
        """(B, L) bool: the cells that are on the canvas."""
        return self.places(state) < state.shape[1]

    def read(self, state: Tensor) -> Tensor:
        """(B, L) int64: the words in reading order, noise as V, blanks after the last cell that is there."""
        import torch

        words, places = self.words(state), self.places(state)
        canvas = torch.zeros(len(words), words.shape[1] + 1, dtype=words.dtype, device=words.device)
        return canvas.scatter(-1, places, words)[:, :-1]

    def share(self, state: Tensor, free: Tensor, noise: float) -> float:
        """The share of noise from which a run goes on after an edit.

        Args:     free: (L,) bool, cells that may change.   noise: share it had come to, 0 where it was over.
        """
        if self.revises and noise > 0:
            return noise
        return int((self.open(state) & free).sum(-1).max()) / max(1, int(free.sum()))

    def asks(self, state: Tensor, where: Tensor, noise: Tensor) -> Tensor:
        """(B,) bool: the texts the model is asked about, its question being the cells in `where` (B, L)."""
        return where.any(-1)

    def landmarks(self, denoiser: Any) -> Tensor | None:
        """(V, 2) places of the words on a map, where cells have places among them."""
        return None

    def extras(self, state: Tensor, alpha: Tensor, landmarks: Tensor | None) -> dict[str, Tensor]:
        """What else a recording keeps of each cell, see `Trace`: distance (B, L), points (B, L, 2).

        Args:     alpha: (B,) of the state.   landmarks: what that function said, once a run.
        """
        return {}

    def numbers(self, alpha_t: np.ndarray, alpha_s: np.ndarray) -> dict[str, np.ndarray]:
        """The numbers of steps (N,) that `in_numbers` asks for and alpha alone does not give, (N,) each."""
        return {}

    # ---- noise to text ------------------------------------------------------------------------------

    def hold(self, state: Tensor, given: Tensor, words: Tensor) -> Tensor:
        """The state with the cells `given` (L,) bool holding `words` (L,) or (B, L), clean."""
        import torch

        return torch.where(given, words, state)

    def put_back(self, state: Tensor, cells: Tensor, alpha: Tensor, *, rng: Rng) -> Tensor:
        """The state with these cells (K,) as at t = 1. Args: alpha: (B,) of the state from here on."""
        import torch

        chosen = torch.zeros(state.shape[1], dtype=torch.bool).index_fill_(0, cells, True)
        return torch.where(chosen, self.prior(self.words(state), rng=rng), state)

    def ask(
        self, denoiser: Any, state: Tensor, noise: Tensor, where: Tensor, told: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """What the denoiser says of the cells in `where` (B, L) bool.

        Denoisers answer with the leave-one-out prediction, from all cells but the one that is asked about;
        what the cell's own state tells is the process's to add.

        Args:     noise: (B,) shares of noise 1 - alpha.   told: (B, L, V), the last answer's probabilities, if any.
        Returns:  (K, V) logits of p(x_0^i | x_t), and what else the process wants of it for its samplers.
        """
        return denoiser(state, noise, where=where), None
