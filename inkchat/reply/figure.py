"""A figure: shapes by reportlab.graphics, and words set as all others on the page are.

It is composed from above: y is measured down from its upper edge. Shapes are plain black and
white, or patterned, where the screen is grey; what parts two things is never a shade of grey.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from reportlab.graphics import renderPDF, shapes
from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.breaks import BREAKS
from inkchat.reply.flow import Drawable
from inkchat.reply.fonts import Face, measure_runs, split_runs
from inkchat.reply.prose import Prose, make_prose
from inkchat.reply.typography import BLACK, Alignment, Type, Typography

Points = Sequence[tuple[float, float]]

WHITE = Color(1, 1, 1)
LINE_PT = 0.8
_SIZES_PT = (11.0, 10.0, 9.0, 8.0, 7.5, 7.0)
"""Of the words in a figure: the first at which they fit."""
_EASY_PT = 9.0
"""No figure is made smaller than can be read with ease only to save a page."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a figure may take of a page, in points."""

    width_pt: float
    height_pt: float
    least_pt: float
    """Size of its smallest words."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text in its place; lengths from the figure's upper left corner."""

    prose: Prose
    x_pt: float
    y_pt: float
    is_upright: bool = False
    """Read from below upwards; then x and y are those of its left upper corner on the page."""


@dataclass(slots=True)
class Sketch:
    """What a figure shows, while it is composed."""

    width_pt: float
    height_pt: float = 0.0
    forms: list[shapes.Shape] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def write(
        self, text: str, type_: Type, x: float, y: float, width_pt: float, align: Alignment = "left"
    ) -> float:
        """Puts `text` with its upper left corner at x, y; gives its height."""
        prose = make_prose(text, type_, align)
        # The least excess keeps a line that was measured to fit from being broken by rounding.
        height_pt = prose.wrap(width_pt + 0.05, math.inf)[1]
        self.words.append(Words(prose, x, y))
        return height_pt

    def write_upright(self, text: str, type_: Type, x: float, y: float, length_pt: float) -> None:
        """The same, turned, in one line that ends at y."""
        prose = make_prose(text, type_, "right")
        prose.wrap(length_pt + 0.05, math.inf)
        self.words.append(Words(prose, x, y, is_upright=True))

    def draw_line(
        self,
        points: Points,
        width_pt: float = LINE_PT,
        color: Color = BLACK,
        dashes: Sequence[float] = (),
    ) -> None:
        line = shapes.PolyLine(
            [round(value, 2) for point in points for value in point],
            strokeColor=color,
            strokeWidth=width_pt,
            strokeDashArray=list(dashes),
            strokeLineJoin=1,
        )
        self.forms.append(line)

    def draw_bends(
        self, points: Points, width_pt: float, dashes: Sequence[float], *, is_level: bool
    ) -> None:
        """A line that leaves each point in one direction and bends over to the next."""
        path = shapes.Path(fillColor=None, strokeColor=BLACK, strokeWidth=width_pt)
        path.strokeDashArray = list(dashes)
        path.moveTo(*(round(value, 2) for value in points[0]))
        for (x, y), (next_x, next_y) in pairwise(points):
            first, second = (x, (y + next_y) / 2), (next_x, (y + next_y) / 2)
            if is_level:
                first, second = ((x + next_x) / 2, y), ((x + next_x) / 2, next_y)
            path.curveTo(*(round(value, 2) for value in (*first, *second, next_x, next_y)))
        self.forms.append(path)

    def draw_area(
        self,
        points: Points,
        fill: Color | None = None,
        stroke: Color | None = BLACK,
        width_pt: float = LINE_PT,
    ) -> None:
        self.forms.append(make_area(points, fill, stroke, width_pt))

    def draw_frame(
        self, x: float, y: float, width_pt: float, height_pt: float, radius_pt: float
    ) -> None:
        """A white box with a black line around it, whose corners may be round."""
        frame = shapes.Rect(x, y, width_pt, height_pt, rx=radius_pt, ry=radius_pt)
        frame.fillColor, frame.strokeColor, frame.strokeWidth = WHITE, BLACK, 1.0
        self.forms.append(frame)


def make_area(
    points: Points, fill: Color | None, stroke: Color | None, width_pt: float = LINE_PT
) -> shapes.Shape:
    return shapes.Polygon(
        [round(value, 2) for point in points for value in point],
        fillColor=fill,
        strokeColor=stroke,
        strokeWidth=width_pt,
        strokeLineJoin=1,
    )


def list_corners(x: float, y: float, width_pt: float, height_pt: float) -> Points:
    return [(x, y), (x + width_pt, y), (x + width_pt, y + height_pt), (x, y + height_pt)]


class Figure(Drawable):
    """A sketch as a block: kept whole, and made anew for each room that it is given.

    `compose` makes it for a room, or says None if that is too small for it; a page then shows its
    source instead, as it does for whatever cannot be set.
    """

    def __init__(
        self, compose: Callable[[Room], Sketch | None], height_pt: float, least_pt: float
    ) -> None:
        super().__init__()
        self._compose = compose
        self._height_pt = height_pt
        self._least_pt = least_pt
        self._sketch: Sketch | None = None
        self._composed_at_pt: float | None = None

    @classmethod
    def try_to_make(
        cls, compose: Callable[[Room], Sketch | None], typography: Typography
    ) -> "Figure | None":
        """The figure, if it can be composed for a whole line and fits a page."""
        figure = cls(compose, typography.text_height_pt, typography.smallest_pt)
        figure._compose_for(typography.text_width_pt)
        sketch = figure._sketch
        fits = sketch is not None and sketch.height_pt <= typography.text_height_pt
        return figure if fits else None

    def _compose_for(self, width_pt: float) -> None:
        if self._composed_at_pt != width_pt:
            self._sketch = self._compose(Room(width_pt, self._height_pt, self._least_pt))
            self._composed_at_pt = width_pt

    @property
    def lead_height_pt(self) -> float:
        return self.height

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        self._compose_for(aW)
        if self._sketch is None:
            raise ValueError("too narrow for this figure")
        self.width, self.height = aW, self._sketch.height_pt
        return self.width, self.height

    def cut(self, width_pt: float, height_pt: float) -> "tuple[Figure, None] | None":
        """All of it, smaller, if it can be read so."""
        least_pt = max(self._least_pt, _EASY_PT)
        sketch = self._compose(Room(width_pt, height_pt, least_pt))
        if sketch is None or sketch.height_pt > height_pt:
            return None
        smaller = copy.copy(self)
        smaller._sketch, smaller._composed_at_pt = sketch, width_pt
        return smaller, None

    def draw(self) -> None:
        if self._sketch is None:
            return
        canvas: Canvas = self.canv
        # Upside down, since a sketch is made from above.
        flipped = shapes.Group(*self._sketch.forms, transform=(1, 0, 0, -1, 0, self.height))
        drawing = shapes.Drawing(self.width, self.height, flipped)
        canvas.saveState()
        _ShapeRenderer().draw(drawing, canvas, 0, 0, showBoundary=0)
        canvas.restoreState()
        for words in self._sketch.words:
            _draw_words(canvas, words, self.height)


def _draw_words(canvas: Canvas, words: Words, height_pt: float) -> None:
    prose = words.prose
    if not words.is_upright:
        prose.drawOn(canvas, words.x_pt, height_pt - words.y_pt - prose.height)
        return
    canvas.saveState()
    canvas.translate(words.x_pt + prose.height, height_pt - words.y_pt - prose.width)
    canvas.rotate(90)
    prose.drawOn(canvas, 0, 0)
    canvas.restoreState()


class _ShapeRenderer(renderPDF._PDFRenderer):
    def applyStateChanges(  # noqa: N802 - reportlab's name
        self,
        delta: dict[str, Any],
        newState: dict[str, Any],  # noqa: N803 - reportlab's name
    ) -> None:
        # It would begin with Times, which a PDF that is to be kept must not name.
        known = {key: value for key, value in delta.items() if not key.startswith("font")}
        super().applyStateChanges(dict(sorted(known.items())), newState)


# Words


def list_types(room: Room, face: Face = Face.SANS) -> Iterator[Type]:
    """The types that a figure's words may be set in, the best first."""
    least_pt = room.least_pt
    for size_pt in sorted({max(size_pt, least_pt) for size_pt in _SIZES_PT}, reverse=True):
        yield Type(face, size_pt, round(1.24 * size_pt, 1))


def measure_line(text: str, type_: Type) -> float:
    """Width in points of `text` on one line."""
    return measure_runs(split_runs(text, type_.face), type_.size_pt)


def measure_words(text: str, type_: Type) -> float:
    """Width in points of the widest word: in less, words are broken."""
    return max((measure_line(word, type_) for word in BREAKS.split(text) if word), default=0.0)


def measure_height(text: str, type_: Type, width_pt: float) -> float:
    """Height in points of `text` in lines of this width."""
    return make_prose(text, type_).wrap(width_pt + 0.05, math.inf)[1]
