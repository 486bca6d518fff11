"""A conversation as runs of a model of registers: the last turns stand on the canvas, the reply comes out of noise.

Importing it needs no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace, told

REGISTER = "chat"
LEAST = 20  # cells that stay free for the reply
MOST_TURN = 500  # characters
USUAL = RunConfig(
    model="english", register=REGISTER, sampler="random:blocks=8", steps=48, temperature=0.9, top_p=0.9
)


@dataclass(frozen=True)
class Asked:
    """A reply to be written.

    Attributes:
        run: of the model.   given: cells that are not the reply's, the tag's among them.   seen: turns on the canvas.
        cut: the sentence on what of the last turn is not on it; "" where all is.
    """

    run: RunConfig
    given: int
    seen: int
    cut: str


def ask(turns: Sequence[str], settings: RunConfig = USUAL) -> Asked:
    """The run that replies to a conversation's turns, the last of which is the newest.

    As many of the last turns stand on the canvas as leave `LEAST` cells free. Each is a line after a dash, as in the
    texts that the model was trained on.

    Raises:   ValueError: an empty turn, one that is too long, a piece that the model does not know.
    """
    info = lab.model_info(settings.model)
    lines = [_line(turn, info) for turn in turns[:-1]] + [_line(_newest(turns[-1]), info)]
    dash = info.vocabulary.split("-")
    room, cut = info.length - 1 - LEAST - len(dash), ""
    if len(lines[-1]) > room:
        left = lines[-1][len(lines[-1]) - room + len(dash) :]
        cut = (
            f"Of your turn's {len(lines[-1]) - len(dash) - 1} pieces the last {len(left) - 1} fit the canvas: it is "
            f"read from {left[0].strip()!r} on"
        )
        lines[-1] = [*dash, *left]
    seen = 1
    while seen < len(lines) and sum(map(len, lines[-seen - 1 :])) <= room:
        seen += 1
    pieces = [piece for line in lines[-seen:] for piece in line] + dash
    unknown = [repr(piece) for piece in dict.fromkeys(pieces) if piece not in info.vocabulary.ids]
    if unknown:
        raise ValueError(f"the model knows no English piece for {', '.join(unknown[:5])}")
    keep = tuple(enumerate(pieces, 2))
    run = settings.replace(register=REGISTER, keep=keep, edits=(), length=None)
    lab.check(run)
    return Asked(run, 1 + len(pieces), seen, cut)


def _newest(turn: str) -> str:
    """Raises ValueError: it is empty or too long. The sentence does not repeat what was typed."""
    if not turn.strip():
        raise ValueError("there is nothing to reply to: the turn is empty")
    if len(turn) > MOST_TURN:
        raise ValueError(f"a turn may have at most {MOST_TURN} characters, got {len(turn):,}")
    return turn


def _line(turn: str, info: Any) -> list[str]:
    pieces: list[str] = info.vocabulary.split(f"- {' '.join(turn.split())}\n")
    return pieces


def reply(trace: Trace, given: int) -> str:
    """What is said in a trace's last frame: the line after the given cells; noise is "▒"."""
    cells = ["▒" if i == len(trace.words) else trace.words[i] for i in trace.tokens[-1, given:]]
    ends = [cell for cell, word in enumerate(cells) if word in ("", "\n")]
    return told(cells[: ends[0]] if ends else cells, trace.words, trace.spacing).strip()


def ended(trace: Trace, given: int) -> bool:
    """Whether the reply came to its end before the canvas did."""
    return any(trace.words[i] in ("", "\n") for i in trace.tokens[-1, given:] if i < len(trace.words))


__all__ = ["LEAST", "MOST_TURN", "REGISTER", "USUAL", "Asked", "ask", "ended", "reply"]
