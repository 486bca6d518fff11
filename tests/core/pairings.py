"""Every legal pairing of process and sampler, and short recorded runs of them with an exact denoiser."""

import pytest
import torch
from torch import Tensor, nn

from textdiff_core.denoisers.causal_oracle import CausalOracle
from textdiff_core.denoisers.insertion_oracle import InsertionOracle
from textdiff_core.denoisers.judge import OracleJudge
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.processes import processes
from textdiff_core.recording import trace
from textdiff_core.records import RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules
from textdiff_core.trace import Trace

NUM_WORDS, LENGTH, STEPS = 7, 6, 4
TEXTS = torch.randint(NUM_WORDS, (40, LENGTH), generator=step_rng(0, 0))
WORDS = tuple("abcdefg")
KEEP = torch.tensor([-1, int(TEXTS[0, 1]), -1, -1, -1, int(TEXTS[0, 5])])
FREE = torch.full((LENGTH,), -1)
JUDGE = OracleJudge(TEXTS, torch.ones(len(TEXTS)), NUM_WORDS)

PAIRINGS = [
    (process, sampler)
    for process in processes
    for name in samplers
    if process in samplers[name].serves
    for sampler in ([name, "confidence:by=drawn"] if name == "confidence" else [name])
]
each_pairing = pytest.mark.parametrize(
    ("process", "sampler"), PAIRINGS, ids=[f"{p}-{s}" for p, s in PAIRINGS]
)
FIXED = [(process, sampler) for process, sampler in PAIRINGS if not processes[process].grows]
each_fixed_pairing = pytest.mark.parametrize(  # whose cells have fixed positions
    ("process", "sampler"), FIXED, ids=[f"{p}-{s}" for p, s in FIXED]
)
each_process = pytest.mark.parametrize("process", processes)
each_schedule = pytest.mark.parametrize("schedule", schedules)


# One cell's q(x_t | x_0) as (V, states), by hand; noise last where it is a state of its own.
FORWARD = {
    "absorbing": lambda alpha: torch.cat(
        [alpha * torch.eye(NUM_WORDS).double(), torch.full((NUM_WORDS, 1), 1 - alpha, dtype=torch.float64)],
        dim=1,
    ),
    "uniform": lambda alpha: alpha * torch.eye(NUM_WORDS).double() + (1 - alpha) / NUM_WORDS,
}
FORWARD["autoregressive"] = FORWARD["absorbing"]  # of one cell: what is left of a text of one word
each_discrete = pytest.mark.parametrize("process", FORWARD)  # whose cells have finitely many states


def exact(process) -> nn.Module:
    """The exact denoiser of TEXTS."""
    if process.ordered:
        return CausalOracle(TEXTS, NUM_WORDS)
    return (InsertionOracle if process.grows else OracleDenoiser)(TEXTS, process)


class Counted(nn.Module):
    """The exact denoiser, keeping every row that it was asked about."""

    def __init__(self, process) -> None:
        super().__init__()
        self.inner, self.asked = exact(process), []

    def forward(self, state: Tensor, noise: Tensor, where: Tensor | None = None, **hints) -> Tensor:
        self.asked += [tuple(row) for row in state.tolist()]
        return self.inner(state, noise, where)

    def insertions(self, state: Tensor, noise: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        self.asked += [tuple(row) for row in state.tolist()]
        return self.inner.insertions(state, noise, where)


def make(process: str, schedule: str = "linear"):
    return processes[process](NUM_WORDS, schedules.build(schedule))


def run(
    process, sampler, *, schedule="linear", grid="uniform", seeds=(3,), keep=KEEP, denoiser=None, **options
):
    part = make(process, schedule)
    return list(
        denoise(
            part, denoiser or exact(part), samplers.build(sampler),
            grids.build(grid).times(STEPS), seeds=seeds, keep=keep, judge=JUDGE, **options,
        )
    )  # fmt: skip


def recorded(process, sampler, config=None, **options) -> Trace:
    keep = options.get("keep", KEEP)
    frames = run(process, sampler, **options)
    return trace(frames, config or RunConfig(sampler=sampler), WORDS, "char", keep)
