"""Training losses, one file a process. Importing this package fills the registry."""

from textdiff_core.losses import chain_rule as _chain_rule  # noqa: F401
from textdiff_core.losses import embedding as _embedding  # noqa: F401
from textdiff_core.losses import rates as _rates  # noqa: F401
from textdiff_core.losses.base import LEAST_NOISE, Loss, LossTerms, losses
from textdiff_core.losses.conditional import Conditional, conditional
from textdiff_core.losses.inserting import order_nats
from textdiff_core.losses.masking import Masking, chain

__all__ = [
    "LEAST_NOISE", "Conditional", "Loss", "LossTerms", "Masking", "chain", "conditional", "losses", "order_nats",
]  # fmt: skip
