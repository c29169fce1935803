"""A word that is wider than its line, such as an address: where it is parted."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from inkchat.reply.breaks import split_clusters
from inkchat.reply.hyphens import find_partings, may_have_hyphens
from inkchat.reply.words import Segment, Unit

_GOOD_MARKS = frozenset("/?&=#-_.,;:")
"""A word that is too wide, such as an address, is broken behind one of these,"""
_LATEST_MARK = 0.45
"""unless that fills less than this part of the line."""
_EARLIEST_HYPHEN = 0.45
"""Of the line: a part of a word that fills less is parted at a worse place."""


def part_unit(
    segment: Segment, unit: Unit, room_pt: float, left_pt: float, language: str
) -> list[Unit]:
    """`unit`, which is wider than `room_pt`, in parts that are not.

    `left_pt` is left of the line before it: that holds the first part if the rules of `language`
    have a hyphen so early.
    """
    start = unit.start
    end = start + len(segment.text[start : unit.end].rstrip(" "))
    parts = list(_WideWord(segment, start, end, language).part(room_pt, left_pt))
    if parts:
        start = parts[-1].end
    visible_pt = segment.measure_text(start, end)
    blank_pt = segment.measure_text(end, unit.end) if end < unit.end else 0.0
    rest = Unit(start, unit.end, visible_pt + blank_pt, visible_pt, unit.is_good_end)
    return [*parts, rest]


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
        self._measured_pt: dict[tuple[int, int], float] = {}

    def part(self, room_pt: float, left_pt: float = 0.0) -> Iterator[Unit]:
        """All parts but the last, each as long as a line, if one letter is not longer.

        One that is hyphenated as its language asks may stand before them, in `left_pt`.
        """
        first = 0
        known = self._partings[:1]
        if left_pt > 0 and known:
            last = self._fill_line(first, left_pt)
            begun = self._hyphenate(first, last, left_pt, known)
            if begun is not None:
                yield begun
                first = self._bounds.index(begun.end, first, last + 1)
        while (last := self._fill_line(first, room_pt)) < len(self._widths_pt):
            mark = self._find_mark(first, last)
            unit = None if mark else self._hyphenate(first, last, room_pt, self._partings)
            if unit is None:
                start, end = self._bounds[first], self._bounds[mark or last]
                width_pt = self._measure(start, mark or last)
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
        width_pt = self._measured_pt.get((start, last))
        if width_pt is None:
            width_pt = self._segment.measure_text(start, self._bounds[last])
            self._measured_pt[start, last] = width_pt
        return width_pt

    def _hyphenate(
        self, first: int, last: int, room_pt: float, partings: Sequence[set[int]]
    ) -> Unit | None:
        """The longest part of the word that fits with a hyphen, if it may have one."""
        start, end = self._bounds[first], self._bounds[last]
        for places in partings:
            for number in range(last, first, -1):
                place = self._bounds[number]
                if place not in places:
                    continue
                fragment = self._segment.cut(place - 1, place)[-1]
                if not fragment.piece.may_have_hyphen:
                    return None
                width_pt = self._measure(start, number)
                whole_pt = width_pt + fragment._replace(text="-").width_pt
                if place - start < (end - start) * _EARLIEST_HYPHEN:
                    break
                if whole_pt <= room_pt:
                    return Unit(start, place, width_pt, whole_pt, True, fragment.piece, True)
        return None
