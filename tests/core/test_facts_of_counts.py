"""Numbered facts of how many words samplers of masks write at a step, and that they leave written words alone."""

import itertools

import numpy as np
import pytest
import torch

from tests.core import exact
from tests.core.moments import moment
from textdiff_core.denoisers.judge import OracleJudge
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.samplers import samplers
from textdiff_core.samplers.ordering import van_der_corput
from textdiff_core.schedules import grids, schedules

PROCESS = Absorbing(3, schedules.build("linear"))
ORDERED = ["confidence", "confidence:by=drawn", "entropy", "margin", "random", "left-to-right", "halton"]
BLOCKS = ["confidence", "entropy", "margin", "random"]  # which can be written in blocks


def states(sampler: str, cells: int, steps: int, keep: torch.Tensor | None = None) -> torch.Tensor:
    """(frames, 2, L) of two runs with the exact denoiser of five random texts."""
    texts = torch.randint(3, (5, cells), generator=step_rng(8, cells))
    keep = torch.full((cells,), -1) if keep is None else torch.where(keep, texts[0], -1)
    frames = denoise(
        PROCESS, exact.OracleDenoiser(texts, PROCESS), samplers.build(sampler), grids.build("uniform").times(steps),
        seeds=[0, 1], keep=keep, record=False, judge=OracleJudge(texts, torch.ones(5), 3),
    )  # fmt: skip
    return torch.stack([frame.state for frame in frames])


def written(sampler: str, cells: int, steps: int) -> np.ndarray:
    """(N, 2) words written at each step."""
    return -np.diff((states(sampler, cells, steps) == 3).sum(-1).numpy(), axis=0)


@pytest.mark.parametrize(
    "sampler", [name for name, part in samplers.items() if "absorbing" in part.serves and not part.remasks]
)
def test_F16_written_words_stay_and_noise_never_comes_back(sampler) -> None:
    """Every word is in the next frame too, the number of noisy cells never grows and ends at 0, kept words are never
    touched. 12 cells, 7 steps."""
    keep = torch.arange(12) % 5 == 1
    seen = states(sampler, 12, 7, keep)
    assert bool(((seen[1:] == seen[:-1]) | (seen[:-1] == 3)).all())
    noisy = (seen == 3).sum(-1)
    assert bool((noisy.diff(dim=0) <= 0).all()) and not bool(noisy[-1].any())
    assert bool((seen[:, :, keep] == seen[0, 0, keep]).all())


@pytest.mark.parametrize("sampler", [name for name, part in samplers.items() if part.remasks])
def test_F16_where_words_go_back_to_noise_none_is_left_in_the_end(sampler) -> None:
    """Kept words are never touched; some word that stood is noise again in one of the runs, but where the exact oracle
    is asked about it: to that, words that stand are certain. 12 cells, 9 steps."""
    keep = torch.arange(12) % 5 == 1
    strong = {
        "remdm-cap": "remdm-cap:eta=0.5",
        "remdm-rescale": "remdm-rescale:eta=0.5",
        "p2": "p2:planner=random",
    }
    spec = strong.get(sampler, sampler)
    by_chance = samplers[sampler].reads == "noise" or "random" in spec
    seen = states(spec, 12, 9, keep)
    assert bool((seen[:, :, keep] == seen[0, 0, keep]).all()) and not bool((seen[-1] == 3).any())
    assert bool(((seen[:-1] != 3) & (seen[1:] == 3)).any()) == by_chance


@pytest.mark.parametrize("sampler", ORDERED)
@pytest.mark.parametrize(("cells", "steps"), [(12, 5), (12, 12), (3, 5), (7, 2), (10, 4)])
def test_F17_quotas_are_even_and_the_larger_come_first(sampler, cells, steps) -> None:
    """12 cells in 5 steps: 3, 3, 2, 2, 2; fewer cells than steps: ones, then zeros. Exact."""
    quota, rest = divmod(cells, steps)
    due = [quota + 1] * rest + [quota] * (steps - rest)
    assert (written(sampler, cells, steps) == np.array(due)[:, None]).all()


@pytest.mark.parametrize("sampler", BLOCKS)
@pytest.mark.parametrize(
    ("cells", "steps", "blocks"), [(12, 6, 3), (10, 4, 2), (12, 12, 4), (9, 3, 3), (8, 8, 2)]
)
def test_F16_F17_blocks_are_written_from_left_to_right_each_with_even_quotas(
    sampler, cells, steps, blocks
) -> None:
    """LLaDA's counts: 10 cells in 2 blocks and 4 steps are 3, 2, 3, 2; and every word lies in the block whose turn
    it is. Exact."""
    size, share = cells // blocks, steps // blocks
    quota, rest = divmod(size, share)
    due = ([quota + 1] * rest + [quota] * (share - rest)) * blocks
    seen = states(f"{sampler}:blocks={blocks}", cells, steps)
    assert ((-(seen == 3).sum(-1).diff(dim=0)).numpy() == np.array(due)[:, None]).all()
    for step, (before, after) in enumerate(itertools.pairwise(seen)):
        places = (before != after).nonzero()[:, 1]
        assert set((places // size).tolist()) <= {step // share}


@pytest.mark.parametrize("sampler", ["confidence", "entropy", "margin"])
def test_F17_counts_cut_to_whole_numbers_leave_the_rest_for_the_last_step(sampler) -> None:
    """Dream's rule, floor(m (1 - s / t)), on 7 cells and 5 steps: 1, 1, 1, 2, 2; on 3 and 5: the first writes none."""
    assert (written(f"{sampler}:rounding=down", 7, 5) == np.array([1, 1, 1, 2, 2])[:, None]).all()
    assert (written(f"{sampler}:rounding=down", 3, 5) == np.array([0, 0, 1, 1, 1])[:, None]).all()


def test_F17_the_cosine_clock_of_maskgit_writes_few_words_at_first() -> None:
    """floor(16 cos(pi i / 16)) cells are noise after step i of 8. Exact."""
    left = [int(16 * np.cos(np.pi * i / 16)) for i in range(8)] + [0]
    assert (written("maskgit", 16, 8) == -np.diff(left)[:, None]).all()


def test_after_an_edit_a_block_whose_time_is_over_is_written_over_the_steps_that_are_left() -> None:
    """Half of 8 cells are noise, all in the first of 2 blocks, at alpha = 1/2: one word a step over 4 more steps."""
    state = torch.tensor([[3, 3, 3, 3, 0, 1, 2, 0]])
    even = torch.full((1, 8, 3), 1 / 3, dtype=torch.float64)
    for left in (4, 2, 1):
        now = moment(PROCESS, state, even, 0.5, 0.5 - 0.5 / left, [step_rng(0, left)])
        after = samplers.build("confidence:blocks=2").step(PROCESS, now)
        assert int((after != state).sum()) == 4 // left


def test_the_fixed_order_goes_halves_quarters_eighths() -> None:
    """Of 8 cells 0, 4, 2, 6, 1, 5, 3, 7; of any number each once, and of 12 the first three lie 3 or more apart."""
    assert sorted(range(8), key=van_der_corput(8).__getitem__) == [0, 4, 2, 6, 1, 5, 3, 7]
    for length in (1, 2, 3, 7, 12, 48, 100):
        assert len(set(van_der_corput(length))) == length
    first = sorted(sorted(range(12), key=van_der_corput(12).__getitem__)[:3])
    assert min(b - a for a, b in itertools.pairwise(first)) >= 3


# ---- as many as the model allows ------------------------------------------------------------------------

# Eight noisy cells from nearly sure to even.
DOUBT = torch.linspace(0.01, 0.66, 8, dtype=torch.float64)
SURE = torch.stack([1 - DOUBT, DOUBT / 2, DOUBT / 2], dim=-1)[None]


def num_written(sampler: str) -> int:
    """How many of the eight cells one step writes."""
    now = moment(PROCESS, torch.full((1, 8), 3), SURE, 1.0, 0.0, [step_rng(0, 0)])
    after = samplers.build(sampler).step(PROCESS, now)
    num = int((after != 3).sum())
    until = samplers.build(sampler).until(PROCESS, now._replace(rng=[step_rng(0, 0)]))
    assert abs(float(until) - num / 8) < 1e-12
    return num


@pytest.mark.parametrize(
    ("sampler", "values", "first", "last"),
    [
        ("threshold:tau", (1.0, 0.99, 0.9, 0.8, 0.6, 0.4, 0.33), 1, 8),
        ("factor:f", (0.0, 0.03, 0.3, 1.0, 2.0, 4.0, 6.0), 1, 8),
        ("entropy-bound:gamma", (0.0, 0.06, 0.4, 1.0, 3.0, 64.0), 1, 8),
        ("entropy-bound:proxy=margin,gamma", (0.0, 0.06, 0.4, 1.0, 3.0, 64.0), 1, 8),
    ],
)
def test_F18_knobs_trade_words_a_step_one_way(sampler, values, first, last) -> None:
    """On one canvas a step writes never fewer words as the knob goes on, from one to all. Exact."""
    counts = [num_written(f"{sampler}={value}") for value in values]
    assert counts == sorted(counts) and (counts[0], counts[-1]) == (first, last) and len(set(counts)) > 3


@pytest.mark.parametrize("name", [name for name, part in samplers.items() if part.trade[0]])
def test_F18_what_a_sampler_says_of_its_trade_is_so(name) -> None:
    """Its values go from most network calls to fewest, compared at the ends by whole runs of 12 cells (between, other
    words are drawn), and all are within the knob's bounds."""
    knob, values = samplers[name].trade
    assert not samplers[name].uses_grid() and len(set(values)) == len(values)
    calls = [len(states(f"{name}:{knob}={value:g}", 12, 1)) - 1 for value in values]
    assert calls[0] > calls[-1] == min(calls)


def test_F18_with_blocks_at_least_a_call_a_block() -> None:
    """tau = 0 writes a block at once."""
    assert len(states("threshold:tau=0", 12, 1)) - 1 == 1
    assert len(states("threshold:blocks=4,tau=0", 12, 1)) - 1 == 4
    assert len(states("factor:blocks=3,f=64", 12, 1)) - 1 == 3
