"""How a judge of steps is trained: true steps against those that a sampler draws word by word, by logistic loss.

It is no loss of a denoiser and is not registered as one; the training loop takes it all the same, with the judge in the
denoiser's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textdiff_core.draws import uniform
from textdiff_core.losses.base import DRAWS, Loss, LossTerms, mean_terms
from textdiff_core.samplers import Moment
from textdiff_core.samplers.guided import BASES
from textdiff_core.schedules import return_rate

if TYPE_CHECKING:
    from torch import Generator, Tensor

STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24)  # numbers of even steps that are judged
KINDS = ("ancestral", "informed")  # whose steps: the teller answers once for all of them


@dataclass(frozen=True)
class Apart(Loss):
    """-ln D(true step) - ln(1 - D(drawn step)), halved: nats a decision, ln 2 for a judge that knows nothing.

    A text is hidden down to a time t of N even steps; the sampler's own rule takes the step to s, by the teacher's words.
    That is the drawn step; the true one writes the same cells with the text's own words. So x_t is distributed alike in
    both, and the best D / (1 - D) is the ratio for every x_t, which mixed N and rules leave as it is.
    Source:   Goodfellow et al. 2014, arXiv:1406.2661; Kim et al. 2022, arXiv:2211.17091, section 3.1; pairs of neighbouring
              states as in Xiao et al. 2021, arXiv:2112.07804.

    Attributes: teller: the denoiser whose steps are judged.
    """

    teller: Any = None

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        """`denoiser`: the judge.   The parts are nats a decision."""
        import torch

        state, drawn, written = steps(process, self.teller, x_0, rng)
        x_0 = x_0.repeat(len(KINDS), 1)
        true = torch.where(written, x_0, state)
        odds = denoiser(torch.cat([true, drawn]), torch.cat([written, written])).float()
        real, fake = odds.chunk(2)
        nats = (torch.nn.functional.softplus(-real) + torch.nn.functional.softplus(fake)) / 2
        noise = (state == process.noise_id).double().mean(-1)
        return LossTerms(nats.mean() / x_0.shape[1], nats.detach().double(), noise, nats.detach())

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        return mean_terms([self(process, denoiser, x_0, rng=rng) for _ in range(DRAWS)])


def steps(process: Any, teller: Any, x_0: Tensor, rng: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """A step of each of KINDS from a noisy version of each text, kind by kind.

    Returns:  x_t (B', L), what the step leads to (B', L), and the cells written (B', L) bool; B' is B times the kinds.
    """
    import torch

    batch, length = x_0.shape
    which, when = uniform((2, batch), rng)
    num = torch.tensor(STEPS, dtype=torch.float64)[(which * len(STEPS)).long()]
    left = (when * num).floor() + 1  # 1..N
    t, s = left / num, (left - 1) / num
    alpha_t, alpha_s = process.schedule.alpha(t), process.schedule.alpha(s)
    state = process.corrupt(x_0, t, rng=rng)
    hidden = process.open(state)
    with torch.no_grad():
        answer = teller(state, 1 - alpha_t, where=hidden).softmax(-1, dtype=torch.float64)
    p_x0 = torch.zeros(batch, length, answer.shape[-1], dtype=torch.float64)
    p_x0[hidden] = answer
    rate, free = return_rate(alpha_t, alpha_s)[:, None], torch.ones(length, dtype=torch.bool)
    now = Moment(state, hidden, free, p_x0, p_x0, None, t, s, alpha_t, alpha_s, rate, rng)
    after = torch.cat([BASES[kind].step(process, now) for kind in KINDS])
    state, hidden = (part.repeat(len(KINDS), 1) for part in (state, hidden))
    return state, after, hidden & (after != state)
