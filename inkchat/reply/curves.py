"""The outline of a TrueType glyph in a PDF's own, cubic curves.

Such fonts are drawn with cubic curves, and each is cut into a few quadratic ones when the font is
made. Putting them together again halves what a letter takes in a document.
"""

from collections.abc import Iterator, Sequence
from typing import Any

Point = tuple[float, float]
Quadratic = tuple[Point, Point]
"""Its control point and its end."""

_TOLERANCE = 1.0
"""In units of the font: a thousandth of the type's size, which no screen shows."""
_MOST = 4
"""Curves that one is cut into."""


def write_path(steps: Sequence[Any]) -> Iterator[str]:
    """Operators that fill the glyph that `steps`, as ziafont has them, go around."""
    start: Point = (0.0, 0.0)
    number = 0
    while number < len(steps):
        kind = type(steps[number]).__name__
        if kind == "Quad":
            following = [_read_quadratic(step) for step in _take_curves(steps, number)]
            count, points = _join_curves(start, following)
            yield " ".join(f"{x:.0f} {y:.0f}" for x, y in points) + " c"
            start = points[-1]
        elif kind in ("Moveto", "Lineto"):
            count, start = 1, (steps[number].p.x, steps[number].p.y)
            yield f"{start[0]:.0f} {start[1]:.0f} {'m' if kind == 'Moveto' else 'l'}"
        else:
            raise ValueError(kind)
        number += count
    yield "f"


def _take_curves(steps: Sequence[Any], number: int) -> Iterator[Any]:
    for step in steps[number : number + _MOST]:
        if type(step).__name__ != "Quad":
            return
        yield step


def _read_quadratic(step: Any) -> Quadratic:
    return (step.p1.x, step.p1.y), (step.p2.x, step.p2.y)


def _join_curves(start: Point, curves: Sequence[Quadratic]) -> tuple[int, Sequence[Point]]:
    """How many of `curves` one cubic curve replaces, and its points behind the first."""
    for count in range(len(curves), 1, -1):
        points = _make_cubic(start, curves[0][0], curves[count - 1], count)
        if _is_near(start, points, curves[:count]):
            return count, points
    return 1, _make_cubic(start, curves[0][0], curves[0], 1)


def _make_cubic(start: Point, first: Point, last: Quadratic, count: int) -> tuple[Point, ...]:
    """The curve that was cut into `count` equal parts, by the first and the last of them."""
    # A part's control point stands for two of a cubic, half as far again as the nearer; and a part
    # has its share of the whole's length.
    reach = 2 * count / 3
    control, end = last
    return (
        (start[0] + reach * (first[0] - start[0]), start[1] + reach * (first[1] - start[1])),
        (end[0] + reach * (control[0] - end[0]), end[1] + reach * (control[1] - end[1])),
        end,
    )


def _is_near(start: Point, points: Sequence[Point], curves: Sequence[Quadratic]) -> bool:
    """Whether the cubic curve passes the middle and the end of each of `curves`."""
    before = start
    for number, (control, end) in enumerate(curves):
        middle = (
            (before[0] + 2 * control[0] + end[0]) / 4,
            (before[1] + 2 * control[1] + end[1]) / 4,
        )
        for share, place in ((number + 0.5, middle), (number + 1.0, end)):
            x, y = _find_point(start, points, share / len(curves))
            if abs(x - place[0]) > _TOLERANCE or abs(y - place[1]) > _TOLERANCE:
                return False
        before = end
    return True


def _find_point(start: Point, points: Sequence[Point], share: float) -> Point:
    (a, b), (c, d), (e, f) = points
    rest = 1 - share
    first, second = 3 * rest * rest * share, 3 * rest * share * share
    begin, end = rest**3, share**3
    return begin * start[0] + first * a + second * c + end * e, (
        begin * start[1] + first * b + second * d + end * f
    )
