"""Glyphs with PostScript outlines made into a font with TrueType outlines.

A document shows the glyphs of a PostScript font by their numbers in the whole font, and even one
of them would need room for all; of a TrueType font it has those that it shows.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import uharfbuzz as hb

from inkchat.reply.sfnt import Point, write_outline, write_tables

_TOLERANCE = 0.5
"""In units of the font: how far a curve may be from the one it stands for."""
_MOST_PARTS = 8
_ERROR = math.sqrt(3) / 36
"""Of one parabola in place of a cubic curve, as a part of how far that bends the second time."""

_Place = tuple[float, float]


def convert(face: hb.Face, glyphs: Sequence[int]) -> tuple[bytes, Mapping[int, int]]:
    """A font file with these glyphs alone, and where in it each of them is."""
    font = hb.Font(face)
    numbers = sorted({0, *glyphs})
    outlines = [_draw(face, number) for number in numbers]
    drawn = [outline.glyph for outline in outlines]
    points = max(outline.points for outline in outlines)
    contours = max(outline.contours for outline in outlines)
    limits = (points, contours, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    tables = {
        "head": face.reference_table("head").data,
        "hhea": face.reference_table("hhea").data,
        "maxp": struct.pack(">L14H", 0x00010000, len(numbers), *limits),
    }
    metrics = []
    for number, glyph in zip(numbers, drawn, strict=True):
        left = struct.unpack_from(">h", glyph, 2)[0] if glyph else 0
        metrics.append((max(0, font.get_glyph_h_advance(number)), left))
    data = write_tables(tables, drawn, metrics)
    return data, {number: place for place, number in enumerate(numbers)}


class _Outline(NamedTuple):
    glyph: bytes
    points: int
    contours: int


@lru_cache(maxsize=4096)
def _draw(face: hb.Face, number: int) -> _Outline:
    pen = _Pen()
    hb.Font(face).draw_glyph_with_pen(number, pen)
    points = sum(map(len, pen.contours))
    return _Outline(write_outline(pen.contours), points, len(pen.contours))


class _Pen:
    """Collects outlines, their curves as parabolas."""

    def __init__(self) -> None:
        self.contours: list[list[Point]] = []
        self._at: _Place = (0.0, 0.0)

    def moveTo(self, place: _Place) -> None:  # noqa: N802 - the name that HarfBuzz calls
        self.contours.append([])
        self.lineTo(place)

    def lineTo(self, place: _Place) -> None:  # noqa: N802
        self._add(place, is_on=True)
        self._at = place

    def curveTo(self, first: _Place, second: _Place, end: _Place) -> None:  # noqa: N802
        start = self._at
        bend = math.hypot(
            *(e - 3 * d + 3 * c - a for a, c, d, e in zip(start, first, second, end, strict=True))
        )
        parts = min(_MOST_PARTS, max(1, math.ceil((_ERROR * bend / _TOLERANCE) ** (1 / 3))))
        curve = (start, first, second, end)
        for part in range(parts):
            a, b = part / parts, (part + 1) / parts
            from_, to = _find_place(curve, a), _find_place(curve, b)
            before, after = _find_slope(curve, a), _find_slope(curve, b)
            # Between the middle controls of a parabola that follows either end.
            reach = (b - a) / 4
            middle = (
                (from_[0] + to[0]) / 2 + reach * (before[0] - after[0]),
                (from_[1] + to[1]) / 2 + reach * (before[1] - after[1]),
            )
            self._add(middle, is_on=False)
            self._add(to, is_on=True)
        self._at = end

    def qCurveTo(self, *places: _Place) -> None:  # noqa: N802
        *controls, end = places
        for control in controls:
            self._add(control, is_on=False)
        self.lineTo(end)

    def closePath(self) -> None:  # noqa: N802
        contour = self.contours[-1]
        if len(contour) > 1 and contour[0] == contour[-1]:
            contour.pop()

    def endPath(self) -> None:  # noqa: N802
        self.closePath()

    def _add(self, place: _Place, *, is_on: bool) -> None:
        self.contours[-1].append((round(place[0]), round(place[1]), is_on))


_Curve = tuple[_Place, _Place, _Place, _Place]


def _find_place(curve: _Curve, t: float) -> _Place:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (
        sum(weight * place[axis] for weight, place in zip(weights, curve, strict=True))
        for axis in (0, 1)
    )
    return x, y


def _find_slope(curve: _Curve, t: float) -> _Place:
    weights = (3 * (1 - t) ** 2, 6 * t * (1 - t), 3 * t * t)
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(curve)]
    x, y = (
        sum(weight * step[axis] for weight, step in zip(weights, steps, strict=True))
        for axis in (0, 1)
    )
    return x, y
