"""The tables of exact errors in docs and assets: written by their command, and true to what is stated."""

import json

import pytest

from benchmarks import exactness, verdicts
from textdiff_core.registry import spec
from textdiff_core.samplers import samplers


def test_the_files_are_what_the_command_writes() -> None:
    """Every number to its last digit; all of them take some seconds."""
    assert exactness.FILE.read_text("utf-8") == exactness.written()
    assert exactness.DATA.read_text("utf-8") == exactness.data()


def test_what_is_measured_is_what_is_stated() -> None:
    """In a unit of the last stated digit; F8's limit with the full posterior too."""
    stated = [row for row in exactness.rows() if row.stated]
    assert {row.fact for row in stated} == {"F3b", "F3c", "F3d", "F3e", "F6", "F8"}
    assert [row for row in stated if not row.holds] == []


@pytest.mark.parametrize(
    ("process", "sampler", "verdict"),
    [
        (process, sampler, one[0])
        for process, table in verdicts.VERDICTS.items()
        for sampler, one in table.items()
    ],
)
def test_the_numbers_bear_the_verdict_out(process, sampler, verdict) -> None:
    assert exactness.bears_out(process, sampler, verdict)


def test_every_sampler_whose_states_can_be_listed_is_in_the_table() -> None:
    """With its defaults, and by the shortest spec."""
    for process, table in verdicts.VERDICTS.items():
        serving = {name for name, part in samplers.items() if exactness.NAMES[process] in part.serves}
        assert serving <= table.keys()
        assert sum(spec(samplers.build(sampler)) == sampler for sampler in table) == len(table)


def test_the_app_can_read_its_table() -> None:
    """A row for each, a total variation for each number of steps, all the same where steps are found on the way."""
    record = json.loads(exactness.DATA.read_text("utf-8"))
    assert len(record["rows"]) == sum(map(len, verdicts.VERDICTS.values()))
    for row in record["rows"]:
        assert len(row["tv"]) == len(record["steps"]) and all(0 <= tv <= 1 for tv in row["tv"])
        assert not row["own_steps"] or len(set(row["tv"])) == 1
        assert row["verdict"] in record["meanings"] and row["why"]
