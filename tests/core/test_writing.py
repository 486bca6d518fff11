"""The form of writing to order becomes kept words of runs; what contradicts itself is refused in one sentence."""

import dataclasses
import re

import numpy as np
import pytest

from textdiff_core import lab, writing
from textdiff_core.records import Edit, RunConfig
from textdiff_core.writing import LEAST, WriteConfig, form, parse_must

INFO = lab.model_info("english")


def given(config: WriteConfig) -> dict[int, str]:
    """Position, from 1 -> the piece that is given there."""
    keep = form(config).keep
    return {int(cell) + 1: INFO.vocabulary.words[keep[cell]] for cell in np.flatnonzero(keep >= 0)}


def text(config: WriteConfig) -> str:
    return "".join(given(config).values())


def test_a_recipe_gets_the_head_that_the_model_read_in_recipes() -> None:
    config = WriteConfig(title=" Plum  cake ", ingredients="flour,eggs , ,\nplums", begin="Mix")
    assert text(config) == " plum cake\n ingredients: flour, eggs, plums\n mix"
    assert min(given(config)) == 2  # the first cell is the tag's
    assert text(dataclasses.replace(config, register="verses")) == " mix"  # the head is a recipe's alone
    assert text(WriteConfig()) == ""


def test_a_beginning_stands_first_and_an_end_in_the_last_cells() -> None:
    config = WriteConfig(register="plays", begin="HAMLET: My lord", end="farewell.", length=30)
    cells = given(config)
    assert cells[2] == " ham" or text(config).startswith(" hamlet: my lord")
    assert cells[30] == "." and text(config).endswith(" farewell.")
    assert len(form(config).keep) == 30


def test_words_stand_at_their_places_and_loose_ones_are_named() -> None:
    config = WriteConfig(register="verses", must="12: gold, silver\n20:the river;gold")
    assert {place: word for place, word in given(config).items()} == {12: " gold", 20: " the", 21: " river"}
    assert [word for word, _ in form(config).loose] == ["silver", "gold"]
    assert parse_must("a, a; 3:a") == [("a", None), ("a", 3)]


def test_runs_carry_what_is_given_and_their_own_seeds() -> None:
    config = WriteConfig(register="verses", begin="In those", seed=5, guidance=2.0)
    runs = config.runs([form(config).keep] * 3, INFO.vocabulary.words)
    assert [run.seed for run in runs] == [5, 6, 7]
    assert all(type(run) is RunConfig and run.keep == ((2, " in"), (3, " those")) for run in runs)
    assert all((run.register, run.guidance) == ("verses", 2.0) for run in runs)
    for run in runs:
        lab.check(run)


def test_changes_belong_to_one_text_and_survive_the_link() -> None:
    config = (
        WriteConfig().changed(1, Edit(24, (6, 7))).changed(0, Edit(3, (9,))).changed(1, Edit(30, (6,), 2))
    )
    assert config.edits_of(0) == (Edit(3, (9,)),) and config.edits_of(2) == ()
    assert config.edits_of(1) == (Edit(24, (6, 7)), Edit(30, (6,), 2))
    assert config.changed(1, Edit(10, (8,))).edits_of(1) == (Edit(10, (8,)),)  # later ones are left behind
    assert WriteConfig.from_query(config.to_query()) == (config, [])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"must": "5:gold; 5:silver"}, "two things are to stand at position 5: 'gold' and 'silver'"),
        ({"begin": "in those days", "must": "3:gold"}, "position 3: the beginning and 'gold'"),
        ({"must": "1:gold"}, "the first one holds the register's tag"),
        ({"must": "64:old silver"}, "but those of the text are 2..64"),
        ({"must": "12:old silver", "length": 12}, "but those of the text are 2..12"),
        (
            {"begin": "a " * 30, "end": "b " * 30},
            "more is given than fits: 30 pieces of beginning and 30 of end",
        ),
        ({"must": ",".join(f"{k} a b c d e f g h" for k in range(8))}, "more is given than fits: the words"),
        ({"must": ",".join("abcdefghi")}, "at most 8 words may be asked for, got 9"),
        ({"must": "x" * 100}, "a word may have at most 60 characters, got 100"),
        ({"must": "漢字"}, "the model does not know the piece '漢'"),
        ({"register": "poems"}, "unknown register 'poems'"),
        ({"register": "", "guidance": 2.0}, "guidance 2 needs a register"),
        ({"length": LEAST}, f"length must be {LEAST + 1}..64, got {LEAST}"),
        ({"model": "tales"}, "writes one kind of text only"),
        ({"draft": "a"}, "give no draft"),
        ({"sampler": "ddpm"}, "does not serve"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(settings: dict[str, object], sentence: str) -> None:
    config = WriteConfig(**{"register": "verses", **settings})
    with pytest.raises(ValueError, match=re.escape(sentence)) as raised:
        writing.check(config)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"begin": "x" * 1_000_000}, "begin must be a text of at most 2000 characters, got 1000000"),
        ({"changes": "4/24:6"}, "a change is written"),
        ({"changes": "1/24"}, "an edit is written"),
    ],
)
def test_bad_fields_are_refused_at_once(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        WriteConfig(**settings)


def test_what_is_longer_than_the_canvas_is_cut_and_said() -> None:
    most = INFO.length - 1 - LEAST
    long = WriteConfig(register="verses", begin="one two three " * 40)
    cut = form(long)
    assert int((cut.keep >= 0).sum()) == most
    assert cut.cuts == (f"The beginning was cut: {most} of its pieces may be given here, so it stands from "
                        "'three' on",)  # fmt: skip
    end = form(WriteConfig(register="verses", end="one two three " * 40))
    assert int((end.keep >= 0).sum()) == most and "The end was cut: it has 120 pieces" in end.cuts[0]
    recipe = form(WriteConfig(title="Soup", ingredients=", ".join(f"salt {k}" for k in range(60))))
    left = int(recipe.cuts[0].split("the last ")[1].split()[0])
    assert recipe.cuts[0].endswith(f"are left out, from 'salt {60 - left}' on") and 0 < left < 60
    assert form(WriteConfig(title="soup " * 100)).cuts[0].startswith("The title was cut after 'soup'")
    assert form(WriteConfig(title="Soup")).cuts == ()


def test_markup_is_text_like_any_other() -> None:
    assert text(WriteConfig(register="chat", begin="<b>hi</b>")) == " <b>hi</b>"
