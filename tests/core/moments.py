"""What a sampler is given at one step, for tests that call a step rule by itself."""

import torch

from textdiff_core.samplers import Moment
from textdiff_core.schedules import return_rate


def moment(process, state, p_x0, t: float, s: float, rng, extra=None) -> Moment:
    """The way from t to s for every row of `state` (B, L, ...), all of whose open cells may change."""
    t, s = (torch.full((len(state),), float(x), dtype=torch.float64) for x in (t, s))
    alpha_t, alpha_s = process.schedule.alpha(t), process.schedule.alpha(s)
    rate = return_rate(alpha_t, alpha_s)[:, None]
    free = torch.ones(state.shape[1], dtype=torch.bool)
    return Moment(state, process.open(state), free, p_x0, p_x0, extra, t, s, alpha_t, alpha_s, rate, rng)
