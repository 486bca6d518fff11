"""Our rules beside those of diffusers, where it ships the same ones."""

import numpy as np
import pytest
import torch
from diffusers import BlockRefinementScheduler

from textdiff_core.asking import shape
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

NUM_WORDS = 11
NEVER = 2.0  # no confidence reaches it, so that only the quota commits


class Fixed(torch.nn.Module):
    """Logits that depend on the cell alone, without ties."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.logits = 3 * torch.randn(length, NUM_WORDS, generator=step_rng(0, length))

    def forward(self, state, t=None, where=None):
        return self.logits.expand(len(state), -1, -1)[where]


def refined(denoiser: Fixed, length: int, steps: int) -> list[torch.Tensor]:
    """The canvases (1, L) of greedy block refinement, from noise on."""
    scheduler = BlockRefinementScheduler(block_length=length, editing_threshold=None)
    scheduler.set_timesteps(steps, block_length=length)
    canvases = [torch.full((1, length), NUM_WORDS)]
    for step in range(steps):
        canvases.append(
            scheduler.step(
                denoiser.logits[None], step, canvases[-1],
                mask_token_id=NUM_WORDS, temperature=0.0, threshold=NEVER,
            ).prev_sample
        )  # fmt: skip
    return canvases


CASES = pytest.mark.parametrize(("length", "steps"), [(12, 5), (12, 12), (8, 3), (5, 8), (16, 1)])


@CASES
def test_confidence_order_fills_the_cells_that_block_refinement_fills(length, steps) -> None:
    """Even quotas, judged by the best word: the same cells at every step (words are drawn, so they differ)."""
    process, denoiser = Absorbing(NUM_WORDS, schedules.build("linear")), Fixed(length)
    ours = denoise(
        process, denoiser, samplers.build("confidence"), grids.build("uniform").times(steps), seeds=[0],
        keep=torch.full((length,), -1), record=False,
    )  # fmt: skip
    for frame, canvas in zip(ours, refined(denoiser, length, steps), strict=True):
        assert torch.equal(frame.state == NUM_WORDS, canvas == NUM_WORDS)


@CASES
def test_greedy_confidence_order_is_block_refinement(length, steps) -> None:
    """With temperature 0 every canvas on the way is the same, cell for cell and word for word."""
    process, denoiser = Absorbing(NUM_WORDS, schedules.build("linear")), Fixed(length)
    ours = denoise(
        process, denoiser, samplers.build("confidence"), grids.build("uniform").times(steps), seeds=[0],
        keep=torch.full((length,), -1), temperature=0.0, record=False,
    )  # fmt: skip
    for frame, canvas in zip(ours, refined(denoiser, length, steps), strict=True):
        assert torch.equal(frame.state, canvas)


@pytest.mark.parametrize(("length", "steps"), [(12, 5), (3, 5), (64, 7), (100, 100), (1, 1)])
def test_our_quotas_are_their_transfer_schedule(length, steps) -> None:
    process = Absorbing(NUM_WORDS, schedules.build("linear"))
    frames = denoise(
        process, Fixed(length), samplers.build("random"), grids.build("uniform").times(steps), seeds=[0],
        keep=torch.full((length,), -1), record=False,
    )  # fmt: skip
    noisy = [int(process.open(frame.state).sum()) for frame in frames]
    theirs = BlockRefinementScheduler().get_num_transfer_tokens(length, steps)
    assert (-np.diff(noisy)).tolist() == theirs.tolist()


@pytest.mark.parametrize("top_p", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_our_nucleus_is_their_nucleus(top_p, temperature) -> None:
    """On 500 random rows: the same words are in, with the same shares, within 1e-12."""
    logits = 2 * torch.randn(500, NUM_WORDS, generator=step_rng(1, 0), dtype=torch.float64)
    theirs = BlockRefinementScheduler._top_p_filtering(logits / temperature, top_p).softmax(-1)
    ours = shape(logits, temperature, top_p)
    assert torch.equal(ours > 0, theirs > 0)
    assert float((ours - theirs).abs().max()) < 1e-12
