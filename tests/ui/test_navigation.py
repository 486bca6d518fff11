"""The page registry reads place and title from the files and says what a file lacks."""

from pathlib import Path

import pytest

from textdiff_ui.navigation import PAGES, Place, path_through

PAGE = '"""A question?\n\nAn answer."""\n\nTITLE = "{title}"\nSECTION = "Some"\nORDER = {order}\n'


def test_pages_come_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "alpha.py").write_text(PAGE.format(title="Later", order=20))
    (tmp_path / "beta.py").write_text(PAGE.format(title="First", order=10))
    found = path_through(tmp_path)
    assert [(place.title, file.name) for place, file in found] == [
        ("First", "beta.py"),
        ("Later", "alpha.py"),
    ]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "alpha.py"
    file.write_text(PAGE.format(title="Old", order=10))
    assert path_through(tmp_path) == [(Place(10, "Some", "Old"), file)]
    file.write_text(PAGE.format(title="A new title", order=10))
    assert path_through(tmp_path) == [(Place(10, "Some", "A new title"), file)]


@pytest.mark.parametrize(
    "source",
    [
        'TITLE = "x"\n',
        "ORDER = 3\n",
        'TITLE = "x"\nORDER = 3\n',
        'TITLE = "x"\nSECTION = ""\nORDER = "first"\n',
    ],
)
def test_a_page_without_its_constants_is_named(tmp_path: Path, source: str) -> None:
    (tmp_path / "bare.py").write_text(source)
    with pytest.raises(ValueError, match=r"bare\.py needs the lines TITLE"):
        path_through(tmp_path)


def test_two_pages_cannot_stand_in_one_place(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(PAGE.format(title=name, order=10))
    with pytest.raises(ValueError, match="both have ORDER = 10"):
        path_through(tmp_path)


def test_a_section_is_one_stretch_of_the_path() -> None:
    sections = [place.section for place, _ in path_through(PAGES)]
    starts = [section for k, section in enumerate(sections) if k == 0 or section != sections[k - 1]]
    assert starts == list(dict.fromkeys(sections)) and starts[0] == ""
