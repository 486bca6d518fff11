"""`Tagged`: a denoiser whose first cell names the register, as one of the text alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class Tagged:
    """Puts the tag before the text and answers for the text's own cells, so that whoever noises or scores a text need
    not know of tags.

    Attributes:
        denoiser: of whole canvases.   tag_id: what stands in their first cell.
    """

    denoiser: Any
    tag_id: int

    def __call__(self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None) -> Tensor:
        """(B, L, V) logits for the text (B, L), or (K, V) for the cells in `where` (B, L) bool."""
        whole = pad(state, (1, 0), value=self.tag_id)
        if where is None:
            logits: Tensor = self.denoiser(whole, noise)
            return logits[:, 1:]
        asked: Tensor = self.denoiser(whole, noise, where=pad(where, (1, 0)))
        return asked
