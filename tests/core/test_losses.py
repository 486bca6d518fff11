"""Training losses beyond their expectations, which test_facts.py holds to the likelihood."""

import math

import pytest
import torch

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.losses import LEAST_NOISE, chain, losses
from textdiff_core.processes import Absorbing, processes
from textdiff_core.schedules import schedules

V, L, B = 6, 5, 16
X_0 = torch.randint(V, (B, L), generator=step_rng(0, 0))
PROCESS = Absorbing(V, schedules.build("linear"))


def served(name):
    return processes[losses[name].serves[0]](V, schedules.build("linear"))


def even_denoiser(process=PROCESS) -> TransformerDenoiser:
    """All words alike: its head is still zero."""
    return TransformerDenoiser(TransformerConfig(V, L, 8, 1, 2, **process.network))


@pytest.mark.parametrize("name", losses)
def test_a_loss_has_its_parts_and_a_gradient(name) -> None:
    denoiser = even_denoiser(served(name))
    terms = losses.build(name)(served(name), denoiser, X_0, rng=step_rng(1, 0))
    assert terms.objective.shape == () and not terms.nelbo.requires_grad
    assert terms.nelbo.shape == terms.noise.shape == terms.cross_entropy.shape == (B,)
    assert bool(((terms.noise >= 0) & (terms.noise <= 1)).all()) and bool((terms.nelbo >= 0).all())
    terms.objective.backward()
    assert float(denoiser.head.weight.grad.abs().sum()) > 0


@pytest.mark.parametrize("name", losses)
def test_a_loss_is_a_function_of_its_generator(name) -> None:
    first, again, other = (
        losses.build(name)(served(name), even_denoiser(served(name)), X_0, rng=step_rng(1, k))
        for k in (0, 0, 1)
    )
    assert torch.equal(first.noise, again.noise) and torch.equal(first.nelbo, again.nelbo)
    drawn = not torch.equal(first.nelbo, other.nelbo) or not torch.equal(first.noise, other.noise)
    assert drawn or name == "next-word"  # which is exact, and draws nothing


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("count", [L / 2, L / 5, L]),  # L / l, and nothing to divide by where nothing is hidden
        ("nelbo", [(1 - LEAST_NOISE) / t for t in (0.5, 1.0, 0.1)]),
        ("cross-entropy", [1 / 7] * 3),  # seven hidden words in the batch
    ],
)
def test_one_noisy_version_is_scored_by_every_masking_loss(name, weights) -> None:
    """With all words alike a hidden word costs ln V nats, and so the loss is its weights times that (1e-6)."""
    loss, t = losses.build(name), torch.tensor([0.5, 1.0, 0.1], dtype=torch.float64)
    hidden = torch.tensor([[1, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], dtype=torch.bool)
    with torch.no_grad():
        terms = loss.score(PROCESS, even_denoiser(), X_0[:3], t, hidden)
    assert loss.weight(PROCESS, t, hidden).tolist() == pytest.approx(weights)
    each = torch.tensor(weights, dtype=torch.float64) * hidden.sum(-1) * math.log(V)
    if loss.bound:
        assert float((terms.nelbo - each).abs().max()) < 1e-6
        each = each / (3 * L)
    assert float(terms.objective) == pytest.approx(float(each.sum()), abs=1e-6)


@pytest.mark.parametrize("name", ["nelbo", "cross-entropy"])
def test_clean_texts_do_not_make_numbers_bad(name) -> None:
    """One cell is hidden seldom at low noise: 400 single texts, always finite, 0 where nothing was hidden."""
    for seed in range(400):
        terms = losses.build(name)(PROCESS, even_denoiser(), X_0[:1, :1], rng=step_rng(seed, 0))
        assert bool(terms.objective.isfinite()) and bool(terms.cross_entropy.isfinite().all())
        assert float(terms.noise) > 0 or float(terms.objective.detach()) == 0


def test_counting_hides_every_number_of_cells_evenly() -> None:
    """A batch of k L texts has each count exactly k times (strata), and ln V nats a hidden word (1e-6)."""
    terms = losses.build("count")(PROCESS, even_denoiser(), X_0.repeat(5, 1), rng=step_rng(2, 0))
    counts = torch.bincount((terms.noise * L).round().long(), minlength=L + 1)
    assert counts.tolist() == [0] + [B] * L
    assert float((terms.cross_entropy - math.log(V)).abs().max()) < 1e-6
    assert abs(float(terms.objective.detach()) - math.log(V)) < 1e-6


def test_a_chain_reveals_every_word_once() -> None:
    """With all words alike every text costs L ln V nats, at every level ln V a hidden word (1e-5)."""
    with torch.no_grad():
        terms = chain(PROCESS, even_denoiser(), X_0, rng=step_rng(3, 0))
    assert float((terms.nelbo - L * math.log(V)).abs().max()) < 1e-5
    assert terms.noise.tolist() == [k / L for k in range(1, L + 1)]
    assert float((terms.cross_entropy - math.log(V)).abs().max()) < 1e-5


class Asked:
    """The exact denoiser of cells that are drawn alone, and how often it was asked."""

    def __init__(self, shares: torch.Tensor) -> None:
        self.logits, self.calls = shares.log(), 0

    def __call__(self, state, noise, where):
        self.calls += 1
        return self.logits.expand(*state.shape, -1)[where]


def test_a_long_canvas_is_validated_in_a_few_calls_without_bias() -> None:
    """Cells drawn alone: the bound is the sum of -ln p of the words, which counting has to hit on average."""
    shares = torch.tensor([0.5, 0.25, 0.125, 0.125], dtype=torch.float64)
    process = Absorbing(4, schedules.build("linear"))
    texts = torch.multinomial(shares, 64 * 100, replacement=True, generator=step_rng(7, 0)).view(64, 100)
    denoiser = Asked(shares)
    terms = losses.build("cross-entropy").validation(process, denoiser, texts, rng=step_rng(8, 0))
    exact = -shares.log()[texts].sum(-1)
    assert denoiser.calls == 8 and terms.nelbo.shape == (64,)
    error = float((terms.nelbo - exact).std()) / 8
    assert abs(float((terms.nelbo - exact).mean())) < 4 * error
    assert float(terms.objective) == pytest.approx(float(terms.nelbo.mean()) / 100)
