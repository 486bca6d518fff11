"""A conversation on a canvas: whole turns from the end, room for the reply, and what is wrong in one sentence."""

import pytest

from textdiff_core import chatting, lab
from textdiff_core.chatting import LEAST, MOST_TURN, USUAL, ask, reply

INFO = lab.model_info(USUAL.model)


def canvas(turns: list[str]) -> str:
    return "".join(word for _, word in ask(turns).run.keep)


def test_the_turns_stand_as_the_model_read_conversations() -> None:
    asked = ask(["Hi,  how are you?", "Fine!", "Good\nday"])
    assert (
        canvas(["Hi,  how are you?", "Fine!", "Good\nday"])
        == " - hi, how are you?\n - fine!\n - good day\n -"
    )
    assert (asked.seen, asked.cut, asked.run.register) == (3, "", "chat")
    assert asked.given == 1 + len(asked.run.keep) and asked.run.keep[0][0] == 2


def test_as_many_of_the_last_turns_are_kept_as_leave_room_for_the_reply() -> None:
    turns = [f"this is turn number {k} of all" for k in range(20)]
    asked = ask(turns)
    assert 1 < asked.seen < 20 and INFO.length - asked.given >= LEAST
    told = canvas(turns)
    assert told.count("\n") == asked.seen and " number 19 " in told and " number 0 " not in told
    longer = INFO.vocabulary.split("".join(f"- {turn}\n" for turn in turns[-asked.seen - 1 :]))
    assert 1 + len(longer) + 1 + LEAST > INFO.length  # one more would not fit


def test_a_long_turn_is_cut_and_said() -> None:
    asked = ask(["hello", "one two three " * 30])
    assert asked.seen == 1 and INFO.length - asked.given == LEAST
    assert asked.cut.startswith("Of your turn's 90 pieces the last") and "it is read from" in asked.cut
    assert canvas(["one two three " * 30]).startswith(" -") and canvas(["one two three " * 30]).endswith(
        "three\n -"
    )


@pytest.mark.parametrize(
    ("turn", "sentence"),
    [
        ("", "the turn is empty"),
        (" \n\t", "the turn is empty"),
        ("x" * 1_000_000, f"at most {MOST_TURN} characters, got 1,000,000"),
        ("hello 漢", "no English piece for '漢'"),
    ],
)
def test_bad_turns_are_refused_in_one_sentence_that_repeats_no_text(turn: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as raised:
        ask(["hi", turn])
    assert len(str(raised.value)) < 100 and "hello" not in str(raised.value)


def test_markup_is_text() -> None:
    assert canvas(["<script>alert(1)</script>"]) == " - <script>alert(1)</script>\n -"


def test_a_reply_is_the_line_behind_what_is_given() -> None:
    asked = ask(["hi"], USUAL.replace(steps=2))
    trace = lab.run(asked.run)
    said, cells = reply(trace, asked.given), [trace.words[i] for i in trace.tokens[-1]]
    assert "\n" not in said and "[chat]" not in said
    whole = "".join(cells[asked.given :])
    assert whole.replace("\n", " ").strip().startswith(said) or said == ""
    assert chatting.ended(trace, asked.given) == any(cell in ("", "\n") for cell in cells[asked.given :])
    assert set(
        reply(
            trace.__class__(**{**vars(trace), "tokens": trace.tokens[:1].repeat(len(trace.t), 0)}),
            asked.given,
        )
    ) <= {"▒"}
