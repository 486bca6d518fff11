"""Vocabularies."""

import builtins
import json
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.tiny_world import TINY
from textdiff_core.vocab import Vocabulary, build

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


TEXT = "The fox ran, and ran.\nThe fox's den: 42 days away!\n\n  “Where?” asked the fox.\n" * 9
KINDS = ["word", "char", "subword"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_vocabulary_is_built_from_text_and_reads_it_back(kind) -> None:
    vocabulary = build(kind, TEXT, 60)
    assert vocabulary.words[0] == "" and len(set(vocabulary.words)) == len(vocabulary) <= 60
    ids = vocabulary.read(TEXT)
    assert (ids == vocabulary.encode(TEXT)).all() and ids.min() > 1  # neither a blank nor anything unknown
    told = vocabulary.decode(ids)
    if kind == "word":  # spaces and line ends are told anew
        told, due = told.replace(" ", ""), TEXT.replace("\n", "⏎").replace(" ", "")
    assert told == (TEXT if kind != "word" else due)
    assert [vocabulary.words[i] for i in ids] == vocabulary.split(TEXT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_vocabulary_comes_back_from_json(kind) -> None:
    vocabulary = build(kind, TEXT, 60)
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary
    assert WORDS.to_json() == {"words": list(WORDS.words), "spacing": "word"}
    assert Vocabulary.from_json(WORDS.to_json()) == WORDS
    with pytest.raises(ValueError, match=r"it joins \('fo', 'xx'\), which are no pieces of its vocabulary"):
        Vocabulary.from_json(WORDS.to_json() | {"merges": [["fo", "xx"]]})


def test_most_words_keeps_the_most_frequent_ones_in_a_fixed_order() -> None:
    assert build("word", "b b a a c c c d .\n", 6).words == ("", "<unk>", "c", "a", "b", ".")
    crowded = build("subword", "aaaa bbbb cccc dddd eeee fghijk", 8)
    assert len(crowded) == 8 and set("abcd") < set(crowded.words)
    assert crowded.decode(crowded.read("abk")) == "ab□"


def test_what_is_not_in_the_text_is_read_as_unknown_and_refused_in_prompts() -> None:
    for kind, unknown, message in (
        ("word", "<unk>", "the word 'zoo'"),
        ("char", "□", "the character 'z'"),
        ("subword", "□", "the piece 'z'"),
    ):
        vocabulary = build(kind, TEXT, 60)
        assert unknown in vocabulary.decode(vocabulary.read("The zoo"))
        with pytest.raises(ValueError, match=f"does not know {message}"):
            vocabulary.encode("The zoo")
    with pytest.raises(ValueError, match="does not know the word '<unk>'"):
        WORDS.read("fox")


def test_pieces_carry_the_space_before_them_and_never_a_line_end() -> None:
    vocabulary = build("subword", TEXT, 200)
    assert " fox" in vocabulary.words and "\n" in vocabulary.words and "'" not in vocabulary.split("fox's")
    assert all(word == "\n" or not any(c.isspace() for c in word[1:]) for word in vocabulary.words)


def test_pieces_are_the_same_in_every_process() -> None:
    """A run that is taken up again builds its vocabulary anew."""
    code = f"from textdiff_core.vocab import build; print(ascii(build('subword', {TEXT!r}, 90)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == ascii(build("subword", TEXT, 90))


def test_prompts_are_normalised_as_texts_are() -> None:
    vocabulary = build("char", "café au lait", 60)
    assert vocabulary.decode(vocabulary.encode("cafe\u0301")) == "café"


def test_running_text_is_never_padded_with_blanks() -> None:
    """What a prompt leaves open is noise: the model has not seen a text that ends before its canvas."""
    for kind in KINDS:
        vocabulary = build(kind, TEXT, 60)
        ids = vocabulary.encode("The fox", 12)
        num = len(vocabulary.split("The fox"))
        assert (ids[:num] < len(vocabulary)).all() and (ids[num:] == len(vocabulary)).all()


def test_without_the_library_pieces_are_read_and_none_are_learned(monkeypatch) -> None:
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "tokenizers":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    vocabulary = build("subword", TEXT, 60)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(
        ValueError, match=r"tokenizers; install it with: pip install -r requirements-train.txt$"
    ):
        build("subword", TEXT, 60)
    again = Vocabulary(*vars(vocabulary).values())
    assert again.decode(again.encode("The fox ran.")) == "The fox ran."


SIGNS = "aAé e\u0301ßж中१²½'’\"-,.!\n\t \u00a0°☕9"


@given(st.text(st.sampled_from(SIGNS), max_size=40))
def test_pieces_are_cut_as_the_library_that_learned_them_cuts(text) -> None:
    import tokenizers

    from textdiff_core import pieces

    learned = build("subword", TEXT + SIGNS * 9, 90)
    model = tokenizers.models.BPE(
        {word: i for word, i in learned.ids.items() if word}, list(learned.merges), unk_token="□"
    )
    library = tokenizers.Tokenizer(model)
    library.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(pieces.WORD), "isolated")
    text = unicodedata.normalize("NFC", TEXT[:50] + text)
    due = [text[first:last] for first, last in library.encode(text).offsets]
    assert learned.split(text) == due and "".join(pieces.apart(text)) == text
