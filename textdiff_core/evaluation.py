"""How good a model is, held against the exact truth of its corpus."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from textdiff_core.metrics import even_p_value, metrics, rule_rates

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 100


def report(texts: list[str], corpus: Any, excess: Tensor, length: int) -> dict[str, Any]:
    """What texts and measured nats say, as the command line's `evaluate` prints it.

    Args:     excess: (num,) nats that the model's bound needs beyond the exact bound, tale by tale (see
              `excess_nats`).   length: cells of the canvas.
    The NELBO is the corpus's entropy plus the mean excess: most of the scatter cancels.
    """
    gap, num = float(excess.mean()), len(excess)
    error = float(excess.std()) / math.sqrt(num) if num > 1 else math.nan
    tales = [tale for text in texts if (tale := corpus.parse(text.split()))]
    nelbo = corpus.entropy() + gap
    return {
        "num": num,
        "nelbo_nats_per_story": nelbo,
        "nelbo_standard_error": error,
        "entropy_nats_per_story": corpus.entropy(),
        "gap_nats_per_story": gap,
        "nelbo_nats_per_token": nelbo / length,
        "bits_per_token": nelbo / length / math.log(2),
        **{name: metrics.build(name)(texts, corpus) for name in metrics},
        "rules": rule_rates(texts, corpus),
        "p_values": {
            "names": even_p_value([tale.facts["{A}"] for tale in tales], list(corpus.names)),
            "animals": even_p_value([tale.facts["{animal}"] for tale in tales], list(corpus.animals)),
            "plots": even_p_value([tale.plot for tale in tales], corpus.plots),
        },
    }


def excess_nats(process: Any, loss: Any, denoiser: Any, corpus: Any, num: int, seed: int) -> Tensor:
    """(num,) NELBO of the denoiser minus that of the exact one on the same noise, for freshly told tales.

    The exact denoiser's NELBO is -ln p of the tale, so the mean is the gap to the entropy.
    """
    import numpy as np
    import torch

    from textdiff_core.denoisers.tales_oracle import TalesOracle
    from textdiff_core.draws import step_rng

    oracle = TalesOracle(corpus, process)
    texts = torch.from_numpy(corpus.batch(num, np.random.default_rng((seed, 2))))
    excess = []
    with torch.no_grad():
        for first in range(0, num, BATCH):
            ours, best = (
                loss.validation(process, one, texts[first : first + BATCH], rng=step_rng(seed, first)).nelbo
                for one in (denoiser, oracle)
            )
            excess.append(ours.double() - best.double())
    return torch.cat(excess)
