"""What tells the series of a chart apart: patterns, dashes and marks, and colours where they show.

PDF has pattern fills, and readers draw them at different sizes; here they are lines like any other.
On a screen with colours, those differ in lightness too, so that a grey copy can still be read.
"""

import math
from collections.abc import Callable, Sequence

from reportlab.graphics import shapes
from reportlab.lib.colors import Color

from inkchat.reply.sketch import WHITE, Points, Sketch, list_corners, make_area
from inkchat.reply.typography import BLACK

_HATCH_PT = 0.7
_DOT_PT = 1.5

COLOURS = (
    Color(0.07, 0.18, 0.42),
    Color(0.98, 0.72, 0.35),
    Color(0.05, 0.50, 0.48),
    Color(0.70, 0.85, 0.97),
    Color(0.80, 0.30, 0.20),
    Color(0.99, 0.93, 0.60),
    Color(0.42, 0.15, 0.45),
    Color(0.45, 0.72, 0.30),
)
"""Of areas: no two are equally light."""
LINE_COLOURS = (COLOURS[0], COLOURS[4], COLOURS[2], COLOURS[6])
"""Dark enough for a thin line on white."""
_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 2.5), (1.6, 2.2), (9, 2.5, 1.6, 2.5))
_MARK_PT = 3.1

_Lines = list[tuple[tuple[float, float], tuple[float, float]]]


def fill_area(sketch: Sketch, points: Points, number: int, *, has_colour: bool) -> None:
    """Draws a polygon in the pattern or colour of the series with this number, from 0."""
    if has_colour:
        sketch.draw_area(points, COLOURS[number % len(COLOURS)])
        return
    draw = _PATTERNS[number % len(_PATTERNS)]
    sketch.draw_area(points, BLACK if draw is None else WHITE, None)
    if draw is not None and (lines := draw(points)):
        clip = shapes.Path(isClipPath=1, fillColor=None, strokeColor=None)
        clip.moveTo(*_round(points[0]))
        for point in points[1:]:
            clip.lineTo(*_round(point))
        clip.closePath()
        sketch.forms.append(shapes.Group(clip, _draw_hatch(lines)))
    sketch.forms.append(make_area(points, None, BLACK))


def fill_box(
    sketch: Sketch,
    x: float,
    y: float,
    width_pt: float,
    height_pt: float,
    number: int,
    *,
    has_colour: bool,
) -> None:
    fill_area(sketch, list_corners(x, y, width_pt, height_pt), number, has_colour=has_colour)


def _draw_hatch(lines: _Lines) -> shapes.Path:
    is_dots = lines[0][0] == lines[0][1]
    path = shapes.Path(
        fillColor=None,
        strokeColor=BLACK,
        strokeWidth=_DOT_PT if is_dots else _HATCH_PT,
        strokeLineCap=1 if is_dots else 0,
    )
    for start, end in lines:
        path.moveTo(*_round(start))
        path.lineTo(*_round(end))
    return path


def _round(point: tuple[float, float]) -> tuple[float, float]:
    return round(point[0], 1), round(point[1], 1)


def _find_box(points: Points) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _count(low: float, high: float, step: float) -> list[float]:
    """Multiples of `step`, so that the patterns of neighbours lie on one grid."""
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _rise(step: float) -> Callable[[Points], _Lines]:
    def draw(points: Points) -> _Lines:
        left, top, right, bottom = _find_box(points)
        lines = []
        for total in _count(left + top, right + bottom, step):
            start, end = max(left, total - bottom), min(right, total - top)
            lines.append(((start, total - start), (end, total - end)))
        return lines

    return draw


def _fall(step: float) -> Callable[[Points], _Lines]:
    def draw(points: Points) -> _Lines:
        left, top, right, bottom = _find_box(points)
        lines = []
        for excess in _count(left - bottom, right - top, step):
            start, end = max(left, excess + top), min(right, excess + bottom)
            lines.append(((start, start - excess), (end, end - excess)))
        return lines

    return draw


def _cross(points: Points) -> _Lines:
    return _rise(5.6)(points) + _fall(5.6)(points)


def _level(points: Points) -> _Lines:
    left, top, right, bottom = _find_box(points)
    return [((left, y), (right, y)) for y in _count(top, bottom, 2.8)]


def _stand(points: Points) -> _Lines:
    left, top, right, bottom = _find_box(points)
    return [((x, top), (x, bottom)) for x in _count(left, right, 2.8)]


def _dot(points: Points) -> _Lines:
    left, top, right, bottom = _find_box(points)
    rows = _count(top, bottom, 3.0)
    dots = [
        (x + 1.5 * (round(y / 3.0) % 2), y) for y in rows for x in _count(left - 1.5, right, 3.0)
    ]
    return [(dot, dot) for dot in dots]


_PATTERNS: tuple[Callable[[Points], _Lines] | None, ...] = (
    None,
    _rise(4.4),
    lambda points: [],
    _dot,
    _cross,
    _level,
    _fall(3.4),
    _stand,
)
"""None is dark all over."""


# Lines


def draw_curve(sketch: Sketch, points: Points, number: int, *, has_colour: bool) -> None:
    """The line of the series with this number, from 0."""
    color = choose_line_colour(number, has_colour=has_colour)
    sketch.draw_line(points, 1.3, color, _DASHES[number % len(_DASHES)])


def choose_line_colour(number: int, *, has_colour: bool) -> Color:
    return LINE_COLOURS[number % len(LINE_COLOURS)] if has_colour else BLACK


def draw_mark(sketch: Sketch, x: float, y: float, number: int, *, has_colour: bool) -> None:
    """The mark of a series at one of its points."""
    color = choose_line_colour(number, has_colour=has_colour)
    corners, is_filled = _MARKS[number % len(_MARKS)]
    points = [(x + _MARK_PT * across, y + _MARK_PT * down) for across, down in corners]
    sketch.draw_area(points, color if is_filled else WHITE, color, 1.0)


def _list_round_corners(corners: int, turn: float = 0.0) -> Sequence[tuple[float, float]]:
    angles = [2 * math.pi * number / corners + turn for number in range(corners)]
    return [(round(math.sin(angle), 3), round(-math.cos(angle), 3)) for angle in angles]


_ROUND = _list_round_corners(14)
_SQUARE = [(0.85 * x, 0.85 * y) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
_TRIANGLE = [(1.2 * x, 1.2 * y) for x, y in _list_round_corners(3)]
_DIAMOND = [(1.25 * x, 1.25 * y) for x, y in _list_round_corners(4)]
_MARKS: tuple[tuple[Sequence[tuple[float, float]], bool], ...] = (
    (_ROUND, True),
    (_ROUND, False),
    (_SQUARE, True),
    (_TRIANGLE, False),
    (_DIAMOND, True),
    (_SQUARE, False),
    (_TRIANGLE, True),
    (_DIAMOND, False),
)
