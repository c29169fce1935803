"""Pages of a note as somebody sketched them, for answers that show them.

Drawn line by line, each a little unsteady, and without a font: the same on every machine.
"""

import io
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from PIL import Image, ImageDraw

Point = tuple[float, float]

_SIZE_PX = (894, 1192)
"""Of a page, 3 to 4."""
_PEN_PX = 4
_STEP_PX = 12.0
"""Between two points of a line."""
_INK = 0x10
_PENCIL = 0x90


class _Sheet:
    """Places are in hundredths of the page's width, from its upper left corner."""

    def __init__(self) -> None:
        self.image = Image.new("L", _SIZE_PX, 255)
        self._pen = ImageDraw.Draw(self.image)

    def line(self, *points: Point, ink: int = _INK) -> None:
        scale = _SIZE_PX[0] / 100
        path = [(scale * x, scale * y) for x, y in points]
        drawn = list(_waver(path))
        self._pen.line(drawn, fill=ink, width=_PEN_PX, joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, ink: int = _INK) -> None:
        # Nobody's corners meet.
        self.line((left - 0.6, top), (right + 0.8, top), ink=ink)
        self.line((right, top - 0.7), (right, bottom + 0.5), ink=ink)
        self.line((right + 0.5, bottom), (left - 0.8, bottom), ink=ink)
        self.line((left, bottom + 0.6), (left, top - 0.5), ink=ink)

    def arrow(self, start: Point, end: Point) -> None:
        """A measure, with a head at both ends."""
        self.line(start, end)
        for (x, y), (to_x, to_y) in ((start, end), (end, start)):
            angle = math.atan2(to_y - y, to_x - x)
            for turn in (-0.5, 0.5):
                tip = (x + 2 * math.cos(angle + turn), y + 2 * math.sin(angle + turn))
                self.line((x, y), tip)

    def words(self, x: float, y: float, *lengths: float) -> None:
        """Waves that stand for handwriting, a word for each length."""
        for length in lengths:
            ways = [0.3 * step for step in range(int(length / 0.3) + 1)]
            self.line(*((x + way, y - 1.4 * math.sin(1.7 * way) ** 2) for way in ways))
            x += length + 1.6

    def hatch(self, left: float, top: float, right: float, bottom: float) -> None:
        at = left
        while at + 2 < right:
            self.line((at, bottom), (at + 2, top), ink=_PENCIL)
            at += 1.8


def _waver(path: Sequence[Point]) -> Iterator[Point]:
    """Points along `path` that leave it by up to a pixel and a half."""
    for (x, y), (to_x, to_y) in pairwise(path):
        length = math.dist((x, y), (to_x, to_y))
        steps = max(1, int(length / _STEP_PX))
        for step in range(steps + 1):
            part = step / steps
            at_x, at_y = x + part * (to_x - x), y + part * (to_y - y)
            yield (
                at_x + 1.5 * math.sin(0.021 * at_y + 0.8),
                at_y + 1.5 * math.sin(0.017 * at_x + 0.3),
            )


def _draw_front(sheet: _Sheet) -> None:
    """A loft bed from the front: a ladder at its left, a desk and a stool below."""
    sheet.words(9, 10, 9, 5, 12)
    sheet.line((8, 12.5), (38, 12.3))
    for left in (16, 80):
        sheet.box(left, 34, left + 3, 104)
    sheet.box(16, 46, 83, 51)
    sheet.hatch(19, 46.5, 80, 50.5)
    sheet.box(19, 38, 80, 46)
    sheet.line((20, 42), (32, 40), (33, 45), (20, 45))
    for rung in range(6):
        sheet.line((7, 54 + 9 * rung), (16, 54 + 9 * rung))
    sheet.line((6, 46), (7, 106))
    sheet.box(40, 80, 80, 83)
    sheet.line((42, 83), (42, 104))
    sheet.box(52, 91, 63, 93)
    sheet.line((53, 93), (52, 104))
    sheet.line((62, 93), (63, 104))
    sheet.arrow((90, 51), (90, 80))
    sheet.words(86, 48, 7)
    sheet.arrow((16, 112), (83, 112))
    sheet.words(45, 117, 8)
    sheet.line((2, 105), (97, 105.4))


def _draw_plan(sheet: _Sheet) -> None:
    """The room from above: a window, a door that opens towards the bed, and the bed."""
    sheet.words(9, 10, 6, 10)
    sheet.line((8, 12.5), (28, 12.3))
    sheet.box(14, 24, 86, 108)
    sheet.box(34, 22.5, 62, 25.5)
    sheet.words(42, 20, 11)
    sheet.box(15.5, 58, 44, 106)
    sheet.words(22, 80, 6, 7)
    sheet.hatch(17, 60, 43, 66)
    for rung in range(4):
        sheet.line((44, 62 + 4 * rung), (50, 62 + 4 * rung))
    sheet.line((50, 60), (50, 76))
    arc = [(86 - 24 * math.sin(a / 20), 90 - 24 * math.cos(a / 20)) for a in range(32)]
    sheet.line((86, 90), arc[-1])
    sheet.line(*arc, ink=_PENCIL)
    sheet.box(56, 30, 82, 42)
    sheet.words(63, 37, 9)
    sheet.arrow((50, 84), (62, 84))
    sheet.words(52, 82, 4)


_PAGES: dict[str, Callable[[_Sheet], None]] = {"front": _draw_front, "plan": _draw_plan}


def draw_sketch(name: str) -> bytes:
    """One of the pages as a PNG: `front` or `plan`."""
    sheet = _Sheet()
    _PAGES[name](sheet)
    buffer = io.BytesIO()
    sheet.image.save(buffer, "PNG")
    return buffer.getvalue()
