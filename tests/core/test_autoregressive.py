"""Autoregression as a process among the others: exact writing, the chain rule, the causal mask, the memory."""

import itertools
import math

import numpy as np
import pytest
import torch

from tests.core import exact
from textdiff_core import lab
from textdiff_core.asking import Caller
from textdiff_core.corpora import corpora
from textdiff_core.denoisers.causal_oracle import CausalOracle, WorldCausalOracle
from textdiff_core.denoisers.remembering import Remembering, remembering
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.losses import losses
from textdiff_core.processes import Autoregressive
from textdiff_core.records import Edit
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

V, L = 9, 7
TEXTS = torch.randint(V, (5, L), generator=step_rng(0, 0))


def process(num_words: int = V) -> Autoregressive:
    return Autoregressive(num_words, schedules.build("linear"))


def causal(**changes) -> TransformerDenoiser:
    """With no weight at its initial zero, in float64."""
    torch.manual_seed(0)
    sizes = {"width": 16, "depth": 2, "heads": 2, "causal": True} | changes
    denoiser = TransformerDenoiser(TransformerConfig(V, L, **sizes))
    with torch.no_grad():
        for value in denoiser.parameters():
            value.normal_(std=0.5)
    return denoiser.double().requires_grad_(False)


def oracle(p: np.ndarray) -> CausalOracle:
    texts = list(itertools.product(range(p.shape[0]), repeat=p.ndim))
    return CausalOracle(torch.tensor(texts), p.shape[0], torch.tensor([p[text] for text in texts]))


def write(denoiser, *, seeds=(0,), keep=None, num_words=V, length=L, **options):
    keep = torch.full((length,), -1) if keep is None else keep
    return list(
        denoise(
            process(num_words), denoiser, samplers.build("next-word"), grids.build("uniform").times(4),
            seeds=seeds, keep=keep, **options,
        )
    )  # fmt: skip


# ---- exactness ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [exact.TABLE, exact.LONGER], ids=["two cells", "three cells"])
def test_left_to_right_writing_is_exact(p) -> None:
    """The chance of every prefix carried from word to word, by what the loop itself says before each word: total
    variation from the corpus 0 within 1e-12."""
    num_words, length = p.shape[0], p.ndim
    part, denoiser = process(num_words), oracle(p)
    mass = {(): 1.0}
    for cell in range(length):
        after = {}
        for prefix, chance in mass.items():
            state = torch.full((1, length), num_words)
            state[0, :cell] = torch.tensor(prefix, dtype=torch.int64)
            free = torch.ones(length, dtype=torch.bool)
            caller = Caller(part, denoiser, state, free, 1.0, 1.0, False, reads="next")
            caller.look(state, torch.zeros(1).double())
            assert caller.question().nonzero().tolist() == [[0, cell]]
            told = caller.p_x0[0, cell]
            after |= {(*prefix, word): chance * float(told[word]) for word in range(num_words)}
        mass = after
    distance = sum(abs(chance - float(p[text])) for text, chance in mass.items()) / 2
    assert abs(sum(mass.values()) - 1) < 1e-12 and distance < 1e-12


def test_what_the_loop_writes_is_distributed_like_the_corpus() -> None:
    """4,000 texts of two cells: total variation as of that many draws from the corpus itself, 0.02 at most (its mean
    is below 0.016)."""
    last = write(oracle(exact.TABLE), seeds=range(4000), num_words=3, length=2, record=False)[-1]
    found = np.zeros((3, 3))
    np.add.at(found, tuple(last.words.T.numpy()), 1 / 4000)
    assert np.abs(found - exact.TABLE).sum() / 2 < 0.02
    assert bool((last.calls == 2).all())


@pytest.mark.parametrize("p", [exact.TABLE, exact.LONGER], ids=["two cells", "three cells"])
def test_the_chain_rule_is_the_probability(p) -> None:
    """Nats of every text of the corpus are -ln p within 1e-10, in training, validation and their mean the entropy."""
    texts = torch.tensor(list(exact.texts(p)))
    loss = losses.build("next-word")
    told = loss(process(p.shape[0]), oracle(p), texts, rng=step_rng(0, 0))
    again = loss.validation(process(p.shape[0]), oracle(p), texts, rng=step_rng(0, 0))
    due = torch.tensor([-math.log(p[tuple(text)]) for text in texts.tolist()], dtype=torch.float64)
    assert float((told.nelbo - due).abs().max()) < 1e-10 and float((again.nelbo - due).abs().max()) < 1e-10
    assert abs(float((again.nelbo * (-due).exp()).sum()) - exact.entropy(p)) < 1e-10
    assert again.noise.shape == again.cross_entropy.shape == (p.ndim,)


@pytest.mark.parametrize("name", ["tales", "toy"])
def test_the_worlds_exact_answer_is_the_chain_rule(name) -> None:
    """The next word's shares multiply to the world's own probability of 50 texts, within 1e-9 nats."""
    world = corpora[name]
    texts = torch.from_numpy(world.batch(50, np.random.default_rng(3)))
    log_p = WorldCausalOracle(world)(texts).gather(-1, texts[..., None])[..., 0].sum(-1)
    due = np.array([world.log_prob(world.vocabulary.decode(row)) for row in texts.numpy()])
    assert np.abs(log_p.numpy() - due).max() < 1e-9


def test_the_worlds_exact_answer_is_that_of_its_listed_texts() -> None:
    """Toy can be listed: both oracles say the same of true, broken and half-written texts, within 1e-9."""
    world = corpora["toy"]
    listed = CausalOracle(torch.from_numpy(world.texts), len(world.words))
    state = torch.from_numpy(world.batch(6, np.random.default_rng(0)))
    state[1, 4:] = len(world.words)
    state[2, 0] = world.ids["."]
    ours, due = (one(state).exp() for one in (WorldCausalOracle(world), listed))
    assert float((ours - due).abs().max()) < 1e-9


def test_an_exact_teacher_changes_the_scatter_and_not_the_mean() -> None:
    """Over all texts of a corpus, weighed by their probability, the objective against shares is that against words."""
    p = exact.TABLE
    texts, weights = torch.tensor(list(exact.texts(p))), torch.from_numpy(p).flatten()
    uneven = lambda x_0: torch.log_softmax(torch.arange(6).view(2, 3).double().expand(len(x_0), 2, 3), -1)  # noqa: E731
    means = []
    for teacher in (None, oracle(p)):
        terms = [
            losses.build("next-word")(process(3), uneven, x[None], rng=step_rng(0, 0), teacher=teacher)
            for x in texts
        ]
        means.append(sum(float(w) * float(one.objective) for w, one in zip(weights, terms, strict=True)))
    told, exactly = means
    assert abs(told - exactly) < 1e-9


# ---- the noise ------------------------------------------------------------------------------------------


def test_noise_takes_words_from_the_right_as_many_as_masking_does() -> None:
    """What is left is always the beginning; how much is Binomial(L, alpha), as under masking: mean within 0.06."""
    x_0 = torch.zeros(4000, L, dtype=torch.int64)
    state = process().corrupt(x_0, torch.full((4000,), 0.4), rng=step_rng(5, 0))
    hidden = state == V
    assert bool((hidden[:, 1:] | ~hidden[:, :-1]).all())
    left = (~hidden).sum(-1).double()
    assert abs(float(left.mean()) - 0.6 * L) < 0.06 and abs(float(left.var()) - 0.24 * L) < 0.15


def test_the_way_back_of_each_cell_is_what_noise_did() -> None:
    """Of texts with k words left at t, the share in which each cell is there at s, within 0.02."""
    part, num = process(), 20_000
    t, s = (torch.full((num,), value, dtype=torch.float64) for value in (0.7, 0.3))
    x_0 = torch.zeros(num, L, dtype=torch.int64)
    earlier, later = (part.corrupt(x_0, time, rng=step_rng(9, 0)) for time in (s, t))  # one stream: s then t
    chosen = (later < V).sum(-1) == 2
    p_x0 = torch.nn.functional.one_hot(x_0[:1], V).double()
    told = part.posterior(later[chosen][:1], p_x0, t[:1], s[:1])[0, :, 0]
    assert float(((earlier[chosen] < V).double().mean(0) - told).abs().max()) < 0.02


# ---- the network ----------------------------------------------------------------------------------------


def test_it_has_the_weights_of_the_bidirectional_one() -> None:
    count = lambda denoiser: sum(value.numel() for value in denoiser.parameters())  # noqa: E731
    assert count(causal()) == count(causal(causal=False))


def test_a_cells_answer_depends_on_no_cell_from_it_on() -> None:
    """Changing cell i moves the answers behind it, and none at or before it; without the mask it would."""
    denoiser = causal()
    whole = denoiser(TEXTS)
    for cell in range(L):
        changed = TEXTS.clone()
        changed[:, cell] = (changed[:, cell] + 1) % V
        moved = (denoiser(changed) - whole).abs().amax((0, 2))
        assert float(moved[: cell + 1].max()) == 0 and bool((moved[cell + 1 :] > 1e-9).all())
    for block in denoiser.blocks:
        block.causal = False
    changed = TEXTS.clone()
    changed[:, -2] = (changed[:, -2] + 1) % V
    assert float((denoiser(changed) - denoiser(TEXTS)).abs()[:, :-2].max()) > 1e-6


def test_what_is_kept_changes_no_answer() -> None:
    """The memory against the network itself: words coming one by one, an earlier one changed, another batch, a cell
    asked about twice: within 1e-12 (float64)."""
    denoiser, asked = causal(), Remembering(causal())
    states = [TEXTS.masked_fill(torch.arange(L) >= done, V) for done in range(L)]
    broken = states[5].clone()
    broken[:, 1] = (broken[:, 1] + 1) % V
    for state in (*states, broken, states[3][:2], states[3][:2], states[6]):
        where = process().following(state == V)
        assert float((asked(state, where=where) - denoiser(state, where=where)).abs().max()) < 1e-12
    everywhere = torch.ones_like(TEXTS, dtype=torch.bool)
    assert float((asked(TEXTS, where=everywhere) - denoiser(TEXTS, where=everywhere)).abs().max()) < 1e-12


def test_each_word_of_a_run_is_read_once() -> None:
    """7 calls of one cell each, where the network without memory reads 7 whole texts; words and calls are the same."""
    denoiser, read = causal(), []
    denoiser.blocks[0].register_forward_pre_hook(lambda block, args: read.append(args[0].shape[1]))
    kept = write(denoiser, seeds=[4])
    assert read == [1] * L and int(kept[-1].calls) == L
    read.clear()
    plain = write(lambda *args, **named: denoiser(*args, **named), seeds=[4])
    assert read == [L] * L
    assert all(torch.equal(one.words, other.words) for one, other in zip(kept, plain, strict=True))
    assert not isinstance(remembering(causal(causal=False)), Remembering)


def test_an_edit_is_read_anew() -> None:
    """A word put back in the middle: it alone is written again, from the left side, and what stands behind it stays."""
    denoiser = causal()
    edit = Edit(step=L, positions=(3,))
    kept, plain = (
        write(one, seeds=[1], edits=[edit])
        for one in (denoiser, lambda *args, **named: denoiser(*args, **named))
    )
    assert all(torch.equal(one.words, other.words) for one, other in zip(kept, plain, strict=True))
    before, after = kept[L].words[0], kept[-1].words[0]
    assert torch.equal(before[3:], after[3:]) and torch.equal(before[:2], after[:2])


def test_a_kept_word_further_right_is_not_seen() -> None:
    """Two runs that keep different words in the last cell write the same ones before it."""
    keeps = (torch.tensor([-1] * (L - 1) + [word]) for word in (2, 5))
    one, other = (write(causal(), seeds=range(8), keep=keep)[-1].words for keep in keeps)
    assert torch.equal(one[:, :-1], other[:, :-1])


def test_it_is_offered_as_every_part() -> None:
    assert lab.losses["next-word"].serves == ("autoregressive",)
    assert lab.samplers["next-word"].serves == ("autoregressive",)
