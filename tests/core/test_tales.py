"""The Tales world: what it tells, what it says of texts, and how probable it calls them."""

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from tests.core.tiny_world import TINY
from textdiff_core.corpora.tales import PLOTS, RULES, WORLD

TOLD = (
    "Ivy the shy fox lived in the forest . One rainy day she lost a red boat . Otto the bear found it . "
    "Otto gave Ivy the red boat and she thanked him . Happy Ivy danced to her den in boots ."
)
STORY = TOLD.split()


def changed(*swaps: tuple[int, str]) -> list[str]:
    """STORY with the words at these cells replaced."""
    cells = list(STORY)
    for cell, word in swaps:
        cells[cell] = word
    return cells


def test_the_world_has_the_size_it_promises() -> None:
    lengths = {len(items) for items in WORLD.skeletons.values()}
    sentences = {items.count(".") for items in WORLD.skeletons.values()}
    assert min(lengths) >= 24 and max(lengths) <= 64 and sentences <= set(range(4, 8))
    assert 150 <= len(set(WORLD.words)) == len(WORLD.words) <= 400


def test_ten_thousand_told_tales_are_valid() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10_000):
        tale = WORLD.tell(rng)
        verdict = WORLD.check([*tale.words, *[""] * (WORLD.length - len(tale.words))])
        assert verdict.valid and verdict.rules == RULES
        assert WORLD.parse(tale.words) == tale


def test_telling_is_even() -> None:
    """Pearson's chi-square on 10,000 tales: plots, openings, second names, at p > 0.001 each."""
    rng = np.random.default_rng(1)
    tales = [WORLD.tell(rng) for _ in range(10_000)]
    for values, num in (
        ([tale.plot for tale in tales], len(PLOTS)),
        ([str(tale.opening) for tale in tales], 3),
        ([tale.facts["{B}"] for tale in tales], len(WORLD.names)),
    ):
        counts = Counter(values)
        assert len(counts) == num
        assert chisquare(list(counts.values())).pvalue > 0.001


def test_probabilities_of_a_small_world_sum_to_one() -> None:
    tales = list(TINY.enumerate())
    texts = [tale.text for tale in tales]
    assert len(set(texts)) == len(texts)
    log_probs = np.array([TINY.log_prob(text) for text in texts])
    assert abs(math.fsum(np.exp(log_probs)) - 1) < 1e-12
    assert abs(-math.fsum(np.exp(log_probs) * log_probs) - TINY.entropy()) < 1e-12


def test_telling_covers_a_small_world_with_its_probabilities() -> None:
    """Chi-square of 40,000 told tales against log_prob over all 900 tales, at p > 0.001."""
    rng = np.random.default_rng(2)
    texts = [tale.text for tale in TINY.enumerate()]
    counts = Counter(TINY.tell(rng).text for _ in range(40_000))
    assert set(counts) <= set(texts)
    expected = [40_000 * math.exp(TINY.log_prob(text)) for text in texts]
    assert chisquare([counts[text] for text in texts], expected).pvalue > 0.001


def test_log_prob_is_minus_infinity_outside() -> None:
    for text in ("", "Ivy", " ".join(STORY[:-1]), " ".join(changed((42, "socks")))):
        assert WORLD.log_prob(text) == -math.inf


def test_batches_hold_told_tales() -> None:
    ids = WORLD.batch(50, np.random.default_rng(3))
    assert ids.shape == (50, WORLD.length) and ids.dtype == np.int64
    rng = np.random.default_rng(3)
    for row in ids:
        cells = [WORLD.words[i] for i in row]
        assert [cell for cell in cells if cell] == list(WORLD.tell(rng).words)
        assert WORLD.check(cells).valid


def test_running_text_and_cells_get_the_same_verdict() -> None:
    text = WORLD.parse(STORY).text
    assert WORLD.check(text).valid and text.split()[7] == "forest."
    broken = WORLD.check(text.replace("forest.", "barn."))
    assert [(f.rule, f.cells) for f in broken.faults] == [("home", (7,))]


@pytest.mark.parametrize(
    ("swaps", "rule", "cells", "message"),
    [
        ([(7, "barn")], "home", (7,), "a fox lives in the forest, not in the barn"),
        ([(40, "nest")], "home", (40,), "a fox has a den, not a nest"),
        ([(29, "hat")], "grammar", (29,), "'hat' should be a thing in sentence 4"),
        ([(29, "kite")], "object", (29,), "the boat became a kite in sentence 4"),
        ([(28, "blue")], "object", (28,), "the red boat became blue in sentence 4"),
        ([(36, "Fern")], "names", (36,), "Ivy became Fern in sentence 5"),
        ([(0, "Fern")], "names", (0,), "Ivy became Fern in sentence 1"),
        ([(12, "he")], "pronouns", (12,), "'he' should be 'she': Ivy is she"),
        ([(33, "her")], "pronouns", (33,), "'her' should be 'him': Otto is he"),
        ([(39, "his")], "pronouns", (39,), "'his' should be 'her': Ivy is she"),
        ([(42, "mittens")], "clothing", (42,), "rainy weather asks for boots, not mittens"),
        ([(37, "crept")], "mood", (37,), "someone happy danced, not crept"),
        ([(24, "Ivy"), (26, "Otto")], "roles", (24, 26), "Otto should give and Ivy should thank"),
        (
            [(24, "Ivy"), (26, "Otto"), (31, "he"), (33, "her")], "roles", (24, 26),
            "Otto should give and Ivy should thank",
        ),
        ([(18, "Ivy")], "roles", (18,), "Otto should stand where Ivy does in sentence 3"),
        ([(20, "fox")], "names", (20,), "both characters are a fox"),
        ([(18, "Ivy"), (24, "Ivy"), (33, "her")], "names", (18, 24), "both characters are called Ivy"),
        ([(4, "boat")], "grammar", (4,), "'boat' should be 'lived' in sentence 1"),
        ([(21, "")], "grammar", (21,), "'found' is missing after 'bear'"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_with_its_words(swaps, rule, cells, message) -> None:
    cells_of_story = changed(*swaps)
    faults = WORLD.check(cells_of_story).faults
    assert [(f.rule, f.cells, f.message) for f in faults] == [(rule, cells, message)]


def test_missing_extra_and_scrambled_words_are_grammar_faults() -> None:
    missing, extra = STORY[:20] + STORY[21:], [*STORY[:20], "drum", *STORY[20:]]
    assert [(f.rule, f.cells) for f in WORLD.check(missing).faults] == [("grammar", (19,))]
    assert [(f.rule, f.cells) for f in WORLD.check(extra).faults] == [("grammar", (20,))]
    assert {f.rule for f in WORLD.check(STORY[::-1]).faults} >= {"grammar"}
    assert WORLD.check(["", "", ""]).faults[0].message == "the text is empty"
    assert WORLD.check(["", *STORY]).faults[0].cells == (0,)


# Slot -> the rule that a word of the same kind breaks there; None: every word of the kind may stand there.
RULE_OF_SLOT = {
    "{A}": {"names", "roles"}, "{B}": {"names", "roles"}, "{animal}": {"home", "names"},
    "{animal2}": {"names"}, "{A.he}": {"pronouns"}, "{B.he}": {"pronouns"}, "{A.him}": {"pronouns"},
    "{B.him}": {"pronouns"}, "{A.his}": {"pronouns"}, "{home}": {"home"}, "{place}": {"home"},
    "{weather}": {"clothing"}, "{clothing}": {"clothing"}, "{mood}": {"mood"}, "{deed}": {"mood"},
    "{colour}": {"object"}, "{object}": {"object"}, "{trait}": set(), "{food}": set(),
}  # fmt: skip


@pytest.mark.parametrize("key", WORLD.skeletons, ids=lambda key: f"{key[1]}-{key[0]}")
def test_every_one_word_corruption_breaks_the_right_rule(key) -> None:
    """Each slot of each skeleton gets every other word of its kind, and each cell three foreign words."""
    opening, plot = key
    rng = np.random.default_rng((7, *map(ord, plot), opening))
    told = next(tale for tale in iter(lambda: WORLD.tell(rng), None) if (tale.opening, tale.plot) == key)
    for cell, item in enumerate(WORLD.skeletons[key]):
        others = sorted(WORLD.options.get(item, ())) + list(rng.choice(WORLD.words[1:], 3))
        for word in map(str, others):
            cells = [*told.words[:cell], word, *told.words[cell + 1 :]]
            verdict, possible = WORLD.check(cells), WORLD.log_prob(" ".join(cells)) > -math.inf
            assert verdict.valid == possible
            if not possible and WORLD.fits(item, word):
                assert {fault.rule for fault in verdict.faults} <= RULE_OF_SLOT[item], (cells, verdict)
            elif not possible:
                assert [(fault.rule, fault.cells) for fault in verdict.faults] == [("grammar", (cell,))]


@given(st.data())
def test_valid_exactly_when_the_probability_is_above_zero(data) -> None:
    """After any few edits of a told tale, also such that lead from one tale to another."""
    tale = WORLD.tell(np.random.default_rng(data.draw(st.integers(0, 10**6))))
    cells = list(tale.words)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(cells) - 1))
        word = data.draw(st.sampled_from(WORLD.words))
        edit = data.draw(st.sampled_from(["swap", "insert", "delete", "same kind"]))
        if edit == "delete" and len(cells) > 1:
            del cells[at]
        elif edit == "insert":
            cells.insert(at, word)
        elif edit == "same kind":
            kind = next((options for options in WORLD.options.values() if cells[at] in options), {cells[at]})
            cells[at] = data.draw(st.sampled_from(sorted(kind)))
        else:
            cells[at] = word
    verdict = WORLD.check(cells)
    assert verdict.valid == (WORLD.parse(cells) is not None)
    for fault in verdict.faults:
        assert fault.rule in RULES and fault.message
        assert all(0 <= cell < len(cells) for cell in fault.cells)


def test_a_consistent_change_leads_to_another_tale() -> None:
    """Renaming a character everywhere stays inside the language."""
    renamed = ["Nora" if word == "Ivy" else word for word in STORY]
    assert WORLD.check(renamed).valid
    assert dataclasses.asdict(WORLD.parse(renamed))["facts"]["{A}"] == "Nora"
