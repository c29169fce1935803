"""Pieces of type to lines: what stands in each from left to right.

Lines are filled one after the other. None begins with a blank or a closing mark, or ends with an
opening one, if that can be; a word wider than the line is parted. The time is
proportional to the length of the text, whatever it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from inkchat.reply.bidi import order_levels
from inkchat.reply.hyphens import find_breaks
from inkchat.reply.pieces import Fragment, Piece, fit_pieces
from inkchat.reply.wide_words import part_unit
from inkchat.reply.words import Segment, Unit

_TOLERANCE_PT = 0.01
_LEAST_HYPHENATED = 0.12
"""Of the width: a line that lacks no more is not filled with half a word."""
_SHORT_END, _SHORT_WORD = 0.12, 0.25
"""Of the width: a last line of one word that is no wider gets another, if that is no wider."""
_NARROWEST_LETTER = 0.35
"""Of the size: what would not fit if all letters were so narrow is not tried."""
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in a line from left to right, whichever way it is read."""

    fragments: tuple[Fragment, ...]
    width_pt: float
    hyphenated: Piece | None = None
    """The type of the hyphen that ends it."""
    ascent_pt: float = 0.0
    descent_pt: float = 0.0
    """Of its boxes, above and below the baseline; 0 without any."""
    reading: tuple[int, ...] = ()
    """The numbers of the fragments in the order of reading, if that is another."""
    is_marked: bool = False
    """Whether it has boxes, or marks behind or over its letters."""
    indent_pt: float = 0.0
    """From the side where its paragraph begins; no part of its width."""


def break_lines(
    pieces: Sequence[Piece],
    room_pt: float,
    *,
    is_rtl: bool = False,
    language: str = "",
    hang_pt: float = 0.0,
) -> list[Line]:
    """Lines no wider than `room_pt`, of a paragraph with that direction.

    Long words are hyphenated if `language` says how. What goes on from the line above, and does
    not begin where a break was written, hangs in by `hang_pt`.
    """
    lines: list[Line] = []
    is_last_empty = False
    for is_break, group in groupby(pieces, key=lambda piece: piece.is_break):
        if is_break:
            breaks = len(list(group))
            lines += [Line((), 0.0)] * (breaks - 1 if lines else breaks)
            is_last_empty = True
        else:
            segment = Segment(fit_pieces(list(group), room_pt), is_rtl)
            lines += _Filler(segment, room_pt, hang_pt, language).fill()
            is_last_empty = False
    if is_last_empty and len(lines) > 1 and not lines[-1].fragments:
        lines.pop()
    return lines


def measure_pieces(pieces: Sequence[Piece], *, is_rtl: bool = False) -> tuple[float, float]:
    """Width in points of what is not broken and of the longest line, if there is room for all."""
    word_pt = line_pt = 0.0
    for is_break, group in groupby(pieces, key=lambda piece: piece.is_break):
        if not is_break:
            widths_pt = Segment(list(group), is_rtl).measure()
            word_pt, line_pt = max(word_pt, widths_pt[0]), max(line_pt, widths_pt[1])
    return word_pt, line_pt


class _Span(NamedTuple):
    """The units of a line: from `first` to before `last`."""

    first: int
    last: int


class _Filler:
    """Fills lines with the words of one segment."""

    def __init__(self, segment: Segment, room_pt: float, hang_pt: float, language: str) -> None:
        self._segment = segment
        self._room_pt = room_pt
        self._hang_pt = hang_pt
        self._language = language

    def fill(self) -> list[Line]:
        segment, room_pt = self._segment, self._room_pt
        start, end = segment.find_edges()
        if start == end:
            return [Line((), 0.0)]
        smallest_pt = min(part.piece.size_pt for part in segment.parts)
        if (end - start) * _NARROWEST_LETTER * smallest_pt <= room_pt:
            width_pt = segment.measure_text(start, end)
            if width_pt <= room_pt + _TOLERANCE_PT:
                return [self._make_line(start, end, width_pt, None)]
        units = segment.list_units(start, end)
        hung_pt = room_pt - self._hang_pt
        if self._hang_pt and any(hung_pt < unit.visible_pt <= room_pt for unit in units):
            # Better not set in than parted.
            self._hang_pt = 0.0
        spans = self._make_spans(units)
        _lengthen_end(units, spans, room_pt)
        lines = [self._close_line(units, span) for span in spans]
        if not self._hang_pt:
            return lines
        return [lines[0], *(replace(line, indent_pt=self._hang_pt) for line in lines[1:])]

    def _make_spans(self, units: list[Unit]) -> list[_Span]:
        """Fills the lines; parts what is wider than one of `units`."""
        spans: list[_Span] = []
        first = good = number = parted = 0
        used_pt, room_pt = 0.0, self._room_pt
        while number < len(units):
            unit = units[number]
            if number >= parted and unit.visible_pt > self._room_pt - self._hang_pt:
                parts = self._part(unit, room_pt - used_pt if number > first else 0.0)
                units[number : number + 1] = parts
                parted = number + len(parts)
                continue
            fits = used_pt + unit.visible_pt <= room_pt + _TOLERANCE_PT
            if number == first or (fits and not units[number - 1].ends_line):
                used_pt += unit.width_pt
                number += 1
                if unit.is_good_end:
                    good = number
                continue
            if self._hyphenate(units, number, room_pt - used_pt):
                number += 1
                last = number
            else:
                last = good if good > first else number
            spans.append(_Span(first, last))
            room_pt = self._room_pt - self._hang_pt
            used_pt = sum([unit.width_pt for unit in units[last:number]])
            first = last
        spans.append(_Span(first, number))
        return spans

    def _part(self, unit: Unit, left_pt: float) -> list[Unit]:
        """`unit`, which no line holds, in parts; `left_pt` is left of the line before it."""
        room_pt = self._room_pt - self._hang_pt
        if left_pt <= _LEAST_HYPHENATED * room_pt:
            left_pt = 0.0
        return part_unit(self._segment, unit, room_pt, left_pt, self._language)

    def _hyphenate(self, units: list[Unit], number: int, room_pt: float) -> bool:
        """Makes two units of one, of which the first fits with its hyphen, if that can be."""
        segment, unit = self._segment, units[number]
        if not self._language or room_pt <= _LEAST_HYPHENATED * self._room_pt:
            return False
        text = segment.text[unit.start : unit.end]
        word = _LONG_WORD.search(text)
        is_part = unit.ends_line or units[number - 1].ends_line
        if word is None or segment.levels or is_part or number == len(units) - 1:
            return False
        for place in reversed(find_breaks(word[0], self._language)):
            middle = unit.start + word.start() + place
            fragment = segment.cut(unit.start, middle)[-1]
            first_pt = segment.measure_text(unit.start, middle)
            hyphen_pt = fragment._replace(text="-").width_pt
            if not fragment.piece.may_have_hyphen or first_pt + hyphen_pt > room_pt:
                continue
            rest_pt = segment.measure_text(middle, unit.end)
            gone_pt = unit.width_pt - unit.visible_pt
            units[number : number + 1] = [
                Unit(unit.start, middle, first_pt, first_pt + hyphen_pt, True, fragment.piece),
                Unit(middle, unit.end, rest_pt, rest_pt - gone_pt, unit.is_good_end),
            ]
            return True
        return False

    def _close_line(self, units: Sequence[Unit], span: _Span) -> Line:
        members = units[span.first : span.last]
        start = members[0].start
        width_pt = sum([unit.width_pt for unit in members[:-1]]) + members[-1].visible_pt
        end = start + len(self._segment.text[start : members[-1].end].rstrip(" "))
        return self._make_line(start, end, width_pt, members[-1].hyphen)

    def _make_line(self, start: int, end: int, width_pt: float, hyphenated: Piece | None) -> Line:
        fragments = self._segment.cut(start, end)
        reading: tuple[int, ...] = ()
        if self._segment.levels:
            levels: list[int] = []
            for fragment in fragments:
                levels.append(self._segment.levels[start])
                start += len(fragment.text)
            order = order_levels(levels)
            reading = tuple(sorted(range(len(order)), key=order.__getitem__))
            fragments = [fragments[number] for number in order]
        if not self._segment.is_marked:
            return Line(tuple(fragments), width_pt, hyphenated, reading=reading)
        boxes = [fragment.piece.box for fragment in fragments if fragment.piece.box]
        return Line(
            tuple(fragments),
            width_pt,
            hyphenated,
            max((box.ascent_pt for box in boxes), default=0.0),
            max((box.descent_pt for box in boxes), default=0.0),
            reading=reading,
            is_marked=True,
        )


def _lengthen_end(units: Sequence[Unit], spans: list[_Span], room_pt: float) -> None:
    """Gives a single short word in the last line another from the line before."""
    if len(spans) < 2:
        return
    last, before = spans[-1], spans[-2]
    if any(unit.hyphen for unit in units[before.first : before.last]):
        return
    if last.last - last.first > 1 or before.last - before.first < 2:
        return
    moved = units[before.last - 1]
    is_short = units[last.first].visible_pt <= _SHORT_END * room_pt
    if is_short and moved.width_pt <= _SHORT_WORD * room_pt and units[before.last - 2].is_good_end:
        spans[-2:] = [
            _Span(before.first, before.last - 1),
            _Span(before.last - 1, last.last),
        ]
