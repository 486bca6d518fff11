"""A page's frame: its docstring is read, a ValueError becomes one sentence, anything else is seen."""

import pytest
from streamlit.testing.v1 import AppTest

from textdiff_ui.frame import escape_markdown, open_page

PAGE = '''
"""How does noise
become a story?

Every cell starts as noise. Words follow.
"""
import streamlit as st
from textdiff_ui.frame import open_page, source_expander
with open_page(__doc__):
    st.text("before")
    {body}
    st.text("after")
'''


def run(body: str) -> AppTest:
    return AppTest.from_string(PAGE.format(body=body), default_timeout=300).run()


def test_title_and_introduction_come_from_the_docstring() -> None:
    page = run("pass")
    assert [title.value for title in page.title] == ["How does noise become a story?"]
    assert page.markdown[0].value == "Every cell starts as noise. Words follow."
    assert [text.value for text in page.text] == ["before", "after"]
    assert not page.error


def test_a_value_error_becomes_one_escaped_sentence_and_the_page_stops() -> None:
    page = run('raise ValueError("steps must be 1..1024, got *0*\\nor ![x](http://y)")')
    shown = page.error[0].value
    assert shown == r"steps must be 1\.\.1024\, got \*0\* or \!\[x\]\(http\:\/\/y\)"
    assert [text.value for text in page.text] == ["before"]
    assert not page.exception


def test_any_other_exception_is_seen() -> None:
    page = run('raise KeyError("lost")')
    assert not page.error
    assert len(page.exception) == 1


def test_a_rule_shows_its_own_source_and_place() -> None:
    page = run("source_expander(source_expander)")
    assert not page.code, "a closed box sends nothing"
    page.session_state["source: The code of this rule"] = True
    page.run()
    assert "def source_expander(" in page.code[0].value
    assert "textdiff_ui/frame.py" in page.caption[0].value


def test_a_docstring_without_an_introduction_is_refused() -> None:
    with pytest.raises(ValueError, match="an empty line and an introduction"), open_page("Only a title"):
        pass


@pytest.mark.parametrize("text", ["plain words", "a\nb", "$x$ :red[y] <b> `c` | ~~d~~ \\ #"])
def test_escaping_keeps_the_words_and_leaves_no_bare_mark(text: str) -> None:
    escaped = escape_markdown(text)
    assert escaped.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") == " ".join(text.split())
    assert "\n" not in escaped
