"""Rules that diffusers ships too, held against its own schedulers: the same words, or the same probabilities."""

import itertools

import numpy as np
import pytest
import torch
from diffusers import schedulers
from scipy.stats import chi2, chisquare

from tests.core.moments import moment
from textdiff_core.draws import pick, step_rng
from textdiff_core.processes import Absorbing, Uniform
from textdiff_core.samplers import samplers
from textdiff_core.schedules import schedules

NUM_WORDS, LENGTH, ROWS = 5, 12, 40
LINEAR = schedules.build("linear")
MASKS, WORDS = Absorbing(NUM_WORDS, LINEAR), Uniform(NUM_WORDS, LINEAR)
DRAWS = 200_000


def logits(seed: int, sharp: float = 2.0) -> torch.Tensor:
    """(B, L, V) of a model that says the same at every step, float64."""
    return sharp * torch.randn(ROWS, LENGTH, NUM_WORDS, generator=step_rng(seed, 0), dtype=torch.float64)


def way(sampler: str, said: torch.Tensor, alphas: np.ndarray, greedy: bool) -> list[torch.Tensor]:
    """The states of a run from noise over these levels, with its own generators at each step."""
    p = said.softmax(-1)
    words = torch.nn.functional.one_hot(p.argmax(-1), NUM_WORDS).double() if greedy else p
    states = [torch.full((ROWS, LENGTH), NUM_WORDS)]
    for step, (a, b) in enumerate(itertools.pairwise(alphas)):
        now = moment(MASKS, states[-1], words, 1 - a, 1 - b, step_rng(1, step))._replace(model=p)
        states.append(samplers.build(sampler).step(MASKS, now))
    return states


@pytest.mark.parametrize("steps", [1, 5, 8, 12])
@pytest.mark.parametrize("heat", [0.0, 4.5])
def test_maskgit_writes_the_words_of_amused(monkeypatch, steps, heat) -> None:
    """The same tokens at every step, when both draw from the same uniforms; its temperatures set to the paper's
    temperature (1 - r), which its own even ones differ from. (Its cosine is in float32: 12 cells at step 2 of 3 leave 5
    where 12 cos(pi / 3) is 6; not followed.)"""
    ours, said = samplers.build(f"maskgit:heat={heat:g}"), logits(2)
    alphas = LINEAR.alpha(ours.times(LINEAR, np.linspace(1, 0, steps + 1), 1.0, LENGTH, [step_rng(0, 0)])[0])
    theirs = schedulers.AmusedScheduler(mask_token_id=NUM_WORDS)
    theirs.set_timesteps(steps, temperature=(heat, 0))
    theirs.temperatures = torch.tensor(
        [heat * (1 - i / steps) for i in range(1, steps + 1)], dtype=torch.float64
    )
    uniforms: list[torch.Tensor] = []
    # In place of their random numbers: the first of ours draw the words, the second the noise.
    monkeypatch.setattr(
        torch,
        "multinomial",
        lambda p, num, generator=None: pick(p.double().view(ROWS, LENGTH, -1), uniforms[0]).view(-1, 1),
    )
    monkeypatch.setattr(
        schedulers.scheduling_amused,
        "gumbel_noise",
        lambda p, generator=None: -torch.log(-torch.log(uniforms[1])),
    )
    state = torch.full((ROWS, LENGTH), NUM_WORDS)
    for step, due in enumerate(way(f"maskgit:heat={heat:g}", said, alphas, greedy=False)[1:]):
        rng = step_rng(1, step)
        drawn = moment(MASKS, state, said, 0.5, 0.4, rng).uniform(1)
        uniforms[:] = [
            *drawn,
            *(moment(MASKS, state, said, 0.5, 0.4, rng).uniform(1) if step + 1 < steps else drawn),
        ]
        state = theirs.step(said, theirs.timesteps[step], state).prev_sample
        assert torch.equal(state, due), step
    assert not bool((state == NUM_WORDS).any())


@pytest.mark.parametrize(("steps", "blocks"), [(5, 1), (12, 1), (6, 3), (4, 2), (12, 4)])
def test_confidence_in_blocks_writes_the_words_of_block_refinement(steps, blocks) -> None:
    """LLaDA's quotas, the likeliest words by their probability: the same tokens at every step."""
    said, size, share = logits(3), LENGTH // blocks, steps // blocks
    ours = way(f"confidence:blocks={blocks}", said, np.arange(steps + 1) / steps, greedy=True)
    theirs = schedulers.BlockRefinementScheduler(threshold=1.0)  # that no probability is above
    theirs.set_timesteps(share, block_length=size)
    state = torch.full((ROWS, LENGTH), NUM_WORDS)
    for step in range(steps):
        part = slice(step // share * size, (step // share + 1) * size)
        told = theirs.step(said[:, part], step % share, state[:, part], mask_token_id=NUM_WORDS)
        state = torch.cat([state[:, : part.start], told.prev_sample, state[:, part.stop :]], dim=1)
        assert torch.equal(state, ours[step + 1]), step


@pytest.mark.parametrize("tau", [0.3, 0.6, 0.9])
def test_threshold_writes_the_words_of_block_refinement(tau) -> None:
    """Words above tau, and at least the surest: the same tokens at every step, each with its own p."""
    said = logits(4)
    theirs = schedulers.BlockRefinementScheduler(threshold=tau)
    theirs.set_timesteps(LENGTH, block_length=LENGTH)  # at least one word a step
    ours, state = samplers.build(f"threshold:tau={tau}"), torch.full((ROWS, LENGTH), NUM_WORDS)
    for step in range(LENGTH):
        p = said.softmax(-1)
        best = torch.nn.functional.one_hot(p.argmax(-1), NUM_WORDS).double()
        now = moment(MASKS, state, best, 0.9, 0.0, step_rng(1, step))._replace(model=p)
        due = ours.step(MASKS, now)
        state = theirs.step(said, step, state, mask_token_id=NUM_WORDS).prev_sample
        assert torch.equal(state, due), step
    assert not bool((state == NUM_WORDS).any())


@pytest.mark.parametrize("gamma", [0.01, 0.1, 1.0, 5.0])
def test_entropy_bound_accepts_the_cells_of_its_reference(gamma) -> None:
    """The same cells on a canvas of noise, at temperature 1 (theirs cools, and noises anew what it does not accept)."""
    said = logits(5)
    theirs = schedulers.EntropyBoundScheduler(entropy_bound=gamma, t_max=1.0, t_min=1.0)
    due = theirs.step(
        said, 0, torch.zeros(ROWS, LENGTH, dtype=torch.int64), generator=step_rng(0, 0)
    ).accepted_index
    state = torch.full((ROWS, LENGTH), NUM_WORDS)
    now = moment(MASKS, state, said.softmax(-1), 1.0, 0.0, step_rng(1, 0))
    after = samplers.build(f"entropy-bound:gamma={gamma}").step(MASKS, now)
    assert torch.equal(after != NUM_WORDS, due) and bool(due.any())


@pytest.mark.parametrize("t", [1, 5, 9])
def test_d3pm_has_the_posterior_of_vq_diffusion(t) -> None:
    """With its uniform part switched off as far as its schedules let it, probabilities agree within 2e-4."""
    theirs = schedulers.VQDiffusionScheduler(num_vec_classes=NUM_WORDS + 1, num_train_timesteps=10)
    p = logits(6)[0].softmax(-1)
    state = torch.full((1, LENGTH), NUM_WORDS)
    due = theirs.q_posterior(p.log().T[None].float(), state, torch.tensor(t)).exp()[0].T  # (L, V + 1)
    alpha_t, alpha_s = (theirs.log_cumprod_at[k].exp().double() for k in (t, t - 1))
    ours = samplers.build("d3pm").words(p, alpha_t.view(1, 1), alpha_s.view(1, 1))
    ours = torch.cat([ours, 1 - ours.sum(-1, keepdim=True)], dim=-1)
    assert float((ours - due).abs().max()) < 2e-4


def same(counts: torch.Tensor, due: torch.Tensor) -> None:
    """Pearson's chi-square at p > 1e-4 between (V,) counts and shares."""
    assert chisquare(counts.numpy(), (due / due.sum() * counts.sum()).numpy()).pvalue > 1e-4


@pytest.mark.parametrize("step", [0, 3, 6, 7])
def test_the_posterior_of_uniform_noise_is_that_of_discrete_ddim(step) -> None:
    """200,000 of its draws of one cell against our probabilities, where a likely word stands and an unlikely one."""
    theirs = schedulers.DiscreteDDIMScheduler(num_inference_steps=8)
    said = logits(7)[:1, :1]
    for there in (int(said.argmax()), int(said.argmin())):
        state = torch.full((DRAWS, 1), there)
        drawn = theirs.step(
            said.expand(DRAWS, 1, -1), step, state, temperature=1.0, generator=step_rng(2, step)
        ).prev_sample
        alphas = (torch.tensor([x / 8], dtype=torch.float64) for x in (step, step + 1))
        due = WORDS.step_back(state[:1], said.softmax(-1), *alphas)[0, 0]
        seen = torch.bincount(drawn[:, 0], minlength=NUM_WORDS)
        assert not bool(seen[due < 1e-12].any())
        same(seen[due >= 1e-12], due[due >= 1e-12])


@pytest.mark.parametrize("choose", ["random", "doubt"])
@pytest.mark.parametrize("step", [0, 3, 6])
def test_a_sweep_is_that_of_the_leave_one_out_corrector(choose, step) -> None:
    """200,000 rows of three cells, one drawn anew, by theirs and by ours: where they drew, and what, are distributed
    alike (chi-square of two samples, p > 1e-4)."""
    alpha, said = (step + 1) / 8, logits(8)[:1, :3]
    selection = {"random": "random", "doubt": "lowest_log_margin"}[choose]
    theirs = schedulers.DiscreteDDIMScheduler(num_inference_steps=8, corrector_selection=selection)
    state = said.argmax(-1).expand(DRAWS, 3).clone()
    state[:, 1] = (state[:, 1] + 1) % NUM_WORDS  # one that the model does not believe
    drawn = theirs.step_correct(
        said.expand(DRAWS, 3, -1), step, state, generator=step_rng(3, step)
    ).prev_sample
    p = said.softmax(-1).expand(DRAWS, 3, -1)
    now = moment(WORDS, state, p, 1 - alpha, 1 - alpha, step_rng(4, step))
    ours = samplers.build(f"gibbs-corrector:choose={choose}").step(WORDS, now)
    counts = [
        torch.bincount((rows * torch.tensor([25, 5, 1])).sum(-1), minlength=125).double()
        for rows in (drawn, ours)
    ]
    seen = (counts[0] + counts[1]) > 20
    assert int(seen.sum()) > 5
    statistic = ((counts[0] - counts[1]) ** 2 / (counts[0] + counts[1]))[seen].sum()
    assert chi2.sf(float(statistic), int(seen.sum()) - 1) > 1e-4
