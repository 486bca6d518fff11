"""Numbers and dates, written in digits and in four languages, and read back. The packages babel and num2words know how.

A *value* is a whole number or a `datetime.date`; a *form* is "digits" or a language. Everything that is read is
written again by those packages before it is believed.
"""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata
from typing import Any

from textdiff_core.vocab import INSTALL

Value = int | datetime.date

FORMS = {"digits": "digits", "en": "English", "fr": "French", "de": "German", "es": "Spanish"}
LANGUAGES = tuple(form for form in FORMS if form != "digits")
MOST, YEARS = 9999, (1900, 2099)
LONGEST = 60  # characters of any form; the longest takes 57
# Ways to write a date: form -> (locale, pattern), the usual one first. Unicode's CLDR, by way of babel.
PATTERNS = {
    "digits": (("en", "d.M.y"), ("en", "y-MM-dd")),
    "en": (("en_GB", "long"), ("en", "long")),
    "fr": (("fr", "long"),),
    "de": (("de", "long"),),
    "es": (("es", "long"),),
}
WORD = r" ?[^\W\d_]+|\d|."  # a piece of a text: a word with the space before it, a digit, or another sign
MULTIPLIERS = {
    "en": {"hundred": 100, "thousand": 1000}, "de": {"ein": 1, "hundert": 100, "tausend": 1000}, "es": {"ciento": 100},
}  # fmt: skip
GERMAN = (*range(21), *range(30, 100, 10))  # numbers whose words German puts together


def written(value: Value, form: str) -> tuple[str, ...]:
    """Every way in which a value is written in a form, the usual one first. Raises ValueError: packages missing."""
    return _written(value, form, isinstance(value, datetime.date))


@functools.lru_cache(maxsize=2**19)
def _written(value: Value, form: str, is_date: bool) -> tuple[str, ...]:
    if is_date:
        return tuple(_babel().format_date(value, how, locale) for locale, how in PATTERNS[form])
    return (str(value),) if form == "digits" else (_num2words()(value, lang=form),)


def read(text: str, but: str = "") -> tuple[Value, str, str]:
    """What somebody typed: its value, its form, and its text as that form writes it.

    Args:     but: a form that it is not in; words such as "six" belong to several languages.
    Raises:   ValueError: a date that does not exist, a number or year out of range, or nothing that can be read.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if not plain:
        raise ValueError(
            "there is nothing to translate: give a number or a date, such as 1998 or 21 March 1998"
        )
    if len(plain) > LONGEST:
        raise ValueError(f"a number or a date has at most {LONGEST} characters, got {len(plain)}")
    forms = [form for form in FORMS if form != but]
    value = _read_digits(plain, forms) or _read_month(plain, forms) or _read_words(plain, forms)
    if value is None and but:
        read(plain)
        raise ValueError(f"{plain!r} is in {FORMS[but]} already: choose another language")
    if value is None:
        raise ValueError(f"{plain!r} is neither a number nor a date in {', '.join(FORMS.values())}")
    return value


Read = tuple[Value, str, str] | None


def _read_digits(text: str, forms: list[str]) -> Read:
    if re.fullmatch(r"[+-]?\d+", text):
        if not text.isdecimal() or len(text) > 15 or int(text) > MOST:
            raise ValueError(f"a number must be 0..{MOST}, got {text}")
        return (int(text), "digits", str(int(text))) if "digits" in forms else None
    for order, pattern in (("dmy", r"(\d\d?)\. ?(\d\d?)\. ?(\d{4})"), ("ymd", r"(\d{4})-(\d\d?)-(\d\d?)")):
        if match := re.fullmatch(pattern, text):
            parts = dict(zip(order, map(int, match.groups()), strict=True))
            value = _date(parts["y"], parts["m"], parts["d"], text)
            way = written(value, "digits")[order == "ymd"]
            return (value, "digits", way) if "digits" in forms else None
    if re.fullmatch(r"[\d./,-]+", text):
        raise ValueError(f"{text!r} is no date that can be told apart: write it as 21.3.1998 or 1998-03-21")
    return None


def _read_month(text: str, forms: list[str]) -> Read:
    """A date with the name of its month, in whatever case, with or without the marks that belong there."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    words = re.findall(r"[^\W\d_]+", text.lower())
    months = [
        (form, month) for word in words for form, month in _months().get(_bare(word), ()) if form in forms
    ]
    if len(numbers) == 1 and months:
        _date(2000, months[0][1], numbers[0], text)
        raise ValueError(f"a date has a day, a month and a year, such as 21 March 1998, got {text!r}")
    if len(numbers) != 2 or not months:
        return None
    day, year = numbers
    key, found = _key(re.sub(r"(?<=\d)(st|nd|rd|th|er|º)\b", "", text, flags=re.IGNORECASE)), []
    for form, month in months:
        value = _date(year, month, day, text)
        found += [(way != text, value, form, way) for way in written(value, form) if _key(way) == key]
    return min(found, key=lambda one: one[0])[1:] if found else None


def _read_words(text: str, forms: list[str]) -> Read:
    """A number in words: added up, and believed where its language writes the sum in the same words."""
    found = []
    for form in forms[forms[0] == "digits" :]:
        total = current = 0
        for word in re.findall(_words(form)[0], _key(text)):
            worth = _words(form)[1][word]
            if worth in (100, 1000):
                current = max(current, 1) * worth
                total, current = (total + current, 0) if worth == 1000 else (total, current)
            else:
                current += worth
        if (total := total + current) <= MOST and _key(way := written(total, form)[0]) == _key(text):
            found.append((way != text, total, form, way))
    return min(found, key=lambda one: one[0])[1:] if found else None


def _date(year: int, month: int, day: int, text: str) -> datetime.date:
    try:
        value = datetime.date(year, month, day)
    except ValueError:
        raise ValueError(f"there is no such date as {text!r}") from None
    if not YEARS[0] <= year <= YEARS[1]:
        raise ValueError(f"the year of a date must be {YEARS[0]}..{YEARS[1]}, got {year}")
    return value


def _bare(text: str) -> str:
    """Lower case without accents, which many keyboards lack."""
    split = unicodedata.normalize("NFD", text.lower().replace("ß", "ss"))
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def _key(text: str) -> str:
    """What two ways of typing the same text have in common."""
    return re.sub(r"[\W_]+|\band\b|(?<=cent|ingt)s\b", "", _bare(text))


@functools.cache
def _words(form: str) -> tuple[str, dict[str, int]]:
    """A pattern of a language's words for numbers, run together, and what each is worth; longer ones go first."""
    worth = {_key(written(n, form)[0]): n for n in (*range(101), *range(200, 1000, 100), 1000)}
    worth |= MULTIPLIERS.get(form, {})
    return "|".join(sorted(worth, key=len, reverse=True)), worth


@functools.cache
def _months() -> dict[str, list[tuple[str, int]]]:
    """Name of a month, bare -> the languages it belongs to, and its number."""
    found: dict[str, list[tuple[str, int]]] = {}
    for form in LANGUAGES:
        for month in range(1, 13):
            name = _bare(_babel().get_month_names("wide", locale=form)[month])
            found.setdefault(name, []).append((form, month))
    return found


def pieces() -> list[str]:
    """Every piece that a value takes in any form, in alphabetical order; German compounds are cut at their numbers."""
    few = [*range(100), *range(1000, 1100)]
    few += [base + 100 * h + one for base in (0, 1000) for h in range(1, 10) for one in (0, 1)]
    texts = [written(n, form)[0] for n in few for form in LANGUAGES if form != "de"]
    dates = [datetime.date(2000 + month, month, 10 + month) for month in range(1, 13)]
    texts += [way for date in dates for form in FORMS for way in written(date, form)]
    cut = {piece for text in texts for piece in re.findall(WORD, text)}
    german = {written(n, "de")[0] for n in GERMAN} | {"ein", "und", "hundert", "tausend"}
    return sorted(cut | german | set("0123456789"))


def _num2words() -> Any:
    try:
        import num2words
    except ModuleNotFoundError:
        raise ValueError(_missing("num2words")) from None
    return num2words.num2words


def _babel() -> Any:
    try:
        import babel.dates
    except ModuleNotFoundError:
        raise ValueError(_missing("babel")) from None
    return babel.dates


def _missing(package: str) -> str:
    return f"translation needs the package {package}, which is not installed; install it with: {INSTALL}"


__all__ = ["FORMS", "LANGUAGES", "MOST", "YEARS", "Value", "pieces", "read", "written"]
