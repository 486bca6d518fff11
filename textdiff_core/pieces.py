"""Words cut into frequent pieces, by byte-pair encoding: how a vocabulary with merges reads text.

Learning the merges is left to a library (see `vocab.build`); reading with them needs none, so that models of pieces
work where it is not installed. Both cut alike, and a test holds them together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise

# A word with the space before it, digits likewise, other signs likewise, or one space or line end.
WORD = r" ?[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\s"
# The same for a text of which every character stands as its kind: L, N, "'", " ", s (other space) or x.
KINDS = re.compile(r" ?L+(?:'L+)*| ?N+| ?[x']+|[ s]")


class _Kinds(dict[int, str]):
    """Code point -> kind, found out once; Python's own `re` does not know Unicode's categories."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        category = unicodedata.category(sign)[0]
        kind = "L" if category in "LM" else "N" if category == "N" else "s" if sign.isspace() else "x"
        self[code] = kind
        return kind


_KINDS = _Kinds({ord(" "): " ", ord("'"): "'", ord("’"): "'"})


def apart(text: str) -> list[str]:
    """The parts of a text that no piece reaches beyond; joined they are the text.

    >>> apart("Don't stir 350°F, yet.")
    ["Don't", ' stir', ' 350', '°', 'F', ',', ' yet', '.']
    """
    return [text[slice(*part.span())] for part in KINDS.finditer(text.translate(_KINDS))]


def merged(part: str, ranks: Mapping[tuple[str, str], int]) -> list[str]:
    """The pieces of one part: of all neighbours that are a pair, the first of least rank become one, until none is.

    Args:     ranks: pair of pieces -> its rank.
    Source:   Sennrich et al. 2016, arXiv:1508.07909, algorithm 1.
    """
    pieces = list(part)
    while len(pieces) > 1:
        rank, at = min((ranks.get(pair, len(ranks)), at) for at, pair in enumerate(pairwise(pieces)))
        if rank == len(ranks):
            break
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
    return pieces
