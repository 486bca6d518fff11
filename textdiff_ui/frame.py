"""What every page has around it: title and introduction, style, errors in one sentence, its own source."""

from __future__ import annotations

import contextlib
import inspect
import logging
import string
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from textdiff_core import lab

ROOT = Path(__file__).resolve().parent.parent
STYLE = ROOT / "assets" / "style.css"

_ESCAPED = str.maketrans({mark: "\\" + mark for mark in string.punctuation})
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def open_page(doc: str) -> Iterator[None]:
    """The frame of one page, used as `with open_page(__doc__):` around the page's body.

    A ValueError from the body, such as a setting out of bounds, becomes one sentence on the page and the
    page stops there; its traceback goes to the server's log. Any other exception is left to be seen.

    Args:     doc: the page's docstring; its first paragraph is the title, a question, the rest is the
              introduction in Markdown.
    Raises:   ValueError: a docstring without an introduction.
    """
    title, _, introduction = inspect.cleandoc(doc or "").partition("\n\n")
    if not introduction:
        raise ValueError(f"a page's docstring is a title, an empty line and an introduction, got {doc!r}")
    st.html(STYLE)
    st.title(" ".join(title.split()), anchor=False)
    with st.container(key="introduction"):
        st.markdown(introduction)
    try:
        yield
    except ValueError as error:
        _log.warning("a page stopped: %s", error, exc_info=error)
        report(error)


def report(error: ValueError) -> NoReturn:
    """Shows the error's sentence and ends this run of the page."""
    st.error(escape_markdown(str(error)))
    st.stop()


def polled(show: Callable[..., None], *args: Any, every: float | None = None) -> None:
    """Draws a part of the page that may be drawn again by itself; its ValueErrors are sentences too.

    Args:     show: draws it, given `args`.   every: seconds after which it is drawn again; None: only when touched.
    """

    def draw(*given: Any) -> None:
        try:
            show(*given)
        except ValueError as error:
            _log.warning("a part of a page stopped: %s", error, exc_info=error)
            st.error(escape_markdown(str(error)))

    st.fragment(draw, run_every=every)(*args)


@st.fragment
def source_expander(rule: Callable[..., Any] | type, label: str = "The code of this rule") -> None:
    """A closed box with the very source that runs: of a function or class, with its file and line.

    The source is sent when the box is opened: showing it makes the browser load more script than all the
    rest of a page, which the first picture would wait for.

    Args:     label: what the box is called, unique on its page.
    """
    box = st.expander(label, key=f"source: {label}", on_change="rerun")
    if not box.open:
        return
    source = inspect.unwrap(rule)
    file = Path(inspect.getfile(source)).resolve()
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else Path(file.name)
    lines, first = inspect.getsourcelines(source)
    with box:
        st.caption(f"`{shown.as_posix()}`, line {first}")
        st.code(textwrap.dedent("".join(lines)), language="python", wrap_lines=True)


@st.fragment
def model_card(model: str) -> None:
    """A closed box with what a model was trained on, under which licences, how, and how well; for a shipped model."""
    card = lab.model_folder(model) / "README.md"
    if not card.is_file():
        return
    box = st.expander(f"Model card of {model}", key=f"model_card {model}", on_change="rerun")
    if box.open:
        box.markdown(card.read_text("utf-8"))


def escape_markdown(text: str) -> str:
    r"""`text` on one line with every mark escaped, so that Markdown shows it as it is.

    Example:
    >>> print(escape_markdown("![x](http://y)"))
    \!\[x\]\(http\:\/\/y\)
    """
    return " ".join(text.split()).translate(_ESCAPED)
