"""How a judge of steps is trained: to find the true step among those that a sampler draws word by word.

It is no loss of a denoiser and is not registered as one; the training loop takes it all the same, with the judge in the
denoiser's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textdiff_core.draws import pick, uniform
from textdiff_core.losses.base import DRAWS, Loss, LossTerms, mean_terms
from textdiff_core.samplers import Moment
from textdiff_core.samplers.guided import BASES
from textdiff_core.schedules import return_rate

if TYPE_CHECKING:
    from torch import Generator, Tensor

STEPS = (2, 4, 6, 8, 12, 16)  # numbers of even steps that are judged
KINDS = (
    "ancestral",
    "ancestral",
    "informed",
    "informed",
)  # whose steps: the teller answers once for all of them
DRAWN = 15  # steps drawn beside each true one


@dataclass(frozen=True)
class Apart(Loss):
    """-ln of the chance that the judge gives the true step among the drawn ones, ln(1 + DRAWN) if it knows nothing.

    A text is hidden down to a time t of N even steps; the sampler's own rule chooses the cells that the step to s
    writes. Drawn steps fill them with the teller's words, each on its own; the true one with the text's own. So x_t is
    distributed alike in both, and the minimiser is ln q(x_s | x_t) / k(x_s | x_t) up to a constant of x_t, which
    cancels where candidates of one step are weighed. The logistic loss of single steps, whose minimiser is the ratio
    itself, has to learn that constant too.
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
        odds = denoiser(torch.cat([true, drawn], dim=1), written, belief).float()  # (B', 1 + DRAWN)
        nats, noise = -odds.log_softmax(-1)[:, 0], (state == process.noise_id).double().mean(-1)
        return LossTerms(nats.mean() / x_0.shape[1], nats.detach().double(), noise, nats.detach())

    def validation(self, process: Any, denoiser: Any, x_0: Tensor, *, rng: Generator) -> LossTerms:
        return mean_terms([self(process, denoiser, x_0, rng=rng) for _ in range(DRAWS)])


def steps(process: Any, teller: Any, x_0: Tensor, rng: Generator) -> tuple[Tensor, ...]:
    """A step of each of KINDS from a noisy version of each text, kind by kind, drawn several times.

    Returns:  x_t (B', L), the cells written (B', L) bool, the teller's answer (B', L, V), and what each draw leads to
              (B', DRAWN, L); B' is B times the kinds.
    """
    import torch

    batch, length = x_0.shape
    which, when = uniform((2, batch), rng)
    num = torch.tensor(STEPS, dtype=torch.float64)[(which * len(STEPS)).long()]
    # 1..N, half of them from pure noise: where words are visible they have settled most of the others.
    left = num - ((2 * when - 1).clamp_min(0.0) ** 2 * num).floor()
    t, s = left / num, (left - 1) / num
    alpha_t, alpha_s = process.schedule.alpha(t), process.schedule.alpha(s)
    state = process.corrupt(x_0, t, rng=rng)
    p_x0 = answers(teller, state, process.open(state), 1 - alpha_t)
    now = Moment(
        state, process.open(state), torch.ones(length, dtype=torch.bool), p_x0, p_x0, None, t, s, alpha_t, alpha_s,
        return_rate(alpha_t, alpha_s)[:, None], rng,
    )  # fmt: skip
    after = torch.cat([BASES[kind].step(process, now) for kind in KINDS])
    state, p_x0 = (torch.cat([part] * len(KINDS)) for part in (state, p_x0))
    written = process.open(state) & (after != state)
    words = [pick(p_x0[written], u[written]) for u in uniform((DRAWN, *state.shape), rng)]
    drawn = torch.stack([state.masked_scatter(written, one) for one in words], dim=1)
    return state, written, p_x0, drawn


def answers(teller: Any, state: Tensor, hidden: Tensor, noise: Tensor) -> Tensor:
    """(B, L, V) float64 of what the teller says of the hidden cells, asked about pure noise once."""
    import torch

    asked = ~hidden.all(-1)
    asked[(~asked).nonzero()[:1, 0]] = True
    with torch.no_grad():
        told = teller(state[asked], noise[asked], where=hidden[asked]).softmax(-1, dtype=torch.float64)
    p = torch.zeros(*state.shape, told.shape[-1], dtype=torch.float64)
    some = p[asked].masked_scatter(hidden[asked][..., None], told)
    p[asked] = some
    empty = hidden.all(-1)
    if bool(empty.any()):
        p[empty] = p[empty & asked]
    return p
