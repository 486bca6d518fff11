"""The page registry: every file in `pages/` says by itself where it stands and what it is called."""

from __future__ import annotations

import ast
import functools
import itertools
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import StreamlitPage

PAGES = Path(__file__).resolve().parent.parent / "pages"


class Place(NamedTuple):
    """Where a page stands. Attributes: section: of the sidebar; "" is above all of them."""

    order: int
    section: str
    title: str


def pages() -> dict[str, StreamlitPage]:
    """The app's pages by file name without ".py", in the order of the path through the app.

    The first one is the default. Links between pages use these objects:
    `st.page_link(pages()["denoise"])`. To be called while a page or the main script runs.
    """
    return {name: page for _, name, page in _placed()}


def sections() -> dict[str, list[StreamlitPage]]:
    """The same pages as the sidebar lists them: by section, the one that comes first on the path on top."""
    found: dict[str, list[StreamlitPage]] = {}
    for section, _, page in _placed():
        found.setdefault(section, []).append(page)
    return found


def _placed() -> list[tuple[str, str, StreamlitPage]]:
    """(section, name, page) along the path."""
    return [
        (place.section, file.stem, st.Page(file, title=place.title, url_path=file.stem, default=index == 0))
        for index, (place, file) in enumerate(path_through(PAGES))
    ]


def path_through(folder: Path) -> list[tuple[Place, Path]]:
    """(place, file) of every page in `folder`, by the files' ORDER.

    Raises:   ValueError: a page without TITLE, SECTION or ORDER, or two pages with one ORDER.
    """
    found = sorted((_place(file, file.stat().st_mtime_ns), file) for file in folder.glob("*.py"))
    for (one, file), (next_one, other) in itertools.pairwise(found):
        if one.order == next_one.order:
            raise ValueError(f"{file.name} and {other.name} both have ORDER = {one.order}")
    return found


def question(name: str) -> str:
    """The question that page `name` answers: its title on the screen, from the file's docstring."""
    file = PAGES / f"{name}.py"
    return _question(file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _question(file: Path, _modified: int) -> str:
    doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(doc.partition("\n\n")[0].split())


@functools.lru_cache(maxsize=256)
def _place(file: Path, _modified: int) -> Place:
    """ORDER, SECTION and TITLE as the file writes them: read, not run, so no page pays for another's imports."""
    constants = {
        node.targets[0].id: node.value.value
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    order, section, title = (constants.get(name) for name in ("ORDER", "SECTION", "TITLE"))
    if not isinstance(order, int) or not isinstance(section, str) or not isinstance(title, str):
        raise ValueError(
            f'{file.name} needs the lines TITLE = "...", SECTION = "..." and ORDER = ..., a whole number'
        )
    return Place(order, section, title)
