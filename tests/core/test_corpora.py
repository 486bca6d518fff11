"""Corpora by their specs, and running text as a corpus: its windows, and that none of it leaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textdiff_core.corpora import TOY, WORLD, Text, open_corpus
from textdiff_core.training_records import TrainConfig

LINES = "The fox sat in its den.\nRain fell, and the fox slept.\n"


def of_file(tmp_path, text=LINES * 40, **config):
    (tmp_path / "text.txt").write_text(text, "utf-8")
    return open_corpus(TrainConfig(corpus=f"file:{tmp_path / 'text.txt'}", **config))


def test_worlds_come_by_name_with_their_own_words_and_canvas() -> None:
    assert open_corpus(TrainConfig(corpus="toy")) is TOY
    assert open_corpus(TrainConfig(corpus="tales", vocabulary="word", length=WORLD.length)) is WORLD
    for world in (TOY, WORLD):
        assert world.vocabulary.words == world.words and world.vocabulary.pads


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"corpus": "tails"},
            r"unknown corpus 'tails' \(did you mean 'tales'\?\); there are: tales, toy, translation, modern, english, ",
        ),
        ({"corpus": ""}, "unknown corpus ''; there are: .* and file:PATH for your own text$"),
        ({"corpus": "http://x"}, "unknown corpus 'http://x'"),
        ({"corpus": "package:milton"}, "there are: package:shakespeare, package:recipes$"),
        ({"corpus": "file:"}, "needs a path"),
        ({"corpus": "file:none/x.txt"}, "there is no text file 'none/x.txt'"),
        (
            {"corpus": "tales", "vocabulary": "char"},
            "'tales' is made of words: vocabulary must be word, got 'char'",
        ),
        ({"corpus": "toy", "length": 64}, "'toy' has a canvas of its own: length must be 14, got 64"),
    ],
)
def test_what_cannot_be_opened_is_explained(config, message) -> None:
    with pytest.raises(ValueError, match=message):
        open_corpus(TrainConfig(**config))


def test_running_text_is_characters_on_64_cells_unless_asked_otherwise(tmp_path) -> None:
    corpus = of_file(tmp_path)
    assert corpus.length == 64 and corpus.vocabulary.spacing == "char" and not corpus.vocabulary.pads
    assert corpus.name == f"file:{tmp_path / 'text.txt'}" and corpus.words == corpus.vocabulary.words
    words = of_file(tmp_path, vocabulary="word", length=16, most_words=12)
    assert words.length == 16 and words.spacing == "word" and len(words.words) == 12


@pytest.mark.parametrize("vocabulary", ["char", "word", "subword"])
def test_windows_are_stretches_of_the_text(tmp_path, vocabulary) -> None:
    corpus = of_file(tmp_path, vocabulary=vocabulary, length=24, most_words=60)
    ids = corpus.batch(200, np.random.default_rng(0))
    assert (
        ids.shape == (200, 24) and ids.dtype == np.int64 and 0 <= ids.min() <= ids.max() < len(corpus.words)
    )
    text = corpus.vocabulary.decode(corpus.training)
    assert all(corpus.vocabulary.decode(row) in text for row in ids)
    assert len({row.tobytes() for row in ids}) > 12  # they begin anywhere
    assert (corpus.batch(200, np.random.default_rng(0)) == ids).all()
    held_out = corpus.held_out(3, np.random.default_rng(0))
    assert held_out.shape == (3, 24) and held_out.dtype == np.int64
    assert (held_out[0] == corpus.validation[:24]).all() and (held_out[-1] == corpus.validation[-24:]).all()


def test_the_vocabulary_knows_nothing_of_the_validation_part(tmp_path) -> None:
    for vocabulary, unknown in (("char", "□"), ("word", "<unk>"), ("subword", "□")):
        corpus = of_file(tmp_path, LINES * 40 + "zzz", vocabulary=vocabulary, length=8, most_words=60)
        assert not any("z" in word for word in corpus.words)
        assert corpus.vocabulary.decode(corpus.validation).endswith(unknown)


@given(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=2, max_size=300),
    st.integers(1, 40),
    st.sampled_from(["char", "word"]),
)
def test_no_window_reaches_into_the_other_part(text, length, vocabulary) -> None:
    """The parts are the text cut once, so that no window of one holds a cell of the other."""
    try:
        corpus = Text.cut("file:x", text, vocabulary, length, 2000)
    except ValueError as error:
        assert "too short" in str(error) and (vocabulary == "word" or len(text) < 2 * length)
        return
    first, last = corpus.training, corpus.validation
    whole = np.concatenate([first, last])
    assert len(last) >= length and len(first) >= length
    if vocabulary == "char":
        assert len(whole) == len(text) and corpus.vocabulary.decode(first) == text[: len(first)]
        assert len(last) == max(round(0.1 * len(text)), length)
    numbers = Text(
        "numbers", corpus.vocabulary, length, np.arange(len(first)), len(first) + np.arange(len(last))
    )
    assert numbers.batch(50, np.random.default_rng(0)).max() < len(first)
    held_out = numbers.held_out(5, np.random.default_rng(0))
    assert held_out.min() >= len(first) and held_out.max() < len(whole)
    assert (np.diff(held_out, axis=1) == 1).all()
    if 5 * length <= len(last):
        assert len(np.unique(held_out)) == held_out.size  # side by side


@pytest.mark.parametrize("vocabulary", ["char", "word", "subword"])
def test_a_text_that_fills_no_two_canvases_is_refused_with_what_is_needed(tmp_path, vocabulary) -> None:
    with pytest.raises(
        ValueError, match=r"too short, .* a canvas of 64 \w+ needs 64 to train on and 64 more"
    ):
        of_file(tmp_path, LINES * 2, vocabulary=vocabulary)


def test_a_short_text_holds_out_one_canvas() -> None:
    corpus = Text.cut("file:x", LINES * 3, "char", 64, 2000)
    assert len(corpus.validation) == 64
    assert corpus.held_out(9, np.random.default_rng(0)).shape == (9, 64)


def test_training_takes_unknown_words_where_prompts_do_not(tmp_path) -> None:
    corpus = of_file(tmp_path, LINES * 40, vocabulary="word", length=8, most_words=12)
    assert corpus.words[:2] == ("", "<unk>") and "slept" not in corpus.words
    assert (corpus.training == 1).any()
    with pytest.raises(ValueError, match="does not know the word 'foxx'; near it: fox"):
        corpus.vocabulary.encode("The foxx")


def test_shakespeare_by_characters() -> None:
    corpus = open_corpus(TrainConfig(corpus="package:shakespeare"))
    assert corpus.length == 64 and len(corpus.words) < 90
    assert 0.09 < len(corpus.validation) / (len(corpus.training) + len(corpus.validation)) < 0.11
