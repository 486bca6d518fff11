"""How good a model is, held against the exact truth of its corpus."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from textdiff_core.losses import order_nats
from textdiff_core.metrics import even_p_value, length_p_value, metrics, rule_rates

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 100


def report(texts: list[str], corpus: Any, nats: dict[str, float]) -> dict[str, Any]:
    """What texts and measured nats (see `likelihood`) say, as the command line's `evaluate` prints it."""
    return {
        "num": len(texts),
        **nats,
        **{name: metrics.build(name)(texts, corpus) for name in metrics},
        "rules": rule_rates(texts, corpus),
        "p_values": {
            **{name: even_p_value(*chosen) for name, chosen in corpus.even(texts).items()},
            "lengths": length_p_value(texts, corpus),
        },
    }


def likelihood(process: Any, loss: Any, denoiser: Any, corpus: Any, num: int, seed: int) -> dict[str, float]:
    """What `num` freshly told tales cost the model, in nats.

    The mean excess over the exact denoiser on the same noise is the gap, since most of the scatter cancels; the NELBO
    is the corpus's entropy plus the gap. Where cells have no fixed position the least bound stands for the entropy: it
    also pays for the order in which words come, is no perplexity and not comparable with other processes.
    """
    gap, error = _mean(excess_nats(process, loss, denoiser, corpus, num, seed))
    if process.grows:
        order = math.fsum(share * order_nats(n) for n, share in corpus.lengths().items())
        return {
            "bound_nats_per_story": corpus.entropy() + order + gap,
            "bound_standard_error": error,
            "least_bound_nats_per_story": corpus.entropy() + order,
            "entropy_nats_per_story": corpus.entropy(),
            "gap_nats_per_story": gap,
        }
    nelbo = corpus.entropy() + gap
    return {
        "nelbo_nats_per_story": nelbo,
        "nelbo_standard_error": error,
        "entropy_nats_per_story": corpus.entropy(),
        "gap_nats_per_story": gap,
        "nelbo_nats_per_token": nelbo / corpus.length,
        "bits_per_token": nelbo / corpus.length / math.log(2),
    }


def _mean(nats: Tensor) -> tuple[float, float]:
    """Mean and standard error."""
    num = len(nats)
    return float(nats.mean()), float(nats.std()) / math.sqrt(num) if num > 1 else math.nan


def _told(corpus: Any, num: int, seed: int) -> Tensor:
    import numpy as np
    import torch

    return torch.from_numpy(corpus.batch(num, np.random.default_rng((seed, 2))))


def _bound(loss: Any, process: Any, denoiser: Any, texts: Tensor, seed: int) -> Tensor:
    """(num,) float64 the loss's bound on each text, with noise that depends on the seed alone."""
    import torch

    from textdiff_core.draws import step_rng

    with torch.no_grad():
        parts = [
            loss.validation(process, denoiser, texts[first : first + BATCH], rng=step_rng(seed, first)).nelbo
            for first in range(0, len(texts), BATCH)
        ]
    return torch.cat(parts).double()


def excess_nats(process: Any, loss: Any, denoiser: Any, corpus: Any, num: int, seed: int) -> Tensor:
    """(num,) bound of the denoiser minus that of the exact one on the same noise, for freshly told tales.

    The exact denoiser's NELBO is -ln p of the tale, so the mean is the gap to the entropy; its bound of a text that
    grows is the least there is.
    """
    from textdiff_core.denoisers.exact import exact

    texts = _told(corpus, num, seed)
    ours, best = (_bound(loss, process, one, texts, seed) for one in (denoiser, exact(corpus, process)))
    return ours - best
