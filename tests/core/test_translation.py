"""The corpus of translations: what is written, what is read, the split, the canvas and the exact check."""

import datetime
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from textdiff_core.corpora import TRANSLATION, forms, open_corpus
from textdiff_core.corpora.forms import FORMS, LANGUAGES, MOST, YEARS, read, written
from textdiff_core.corpora.translation import ALWAYS, SLOT, draw, is_held_out
from textdiff_core.training_records import TrainConfig

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = [*range(0, 101, 3), 71, 80, 91, 1000, 1100, 2000, 9999, *range(100, MOST + 1, 237)]
FIRST, LAST = datetime.date(YEARS[0], 1, 1), datetime.date(YEARS[1], 12, 31)
DATES = [FIRST + datetime.timedelta(day) for day in range(0, (LAST - FIRST).days + 1, 997)] + [LAST]


@pytest.mark.parametrize("form", FORMS)
def test_whatever_is_written_fits_the_canvas_and_is_read_again(form) -> None:
    for value in (*NUMBERS, *DATES):
        for way in written(value, form):
            got, _, plain = read(way)
            assert (got, plain) == (value, way)
            pieces = TRANSLATION.vocabulary.split(way)
            assert len(pieces) <= SLOT and set(pieces) <= set(TRANSLATION.words) and "".join(pieces) == way


def test_no_two_numbers_are_written_alike_in_any_two_languages() -> None:
    seen: dict[str, int] = {}
    for number in NUMBERS:
        for form in LANGUAGES:
            assert seen.setdefault(written(number, form)[0], number) == number


@pytest.mark.parametrize(
    ("text", "value", "form", "plain"),
    [
        ("21 March 1998", datetime.date(1998, 3, 21), "en", "21 March 1998"),
        (" march  21, 1998 ", datetime.date(1998, 3, 21), "en", "March 21, 1998"),
        ("21st MARCH 1998", datetime.date(1998, 3, 21), "en", "21 March 1998"),
        ("21.3.1998", datetime.date(1998, 3, 21), "digits", "21.3.1998"),
        ("21. 03. 1998", datetime.date(1998, 3, 21), "digits", "21.3.1998"),
        ("1998-3-21", datetime.date(1998, 3, 21), "digits", "1998-03-21"),
        ("1er mai 2001", datetime.date(2001, 5, 1), "fr", "1 mai 2001"),
        ("3 fevrier 2004", datetime.date(2004, 2, 3), "fr", "3 février 2004"),
        ("13. April 1900", datetime.date(1900, 4, 13), "de", "13. April 1900"),
        ("13 April 1900", datetime.date(1900, 4, 13), "en", "13 April 1900"),
        ("5 de mayo de 1999", datetime.date(1999, 5, 5), "es", "5 de mayo de 1999"),
        ("mille neuf cents", 1900, "fr", "mille neuf cents"),
        ("mille neuf cent", 1900, "fr", "mille neuf cents"),
        ("quatre vingt dix sept", 97, "fr", "quatre-vingt-dix-sept"),
        ("Zweitausend Einundzwanzig", 2021, "de", "zweitausendeinundzwanzig"),
        ("two thousand twenty one", 2021, "en", "two thousand and twenty-one"),
        ("mil dieciseis", 1016, "es", "mil dieciséis"),
        ("0", 0, "digits", "0"),
        ("0042", 42, "digits", "42"),
    ],
)
def test_what_people_type_is_understood(text, value, form, plain) -> None:
    assert read(text) == (value, form, plain)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("30 February 2001", "there is no such date as '30 February 2001'"),
        ("30 February", "there is no such date as '30 February'"),
        ("31.4.2000", "there is no such date as '31.4.2000'"),
        ("2001-13-01", "there is no such date as '2001-13-01'"),
        ("29 février 1900", "there is no such date as '29 février 1900'"),
        ("5 March", "a date has a day, a month and a year"),
        ("12 mars 1750", "the year of a date must be 1900..2099, got 1750"),
        ("3/4/1998", "is no date that can be told apart"),
        ("10000", "a number must be 0..9999, got 10000"),
        ("-1", "a number must be 0..9999, got -1"),
        ("9" * 30, "a number must be 0..9999"),
        ("one million", "is neither a number nor a date"),
        ("twenty-eleven", "is neither a number nor a date"),
        ("<b>1</b>", "is neither a number nor a date"),
        ("²", "is neither a number nor a date"),
        ("", "there is nothing to translate"),
        ("   ", "there is nothing to translate"),
        ("x" * 1_000_000, "at most 60 characters, got 1000000"),
    ],
)
def test_what_cannot_be_read_is_answered_in_one_sentence(text, sentence) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        read(text)
    assert sentence in str(error.value) and len(str(error.value)) < 200


def test_a_word_of_two_languages_is_read_in_the_one_that_was_not_asked_for() -> None:
    assert read("six")[1] == "en" and read("six", but="en") == (6, "fr", "six")
    with pytest.raises(ValueError, match="'seven' is in English already"):
        read("seven", but="en")
    with pytest.raises(ValueError, match="in digits already"):
        read("21.3.1998", but="digits")


# ---- the split and the canvas ---------------------------------------------------------------------------


def test_no_value_is_on_both_sides_of_the_split() -> None:
    for held_out in (False, True):
        rng = np.random.default_rng(0)
        values = [draw(rng, held_out=held_out) for _ in range(500)]
        assert all(is_held_out(value) == held_out for value in values)
        assert 0.5 < np.mean([isinstance(value, int) for value in values]) < 0.7


def test_a_tenth_is_held_out_but_no_number_with_words_of_its_own() -> None:
    numbers = [value for value in range(MOST + 1) if is_held_out(value)]
    assert min(numbers) >= ALWAYS and 0.09 < len(numbers) / MOST < 0.11
    days = [FIRST + datetime.timedelta(day) for day in range(3000)]
    assert 0.08 < np.mean([is_held_out(day) for day in days]) < 0.12


def test_batches_hold_right_pairs_and_are_functions_of_their_generator() -> None:
    for tell in (TRANSLATION.batch, TRANSLATION.held_out):
        ids = tell(64, np.random.default_rng(1))
        assert ids.shape == (64, TRANSLATION.length) and ids.dtype == np.int64
        assert np.array_equal(ids, tell(64, np.random.default_rng(1)))
        assert not np.array_equal(ids, tell(64, np.random.default_rng(2)))
        for row in ids:
            cells = [TRANSLATION.words[i] for i in row]
            source, to, target = TRANSLATION.parts(cells)
            value, form, plain = read(source, but=to)
            assert plain == source and form != to and target in written(value, to)
            assert is_held_out(value) == (tell == TRANSLATION.held_out)
            assert TRANSLATION.check(cells).valid
            assert np.array_equal(TRANSLATION.canvas(source, to, target), row)


def test_the_vocabulary_takes_the_longest_piece_first() -> None:
    split = TRANSLATION.vocabulary.split
    assert split("neunzehnhundert") == ["neunzehn", "hundert"]
    assert split("seventy-seven") == ["seventy", "-", "seven"]
    assert split("21. März 1998") == ["2", "1", ".", " März", " ", "1", "9", "9", "8"]
    assert split("1é") == ["1", "é"] and TRANSLATION.vocabulary.unit == "piece"


def test_a_wrong_target_is_named_with_its_cells() -> None:
    def verdict(target: str):
        ids = TRANSLATION.canvas("mille neuf cents", "en", target)
        return TRANSLATION.check([TRANSLATION.words[i] for i in ids])

    assert verdict("one thousand, nine hundred").valid
    (fault,) = verdict("one thousand, two hundred").faults
    assert fault.rule == "value" and fault.cells == (SLOT + 5,)
    assert fault.message == "'one thousand, two hundred' is 1200; right is 'one thousand, nine hundred'"
    (fault,) = verdict("one thousand, nine nine").faults
    assert fault.rule == "form" and fault.cells == (SLOT + 6,)
    (fault,) = verdict("mille neuf cents").faults
    assert fault.rule == "form"


def test_it_opens_as_a_corpus_with_a_canvas_of_its_own() -> None:
    assert open_corpus(TrainConfig(corpus="translation")) is TRANSLATION
    with pytest.raises(ValueError, match="length must be 26"):
        open_corpus(TrainConfig(corpus="translation", length=30))
    with pytest.raises(ValueError, match="did you mean 'translation'"):
        open_corpus(TrainConfig(corpus="translations"))


def test_a_missing_package_is_answered_with_the_command_that_installs_it() -> None:
    """In a process in which the packages cannot be found."""
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from textdiff_core.__main__ import main\n"
        "sys.exit(main(['translate', '--to', 'fr', '21 March 1998']))"
    )
    for package in ("babel", "num2words"):
        done = subprocess.run(
            [sys.executable, "-c", code, package], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr == (
            f"textdiff_core: translation needs the package {package}, which is not installed; "
            "install it with: pip install -r requirements-train.txt\n"
        )


def test_every_piece_is_there_for_the_whole_range() -> None:
    """Each hundred's pattern occurs; the last three digits decide all but the first word."""
    known = set(forms.pieces())
    for number in (*range(100), *range(100, MOST, 29)):
        for form in ("fr", "es", "en", "de")[number % 4 :][:1]:
            assert set(TRANSLATION.vocabulary.split(written(number, form)[0])) <= known
