"""`write` on the command line: texts, JSON, cuts on stderr, and bad values in one sentence."""

import json

import pytest

from textdiff_core.__main__ import BAD_VALUE, main

FAST = ["--steps", "2", "--num", "2", "--seed", "3"]


def test_texts_begin_and_end_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    order = [
        "write",
        "--register",
        "verses",
        "--begin",
        "In those days",
        "--end",
        "amen",
        "--length",
        "20",
        *FAST,
    ]
    assert main(order) == 0
    texts = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert texts[0].startswith("in those days") and texts[-1].endswith(" amen")


def test_everything_is_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    order = [
        "write",
        "--title",
        "Soup",
        "--ingredients",
        "salt, leeks",
        "--must",
        "pot; 30:stir",
        "--format",
        "json",
    ]
    assert main([*order, *FAST]) == 0
    texts = json.loads(capsys.readouterr().out)["texts"]
    assert [one["config"]["seed"] for one in texts] == [3, 4]
    for one in texts:
        assert one["text"].startswith("soup\ningredients: salt, leeks\n") and " pot" in one["text"]
        assert [place["word"] for place in one["places"]] == ["pot"] and [30, " stir"] in one["config"][
            "keep"
        ]


def test_a_cut_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write", "--register", "verses", "--begin", "one two three " * 40, *FAST]) == 0
    assert "note: The beginning was cut: 55 of its pieces" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (
            ["--register", "verses", "--title", "x"],
            "--title and --ingredients belong to the register recipes",
        ),
        (["--register", "poems"], "unknown register 'poems'"),
        (["--must", "9:a; 9:b"], "two things are to stand at position 9"),
        (["--begin", "x" * 5000], "at most 2000 characters, got 5000"),
        (["--model", "tales"], "writes one kind of text only"),
    ],
)
def test_bad_values_are_one_sentence(
    order: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["write", *order]) == BAD_VALUE
    told = capsys.readouterr()
    assert sentence in told.err and told.err.count("\n") == 1 and told.out == ""
