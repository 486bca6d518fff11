"""The Gaussian process: its clock, its densities, its likelihood bound and its training loss."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, multivariate_normal

from tests.core.exact import TABLE, entropy
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import normal, step_rng
from textdiff_core.losses import LEAST_NOISE, losses
from textdiff_core.processes import Gaussian
from textdiff_core.processes.survival import strength, survival
from textdiff_core.schedules import schedules

V, L = 7, 5


def gaussian(num_words: int = V, schedule: str = "linear") -> Gaussian:
    return Gaussian(num_words, schedules.build(schedule))


def full(value: float, num: int = 1) -> torch.Tensor:
    return torch.full((num,), value, dtype=torch.float64)


def corpus(p: np.ndarray = TABLE) -> tuple[OracleDenoiser, torch.Tensor, torch.Tensor]:
    """The exact denoiser of a table, its texts, and their probabilities."""
    texts = torch.tensor(list(itertools.product(range(p.shape[0]), repeat=p.ndim)))
    weights = torch.from_numpy(p.ravel())
    return OracleDenoiser(texts, gaussian(p.shape[0]), weights), texts, weights


# ---- the clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("num_words", [2, 3, 168, 5000])
def test_strength_inverts_survival(num_words) -> None:
    """Within 1e-8 of mu, from 1e-11 to where alpha is within 1e-6 of 1; both ends are exact."""
    mu = torch.logspace(-11, math.log10(6.5), 2001, dtype=torch.float64)
    alpha, noise, _ = survival(mu, num_words)
    assert bool((alpha.diff() > 0).all()) and float((alpha + noise - 1).abs().max()) < 1e-12
    assert float((strength(alpha, num_words) / mu - 1).abs().max()) < 1e-8
    ends = strength(torch.tensor([0.0, 1.0], dtype=torch.float64), num_words)
    assert ends.tolist() == [0.0, math.inf]
    a, s = gaussian(num_words).signal(torch.linspace(0, 1, 101, dtype=torch.float64))
    assert (float(a[0]), float(s[0]), float(a[-1]), float(s[-1])) == (0, 1, 1, 0)
    assert float((a**2 + s**2 - 1).abs().max()) < 1e-14
    assert bool((a.diff() > 0).all()) and bool((s.diff() < 0).all())


def test_two_words_have_a_closed_form() -> None:
    """alpha = erf(mu / 2), 1 - alpha = erfc(mu / 2), slope = exp(-mu^2 / 4) / sqrt(pi); relative 1e-12."""
    mu = torch.logspace(-8, 1.1, 200, dtype=torch.float64)
    alpha, noise, slope = survival(mu, 2)
    assert float((alpha / torch.erf(mu / 2) - 1).abs().max()) < 1e-12
    assert float((noise / torch.erfc(mu / 2) - 1).abs().max()) < 1e-12
    assert float((slope / ((-mu.square() / 4).exp() / math.sqrt(math.pi)) - 1).abs().max()) < 1e-12


@pytest.mark.parametrize("t", [0.05, 0.4, 0.9, 1.0])
def test_the_nearest_words_follow_the_uniform_process(t) -> None:
    """The duality of Duo: of 200,000 vectors of one word the nearest words are q(x_t | x_0) of the uniform
    process: its share within 5 sigma, all words by Pearson's chi-square at p > 1e-4."""
    num, word = 200_000, 2
    process = gaussian()
    nearest = process.words(process.corrupt(torch.full((num, 1), word), full(t, num), rng=step_rng(1, 0)))
    due = np.full(V, t / V)
    due[word] += 1 - t
    seen = np.bincount(nearest[:, 0].numpy(), minlength=V)
    assert abs(seen[word] / num - due[word]) < 5 * math.sqrt(due[word] * (1 - due[word]) / num)
    assert chisquare(seen, due * num).pvalue > 1e-4


@pytest.mark.parametrize("schedule", schedules)
def test_the_weight_of_an_error_is_half_the_fall_of_signal_to_noise(schedule) -> None:
    """Between t = 0.2 and 0.9 the integral of `information` is the difference of mu^2 / 2 within 1e-6 of it
    (1e-4 where the slope has kinks)."""
    process = gaussian(schedule=schedule)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    t = torch.from_numpy(0.55 + 0.35 * nodes)
    total = float((torch.from_numpy(0.35 * weights) * process.information(t)).sum())
    ends = strength(process.schedule.alpha(torch.tensor([0.2, 0.9], dtype=torch.float64)), V).square() / 2
    due = float(ends[0] - ends[1])
    assert abs(total / due - 1) < (1e-4 if schedule == "drawn" else 1e-6)
    clean = process.information(torch.tensor([0.0, 1e-300, 1e-9, 1.0], dtype=torch.float64))
    assert bool(clean.isfinite().all()) and bool((clean >= 0).all())


# ---- densities ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [1e-3, 0.3, 0.9, 1.0])
def test_the_likelihood_is_the_density(noise) -> None:
    """q(z | v) by scipy for every word, up to a factor: shares within 1e-9."""
    process = gaussian()
    a, s = (float(part) for part in process.signal(full(1 - noise)))
    z = process.corrupt(
        torch.tensor([[3], [0]]), full(process.schedule.time(1 - noise), 2), rng=step_rng(2, 0)
    )
    told = process.likelihood(z, full(noise, 2))[:, 0]
    for row, shares in zip(z[:, 0].numpy(), told, strict=True):
        density = [multivariate_normal.logpdf(row, a * np.eye(V)[v], s**2) for v in range(V)]
        due = torch.tensor(density).softmax(0)
        assert float((shares / shares.sum() - due).abs().max()) < 1e-9


def test_a_clean_vector_says_its_word() -> None:
    process, words = gaussian(), torch.arange(V)[None]
    state = process.corrupt(words, full(0.0), rng=step_rng(3, 0))
    assert torch.equal(state, torch.eye(V, dtype=torch.float64)[None])
    assert torch.equal(process.likelihood(state, full(0.0)), state)
    assert torch.equal(process.likelihood(state, full(1.0)), torch.ones_like(state))


@pytest.mark.parametrize("noise", [1e-6, 0.2, 0.7, 1.0])
def test_asking_the_exact_denoiser_gives_bayes_rule(noise) -> None:
    """p(x_0^i | z) over listed texts from densities of whole texts, within 1e-9; a known word is taken as told."""
    oracle, texts, weights = corpus()
    process = gaussian(3)
    state = process.corrupt(texts, full(process.schedule.time(1 - noise), 9), rng=step_rng(4, 0))
    where = torch.ones(9, 2, dtype=torch.bool)
    logits, extra = process.ask(oracle, state, full(noise, 9), where, None)
    fits = process.evidence(state, full(1 - noise, 9))[:, torch.arange(2), texts].sum(-1)  # (B, n)
    joint = (fits + weights.log()).softmax(-1)
    due = torch.einsum("bn,nlv->blv", joint, process.vectors_of(texts))
    assert extra is None
    assert float((logits.softmax(-1) - due.flatten(0, 1)).abs().max()) < 1e-9
    where[:, 1] = False
    held = process.hold(state, ~where[0], texts)
    logits, _ = process.ask(oracle, held, full(noise, 9), where, None)
    row = torch.from_numpy(TABLE)[:, texts[:, 1]].T.log() + process.evidence(state, full(1 - noise, 9))[:, 0]
    assert float((logits.softmax(-1) - row.softmax(-1)).abs().max()) < 1e-9


def test_noise_is_shown_until_a_vector_speaks_for_one_word() -> None:
    """At the share of signal where the evidence of the nearest word passes one half; never at the end; a word
    once shown is not noise again."""
    process = gaussian()
    alpha = torch.linspace(0, 1, 101, dtype=torch.float64)
    state = (0.6 * torch.eye(V, dtype=torch.float64)[:1]).expand(101, 1, V)
    all_noisy = torch.ones(101, 1, dtype=torch.bool)
    nothing = ~all_noisy
    shown = process.noisy(state, nothing, all_noisy, alpha)[:, 0]
    mu = strength(alpha, V)
    own = 1 / (1 + (V - 1) * (-0.6 * mu * (1 + mu**2).sqrt()).exp())
    assert torch.equal(shown, own <= 0.5) and bool(shown[0]) and not bool(shown[-1])
    assert not bool(process.noisy(state, nothing, nothing, alpha).any())
    assert bool(gaussian(2).noisy(torch.ones(1, 1, 2).double(), nothing[:1], all_noisy[:1], full(0.0)).all())


def test_cells_are_held_and_put_back() -> None:
    process, words = gaussian(), torch.tensor([[1, 2, 3]])
    noise = process.prior(words, rng=step_rng(5, 0))
    held = process.hold(noise, torch.tensor([True, False, True]), torch.tensor([6, -1, 0]))
    assert process.words(held)[0, [0, 2]].tolist() == [6, 0]
    assert bool((held[0, 0] == torch.eye(V)[6]).all()) and torch.equal(held[:, 1], noise[:, 1])
    for alpha in (0.0, 0.8):
        back = process.put_back(held, torch.tensor([2]), full(alpha), rng=step_rng(6, 0))
        assert torch.equal(back[:, :2], held[:, :2])
        due = process.signal(full(alpha))[1] * normal((1, 3, V), step_rng(6, 0))[:, 2]
        assert torch.equal(back[:, 2], due)


def test_one_word_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 words, got 1"):
        gaussian(1)


def test_distances_are_in_units_of_pure_noise() -> None:
    """Near 1 at the start (4 sigma of a chi-square), s times that later, 0 at the end and in kept cells."""
    process = gaussian(168)
    words = torch.arange(100).reshape(10, 10)
    for alpha in (0.0, 0.6):
        _, s = process.signal(full(alpha))
        state = process.corrupt(words, full(process.schedule.time(alpha), 10), rng=step_rng(7, 0))
        distance = process.extras(state, full(alpha, 10), None)["distance"]
        assert abs(float(distance.mean()) / float(s) - 1) < 4 / math.sqrt(2 * 168 * 100) + 0.02
        held = process.hold(state, torch.arange(10) == 3, words)
        assert bool((process.extras(held, full(alpha, 10), None)["distance"][:, 3] == 0).all())
    clean = process.extras(process.vectors_of(words), full(1.0, 10), torch.ones(168, 2))
    assert bool((clean["distance"] == 0).all()) and bool((clean["points"] == 1).all())


# ---- the bound ------------------------------------------------------------------------------------------


def test_F14_the_bound_is_the_likelihood_of_every_word() -> None:
    """1/2 integral of E|e(x) - x_hat|^2 d mu^2 = -ln p(x) with the exact posterior mean, within 1e-5.

    Gauss-Legendre in mu up to 9, and trapezoids in the two directions of noise that tell three words apart."""
    shares = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    process = gaussian(3)
    oracle = OracleDenoiser(torch.arange(3)[:, None], process, shares)
    line = torch.arange(-60, 61, dtype=torch.float64) / 8
    density = (-line.square() / 2).exp()
    density = torch.outer(density, density).flatten()
    plane = torch.tensor([[1, -1, 0], [1, 1, -2]], dtype=torch.float64)
    plane = plane / plane.norm(dim=-1, keepdim=True)
    noise = torch.cartesian_prod(line, line) @ plane  # (n, 3)
    nodes, weights = (torch.from_numpy(part * 4.5) for part in np.polynomial.legendre.leggauss(50))
    mu, reached = 4.5 + nodes, torch.zeros(3, dtype=torch.float64)
    for one, weight, alpha in zip(mu, weights, survival(mu, 3).alpha, strict=True):
        for word in range(3):
            state = (one * process.vectors_of(torch.tensor(word)) + noise) / (1 + one**2).sqrt()
            where = torch.ones(len(state), 1, dtype=torch.bool)
            level = (1 - alpha).expand(len(state))
            mean = process.ask(oracle, state[:, None], level, where, None)[0].softmax(-1)
            error = (mean - process.vectors_of(torch.tensor(word))).square().sum(-1)
            reached[word] += weight * one * (error * density).sum() / density.sum()
    assert float((reached + shares.log()).abs().max()) < 1e-5


def test_the_loss_measures_the_entropy() -> None:
    """A validation's mean bound over 9,000 texts is the table's entropy, 1.770 nats, within 5 standard errors of
    at most 0.03; in training the clean end is missing: less than 0.01 nats of it."""
    oracle, texts, weights = corpus()
    rng = np.random.default_rng(0)
    x_0 = texts[torch.from_numpy(rng.choice(9, size=9_000, p=weights.numpy()))]
    loss, process = losses.build("embedding"), gaussian(3)
    terms = loss.validation(process, oracle, x_0, rng=step_rng(8, 0))
    error = float(terms.nelbo.std()) / math.sqrt(len(x_0))
    assert abs(float(terms.nelbo.mean()) - entropy(TABLE)) < 5 * error and error < 0.03
    assert float(terms.objective) == pytest.approx(float(terms.nelbo.mean()) / 2)
    state = process.corrupt(x_0, full(LEAST_NOISE, len(x_0)), rng=step_rng(8, 1))
    where = torch.ones_like(x_0, dtype=torch.bool)
    p = process.ask(oracle, state, full(LEAST_NOISE, len(x_0)), where, None)[0].softmax(-1)
    assert float(torch.special.entr(p).sum()) / len(x_0) < 0.01


def test_a_denoiser_for_which_all_words_are_alike_needs_ln_V_nats_a_cell() -> None:
    """Within 5 standard errors: that is the bound of even words, whatever the text."""
    process = gaussian()
    denoiser = TransformerDenoiser(TransformerConfig(V, L, 8, 1, 2, **process.network))
    x_0 = torch.randint(V, (2_000, L), generator=step_rng(9, 0))
    with torch.no_grad():
        terms = losses.build("embedding").validation(process, denoiser, x_0, rng=step_rng(9, 1))
    error = float(terms.nelbo.std()) / math.sqrt(len(x_0))
    assert abs(float(terms.nelbo.mean()) - L * math.log(V)) < 5 * error < 1.0


def test_against_a_teacher_the_loss_is_a_cross_entropy_of_shares() -> None:
    """Of the teacher itself: the mean entropy of its shares, within 1e-12; told words give it on average (5 s.e.)."""
    oracle, texts, weights = corpus()
    process, loss = gaussian(3), losses.build("embedding")
    x_0 = texts[torch.from_numpy(np.random.default_rng(1).choice(9, size=20_000, p=weights.numpy()))]
    exact, told = (loss(process, oracle, x_0, rng=step_rng(10, 0), teacher=who) for who in (oracle, None))
    assert torch.equal(exact.nelbo, told.nelbo) and torch.equal(exact.cross_entropy, told.cross_entropy)
    error = float(told.cross_entropy.std()) / math.sqrt(len(x_0))
    assert abs(float(exact.objective - told.objective)) < 5 * error < 0.03
    assert float(exact.objective) != float(told.objective)


class Asked(torch.nn.Module):
    """Answers evenly, and keeps what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told = []

    def forward(self, state, noise, where, belief, previous):
        self.told.append((torch.is_grad_enabled(), where, belief, previous))
        return torch.zeros(int(where.sum()), V)


def test_half_of_the_batches_see_their_first_answer() -> None:
    """Of 400 batches between 150 and 250 ask twice: first without gradient and answer, then with the shares
    p(x_0 | z) of the first time; given cells hold their word in all that is told."""
    process, x_0 = gaussian(), torch.randint(V, (40, L), generator=step_rng(11, 0))
    twice = 0
    for k in range(400):
        denoiser = Asked()
        losses.build("embedding")(process, denoiser, x_0, rng=step_rng(12, k))
        *first, (graded, where, belief, previous) = denoiser.told
        assert graded and len(first) <= 1 and (previous is None) == (not first)
        assert torch.equal(belief[~where], process.vectors_of(x_0)[~where])
        if first:
            twice += 1
            assert not first[0][0] and first[0][3] is None
            assert (
                float((previous - belief).abs().max()) < 1e-12
            )  # an even answer leaves the vector's own say
    assert 150 <= twice <= 250
