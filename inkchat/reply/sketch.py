"""What a figure shows, while it is composed: shapes by reportlab.graphics, and words.

It is composed from above: y is measured down from its upper edge. Shapes are plain black and
white, or patterned, where the screen is grey; what parts two things is never a shade of grey.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from reportlab.graphics import shapes
from reportlab.lib.colors import Color

from inkchat.reply.prose import Prose, make_prose
from inkchat.reply.typography import BLACK, Alignment, Type

Points = Sequence[tuple[float, float]]

WHITE = Color(1, 1, 1)
LINE_PT = 0.8


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
        return self.place(make_prose(text, type_, align), x, y, width_pt)

    def place(self, prose: Prose, x: float, y: float, width_pt: float) -> float:
        """The same for a paragraph."""
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
