"""When a training run is over: because it is done, because it gets no better, or because it diverges."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from textdiff_core.training_records import TIME_UP, TrainConfig, TrainPoint

RECENT = 10  # steps whose mean is looked at
CALM = 10  # so many steps in a row it must be too high
TOO_HIGH = 2.0  # times ln V


class Diverged(ValueError):
    """The weights have left the region where training goes down."""


class Watch:
    """Recognises divergence by the mean cross-entropy of a batch's open cells, at any process and loss.

    A network that knows nothing says ln V nats, one word like another, and that is where every one of ours
    begins: its head is zero. To say twice as much, as a mean over steps, it must be sure of wrong words.
    Measured over all losses and optimizers on a tiny world: sane rates never got above 1.0 ln V; a rate of 10
    got above 3 within thirty steps, also by SGD, whose clipped steps wander most slowly.
    """

    def __init__(self, num_words: int) -> None:
        self.bound = TOO_HIGH * math.log(num_words)
        self.recent: deque[float] = deque(maxlen=RECENT)
        self.high = 0

    @property
    def calm(self) -> bool:
        """Whether the weights are as good as any: then, and only then, they are kept."""
        return self.high == 0

    def look(self, step: int, nats: float, norm: float) -> None:
        """Takes note of a step's mean nats and gradient norm. Raises Diverged when it is one too many."""
        if not math.isfinite(nats + norm):
            self.high = CALM
            what = "loss" if not math.isfinite(nats) else "gradient"
            raise Diverged(f"training diverged at step {step}: the {what} is not finite; {WHAT_TO_TRY}")
        self.recent.append(nats)
        mean = math.fsum(self.recent) / len(self.recent)
        self.high = self.high + 1 if mean > self.bound else 0
        if self.high >= CALM and len(self.recent) == RECENT:
            raise Diverged(
                f"training diverged at step {step}: a word costs {mean:.1f} nats, and "
                f"{self.bound / TOO_HIGH:.1f} for one who knows nothing; {WHAT_TO_TRY}"
            )


WHAT_TO_TRY = "lower the rate (a third is a good next try), raise the warmup, or clip the gradient harder"


def ended(config: TrainConfig, step: int, history: Sequence[TrainPoint], late: bool = False) -> str:
    """Why a run is over that has come to `step`, in words; "" while it is not."""
    if step >= config.steps:
        return f"all {config.steps} steps are done"
    losses = [point.validation_nelbo for point in history]
    if losses and config.target and losses[-1] <= config.target:
        return f"the validation loss is {losses[-1]:.4f} nats a cell; {config.target:g} was the target"
    since = len(losses) - 1 - losses.index(min(losses)) if losses else 0
    if config.patience and since >= config.patience:
        return f"the last {since} validations were no better than the one before"
    return TIME_UP if late else ""
