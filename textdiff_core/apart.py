"""How a judge of steps is trained: to find the true step among those that a sampler draws word by word.

It is no loss of a denoiser and is not registered as one; the training loop takes it all the same, with the judge in the
denoiser's place.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textdiff_core.draws import pick, uniform
from textdiff_core.losses.base import DRAWS, Loss, LossTerms, mean_terms
from textdiff_core.samplers import Moment
from textdiff_core.samplers.guided import BASES
from textdiff_core.schedules import return_rate

if TYPE_CHECKING:
    from torch import Generator, Tensor

STEPS = (3, 4, 6, 8, 12)  # numbers of even steps that are judged
KINDS = ("ancestral", "informed")  # whose steps: the teller answers once for all of them
DRAWN = 2  # steps drawn beside each true one
REPLACED = 0.25  # share of the words of a true step that are drawn, where the judge has to find them


@dataclass(frozen=True)
class Apart(Loss):
    """-ln of the chance that the judge gives the true step among the drawn ones, ln(1 + DRAWN) if it knows nothing.

    A text is hidden down to a time t of N even steps; the sampler's own rule chooses the cells that the step to s
    writes. Drawn steps fill them with the teller's words, each on its own; the true one with the text's own. So x_t is
    distributed alike in both, and the minimiser is ln q(x_s | x_t) / k(x_s | x_t) up to a constant of x_t, which
    cancels where candidates of one step are weighed. A logistic loss on single steps, whose minimiser is the ratio itself, has
    to learn that constant too: after 300 batches it told true steps from drawn ones only next to pure noise.
    One choice among whole steps says little about words, so the judge also learns to find, in true steps some of whose
    words were drawn, which do not stand in the text (as Clark et al. 2020, arXiv:2003.10555); sampling never asks that.
    Source:   Goodfellow et al. 2014, arXiv:1406.2661; Kim et al. 2022, arXiv:2211.17091, section 3.1; for the ranking
              form Ma and Collins 2018, arXiv:1809.01812; for masked text Xu et al. 2024, arXiv:2410.21357; of steps
              rather than states as in Xiao et al. 2021, arXiv:2112.07804.

    Attributes: teller: the denoiser whose steps are judged.
    """

    teller: Any = None

    def __call__(
        self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator, teacher: Any = None
    ) -> LossTerms:
        """`denoiser`: the judge.   The parts are nats a choice."""
        import torch

        state, written, belief, drawn = steps(process, self.teller, x_0, rng)
        x_0 = x_0.repeat(len(KINDS), 1)
        true = torch.where(written, x_0, state)[:, None]
        some = uniform(tuple(written.shape), rng) < REPLACED
        mixed = torch.where(some[:, None], drawn[:, :1], true)
        cells = denoiser.cells(torch.cat([true, drawn, mixed], dim=1), written, belief).float()
        odds = (cells[:, :-1, :, 0] * written[:, None]).sum(-1)  # (B', 1 + DRAWN)
        nats, noise = -odds.log_softmax(-1)[:, 0], (state == process.noise_id).double().mean(-1)
        own = (mixed[:, 0] == x_0)[written].float()
        found = torch.nn.functional.binary_cross_entropy_with_logits(cells[:, -1, :, 1][written], own)
        objective = (nats.mean() + found) / x_0.shape[1]
        return LossTerms(objective, nats.detach().double(), noise, nats.detach())

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        told = mean_terms([self(process, denoiser, x_0, rng=rng) for _ in range(DRAWS)])
        return dataclasses.replace(told, objective=told.nelbo.mean() / x_0.shape[1])


def steps(process: Any, teller: Any, x_0: Tensor, rng: Generator) -> tuple[Tensor, ...]:
    """A step of each of KINDS from a noisy version of each text, kind by kind, drawn several times.

    Returns:  x_t (B', L), the cells written (B', L) bool, the teller's answer (B', L, V), and what each draw leads to
              (B', DRAWN, L); B' is B times the kinds.
    """
    import torch

    batch, length = x_0.shape
    which, when = uniform((2, batch), rng)
    num = torch.tensor(STEPS, dtype=torch.float64)[(which * len(STEPS)).long()]
    left = num - (when**2 * num).floor()  # 1..N, mostly early: later what is visible has settled most words
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
    state, hidden, p_x0 = (torch.cat([part] * len(KINDS)) for part in (state, hidden, p_x0))
    written = hidden & (after != state)
    words = [pick(p_x0[written], u[written]) for u in uniform((DRAWN, *state.shape), rng)]
    drawn = torch.stack([state.masked_scatter(written, one) for one in words], dim=1)
    return state, written, p_x0, drawn
