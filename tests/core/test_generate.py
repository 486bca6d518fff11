"""What words are drawn from, and what a trace says of its frames; the loop's promises are in test_contracts.py."""

import numpy as np
import pytest
import torch

from textdiff_core.asking import NUCLEUS_AT_FIRST, shape
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.generate import denoise
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.recording import trace
from textdiff_core.records import Edit, RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules
from textdiff_core.trace import Status

LOGITS = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64).log()


@pytest.mark.parametrize(
    ("temperature", "top_p", "due"),
    [
        (1.0, 1.0, [0.5, 0.3, 0.15, 0.05]),
        (1.0, 0.5, [1, 0, 0, 0]),
        (1.0, 0.51, [0.625, 0.375, 0, 0]),
        (1.0, 0.79, [0.625, 0.375, 0, 0]),
        (1.0, 0.81, [10 / 19, 6 / 19, 3 / 19, 0]),
        (1.0, 1e-9, [1, 0, 0, 0]),
        (0.0, 1.0, [1, 0, 0, 0]),
        (0.0, 0.9, [1, 0, 0, 0]),
        (0.5, 1.0, [0.25 / 0.365, 0.09 / 0.365, 0.0225 / 0.365, 0.0025 / 0.365]),
        (10.0, 0.3, None),
    ],
)
def test_temperature_and_nucleus_by_hand(temperature, top_p, due) -> None:
    """Shares within 1e-12; the word that reaches the share is in, the next is out."""
    p = shape(LOGITS, temperature, top_p)[0]
    assert abs(float(p.sum()) - 1) < 1e-12
    if due is not None:
        assert float((p - torch.tensor(due, dtype=torch.float64)).abs().max()) < 1e-12
    else:
        assert p.gt(0).tolist() == [True, True, False, False]


@pytest.mark.parametrize("top_p", [0.5, 0.9, 0.999])
def test_the_nucleus_is_whole_whether_few_or_nearly_all_words_of_a_large_vocabulary_are_in_it(top_p) -> None:
    """Eight rows from sharp to flat over 5,000 words: the words that NumPy puts in, and their shares, within 1e-12."""
    sharpness = torch.logspace(-2, 1, 8, dtype=torch.float64)[:, None]
    logits = sharpness * torch.randn(8, 5000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sizes = []
    for p, ours in zip(logits.softmax(-1).numpy(), shape(logits, 1.0, top_p).numpy(), strict=True):
        order = np.argsort(-p)
        size = 1 + int(np.searchsorted(np.cumsum(p[order]), top_p))
        due = np.zeros_like(p)
        due[order[:size]] = p[order[:size]] / p[order[:size]].sum()
        assert np.abs(ours - due).max() < 1e-12
        sizes.append(size)
    assert min(sizes) < NUCLEUS_AT_FIRST < max(sizes)


def test_a_trace_names_what_happened_to_each_cell() -> None:
    """One text, left to right, two steps, an edit at the end: written, settled, kept, noise again."""
    process = Absorbing(3, schedules.build("linear"))
    keep = torch.tensor([-1, -1, 2])
    frames = list(
        denoise(
            process, OracleDenoiser(torch.tensor([[0, 1, 2]]), process), samplers.build("left-to-right"),
            grids.build("uniform").times(2), seeds=[0], keep=keep, edits=[Edit(2, (1,))],
        )
    )  # fmt: skip
    seen = trace(frames, RunConfig(steps=2), ("a", "b", "c"), "char", keep)
    n, w, s, k, r = Status.NOISE, Status.WRITTEN, Status.SETTLED, Status.KEPT, Status.RENOISED
    assert seen.status.tolist() == [[n, n, k], [w, n, k], [s, w, k], [r, s, k], [w, s, k]]
    assert [seen.text(i) for i in range(5)] == ["▒▒c", "a▒c", "abc", "▒bc", "abc"]
    assert seen.t.tolist() == [1, 0.5, 0, 0.5, 0] and seen.calls.tolist() == [1, 2, 2, 3, 3]
    assert (np.diff(seen.seconds) >= 0).all() and seen.num_steps == 4


def test_the_loop_leaves_gradients_to_its_consumer() -> None:
    """Between two frames gradients are on again."""
    process = Absorbing(3, schedules.build("linear"))
    frames = denoise(
        process, OracleDenoiser(torch.tensor([[0, 1, 2]]), process), samplers.build("random"),
        grids.build("uniform").times(3), seeds=[0], keep=torch.full((3,), -1),
    )  # fmt: skip
    for frame in frames:
        assert torch.is_grad_enabled() and not frame.words.is_inference()
