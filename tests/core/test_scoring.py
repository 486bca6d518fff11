"""How surprised a model is by a text: held against enumeration and the chain rule, and what is said of bad input."""

import dataclasses
import itertools
import json
import math
import types

import numpy as np
import pytest
import torch

from tests.core import exact
from tests.core.exact import LONGER, TABLE
from textdiff_core import lab, scoring
from textdiff_core.denoisers.causal_oracle import CausalOracle
from textdiff_core.denoisers.tales_oracle import TalesOracle
from textdiff_core.draws import step_rng
from textdiff_core.losses import losses
from textdiff_core.processes import Absorbing
from textdiff_core.schedules import Linear
from textdiff_core.scoring import ScoreConfig
from textdiff_core.vocab import Vocabulary

WORLD = lab.corpora["tales"]
TALE = WORLD.tell(np.random.default_rng(7)).text
WRONG = TALE.replace("gave Leo", "gave Nora")  # one of five Leos
LETTERS = Vocabulary(("", "a", "b"), "char", pads=False)
TABLES = pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])


def info(p: np.ndarray = LONGER, **changes):
    """What `lab.ModelInfo` tells of a model of the table p, whose words are letters."""
    known = {
        "name": "a table",
        "corpus": "a table",
        "process": "absorbing",
        "length": p.ndim,
        "vocabulary": LETTERS,
    }
    return types.SimpleNamespace(**known | changes)


def letters(x) -> Vocabulary:
    return Vocabulary(("a", "b", "c"), "char", pads=False).decode(np.array(x))


def table_info(p: np.ndarray):
    return info(p, vocabulary=Vocabulary(("a", "b", "c"), "char", pads=False))


def last(results):
    *_, one = results
    return one


def every_version(p: np.ndarray, x: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """All ways to hide cells, each number of hidden cells equally often; and the nats of the hidden ones."""
    sets = list(exact.hidden_sets(p.ndim))
    sets = [cells for cells in sets if cells]
    times = math.lcm(*(math.comb(p.ndim, k) for k in range(1, p.ndim + 1)))
    hidden, nats = [], []
    for cells in sets:
        state = tuple(p.shape[0] if cell in cells else word for cell, word in enumerate(x))
        given = exact.posterior(p, state)
        row = [-math.log(given[cell, x[cell]]) if cell in cells else 0.0 for cell in range(p.ndim)]
        for _ in range(times // math.comb(p.ndim, len(cells))):
            hidden.append([cell in cells for cell in range(p.ndim)])
            nats.append(row)
    return np.array(hidden), np.array(nats)


@TABLES
def test_F5_over_all_hidden_sets_the_count_estimator_is_the_likelihood(p) -> None:
    """For every text within 1e-10; the cells' shares add up to it."""
    for x in exact.texts(p):
        hidden, nats = every_version(p, x)
        if len(hidden) % 2:
            hidden, nats = np.concatenate([hidden, hidden]), np.concatenate([nats, nats])
        found = scoring.Score.of(scoring.read(letters(x), table_info(p)), hidden, nats, 1.0)
        assert abs(found.bound + math.log(p[x])) < 1e-10
        assert abs(math.fsum(one.share for one in found.surprises) - found.bound) < 1e-10


@TABLES
def test_a_drawn_score_is_made_of_exact_conditionals(p) -> None:
    """Each hidden word's nats are those of the enumerated posterior, within 1e-10, and the surprises their means."""
    x = (0, 2, 1)[: p.ndim]
    config = ScoreConfig(draft=letters(x), subsets=32)
    found = last(scoring.score(exact.oracle(p), table_info(p), config))
    for hidden, nats in zip(found.hidden, found.nats, strict=True):
        cells = tuple(np.flatnonzero(hidden))
        assert abs(nats.sum() - exact.hidden_nats(p, x, cells)) < 1e-10 and not nats[~hidden].any()
    for one in found.surprises:
        cost = found.nats[found.hidden[:, one.position - 1], one.position - 1]
        assert one.hidden == len(cost) > 1 and one.nats == pytest.approx(cost.mean())


@TABLES
def test_F5_whole_orders_follow_the_chain_rule(p) -> None:
    """With the exact denoiser every order of every text costs -ln p(x), within 1e-10; each step is the conditional."""
    for x in exact.texts(p):
        config = ScoreConfig(draft=letters(x), orders=2)
        found = last(scoring.orders(exact.oracle(p), table_info(p), config))
        assert found.names[:2] == (scoring.LEFT_TO_RIGHT, scoring.RIGHT_TO_LEFT) and len(found.totals) == 4
        assert np.abs(found.totals + math.log(p[x])).max() < 1e-10
        first = -math.log(exact.marginals(p)[0][x[0]])
        assert abs(found.nats[0, 0] - first) < 1e-10  # left to right: the first word is told by nothing
        assert np.abs(found.paid(0) - np.concatenate([[0], found.nats[0].cumsum()])).max() < 1e-12


@pytest.mark.parametrize(("length", "num"), [(5, 16), (4, 6), (47, 64), (3, 2)])
def test_numbers_of_hidden_words_are_unbiased(length, num) -> None:
    """The floor of stratified uniforms gives each number from 1 to L the same expected share, for any ratio of
    versions to cells: by enumeration of where the strata fall (1e-12), and in 3000 draws (5 sigma). A reference
    rounds a linspace, half to even: 16 versions of 4 cells then hide 1, 2, 3, 4 cells 3, 5, 3, 5 times."""
    edges = np.arange(length + 1) / length
    strata = np.arange(num + 1) / num
    overlap = np.clip(
        np.minimum(edges[1:, None], strata[1:]) - np.maximum(edges[:-1, None], strata[:-1]), 0, None
    )
    assert np.abs(overlap.sum(1) - 1 / length).max() < 1e-12
    counts, repeats = np.zeros(length + 1), 3000 // num
    x_0 = torch.zeros((num, length), dtype=torch.int64)
    for seed in range(repeats):
        hidden = losses.build("count").hide(Absorbing(3, Linear()), x_0, rng=step_rng(seed, 0))[1]
        counts += np.bincount(hidden.sum(-1).numpy(), minlength=length + 1)
    total = repeats * num
    error = math.sqrt(total / length)
    assert counts[0] == 0 and np.abs(counts[1:] - total / length).max() < 5 * error
    rounded = (np.round(np.linspace(1, 1 + 15 / 4, 16)).astype(int) - 1) % 4
    assert np.bincount(rounded).tolist() == [3, 5, 3, 5]


def test_intervals_hold_the_exact_value_as_often_as_they_say() -> None:
    """300 scores of 32 versions of one text: the bound's interval holds -ln p(x), each word's its own mean, at least as
    often as 95 % allows (binomial, five sigma); both are proper intervals, not as wide as the values."""
    p, x = LONGER, (0, 2, 1)
    due, repeats = -math.log(p[x]), 300
    hidden, nats = every_version(p, x)
    means = np.array([np.average(nats[:, c], weights=hidden[:, c]) for c in range(3)])
    held, of_words, halves = 0, np.zeros(3), []
    for seed in range(repeats):
        config = ScoreConfig(draft=letters(x), subsets=32, seed=seed)
        found = last(scoring.score(exact.oracle(p), table_info(p), config))
        held += abs(found.bound - due) <= found.half
        halves.append(found.half)
        of_words += [
            abs(one.nats - mean) <= one.half for one, mean in zip(found.surprises, means, strict=True)
        ]
    least = repeats * (0.95 - 5 * math.sqrt(0.95 * 0.05 / repeats))
    assert held > least and (of_words > least).all() and np.mean(halves) < 0.5 * due


def test_the_exact_denoiser_of_tales_is_as_surprised_as_the_world() -> None:
    """Every order of its chain is -ln p of the tale (1e-9), blanks after the end included, which cost nothing but in
    the end's own place; the estimate holds it."""
    model = lab.model_info("tales")
    oracle = TalesOracle(WORLD, Absorbing(len(model.vocabulary), Linear()))
    config = ScoreConfig(draft=TALE, orders=2)
    found = last(scoring.orders(oracle, model, config))
    assert np.abs(found.totals - found.reading.exact).max() < 1e-9
    assert found.reading.exact == -WORLD.log_prob(TALE) and found.ranks.shape[1] == WORLD.length
    one = last(scoring.score(oracle, model, config))
    assert abs(one.bound - found.reading.exact) < one.half


def test_a_score_grows_while_it_is_watched_and_is_the_same_again() -> None:
    model, config = lab.model_info("tales"), ScoreConfig(draft=TALE, subsets=20)
    results = list(scoring.score(lab.load("tales").denoiser, model, config))
    assert [len(one.texts) for one in results[:3]] == [8, 16, 20] and results[-1].done == 1
    assert all(a.done < b.done for a, b in itertools.pairwise(results))
    again = last(scoring.score(lab.load("tales").denoiser, model, config))
    assert np.array_equal(again.nats, results[-1].nats) and again.alone == results[-1].alone
    other = last(scoring.score(lab.load("tales").denoiser, model, config.replace(seed=1)))
    assert not np.array_equal(other.hidden, again.hidden)
    assert len(results[-1].alone) == results[-1].reading.num_words == 45 and len(results[-1].surprises) == 47
    assert 0 < results[-1].end < 0.1 and results[-1].odd is None


def test_perplexity_and_bits_are_of_the_words_and_characters_of_the_text() -> None:
    """F19: exp(nats / words), nats / ln 2 / characters."""
    config = ScoreConfig(draft=TALE, subsets=2)
    found = last(scoring.score(lab.load("tales").denoiser, lab.model_info("tales"), config))
    assert found.perplexity == pytest.approx(math.exp(found.bound / 45))
    assert found.bits_per_character == pytest.approx(found.bound / math.log(2) / len(TALE))
    assert scoring.perplexity(1e6, found.reading) == math.inf


def test_one_wrong_word_is_found_and_order_begins_to_matter() -> None:
    """Of five Leos one is called Nora. The world never tells that; the model would put Leo back, and its chains, which
    agreed within a nat, now differ by tens."""
    model, denoiser = lab.model_info("tales"), lab.load("tales").denoiser
    found = last(scoring.score(denoiser, model, ScoreConfig(draft=WRONG)))
    assert found.odd is not None and (found.odd.word, found.odd.best) == ("Nora", "Leo")
    assert found.reading.exact == math.inf and len(found.reading.faults) == 1
    right, wrong = (last(scoring.orders(denoiser, model, ScoreConfig(draft=text))) for text in (TALE, WRONG))
    assert np.ptp(right.totals) < 1 and np.ptp(wrong.totals) > 10
    assert abs(right.random.mean() - right.reading.exact) < 1
    assert scoring.Alone(1, "a", 0.0, "b", 0.5).ratio == math.inf


def test_where_texts_never_end_the_rest_of_the_canvas_stays_hidden() -> None:
    """A text of two letters on a canvas of three: what follows is unknown, so its probability is the marginal's."""
    p, x = LONGER, (0, 2)
    found = last(scoring.orders(exact.oracle(p), table_info(p), ScoreConfig(draft=letters(x))))
    assert found.ranks.shape[1] == 2 and np.abs(found.totals + math.log(p.sum(-1)[x])).max() < 1e-10
    one = last(scoring.score(exact.oracle(p), table_info(p), ScoreConfig(draft=letters(x))))
    assert len(one.surprises) == 2 and one.end == 0 and one.reading.exact is None


@pytest.mark.parametrize("name", ["tales-uniform", "tales-gaussian"])
def test_other_noises_have_their_own_bound_and_no_orders(name) -> None:
    """Of a tale about its -ln p (the model's gap is below 1.5 nats, and eight copies scatter), of a wrong one more."""
    model, denoiser = lab.model_info(name), lab.load(name).denoiser
    right, wrong = (last(scoring.score(denoiser, model, ScoreConfig(draft=text))) for text in (TALE, WRONG))
    assert len(right.texts) == 8 and right.done == 1 and right.surprises == () and right.odd is None
    assert abs(right.bound - right.reading.exact) < 2 * right.half + 1.5 and wrong.bound > right.bound + 5
    with pytest.raises(ValueError, match="writes in no order of words"):
        next(scoring.orders(denoiser, model, ScoreConfig(draft=TALE)))


def test_a_text_beyond_the_canvas_is_cut_and_it_is_said_where() -> None:
    model = lab.model_info("tales")
    reading = scoring.read(f"{TALE} Max won.", model)
    assert reading.num_words == 47 and reading.left_out == (".",) and reading.words[-1] == "won"
    assert reading.text.endswith("Max won") and reading.exact == math.inf
    said = scoring.cut(reading, model)
    assert said.startswith("The canvas of tales holds 47 words: the text was cut after the word 'won',")
    assert said.endswith("and 1 word from '.' on is not scored")
    assert scoring.cut(scoring.read(TALE, model), model) == ""
    assert "and 13 words from" in scoring.cut(scoring.read("the " * 60, model), model)


@pytest.mark.parametrize(
    ("text", "model", "words"),
    [
        (" ", "tales", "at least one word, got none"),
        ("the bearr", "tales", "does not know the word 'bearr'; near it: bear"),
        ("<b>the <i>fox zzz qqq", "tales", "does not know 4 words of this text: '<b>the', '<i>fox', 'zzz', 'qqq'"),
        ("a1 a2 a3 a4 a5 a6 a7", "tales", "7 words of this text: 'a1', 'a2', 'a3', 'a4', 'a5' and 2 more"),
        ("a" * 2**20, "tales", "at most 4000 characters here, got 1048576"),
        (TALE, "tales-insertion", "words have no fixed places"),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_said_in_one_sentence(text, model, words) -> None:
    known = lab.model_info(model)
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        scoring.typed(text)
        scoring.check(known, ScoreConfig(model=model, draft=text))
    assert words in str(error.value) and len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("field", "value"), [("subsets", 1), ("subsets", 7), ("subsets", 2000), ("orders", 1)]
)
def test_settings_have_bounds(field, value) -> None:
    with pytest.raises(ValueError, match=f"{field} must be"):
        dataclasses.replace(ScoreConfig(), **{field: value})


def test_the_record_is_plain_json() -> None:

    model, denoiser = lab.model_info("tales"), lab.load("tales").denoiser
    config = ScoreConfig(draft=WRONG, subsets=8, orders=2)
    found, chains = (
        last(scoring.score(denoiser, model, config)),
        last(scoring.orders(denoiser, model, config)),
    )
    told = json.loads(json.dumps(scoring.record(found, chains), allow_nan=False))
    assert told["exact_nats"] is None and told["possible"] is False and told["odd"] == 28
    assert told["words"][27]["alone"]["best"] == "Leo" and told["unit"] == "word"
    assert set(told["orders_nats"]) == {"left to right", "right to left", "random 1", "random 2"}
    assert math.fsum(word["share"] for word in told["words"]) == pytest.approx(told["bound_nats"])


@TABLES
def test_a_causal_model_reads_a_text_by_the_chain_rule(p) -> None:
    """With the exact causal denoiser every text costs -ln p(x) within 1e-10, its words' shares add up to it, and each
    is the conditional; no bound, no odd word, no other order."""
    texts = list(exact.texts(p))
    oracle = CausalOracle(torch.tensor(texts), p.shape[0], torch.tensor([p[x] for x in texts]))
    known = table_info(p)
    known.process = "autoregressive"
    for x in texts:
        found = last(scoring.score(oracle, known, ScoreConfig(draft=letters(x))))
        assert (
            found.exactly
            and abs(found.bound + math.log(p[x])) < 1e-10
            and found.half == 0
            and found.odd is None
        )
        first = -math.log(exact.marginals(p)[0][x[0]])
        assert abs(found.surprises[0].nats - first) < 1e-10 and math.isnan(found.surprises[0].half)
        assert abs(math.fsum(one.share for one in found.surprises) - found.bound) < 1e-10
    with pytest.raises(ValueError, match="one order alone, from left to right"):
        last(scoring.orders(oracle, known, ScoreConfig(draft=letters(texts[0]))))
