"""The command line of scoring: its numbers, its notes, and one sentence with exit code 2 for whatever is wrong."""

import json
import math

import numpy as np
import pytest

from textdiff_core import lab
from textdiff_core.__main__ import main

WORLD = lab.corpora["tales"]
TALE = WORLD.tell(np.random.default_rng(7)).text
WRONG = TALE.replace("gave Leo", "gave Nora")


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(["score", *argv]) == 0
    return capsys.readouterr().out


def test_a_text_is_scored_as_json_the_same_each_time(capsys) -> None:
    command = ("--text", TALE, "--subsets", "16", "--seed", "3", "--orders", "2", "--format", "json")
    told = json.loads(answer(capsys, *command))
    assert told["exact_nats"] == -WORLD.log_prob(TALE) and told["possible"] and told["odd"] is None
    assert (told["model"], told["versions"], told["seed"], told["num_words"]) == ("tales", 16, 3, 45)
    assert math.fsum(word["share"] for word in told["words"]) == pytest.approx(told["bound_nats"])
    assert abs(told["orders_nats"]["left to right"] - told["exact_nats"]) < 1
    assert json.loads(answer(capsys, *command)) == told


def test_as_text_it_names_the_odd_word_and_what_is_exact(capsys) -> None:
    told = answer(capsys, "--text", WRONG, "--subsets", "8")
    assert "odd word out         28: 'Nora', where 'Leo' has p = 1.0000" in told
    assert "infinite: the corpus's world never tells this text" in told and "Leo became Nora" in told
    assert "none: nowhere is another word 10 times likelier" in answer(
        capsys, "--text", TALE, "--subsets", "8"
    )


def test_other_noises_have_a_bound_and_no_words(capsys) -> None:
    told = answer(capsys, "--text", TALE, "--model", "tales-uniform", "--subsets", "16")
    assert "single words have no surprise" in told and "bits a character" in told


def test_an_autoregressive_model_stands_beside_and_reads_alone(capsys) -> None:
    """Beside a masked model: exact nats, a column of its own. Alone: each word given those before it, and no bound."""
    told = json.loads(answer(capsys, "--text", TALE, "--subsets", "2", "--format", "json"))["autoregressive"]
    assert (
        math.fsum(told["words"]) == pytest.approx(told["nats"])
        and abs(told["nats"] + WORLD.log_prob(TALE)) < 2
    )
    alone = json.loads(answer(capsys, "--text", TALE, "--model", "tales-ar", "--format", "json"))
    assert alone["exactly"] and alone["autoregressive"] is None and alone["bound_half"] == 0
    assert alone["bound_nats"] == pytest.approx(told["nats"])
    assert f"autoregressive       {told['nats']:.2f} nats" in answer(capsys, "--text", TALE, "--subsets", "2")
    assert "nats, exactly" in answer(capsys, "--text", TALE, "--model", "tales-ar")


def test_a_text_that_is_cut_says_where(capsys) -> None:
    assert main(["score", "--text", f"{TALE} Max won the den.", "--subsets", "2"]) == 0
    assert (
        "the text was cut after the word 'won', and 3 words from 'the' on are not scored"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--text", "the bearr"], "does not know the word 'bearr'; near it: bear"),
        (["--text", "<script>alert(1)</script>"], "does not know the word '<script>alert(1)</script>'"),
        (["--text", " "], "at least one word"),
        (["--text", "a" * 100_000], "at most 4000 characters here, got 100000"),
        (["--text", TALE, "--subsets", "7"], "subsets must be an even number"),
        (["--text", TALE, "--subsets", "0"], "must be a whole number"),
        (["--text", TALE, "--orders", "99"], "orders must be a whole number 2..64"),
        (["--text", TALE, "--seed", "-1"], "seed must be"),
        (["--text", TALE, "--model", "none"], "there is no model 'none'"),
        (["--text", TALE, "--model", "tales-insertion"], "words have no fixed places"),
        (["--text", TALE, "--model", "tales-uniform", "--orders", "2"], "writes in no order of words"),
        (["--text", TALE, "--model", "tales-ar", "--orders", "2"], "one order alone, from left to right"),
        ([], "--text"),
    ],
)
def test_a_bad_value_is_answered_with_one_sentence(argv: list[str], sentence: str, capsys) -> None:
    assert main(["score", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err and err.count("\n") == 1
