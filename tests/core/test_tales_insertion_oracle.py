"""The exact denoiser of growing tales: against enumeration in small worlds, against what is known in the real one."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.core.tiny_world import TINY
from textdiff_core.corpora.tales import WORLD
from textdiff_core.corpora.toy import TOY
from textdiff_core.denoisers.insertion_oracle import InsertionOracle
from textdiff_core.denoisers.tales_insertion_oracle import TalesInsertionOracle
from textdiff_core.draws import step_rng
from textdiff_core.processes import Insertion
from textdiff_core.schedules import Linear

# Two of each gender, so that a name may be another of the same; and more than two animals.
WIDER = dataclasses.replace(
    TINY,
    names={"Ivy": "she", "Max": "he", "Leo": "he", "Nora": "she"},
    animals={"fox": ("den", "forest"), "bee": ("hive", "garden"), "hen": ("coop", "yard")},
    weather={"rainy": "boots"},
    colours=("red",),
    foods=("soup",),
)
REAL = Insertion(len(WORLD.words), Linear())
NAMES = [WORLD.ids[name] for name in WORLD.names]
EXACT = TalesInsertionOracle(WORLD, REAL)


def listed(world) -> tuple[Tensor, Tensor]:
    """All tales of a small world, and their probabilities."""
    tales = list(world.enumerate())
    texts = torch.zeros(len(tales), world.length, dtype=torch.int64)
    for row, tale in zip(texts, tales, strict=True):
        row[: len(tale.words)] = torch.tensor([world.ids[word] for word in tale.words])
    return texts, torch.tensor([world.log_prob(tale.text) for tale in tales], dtype=torch.float64).exp()


@pytest.fixture(scope="module", params=[TINY, WIDER, TOY], ids=["tiny", "wider", "toy"])
def both(request):
    """A world's texts (n, L), its process, its exact denoiser by enumeration, and the quick one."""
    world = request.param
    process = Insertion(len(world.words), Linear())
    texts, weights = (torch.from_numpy(TOY.texts), None) if world is TOY else listed(world)
    return texts, process, InsertionOracle(texts, process, weights), TalesInsertionOracle(world, process)


def same(both, sequences: Tensor, noise: Tensor) -> None:
    """Both say the same of these states, within 1e-9."""
    _, process, slow, quick = both
    for state, level in zip(sequences.split(4), noise.split(4), strict=True):
        where = state == process.noise_id
        (words, gaps), (due, due_gaps) = (one.insertions(state, level, where) for one in (quick, slow))
        torch.testing.assert_close(words.exp(), due.exp(), atol=1e-9, rtol=0)
        torch.testing.assert_close(gaps, due_gaps, atol=1e-9, rtol=0)


@pytest.mark.parametrize("given", [0.0, 0.15])
def test_equals_the_sum_over_all_listed_tales(both, given) -> None:
    """24 drawn tales at noise from nothing to everything, also with words that noise spares."""
    texts, process, _, _ = both
    rng = step_rng(int(given > 0), 0)
    x_0 = texts[torch.randint(len(texts), (24,), generator=rng)]
    noise = torch.linspace(0.0, 1.0, 24, dtype=torch.float64)
    spared = (torch.rand(x_0.shape, generator=rng) < given) & process.real(x_0)
    same(both, process.sequence(process.hold(process.corrupt(x_0, noise, rng=rng), spared, x_0)), noise)


def test_equals_it_where_little_is_known(both) -> None:
    """No cells, masks alone from one to a full canvas, whole tales, and their masks among words of no tale."""
    texts, process, _, _ = both
    length = texts.shape[1]
    states = torch.full((8, length + 1), process.absent_id)
    for row, num in zip(states, (0, 1, 2, length // 2, length - 6, length - 1, length, length), strict=True):
        row[:num] = process.noise_id
    states[7, 3] = texts[0, 3]
    whole = torch.cat([texts[[0, -1]], torch.zeros(2, 1, dtype=torch.int64)], dim=1)
    whole = whole.where(torch.cat([process.real(texts[[0, -1]]), torch.zeros(2, 1, dtype=torch.bool)], dim=1),
                        process.absent_id)  # fmt: skip
    same(both, torch.cat([states, whole]), torch.full((10,), 0.4, dtype=torch.float64))


def test_equals_it_where_no_tale_fits(both) -> None:
    """Words in a wrong order, too many of one, two names alike, a blank, and a tale beside them that does fit."""
    texts, process, _, _ = both
    rng = step_rng(5, 0)
    states = process.sequence(process.corrupt(texts[::400][:3], torch.full((3,), 0.5), rng=rng))
    states = states[:1].repeat(4, 1)
    states[0, 2] = process.noise_id
    states[1, :3] = torch.tensor([texts[0, 3], texts[0, 0], process.noise_id])
    states[2, :2] = torch.tensor([0, process.noise_id])
    states[3, :9] = texts[0, 0]
    same(both, states, torch.full((4,), 0.5, dtype=torch.float64))


# ---- the real world -------------------------------------------------------------------------------------


def drawn(num: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Tales, their noise, even from 1e-3 to 1, and their states in reading order."""
    x_0 = torch.from_numpy(WORLD.batch(num, np.random.default_rng(seed)))
    noise = torch.linspace(1e-3, 1.0, num, dtype=torch.float64)
    return x_0, noise, REAL.sequence(REAL.corrupt(x_0, noise, rng=step_rng(seed, 0)))


def test_shares_add_up_and_what_is_missing_is_what_the_tale_lacks_on_average() -> None:
    """64 states: shares sum to 1 within 1e-12; words missing are between what the shortest and the longest tale lack;
    nothing is missing behind the end."""
    _, noise, states = drawn(64, 1)
    where = states == REAL.noise_id
    words, gaps = EXACT.insertions(states, noise, where)
    assert float((words.exp().sum(-1) - 1).abs().max()) < 1e-12
    size = (states != REAL.absent_id).sum(-1)
    lengths = WORLD.lengths()
    assert bool((gaps.sum(-1) >= min(lengths) - size - 1e-9).all())
    assert bool((gaps.sum(-1) <= max(lengths) - size + 1e-9).all())
    assert not bool(gaps[torch.arange(gaps.shape[1]) > size[:, None]].any())


def test_a_whole_tale_lacks_at_most_its_once() -> None:
    """A tale that begins with a name is also one that begins with "Once" and lacks it: with p = noise / (1 + noise).
    Others lack nothing. Of a tale that lacks its sixth word one word is missing there, and a mask there is found."""
    x_0, _, whole = drawn(12, 2)
    whole = REAL.sequence(REAL.corrupt(x_0, torch.zeros(12), rng=step_rng(0, 0)))
    noise = torch.linspace(0.01, 0.99, 12, dtype=torch.float64)
    none = torch.zeros_like(whole, dtype=torch.bool)
    words, gaps = EXACT.insertions(whole, noise, none)
    due = torch.zeros_like(gaps)
    due[:, 0] = (noise / (1 + noise)).where(torch.isin(x_0[:, 0], torch.tensor(NAMES)), 0.0)
    assert words.shape == (0, len(WORLD.words)) and 0 < int((due > 0).sum()) < 12
    torch.testing.assert_close(gaps, due, atol=1e-12, rtol=0)
    less = torch.cat([whole[:, :5], whole[:, 6:], torch.full((12, 1), REAL.absent_id)], dim=1)
    _, gaps = EXACT.insertions(less, noise, none)
    torch.testing.assert_close(gaps[:, 1:].sum(-1), torch.ones(12, dtype=torch.float64))
    hidden = whole.clone()
    hidden[:, 5] = REAL.noise_id
    words, gaps = EXACT.insertions(hidden, noise, hidden == REAL.noise_id)
    torch.testing.assert_close(gaps, due, atol=1e-12, rtol=0)
    assert bool((words.exp().gather(-1, whole[:, 5:6]) > 0.06).all())  # one of at most 16 names


def test_told_words_and_gaps_are_those_expected_on_average() -> None:
    """Over 20,000 states at one noise: log-loss of told words against its expectation, and words missing in the
    first gap against what was expected there, both within 5 standard errors."""
    x_0 = torch.from_numpy(WORLD.batch(2_000, np.random.default_rng(9)))
    noise = torch.full((len(x_0),), 0.7, dtype=torch.float64)
    state = REAL.corrupt(x_0, noise, rng=step_rng(9, 0))
    where = REAL.open(state)
    words, gaps = REAL.ask(EXACT, state, noise, where, None)
    told = -words.gather(-1, x_0[where][:, None])[:, 0]
    due = -torch.xlogy(words.exp(), words.exp()).sum(-1)
    excess = told - due
    assert abs(float(excess.mean())) < 5 * float(excess.std()) / len(excess) ** 0.5
    missing = (REAL.real(x_0) & ~REAL.present(state)).double()
    first = (missing.cumprod(-1)).sum(-1) - gaps[:, 0]
    assert abs(float(first.mean())) < 5 * float(first.std()) / len(first) ** 0.5
