"""The exact denoiser of the world of tales, against enumeration and against exact probabilities."""

import numpy as np
import torch

from tests.core.tiny_world import TINY
from textdiff_core.corpora.tales import WORLD
from textdiff_core.denoisers.judge import OracleJudge
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.denoisers.tales_oracle import TalesJudge, TalesOracle
from textdiff_core.draws import step_rng
from textdiff_core.losses import chain
from textdiff_core.processes import Absorbing
from textdiff_core.schedules import Linear


def listed(world):
    """All tales of a small world as (n, L) ids, and their probabilities."""
    tales = list(world.enumerate())
    ids = torch.zeros(len(tales), world.length, dtype=torch.int64)
    for row, tale in zip(ids, tales, strict=True):
        row[: len(tale.words)] = torch.tensor([world.ids[word] for word in tale.words])
    return ids, torch.tensor([world.log_prob(tale.text) for tale in tales], dtype=torch.float64).exp()


def test_equals_the_posterior_over_all_listed_tales():
    texts, weights = listed(TINY)
    process = Absorbing(len(TINY.words), Linear())
    slow, fast = OracleDenoiser(texts, process, weights), TalesOracle(TINY, process)
    rng = step_rng(0, 0)
    rows = texts[torch.randint(len(texts), (24,), generator=rng)]
    share = torch.linspace(0.1, 1.0, 24)[:, None]
    state = rows.masked_fill(torch.rand(rows.shape, generator=rng) < share, len(TINY.words))
    torch.testing.assert_close(fast(state).exp(), slow(state).exp(), atol=1e-12, rtol=0)


def test_a_text_outside_the_language_gets_the_words_of_the_whole_language():
    texts, weights = listed(TINY)
    state = torch.full((1, TINY.length), len(TINY.words))
    state[0, :2] = TINY.ids["."]
    marginal = torch.einsum(
        "n,nlv->lv", weights, torch.nn.functional.one_hot(texts, len(TINY.words)).double()
    )
    torch.testing.assert_close(
        TalesOracle(TINY, Absorbing(len(TINY.words), Linear()))(state).exp()[0], marginal, atol=1e-12, rtol=0
    )


def test_along_any_order_it_needs_exactly_the_nats_of_the_tale():
    process = Absorbing(len(WORLD.words), Linear())
    texts = WORLD.batch(6, np.random.default_rng(3))
    terms = chain(process, TalesOracle(WORLD, process), torch.from_numpy(texts), rng=step_rng(0, 1))
    truth = [-WORLD.log_prob(" ".join(filter(None, (WORLD.words[i] for i in row)))) for row in texts]
    # 1e-5: the loss is taken in float32, 47 times
    np.testing.assert_allclose(terms.nelbo.numpy(), truth, atol=1e-5)


def test_its_judge_weighs_steps_as_the_list_of_all_tales_does():
    """True steps, and steps drawn word by word, some of which no tale has; told apart up to a constant of x_t."""
    texts, weights = listed(TINY)
    noise, rng = len(TINY.words), step_rng(2, 0)
    oracle = TalesOracle(TINY, Absorbing(noise, Linear()))
    rows = texts[torch.randint(len(texts), (40,), generator=rng)]
    state = rows.masked_fill(torch.rand(rows.shape, generator=rng) < 0.7, noise)
    written = (state == noise) & (torch.rand(rows.shape, generator=rng) < 0.5)
    belief = oracle(state).exp()
    drawn = torch.stack([belief.flatten(0, 1).multinomial(1, generator=rng).view_as(rows) for _ in range(5)])
    candidates = torch.where(written[:, None], torch.cat([rows[None], drawn]).transpose(0, 1), state[:, None])
    due = OracleJudge(texts, weights, noise)(candidates, written).softmax(-1)
    torch.testing.assert_close(
        TalesJudge(TINY)(candidates, written, belief).softmax(-1), due, atol=1e-9, rtol=0
    )
    assert bool((due == 0).any()) and bool((due > 0.2).any())
