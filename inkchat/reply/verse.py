"""Verse: a paragraph whose lines were ended by hand, as those of a poem or an address are.

Where one of them is wider than the column, it goes on set in, so that it is seen where the next
one begins.
"""

from collections.abc import Sequence
from itertools import groupby

from inkchat.reply.pieces import Piece

_LONGEST_LINE, _SHORT_LINE = 160, 40
"""Characters; what has longer ones is prose that has breaks in it, and so is what has few lines
that are longer than this for each of them."""
_HANG = 1.5
"""Of the size; how far a line goes on set in,"""
_LARGEST_HANG = 0.09
"""and of the width at most."""
_NARROWEST = 6.0
"""Of the size: in less, such as in many a cell, nothing is set in."""


def find_hang(pieces: Sequence[Piece], size_pt: float, room_pt: float) -> float:
    """How far the lines of a paragraph hang in, in points; 0 for what is not verse."""
    if room_pt < _NARROWEST * size_pt or not _is_verse(pieces):
        return 0.0
    return round(min(_HANG * size_pt, _LARGEST_HANG * room_pt), 2)


def _is_verse(pieces: Sequence[Piece]) -> bool:
    if not any(piece.is_break for piece in pieces):
        return False
    lengths = [
        sum(len(piece.text) for piece in group)
        for is_break, group in groupby(pieces, key=lambda piece: piece.is_break)
        if not is_break
    ]
    longest = min(_LONGEST_LINE, _SHORT_LINE * len(lengths))
    return len(lengths) > 1 and max(lengths) <= longest
