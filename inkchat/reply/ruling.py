"""Lines, dots or squares to write on, from the foot of the room upwards.

In black dots where the screen shows no grey.
"""

import math
from collections.abc import Sequence

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from inkchat.domain import Ruling
from inkchat.reply.objects import write
from inkchat.reply.typography import Typography

_MM_PT = 72 / 25.4
LEAST_LINE_PT, _MOST_LINE_PT = 8 * _MM_PT, 9 * _MM_PT
"""Between two lines to write on."""
_SQUARE_PT = 5 * _MM_PT
"""Between two dots, and the side of a square."""
_LOWEST_PT = 0.5
"""Of the lowest line, above the foot of the room: half of it would else stand below."""
_GRID_GREY = Color(0.72, 0.72, 0.72)
"""Lighter than a line, since there are so many."""


def draw_ruling(
    canvas: Canvas, ruling: Ruling, width_pt: float, height_pt: float, typography: Typography
) -> None:
    """In a room whose lower left corner is at 0, 0."""
    shows_grey = typography.shows_grey
    canvas.setStrokeColor(typography.line_colour)
    square_pt = width_pt / max(1, round(width_pt / _SQUARE_PT))
    if ruling is Ruling.LINES:
        _set_stroke(canvas, 0.6, 0.0 if shows_grey else 3.4)
        lines = max(1, math.ceil(height_pt / _MOST_LINE_PT))
        _draw_across(canvas, width_pt, height_pt, max(height_pt / lines, LEAST_LINE_PT))
    elif ruling is Ruling.DOTS:
        _set_stroke(canvas, 1.1 if shows_grey else 0.8, square_pt)
        _draw_across(canvas, width_pt, height_pt, square_pt)
    elif ruling is Ruling.GRID:
        if shows_grey:
            canvas.setStrokeColor(_GRID_GREY)
        _set_stroke(canvas, 0.5, 0.0 if shows_grey else square_pt / 5)
        _draw_across(canvas, width_pt, height_pt, square_pt)
        _draw_down(canvas, width_pt, height_pt, square_pt)


def _draw_across(canvas: Canvas, width_pt: float, height_pt: float, step_pt: float) -> None:
    """From the foot upwards: the lowest stands where the column ends."""
    levels = [number * step_pt + _LOWEST_PT for number in range(_count(height_pt, step_pt))]
    _draw_lines(canvas, [(0.0, y, width_pt, y) for y in levels])


def _draw_down(canvas: Canvas, width_pt: float, height_pt: float, step_pt: float) -> None:
    top_y = (_count(height_pt, step_pt) - 1) * step_pt + _LOWEST_PT
    if top_y > _LOWEST_PT:
        places = [number * step_pt for number in range(_count(width_pt, step_pt) + 1)]
        _draw_lines(canvas, [(x, _LOWEST_PT, x, top_y) for x in places])


def _draw_lines(canvas: Canvas, lines: Sequence[tuple[float, float, float, float]]) -> None:
    if not lines:
        return
    parts = [f"{x:.4f} {y:.4f} m {end_x:.4f} {end_y:.4f} l" for x, y, end_x, end_y in lines]
    write(canvas, "\n".join([*parts, "S"]))


def _set_stroke(canvas: Canvas, thickness_pt: float, dot_pt: float) -> None:
    """Dots `dot_pt` apart, or a line where that is 0."""
    canvas.setLineWidth(thickness_pt)
    if dot_pt:
        canvas.setLineCap(1)
        canvas.setDash([0, round(dot_pt, 4)])


def _count(length_pt: float, step_pt: float) -> int:
    """How many steps there is room for."""
    return int(length_pt / step_pt + 0.01)
