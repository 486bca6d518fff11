"""What every training loss is: what is minimised, in named parts and in nats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import uniform
from textdiff_core.registry import Part, Registry

if TYPE_CHECKING:
    from torch import Generator, Tensor

LEAST_NOISE = 1e-3  # the only epsilon of the project: below it the weight 1/t has no finite variance
GIVEN = 0.1  # share of the training texts in which some words are given, so that prompts are understood
DRAWS = 8  # noisy versions of each text in a validation


@dataclass(frozen=True)
class LossTerms:
    """One batch's loss.

    Attributes:
        objective: () nats per cell; its gradient trains the model.
        nelbo: (B,) nats per text, an unbiased estimate of the upper bound on -ln p(x_0), detached: the
            diffusion part. The prior and the reconstruction part are exactly 0, because schedules reach
            their ends exactly.
        noise: noise levels, and cross_entropy: the mean nats of an open cell's word there; of one shape.
    """

    objective: Tensor
    nelbo: Tensor
    noise: Tensor
    cross_entropy: Tensor


@dataclass(frozen=True)
class Loss(Part):
    """Base: draws a noisy version of each text and judges what the denoiser says of it.

    Attributes:
        name: in the registry.   serves: names of the processes it trains.
    """

    name: ClassVar[str]

    serves: ClassVar[tuple[str, ...]] = ("absorbing",)

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        """The loss of one batch.

        Args:     x_0: (B, L) int64.   rng: advanced by this call.
                  teacher: a denoiser that knows the exact prediction; the objective then scores against its
                  shares instead of the one word that was told. The expectation is the same, and the
                  gradient loses the scatter of the telling (Rao-Blackwell).
        """
        raise NotImplementedError

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        """The likelihood bound as exactly as it can be measured on these texts; no gradient is meant to be taken.

        With the exact denoiser and the same generator it is the bound's own smallest value, so that differences
        to it are sharp.
        """
        raise NotImplementedError


def some_given(shape: tuple[int, int], rng: Generator) -> Tensor:
    """(B, L) bool: in a tenth of the texts an even share of the cells, each on its own; in the others none."""
    some, which = uniform((shape[0], 2), rng), uniform(shape, rng)
    return (some[:, :1] < GIVEN) & (which < some[:, 1:])


def spread(values: Tensor, where: Tensor) -> Tensor:
    """(K,) values in the cells that `where` (B, L) bool names, 0 elsewhere."""
    import torch

    return torch.zeros(where.shape, dtype=values.dtype, device=values.device).masked_scatter(where, values)


def mean_terms(parts: Sequence[LossTerms]) -> LossTerms:
    """Several noisy versions of the same texts as one: means of the nats, all levels side by side."""
    import torch

    return LossTerms(
        objective=torch.stack([part.objective for part in parts]).mean(),
        nelbo=torch.stack([part.nelbo for part in parts]).mean(0),
        noise=torch.cat([part.noise for part in parts]),
        cross_entropy=torch.cat([part.cross_entropy for part in parts]),
    )


losses: Registry[Loss] = Registry("loss")
