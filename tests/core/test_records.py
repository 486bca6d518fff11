"""Run and training settings: bounds, URL, JSON."""

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textdiff_core.records import MAX_SEED, Edit, RunConfig, format_keep, parse_keep
from textdiff_core.training_records import TrainConfig


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, r"steps must be a whole number 1\.\.1024, got 0"),
        ({"steps": 100_000}, "got 100000"),
        ({"steps": 2.0}, r"got 2\.0"),
        ({"steps": True}, "got True"),
        ({"steps": "8"}, "got '8'"),
        ({"seed": -1}, "seed must be a whole number 0"),
        ({"seed": MAX_SEED + 1}, "seed must be"),
        ({"length": 0}, "length must be"),
        ({"length": 513}, "length must be"),
        ({"temperature": -1}, r"temperature must be a number 0\.\.10, got -1"),
        ({"temperature": math.nan}, "got nan"),
        ({"temperature": math.inf}, "got inf"),
        ({"temperature": "x"}, "got 'x'"),
        ({"temperature": None}, "got None"),
        ({"top_p": 0}, "top_p must be above 0 and at most 1, got 0"),
        ({"top_p": 1.01}, "top_p must be a number"),
        ({"keep": ((3, "fox"), (3, "den"))}, "keep names position 3 twice"),
        ({"keep": ((0, "fox"),)}, "a position from 1 and a word"),
        ({"keep": (("3", "fox"),)}, "a position from 1 and a word"),
        ({"keep": ((3, 5),)}, "a position from 1 and a word"),
        ({"edits": (Edit(5, (1,)), Edit(2, (1,)))}, "in the order of their steps"),
        ({"edits": (Edit(2, (1,)), Edit(2, (3,)))}, "one a step"),
    ],
)
def test_a_value_out_of_bounds_is_told_with_what_is_allowed(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        RunConfig(**changes)
    with pytest.raises(ValueError, match=message):
        RunConfig().replace(**changes)


@pytest.mark.parametrize(
    "text", ["", "5", "5:", ":3", "5:3,", "5:0", "-1:3", "5:3@", "5:a", "5:3;6:2", "9" * 7 + ":1"]
)
def test_an_edit_must_be_well_written(text) -> None:
    with pytest.raises(ValueError, match="an edit"):
        Edit.parse(text)


def test_an_edit_needs_a_step_and_positions() -> None:
    for step, positions in ((-1, (1,)), (0, ()), (0, (0,))):
        with pytest.raises(ValueError, match="an edit needs a step from 0 and positions from 1"):
            Edit(step, positions)
    assert Edit(3, (5, 1, 5)).positions == (1, 5)
    assert Edit.parse(" 26:23,6@5 ") == Edit(26, (6, 23), 5)


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=9
) | st.sampled_from([" ", "\n", ";", ":", "%", "%20", " a", "\xa0"])  # characters are words, too
edits = st.builds(
    Edit, st.integers(0, 999_999), st.lists(st.integers(1, 999_999), min_size=1, max_size=5).map(tuple),
    st.none() | st.integers(0, MAX_SEED),
)  # fmt: skip
configs = st.builds(
    RunConfig,
    model=st.sampled_from(["tales", "a b/c", "ü?&="]),
    sampler=st.sampled_from(["first-hitting", "confidence:by=drawn"]),
    steps=st.integers(1, 1024),
    grid=st.sampled_from(["uniform", "list:given=1/0.5/0"]),
    schedule=st.sampled_from(["linear", "polynomial:k=3"]),
    temperature=st.floats(0, 10),
    top_p=st.floats(0, 1, exclude_min=True),
    seed=st.integers(0, MAX_SEED),
    length=st.none() | st.integers(1, 512),
    keep=st.dictionaries(st.integers(1, 999_999), words, max_size=4).map(lambda kept: tuple(kept.items())),
    edits=st.lists(edits, max_size=3, unique_by=lambda edit: edit.step).map(
        lambda some: tuple(sorted(some, key=lambda edit: edit.step))
    ),
)


@given(configs)
def test_the_url_brings_back_the_same_run(config) -> None:
    assert RunConfig.from_query(config.to_query()) == (config, [])


@given(configs)
def test_json_brings_back_the_same_run(config) -> None:
    again = RunConfig.from_json(json.loads(json.dumps(config.to_json())))
    assert again == config and again.key == config.key and hash(again) == hash(config)


def test_the_url_tells_only_what_differs() -> None:
    assert RunConfig().to_query() == {}
    config = RunConfig(
        steps=9, temperature=2, keep=((7, "den"), (3, "fox")), edits=(Edit(4, (2, 1)), Edit(8, (3,), 5))
    )
    assert config.to_query() == {
        "steps": "9",
        "temperature": "2",
        "keep": "3:fox;7:den",
        "edits": "4:1,2;8:3@5",
    }


@given(
    st.dictionaries(
        st.sampled_from([*RunConfig().to_json(), "theme", "q" * 99]), st.text(max_size=30), max_size=5
    )
)
def test_no_query_is_an_error_and_what_is_ignored_is_named(query) -> None:
    config, ignored = RunConfig.from_query(query)
    assert isinstance(config, RunConfig)
    for name in query:
        taken = name in config.to_json() and not any(note.startswith(f"{name} =") for note in ignored)
        assert taken or any(name[:40] in note for note in ignored)


def test_ignored_parameters_are_explained() -> None:
    query = {
        "steps": "0",
        "speed": "9",
        "top_p": "much",
        "keep": "fox",
        "edits": "x",
        "length": "",
        "seed": "4",
    }
    config, ignored = RunConfig.from_query(query)
    assert config == RunConfig(seed=4)
    assert [note.split()[0] for note in ignored] == ["steps", "unknown", "top_p", "keep", "edits", "length"]
    assert "steps must be a whole number 1..1024, got 0" in ignored[0] and "'speed'" in ignored[1]


def test_the_key_names_the_run_on_every_machine() -> None:
    """Twelve hex digits of the canonical JSON's SHA-256; a shipped trace is found by it."""
    assert RunConfig().key == RunConfig().key != RunConfig(seed=1).key
    assert len(RunConfig().key) == 12 and int(RunConfig().key, 16) >= 0
    assert RunConfig(keep=((2, "b"), (1, "a"))).key == RunConfig(keep=((1, "a"), (2, "b"))).key


def test_kept_words_of_any_characters_are_written_and_read() -> None:
    keep = ((1, " "), (2, "\n"), (3, ";"), (4, ":"), (5, "%"), (6, "ü"))
    assert format_keep(keep) == "1:%20;2:%0A;3:%3B;4::;5:%25;6:ü" and parse_keep(format_keep(keep)) == keep
    assert parse_keep(" 3 : 50% ; 4:a b ;") == ((3, "50%"), (4, "a b"))  # as links were written before


@pytest.mark.parametrize("text", ["fox", "3:", ":fox", "x:fox", "3:fox;den", "3 fox", "-3:fox"])
def test_kept_words_must_be_well_written(text) -> None:
    with pytest.raises(ValueError, match="a kept word is written 'position:word'"):
        parse_keep(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps must be"),
        ({"batch": 1.5}, "batch must be"),
        ({"warmup": 11, "steps": 10}, r"warmup must be a whole number 0\.\.10, got 11"),
        ({"rate": math.nan}, "rate must be a number"),
        ({"decay": 1.5}, "decay must be"),
        ({"ema": -0.1}, "ema must be"),
        ({"fall": "step"}, "fall must be linear or cosine, got 'step'"),
        ({"corpus": 5}, "corpus must be a text"),
        ({"process": None}, "process must be a text"),
        ({"compile": 1}, "compile must be true or false, got 1"),
        ({"batch": 9, "parts": 2}, "batch must be a multiple of parts, got 9 and 2"),
    ],
)
def test_training_settings_have_bounds_too(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        TrainConfig(**changes)


def test_records_are_frozen() -> None:
    for record in (RunConfig(), TrainConfig(), Edit(0, (1,))):
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.seed = 1
