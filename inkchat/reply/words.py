"""The words of a paragraph, with the blanks behind them: how wide they are, and where they end."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from inkchat.reply.breaks import BLANKS, BREAKS, OTHER_BREAK, find_poor_ends
from inkchat.reply.fonts import load_font
from inkchat.reply.glyphs import Shaped
from inkchat.reply.pieces import BOX, Fragment, Piece, cut_at_levels, find_piece_levels

_UNITS = 1000
"""Of a size, in which what is shaped is measured."""
_LONGEST_WORD = 400
"""Characters: no line holds a longer one, so it is not measured."""


class Unit(NamedTuple):
    """What is not broken: a word with the blanks behind it."""

    start: int
    end: int
    width_pt: float
    visible_pt: float
    """If it ends a line: without the blanks, with the hyphen."""
    is_good_end: bool
    hyphen: Piece | None = None
    """The type of the hyphen that it has if it ends a line."""
    ends_line: bool = False
    """Whether it is a part of a word that is wider than the line."""

    @property
    def is_measured(self) -> bool:
        return self.visible_pt < math.inf


class Segment:
    """Text without forced line breaks."""

    def __init__(self, pieces: Sequence[Piece], is_rtl: bool) -> None:
        self.text = "".join(BOX if piece.box else piece.text for piece in pieces)
        self.levels = find_piece_levels(self.text, pieces, is_rtl)
        self.parts = [Fragment(piece, BOX if piece.box else piece.text) for piece in pieces]
        if self.levels:
            self.parts = list(cut_at_levels(self.parts, self.levels))
        lengths = [len(part.text) for part in self.parts]
        self.starts = list(accumulate(lengths, initial=0))[:-1]
        self.is_marked = any(piece.box or piece.is_code or piece.is_struck for piece in pieces)

    def measure(self) -> tuple[float, float]:
        """Width in points of the longest part of it that is not broken, and of all of it."""
        longest_pt = joined_pt = all_pt = blank_pt = 0.0
        for unit in self.list_units(*self.find_edges()):
            width_pt, visible_pt = unit.width_pt, unit.visible_pt
            if not unit.is_measured:
                width_pt = visible_pt = self.measure_text(unit.start, unit.end)
            longest_pt = max(longest_pt, joined_pt + visible_pt)
            # Behind a poor end, a unit stays with the one before.
            joined_pt = 0.0 if unit.is_good_end else joined_pt + width_pt
            blank_pt = width_pt - visible_pt
            all_pt += width_pt
        return longest_pt, all_pt - blank_pt

    def find_edges(self) -> tuple[int, int]:
        """Of its text without the blanks around it."""
        end = len(self.text.rstrip(" "))
        return min(end, len(self.text) - len(self.text.lstrip(" "))), end

    def list_units(self, start: int, end: int) -> list[Unit]:
        """What stands there; each begins where another ends. A very long word is not measured."""
        if start == end:
            return []
        text = self.text
        poor_ends = find_poor_ends(text)
        poor_ends.update(
            place for place, part in zip(self.starts, self.parts, strict=True) if part.piece.rise_pt
        )
        rulers = map(_make_ruler, self.parts, self.starts)
        part_end, shape, is_rtl, factor, part_blank_pt = next(rulers)
        units: list[Unit] = []
        for visible_end, unit_end in (*self._find_ends(start), (end, end)):
            if unit_end <= start or visible_end > end:
                continue
            while start >= part_end:
                part_end, shape, is_rtl, factor, part_blank_pt = next(rulers)
            blank_pt = 0.0
            if visible_end - start > _LONGEST_WORD:
                visible_pt = math.inf
            elif unit_end <= part_end and shape:
                visible_pt = shape(text[start:visible_end], is_rtl).advance * factor
                blank_pt = (unit_end - visible_end) * part_blank_pt
            else:
                visible_pt = self.measure_text(start, visible_end)
                if visible_end < unit_end:
                    blank_pt = self.measure_text(visible_end, unit_end)
            is_good_end = unit_end not in poor_ends
            units.append(Unit(start, unit_end, visible_pt + blank_pt, visible_pt, is_good_end))
            start = unit_end
        return units

    def _find_ends(self, start: int) -> list[tuple[int, int]]:
        """Where its units may end from `start` on, without and with the blanks behind them."""
        pattern = BREAKS if OTHER_BREAK.search(self.text) else BLANKS
        return [found.span() for found in pattern.finditer(self.text, start)]

    def cut(self, start: int, end: int) -> list[Fragment]:
        """What stands from `start` to before `end`."""
        number = bisect_right(self.starts, start) - 1
        fragments: list[Fragment] = []
        while start < end:
            part, part_start = self.parts[number], self.starts[number]
            text = part.text[start - part_start : end - part_start]
            if text:
                fragments.append(Fragment(part.piece, text, part.is_rtl))
                start += len(text)
            number += 1
        return fragments

    def find_around(self, start: int, end: int) -> str:
        """What stands there with all before and behind it up to the next blanks, if not too far."""
        before = self.text[max(0, start - _LONGEST_WORD) : start].rpartition(" ")[2]
        behind = self.text[end : end + _LONGEST_WORD].partition(" ")[0]
        return before + self.text[start:end] + behind

    def measure_text(self, start: int, end: int) -> float:
        """Width in points; blanks included."""
        number = bisect_right(self.starts, start) - 1
        part, part_start = self.parts[number], self.starts[number]
        piece = part.piece
        if piece.box is None and end - part_start <= len(part.text):
            text = part.text[start - part_start : end - part_start]
            return load_font(piece.face).measure(text, piece.size_pt, is_rtl=part.is_rtl)
        return sum(fragment.width_pt for fragment in self.cut(start, end))


class _Ruler(NamedTuple):
    """Measures the words of a part."""

    end: int
    """Of the part."""
    shape: Callable[[str, bool], Shaped] | None
    """None for a box."""
    is_rtl: bool
    factor: float
    blank_pt: float


def _make_ruler(part: Fragment, start: int) -> _Ruler:
    piece = part.piece
    typeface = load_font(piece.face)
    return _Ruler(
        end=start + len(part.text),
        shape=None if piece.box else typeface.shape,
        is_rtl=part.is_rtl,
        factor=piece.size_pt / _UNITS,
        blank_pt=typeface.measure(" ", piece.size_pt),
    )
