"""The table of exact errors in docs: written by its command, and true to what is stated."""

from benchmarks import exactness


def test_the_file_is_what_the_command_writes() -> None:
    """Every number to its last digit; all of them take a second."""
    assert exactness.FILE.read_text("utf-8") == exactness.written()


def test_what_is_measured_is_what_is_stated() -> None:
    """In a unit of the last stated digit; F8's limit with the full posterior too."""
    stated = [row for row in exactness.rows() if row.stated]
    assert {row.fact for row in stated} == {"F3b", "F3c", "F3d", "F8"}
    assert [row for row in stated if not row.holds] == []
