"""The words of a paragraph, with the blanks behind them: how wide they are, and where they end."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from inkchat.reply.breaks import BLANKS, BREAKS, OTHER_BREAK, find_poor_ends, split_clusters
from inkchat.reply.fonts import load_font
from inkchat.reply.hyphens import find_partings, may_have_hyphens
from inkchat.reply.pieces import BOX, Fragment, Piece, cut_at_levels, find_piece_levels

_UNITS = 1000
"""Of a size, in which what is shaped is measured."""
_GOOD_MARKS = frozenset("/?&=#-_.,;:")
"""A word that is too wide, such as an address, is broken behind one of these,"""
_LATEST_MARK = 0.6
"""unless that fills less than this part of the line."""
_EARLIEST_HYPHEN = 0.45
"""Of the line: a part of a word that fills less is parted at a worse place."""
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
        """Width in points of its longest unit, and of all of it."""
        units = list(self.list_units(*self.find_edges(), math.inf))
        if not units:
            return 0.0, 0.0
        all_pt = sum(unit.width_pt for unit in units[:-1]) + units[-1].visible_pt
        return max(unit.visible_pt for unit in units), all_pt

    def find_edges(self) -> tuple[int, int]:
        """Of its text without the blanks around it."""
        end = len(self.text.rstrip(" "))
        return min(end, len(self.text) - len(self.text.lstrip(" "))), end

    def list_units(
        self, start: int, end: int, room_pt: float, language: str = ""
    ) -> Iterator[Unit]:
        """What stands there, none wider than `room_pt`; each begins where another ends.

        A wider word is parted, by the rules of `language` if that is known.
        """
        if start == end:
            return
        pattern = BREAKS if OTHER_BREAK.search(self.text) else BLANKS
        poor_ends = find_poor_ends(self.text)
        poor_ends.update(
            place for place, part in zip(self.starts, self.parts, strict=True) if part.piece.rise_pt
        )
        places = [(found.start(), found.end()) for found in pattern.finditer(self.text, start)]
        ruler = _Ruler(self)
        for visible_end, unit_end in (*places, (end, end)):
            if unit_end <= start or visible_end > end:
                continue
            if visible_end - start > _LONGEST_WORD and room_pt < math.inf:
                visible_pt, blank_pt = math.inf, 0.0
            else:
                visible_pt, blank_pt = ruler.measure(start, visible_end, unit_end)
            if visible_pt > room_pt:
                for part in _WideWord(self, start, visible_end, language).part(room_pt):
                    yield part
                    start = part.end
                visible_pt = self.measure_text(start, visible_end)
            is_good_end = unit_end not in poor_ends
            yield Unit(start, unit_end, visible_pt + blank_pt, visible_pt, is_good_end)
            start = unit_end

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


class _WideWord:
    """A word that is wider than its line."""

    def __init__(self, segment: Segment, start: int, end: int, language: str) -> None:
        self._segment = segment
        text = segment.text[start:end]
        clusters = [
            cluster for part in segment.cut(start, end) for cluster in split_clusters(part.text)
        ]
        self._bounds = list(accumulate(map(len, clusters), initial=start))
        """Where its letters with their marks begin, and its end."""
        self._widths_pt = [segment.measure_text(*pair) for pair in pairwise(self._bounds)]
        self._marks = {
            place
            for place, cluster in zip(self._bounds[1:], clusters, strict=True)
            if cluster in _GOOD_MARKS
        }
        # From right to left, the hyphen would stand on the wrong side.
        is_word = not segment.levels and may_have_hyphens(segment.find_around(start, end))
        ways = find_partings(text, language) if is_word else ()
        self._partings = [{start + place for place in places} for places in ways]

    def part(self, room_pt: float) -> Iterator[Unit]:
        """All parts but the last, each as long as a line, if one letter is not longer."""
        first = 0
        while (last := self._fill_line(first, room_pt)) < len(self._widths_pt):
            mark = self._find_mark(first, last)
            unit = None if mark else self._hyphenate(first, last, room_pt)
            if unit is None:
                start, end = self._bounds[first], self._bounds[mark or last]
                width_pt = self._segment.measure_text(start, end)
                unit = Unit(start, end, width_pt, width_pt, True, ends_line=True)
            yield unit
            first = self._bounds.index(unit.end, first, last + 1)

    def _find_mark(self, first: int, last: int) -> int | None:
        """The number behind the last mark that is not too far from the end of the line."""
        start, end = self._bounds[first], self._bounds[last]
        for number in range(last, first, -1):
            place = self._bounds[number]
            if place - start < (end - start) * _LATEST_MARK:
                break
            if place in self._marks:
                return number
        return None

    def _fill_line(self, first: int, room_pt: float) -> int:
        """The number of the letter behind the last that fits."""
        used_pt, last = self._widths_pt[first], first + 1
        while last < len(self._widths_pt) and used_pt + self._widths_pt[last] <= room_pt:
            used_pt += self._widths_pt[last]
            last += 1
        # Letters may be wider together than each by itself.
        start = self._bounds[first]
        while last > first + 1 and self._measure(start, last) > room_pt:
            last -= 1
        return last

    def _measure(self, start: int, last: int) -> float:
        return self._segment.measure_text(start, self._bounds[last])

    def _hyphenate(self, first: int, last: int, room_pt: float) -> Unit | None:
        """The longest part of the word that fits with a hyphen, if it may have one."""
        start, end = self._bounds[first], self._bounds[last]
        for places in self._partings:
            for number in range(last, first, -1):
                place = self._bounds[number]
                if place not in places:
                    continue
                fragment = self._segment.cut(place - 1, place)[-1]
                if fragment.piece.is_code:
                    return None
                width_pt = self._measure(start, number)
                whole_pt = width_pt + fragment._replace(text="-").width_pt
                if place - start < (end - start) * _EARLIEST_HYPHEN:
                    break
                if whole_pt <= room_pt:
                    return Unit(start, place, width_pt, whole_pt, True, fragment.piece, True)
        return None


class _Ruler:
    """Measures the words of a segment one after the other."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._turn_to(0)

    def measure(self, start: int, visible_end: int, end: int) -> tuple[float, float]:
        """Width in points of a word and of the blanks behind it."""
        while start >= self._end:
            self._turn_to(self._number + 1)
        if end > self._end or not self._is_text:
            segment = self._segment
            blank_pt = segment.measure_text(visible_end, end) if visible_end < end else 0.0
            return segment.measure_text(start, visible_end), blank_pt
        shaped = self._shape(self._segment.text[start:visible_end], self._is_rtl)
        return shaped.advance * self._factor, (end - visible_end) * self._blank_pt

    def _turn_to(self, number: int) -> None:
        part = self._segment.parts[number]
        piece = part.piece
        self._number = number
        self._end = self._segment.starts[number] + len(part.text)
        self._is_text = piece.box is None
        self._is_rtl = part.is_rtl
        typeface = load_font(piece.face)
        self._shape = typeface.shape
        self._factor = piece.size_pt / _UNITS
        self._blank_pt = typeface.measure(" ", piece.size_pt)
