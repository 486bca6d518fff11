"""The toy world: what it tells, what it says of texts, and how probable it calls them."""

import math
import time
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from textdiff_core.corpora.toy import PLOTS, RULES, TOY
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.denoisers.tales_oracle import TalesOracle
from textdiff_core.draws import step_rng
from textdiff_core.processes import Absorbing
from textdiff_core.schedules import Linear

STORY = TOY.vocabulary.split("Ivy has a red kite. She smiles when the red kite flies.")
LOST = TOY.vocabulary.split("Max lost his blue boat. Now the blue boat floats without him.")


def changed(story: list[str], *swaps: tuple[int, str]) -> list[str]:
    cells = list(story)
    for cell, word in swaps:
        cells[cell] = word
    return cells


def told(number: int) -> list[str]:
    return [TOY.words[i] for i in TOY.texts[number] if i]


def test_the_world_has_the_size_it_promises() -> None:
    lengths = {len(items) for items in TOY.skeletons.values()}
    assert min(lengths) == 12 and max(lengths) == TOY.length == 14
    assert 30 <= len(set(TOY.words)) == len(TOY.words) <= 60 and TOY.words[0] == ""
    assert len(TOY.texts) == len(PLOTS) * 8 * 6 * 8 == len(set(map(bytes, TOY.texts)))


def test_every_text_is_valid_and_their_probabilities_sum_to_one() -> None:
    texts = [TOY.vocabulary.decode(row) for row in TOY.texts]
    assert all(
        TOY.check(text) == TOY.check(told(k)) and TOY.check(text).valid for k, text in enumerate(texts)
    )
    log_probs = np.array([TOY.log_prob(text) for text in texts])
    assert abs(math.fsum(np.exp(log_probs)) - 1) < 1e-12
    assert abs(-math.fsum(np.exp(log_probs) * log_probs) - TOY.entropy()) < 1e-12
    assert math.fsum(TOY.lengths().values()) == 1


def test_telling_is_even_and_quick() -> None:
    """Chi-square over all texts at p > 0.001; thousands of texts in a moment (best of five, 20 ms at most)."""
    ids = TOY.batch(40_000, np.random.default_rng(0))
    assert ids.shape == (40_000, TOY.length) and ids.dtype == np.int64
    counts = Counter(map(bytes, ids))
    assert chisquare([counts[bytes(row)] for row in TOY.texts]).pvalue > 0.001
    seconds = []
    for seed in range(5):
        begun = time.process_time()
        TOY.batch(4000, np.random.default_rng(seed))
        seconds.append(time.process_time() - begun)
    assert min(seconds) < 0.02
    for (_, plot), items in TOY.skeletons.items():
        assert TOY.skeletons[0, plot] == items


def test_held_out_texts_are_told_afresh() -> None:
    """Another stream of the same language, so that a shipped curve comes out as it was."""
    one, two = (np.random.default_rng((0, 1)) for _ in range(2))
    assert (TOY.held_out(9, one) == TOY.batch(9, two)).all()


@pytest.mark.parametrize(
    ("cells", "rule", "at", "message"),
    [
        (changed(STORY, (6, "He")), "pronouns", (6,), "'He' should be 'She': Ivy is she"),
        (changed(LOST, (0, "Ivy")), "pronouns", (0,), "'Ivy' should be a name for 'he', such as"),
        (changed(STORY, (10, "blue")), "colour", (10,), "the red kite became blue"),
        (changed(STORY, (11, "boat"), (12, "floats")), "thing", (4,), "the red boat became a kite"),
        (changed(STORY, (12, "rings")), "deed", (12,), "a kite flies, it never rings"),
        (changed(STORY, (2, "the")), "grammar", (2,), "'the' should be 'a'"),
        (changed(STORY, (13, "")), "grammar", (13,), "'.' is missing"),
        ([*STORY, "flies"], "grammar", (14,), "'flies' does not belong"),
        (["", "", ""], "grammar", (), "the text is empty"),
    ],
)
def test_a_broken_rule_is_named_with_its_words(cells, rule, at, message) -> None:
    (fault,) = TOY.check(cells).faults
    assert (fault.rule, fault.cells) == (rule, at) and fault.message.startswith(message)


@pytest.mark.parametrize("plot", PLOTS)
def test_every_one_word_corruption_that_leaves_the_language_is_found(plot) -> None:
    rng = np.random.default_rng(0)
    number = int(rng.choice([k for k, (items, _) in enumerate(TOY.told) if items == TOY.skeletons[0, plot]]))
    assert TOY.parse(told(number)) == number
    for cell in range(len(told(number))):
        for word in ("", "dragon", *TOY.words):
            cells = changed(told(number), (cell, word))
            verdict, possible = TOY.check(cells), TOY.log_prob(" ".join(cells)) > -math.inf
            assert verdict.valid == possible
            assert possible or all(fault.message and fault.rule in RULES for fault in verdict.faults)


@given(st.lists(st.sampled_from((*TOY.words, "dragon")), max_size=20))
def test_any_words_get_a_verdict(words) -> None:
    verdict = TOY.check(words)
    assert verdict.valid == (TOY.parse(words) is not None)
    assert all(0 <= cell < max(TOY.length, len(words)) for fault in verdict.faults for cell in fault.cells)


def test_what_should_be_even_is_read_from_valid_texts() -> None:
    even = TOY.even([" ".join(STORY), "no text of ours", " ".join(LOST)])
    assert {name: values for name, (values, _) in even.items()} == {
        "names": ["Ivy", "Max"],
        "colours": ["red", "blue"],
        "things": ["kite", "boat"],
    }
    assert even["colours"][1] == list(TOY.colours)


def test_the_exact_denoiser_of_skeletons_serves_it() -> None:
    """The posterior by slots is the posterior over all listed texts."""
    process, texts = Absorbing(len(TOY.words), Linear()), torch.from_numpy(TOY.texts)
    rows = texts[torch.from_numpy(np.random.default_rng(1).integers(len(texts), size=24))]
    share = torch.linspace(0.1, 1.0, 24)[:, None]
    state = rows.masked_fill(torch.rand(rows.shape, generator=step_rng(0, 0)) < share, len(TOY.words))
    slow, fast = OracleDenoiser(texts, process), TalesOracle(TOY, process)
    torch.testing.assert_close(fast(state).exp(), slow(state).exp(), atol=1e-12, rtol=0)
