"""The insertion process: its noise, its exact denoiser, its bound and its states, by enumeration."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.core.insertions import (
    ABSENT,
    MASK,
    MIXED,
    ONE_LENGTH,
    PROCESS,
    V,
    fates,
    gaps,
    length,
    oracle,
    seen,
    sequence,
)
from textdiff_core.denoisers.insertion_oracle import InsertionOracle
from textdiff_core.draws import step_rng
from textdiff_core.losses import LEAST_NOISE, losses, order_nats
from textdiff_core.losses.inserting import told_gaps
from textdiff_core.processes import Insertion
from textdiff_core.schedules import schedules

# ---- noise ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["linear", "cosine-mdlm"])
@pytest.mark.parametrize("t", [0.15, 0.5, 0.9])
def test_F13_shares_of_missing_masked_and_clean_words(schedule, t) -> None:
    """256,000 words: 1 - a, -(1 - a) ln(1 - a) and the rest, within 3e-3."""
    part, x_0 = Insertion(V, schedules.build(schedule)), torch.ones(16_000, 16, dtype=torch.int64)
    ids = part.corrupt(x_0, torch.full((len(x_0),), t), rng=step_rng(0, 0))[..., 0]
    noise = 1 - part.schedule.alpha(t)
    due = {
        part.absent_id: noise,
        part.noise_id: -noise * math.log(noise),
        1: 1 - noise + noise * math.log(noise),
    }
    for one, share in due.items():
        assert abs(float((ids == one).double().mean()) - share) < 3e-3


def test_F13_steps_back_happen_at_the_return_rate() -> None:
    """Of one word's whole way (one stream at two times): words missing at t are there at s, and masks at t are
    written at s, each with probability (alpha_s - alpha_t) / (1 - alpha_t): within 5 standard errors."""
    x_0, t, s = torch.ones(20_000, 4, dtype=torch.int64), 0.8, 0.3
    at_t, at_s = (
        PROCESS.corrupt(x_0, torch.full((len(x_0),), one), rng=step_rng(1, 0))[..., 0] for one in (t, s)
    )
    rate = (t - s) / t
    for before, after in ((at_t == ABSENT, at_s != ABSENT), (at_t == MASK, at_s == 1)):
        error = math.sqrt(rate * (1 - rate) / int(before.sum()))
        assert abs(float(after[before].double().mean()) - rate) < 5 * error
    assert bool((at_s[at_t == 1] == 1).all())  # what is clean stays clean


def test_blanks_at_the_end_are_no_words() -> None:
    """They never appear; a blank inside is a word like any other."""
    x_0 = torch.tensor([[2, 0, 1, 0, 0], [0, 0, 0, 0, 0]])
    assert PROCESS.real(x_0).tolist() == [[True, True, True, False, False], [False] * 5]
    for t in (0.0, 0.4, 1.0):
        state = PROCESS.corrupt(x_0, torch.full((2,), t), rng=step_rng(2, 0))
        assert not bool(PROCESS.present(state)[~PROCESS.real(x_0)].any())
    assert torch.equal(PROCESS.read(PROCESS.corrupt(x_0, torch.zeros(2), rng=step_rng(2, 1))), x_0)


# ---- states ---------------------------------------------------------------------------------------------


def state_of(ids: list[int], places: list[int]) -> Tensor:
    return torch.tensor([list(zip(ids, places, strict=True))])


def test_new_cells_take_free_slots_and_their_place_in_reading_order() -> None:
    """Read "2 ▒ 3"; one mask before the first, two at the end: the slots 1, 4, 5 in that order."""
    state = state_of([3, ABSENT, MASK, 2, ABSENT, ABSENT, ABSENT], [2, 7, 1, 0, 7, 7, 7])
    grown = PROCESS.insert(state, torch.tensor([[1, 0, 0, 2, 0, 0, 0, 0]]))
    assert PROCESS.words(grown)[0].tolist() == [3, MASK, MASK, 2, MASK, MASK, MASK]
    assert PROCESS.places(grown)[0].tolist() == [3, 0, 2, 1, 4, 5, 7]
    assert PROCESS.present(grown)[0].tolist() == [True] * 6 + [False]
    assert PROCESS.read(grown)[0].tolist() == [MASK, 2, MASK, 3, MASK, MASK, 0]
    assert PROCESS.sequence(grown)[0].tolist() == [MASK, 2, MASK, 3, MASK, MASK, ABSENT, ABSENT]
    assert torch.equal(state, state_of([3, ABSENT, MASK, 2, ABSENT, ABSENT, ABSENT], [2, 7, 1, 0, 7, 7, 7]))


def test_no_more_cells_come_than_there_is_room() -> None:
    """Random counts: places of the cells are 0..n - 1, the old ones keep their order, counts hold as far as
    there is room, gaps on the left first."""
    for seed in range(50):
        rng = step_rng(seed, 0)
        state = PROCESS.corrupt(torch.ones(4, 6, dtype=torch.int64), torch.full((4,), 0.5), rng=rng)
        counts = torch.randint(3, (4, 7), generator=rng)
        counts = counts * (torch.arange(7) <= PROCESS.present(state).sum(-1, keepdim=True))
        grown = PROCESS.insert(state, counts)
        for row in range(4):
            old, there = PROCESS.present(state)[row], PROCESS.present(grown)[row]
            num = min(6, int(old.sum() + counts[row].sum()))
            assert sorted(grown[row, there, 1].tolist()) == list(range(num))
            assert torch.equal(grown[row, old, 0], state[row, old, 0])
            left = grown[row, old, 1] - state[row, old, 1]  # new cells to the left of each
            due = counts[row].cumsum(0)[state[row, old, 1]].clamp_max(num - int(old.sum()))
            assert torch.equal(left, due)


def test_given_words_stand_in_order_from_the_start() -> None:
    start = PROCESS.prior(torch.zeros(1, 5, dtype=torch.int64), rng=step_rng(0, 0))
    assert not bool(PROCESS.present(start).any()) and not bool(PROCESS.open(start).any())
    given = torch.tensor([False, True, False, False, True])
    held = PROCESS.hold(start, given, torch.tensor([-1, 3, -1, -1, 1]))
    assert held[0].tolist() == [[ABSENT, 5], [3, 0], [ABSENT, 5], [ABSENT, 5], [1, 1]]


def test_answers_go_to_the_cells_that_were_asked_about() -> None:
    """Slots in any order: each mask gets the logits of its place, gaps those of the reading order."""

    class Places(torch.nn.Module):
        """Says where it was asked: word "place" and gaps of that size."""

        def insertions(self, state, noise, where):
            place = torch.arange(state.shape[1]).expand(state.shape)
            return torch.nn.functional.one_hot(place[where], 9).double(), place.double() + 1

    state = torch.cat([
        state_of([MASK, 1, MASK, ABSENT, MASK, 2], [4, 0, 1, 6, 3, 2]),
        state_of([MASK, ABSENT, ABSENT, 2, MASK, ABSENT], [2, 6, 6, 0, 1, 6]),
    ])  # fmt: skip
    logits, missing = PROCESS.ask(Places(), state, torch.ones(2), PROCESS.open(state), None)
    assert logits.argmax(-1).tolist() == [4, 1, 3, 2, 1]
    assert missing.tolist() == [[1, 2, 3, 4, 5, 6, 0], [1, 2, 3, 4, 0, 0, 0]]


# ---- the exact denoiser ---------------------------------------------------------------------------------


@pytest.mark.parametrize("corpus", [ONE_LENGTH, MIXED], ids=["one length", "several"])
@pytest.mark.parametrize("noise", [0.05, 0.6, 0.999])
def test_the_oracle_is_bayes_rule(corpus, noise) -> None:
    """Words and gaps of every state that can be met, against the sum over texts and fates: within 1e-12."""
    states: dict[tuple, list] = {}
    for text, weight in zip(*corpus, strict=True):
        for fate, share in fates(length(text), noise):
            states.setdefault(seen(text, fate), []).append((float(weight) * share, text, fate))
    sequences = torch.stack([sequence(ids) for ids in states])
    told, missing = oracle(corpus).insertions(
        sequences, torch.full((len(sequences),), noise, dtype=torch.float64), sequences == MASK
    )
    told = iter(told.exp())
    for row, (ids, ways) in enumerate(states.items()):
        total = sum(share for share, _, _ in ways)
        due = sum(share * torch.tensor(gaps(fate)).double() for share, _, fate in ways) / total
        assert float((missing[row, : len(due)] - due).abs().max()) < 1e-12
        assert float(missing[row, len(due) :].sum()) == 0
        for place in (i for i, one in enumerate(ids) if one == MASK):
            words = torch.zeros(V, dtype=torch.float64)
            for share, text, fate in ways:
                left = [int(word) for word, one in zip(text, fate, strict=False) if one != "-"]
                words[left[place]] += share / total
            assert float((next(told) - words).abs().max()) < 1e-12


def test_where_no_text_fits_the_oracle_tells_the_words_of_the_corpus() -> None:
    told, missing = oracle(MIXED).insertions(
        sequence((3, 3, MASK))[None], torch.ones(1), torch.tensor([[False, False, True, False]])
    )
    counts = sum(
        float(weight) * torch.bincount(text[: length(text)], minlength=V)
        for text, weight in zip(*MIXED, strict=True)
    )
    assert float((told.exp()[0] / told.exp().sum() - counts / counts.sum()).abs().max()) < 1e-6
    assert float(missing.sum()) == 0
    with pytest.raises(ValueError, match=r"texts must have shape \(n, L\)"):
        InsertionOracle(torch.zeros(3, dtype=torch.int64), PROCESS)


# ---- the bound ------------------------------------------------------------------------------------------


def nats(corpus, text: Tensor, noise: float) -> float:
    """E of what the exact denoiser pays at this noise, summed over all fates of the text."""
    ways = list(fates(length(text), noise))
    sequences = torch.stack([sequence(seen(text, fate)) for fate, _ in ways])
    where = sequences == MASK
    told, missing = oracle(corpus).insertions(
        sequences, torch.full((len(ways),), noise, dtype=torch.float64), where
    )
    words, total = iter(told), 0.0
    for (fate, share), expected in zip(ways, missing, strict=True):
        paid = -sum(float(next(words)[text[i]]) for i, one in enumerate(fate) if one == "?")
        for g, e in zip(gaps(fate), expected.tolist(), strict=False):
            paid += e - g + (g * math.log(g / e) if g else 0.0)
        total += share * paid
    return total


def integral(corpus, text: Tensor, low: float, num: int = 60) -> float:
    """Of nats / noise from `low` to 1, in the cube root of noise, which is smooth enough at 0."""
    nodes, weights = np.polynomial.legendre.leggauss(num)
    start = low ** (1 / 3)
    root = start + (1 - start) * (nodes + 1) / 2
    return sum(
        w * 3 / v * nats(corpus, text, v**3) for v, w in zip(root, weights * (1 - start) / 2, strict=True)
    )


@pytest.mark.parametrize("corpus", [ONE_LENGTH, MIXED], ids=["one length", "several"])
def test_F13_the_least_bound_is_the_likelihood_and_the_order_of_words(corpus) -> None:
    """-ln p(x) + c(n) for every text, with n from 0 to 3 and repeated words, within 1e-6 (asked: 1e-3)."""
    for text, weight in zip(*corpus, strict=True):
        due = -math.log(float(weight) / float(corpus[1].sum())) + order_nats(length(text))
        assert abs(integral(corpus, text, 0.0) - due) < 1e-6


def test_F13_the_nats_of_the_order() -> None:
    """c(0) = c(1) = 0; c(2), c(3), c(64) within 1e-6 of the published numbers."""
    assert order_nats(0) == order_nats(1) == 0
    for num, due in ((2, 0.6931472), (3, 1.5607104), (64, 72.065051)):
        assert abs(order_nats(num) - due) < 1e-6


def test_F13_the_loss_has_that_mean() -> None:
    """24,000 drawn bounds (8 each) of one text: their mean is the integral from the least noise up, within 5 errors."""
    text = MIXED[0][0]
    terms = losses.build("insertion").validation(
        PROCESS, oracle(MIXED), text.repeat(24_000, 1), rng=step_rng(3, 0)
    )
    error = float(terms.nelbo.std()) / math.sqrt(24_000)
    assert error < 0.03
    assert abs(float(terms.nelbo.mean()) - integral(MIXED, text, LEAST_NOISE)) < 5 * error


def test_told_gaps_count_what_is_missing() -> None:
    """Every fate of a text of three words on a canvas of four, given by hand as a state."""
    text = torch.tensor([[1, 3, 2, 0]])
    for fate in itertools.product("-?w", repeat=3):
        ids = [
            ABSENT if one == "-" else MASK if one == "?" else int(w)
            for one, w in zip(fate, text[0], strict=False)
        ]
        there = [one != "-" for one in fate]
        places = [sum(there[:i]) if there[i] else 4 for i in range(3)]
        told = told_gaps(PROCESS, text, state_of([*ids, ABSENT], [*places, 4]))[0].tolist()
        assert told[: len(gaps(fate))] == gaps(fate) and not any(told[len(gaps(fate)) :])


def test_given_words_are_spared() -> None:
    """In a tenth of the texts some words are given, and these are neither missing nor masked: at t near 1,
    where nothing else is left, as many texts have words as rows drew some."""

    class Seen(torch.nn.Module):
        """An even denoiser that keeps what it was shown."""

        def insertions(self, state, noise, where):
            self.state = state
            return torch.zeros(int(where.sum()), V), torch.ones(state.shape)

    denoiser, x_0 = Seen(), torch.ones(4_000, 12, dtype=torch.int64)
    steep = Insertion(V, schedules.build("drawn:t=0/0.001/1,a=1/0.000001/0"))
    losses.build("insertion")(steep, denoiser, x_0, rng=step_rng(4, 0))
    words = (denoiser.state == 1).sum(-1)
    share = float((words > 0).double().mean())
    assert abs(share - 0.1 * (1 - 1 / 13)) < 5 * math.sqrt(0.09 / 4_000)


class Guess(torch.nn.Module):
    """Answers at random, but always the same; what it said is kept, with gradients to come."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        rng = step_rng(seed, 0)
        self.words = torch.randn(V, generator=rng, dtype=torch.float64)
        self.missing = 0.2 + torch.rand(1, generator=rng, dtype=torch.float64)

    def insertions(self, state: Tensor, noise: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        return self.words.expand(int(where.sum()), -1), (self.missing * noise[:, None]).expand(state.shape)


class Perfect(Guess):
    """The exact answers, with gradients."""

    def insertions(self, state: Tensor, noise: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        exact = oracle(MIXED).insertions(state, noise, where)
        self.said = [one.clamp_min(-40).requires_grad_() for one in exact]
        return self.said[0], self.said[1]


def test_a_teacher_leaves_the_bound_as_it_is_and_has_the_same_mean() -> None:
    """What one guess costs more than another, on 24,000 texts: the same mean by told and by exact targets, within 5
    standard errors of the difference; and the bound reported is that of what was told, to the last digit."""
    loss = losses.build("insertion")
    drawn = torch.multinomial(MIXED[1], 24_000, replacement=True, generator=step_rng(1, 0))
    told, exact = (
        [
            [loss(PROCESS, Guess(seed), part, rng=step_rng(2, k), teacher=teacher) for seed in (0, 1)]
            for k, part in enumerate(MIXED[0][drawn].split(400))
        ]
        for teacher in (None, oracle(MIXED))
    )
    for one, other in zip(told, exact, strict=True):
        assert torch.equal(one[0].nelbo, other[0].nelbo)
    excess, exact_excess = (
        np.array([float(a.objective - b.objective) for a, b in some]) for some in (told, exact)
    )
    error = (excess - exact_excess).std() / math.sqrt(len(excess))
    assert abs((excess - exact_excess).mean()) < 5 * error < 0.5 * abs(excess.mean())


def test_against_a_teacher_the_exact_denoiser_has_no_gradient() -> None:
    """Word by word and gap by gap, within 1e-6 of float32; against told targets it scatters."""
    texts, loss = MIXED[0].repeat(20, 1), losses.build("insertion")
    largest = []
    for teacher in (oracle(MIXED), None):
        denoiser = Perfect(0)
        loss(PROCESS, denoiser, texts, rng=step_rng(3, 0), teacher=teacher).objective.backward()
        largest.append(max(float(one.grad.abs().max()) for one in denoiser.said))
    assert largest[0] < 1e-6 < 1e-3 < largest[1]
