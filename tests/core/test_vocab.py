"""Vocabularies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.tiny_world import TINY
from textdiff_core.vocab import Vocabulary

WORDS = Vocabulary(("", ".", ",", "fox", "den", "forest"))


def test_text_goes_to_ids_and_back() -> None:
    ids = WORDS.encode("fox, den. forest.", length=8)
    assert ids.dtype == np.int64 and ids.tolist() == [3, 2, 4, 1, 5, 1, 0, 0]
    assert WORDS.decode(ids) == "fox, den. forest."
    assert WORDS.decode(np.array([3, 6, 1])) == "fox ▒."
    assert len(WORDS) == 6


@given(st.integers(0, 10**6))
def test_every_tale_survives(seed) -> None:
    vocabulary, tale = Vocabulary(TINY.words), TINY.tell(np.random.default_rng(seed))
    ids = vocabulary.encode(tale.text, TINY.length)
    assert vocabulary.decode(ids) == tale.text
    assert [TINY.words[i] for i in ids if i] == list(tale.words)


def test_characters() -> None:
    letters = Vocabulary(("", " ", "a", "b", "."), "char")
    assert letters.encode("ab a.").tolist() == [2, 3, 1, 2, 4]
    assert letters.decode(letters.encode("ab a.", 9)) == "ab a."


@pytest.mark.parametrize(
    ("text", "length", "message"),
    [
        ("fix", None, "does not know the word 'fix'; near it: fox"),
        ("qqqq", None, r"does not know the word 'qqqq'$"),
        ("x" * 99, None, f"the word '{'x' * 40}'"),
        ("fox den fox", 2, "at most 2 words here, got 3"),
    ],
)
def test_what_cannot_be_encoded_is_explained(text, length, message) -> None:
    with pytest.raises(ValueError, match=message):
        WORDS.encode(text, length)
