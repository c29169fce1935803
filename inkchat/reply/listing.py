"""A block of code: grey or framed, with a bar at its left; where a long line is wrapped is shown.

Code is read from left to right; words in it that are not stand in their own order.
"""

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.bidi import order_runs
from inkchat.reply.breaks import split_clusters
from inkchat.reply.code_breaks import find_break
from inkchat.reply.flow import Drawable
from inkchat.reply.fonts import load_font, measure_text
from inkchat.reply.objects import write
from inkchat.reply.runs import Run, draw_runs, measure_runs, split_runs, write_run
from inkchat.reply.typography import BLACK, BLOCK_GREY, Typography

_BAR_PT = 1.6
_FRAME_PT = 0.5
_PAD_LEFT_PT = 11.0
_PAD_RIGHT_PT = 8.0
_PAD_PT = 7.0
_LABEL_BASELINE_PT = 7.6
_HANG_COLUMNS = 2
"""How far the rest of a wrapped line is set in."""
_DEEPEST_INDENT = 0.35
"""Of the width: a long line that stands further in is moved, and all others with it,"""
_LEAST_INDENT = 0.3
"""but not so far that two levels could not be told apart: of a blank's width."""
_INDENT = re.compile(r"(?:[-+](?=  )| (?= ))?( +)")
"""Behind the column for the mark of a change, which code of other kinds can spare."""
_MOST_MOVED = 12
"""Lines by which a cut between pages is moved, so that no line of the code is cut."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    continues: bool


class Listing(Drawable):
    """Lines of code, in clean text without tabs."""

    def __init__(self, code: str, language: str, typography: Typography) -> None:
        super().__init__()
        self._code = code
        self._language = language
        self._type = typography.code
        self._label = typography.furniture
        self._shows_grey = typography.shows_grey
        self._lines: list[_Line] = []
        self._indent_scale = 1.0
        self._broken_at_pt: float | None = None

    @property
    def lead_height_pt(self) -> float:
        lines = len(self._lines)
        return self._measure_height(lines if lines <= 4 else 2)

    @property
    def baseline_pt(self) -> float:
        """Of its first line of code, or of its language, from its top."""
        return _PAD_PT + (_LABEL_BASELINE_PT if self._language else self._type.baseline_pt)

    def _measure_height(self, lines: int) -> float:
        label_pt = self._label.leading_pt if self._language else 0.0
        return 2 * _PAD_PT + label_pt + lines * self._type.leading_pt

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        if self._broken_at_pt != aW:
            room_pt = aW - _PAD_LEFT_PT - _PAD_RIGHT_PT
            load_font(self._type.face)
            lines = self._code.split("\n")
            self._indent_scale = self._fit_indents(lines, room_pt)
            self._lines = [part for line in lines for part in self._break_line(line, room_pt)]
            self._broken_at_pt = aW
        self.width, self.height = aW, self._measure_height(len(self._lines))
        return self.width, self.height

    def _fit_indents(self, lines: Sequence[str], room_pt: float) -> float:
        """How wide the blanks before each line are drawn, of what they are wide.

        Less than that where a long line stands so far in that its words would be parted.
        """
        most_pt = _DEEPEST_INDENT * room_pt
        blank_pt = self._measure(" ")
        indents_pt = ((blank_pt * len(_find_indent(line)), line) for line in lines)
        deepest_pt = max(
            (
                indent_pt
                for indent_pt, line in indents_pt
                if indent_pt > most_pt and self._measure(line) > room_pt
            ),
            default=0.0,
        )
        return max(_LEAST_INDENT, most_pt / deepest_pt) if deepest_pt else 1.0

    def _break_line(self, line: str, room_pt: float) -> list[_Line]:
        indent = _find_indent(line)
        saved_pt = (1 - self._indent_scale) * len(indent) * self._measure(" ")
        if self._measure(line) - saved_pt <= room_pt:
            return [_Line(line, False)]
        clusters = split_clusters(line)
        widths_pt = [self._measure(cluster) for cluster in clusters]
        for place in indent:
            widths_pt[place] *= self._indent_scale
        hang_pt = self._measure(" " * _HANG_COLUMNS)
        parts: list[_Line] = []
        start = 0
        while start < len(clusters):
            end = find_break(clusters, widths_pt, start, room_pt - (hang_pt if parts else 0.0))
            parts.append(_Line("".join(clusters[start:end]), bool(parts)))
            start = end
        return parts

    def _measure(self, text: str) -> float:
        if text.isascii():
            return measure_text(text, self._type.face, self._type.size_pt)
        return measure_runs(split_runs(text, self._type.face), self._type.size_pt)

    def cut(self, width_pt: float, height_pt: float) -> tuple["Listing", "Listing"] | None:
        self.wrap(width_pt, height_pt)
        total = len(self._lines)
        fitting = int((height_pt - self._measure_height(0)) // self._type.leading_pt)
        fitting = self._find_cut(min(fitting, total - 2))
        if fitting < 2:
            return None
        first, rest = copy.copy(self), copy.copy(self)
        first._lines = self._lines[: self._find_blank(fitting)]
        rest._lines = self._lines[fitting:]
        rest._language = ""
        return first, rest

    def _find_cut(self, fitting: int) -> int:
        """A little earlier, so that no line of the code is cut and no part begins with a blank."""
        nearest = range(fitting, max(1, fitting - _MOST_MOVED), -1)
        whole = [place for place in nearest if not self._lines[place].continues]
        return next((place for place in whole if self._lines[place].text.strip()), 0) or max(
            whole, default=fitting
        )

    def _find_blank(self, end: int) -> int:
        """Where the empty lines before `end` begin, which are not shown at the foot of a page."""
        first = end
        while first > 2 and not self._lines[first - 1].text.strip():
            first -= 1
        return first

    def draw(self) -> None:
        canvas: Canvas = self.canv
        if self._shows_grey:
            canvas.setFillColor(BLOCK_GREY)
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
            canvas.setFillColor(BLACK)
        else:
            _draw_frame(canvas, self.width, self.height)
        canvas.rect(0, 0, _BAR_PT, self.height, stroke=0, fill=1)
        top = self.height - _PAD_PT
        if self._language:
            runs = split_runs(self._language, self._label.face)
            draw_runs(canvas, _PAD_LEFT_PT, top - _LABEL_BASELINE_PT, runs, self._label.size_pt)
            top -= self._label.leading_pt
        y = top - self._type.baseline_pt
        hang_pt = self._measure(" " * _HANG_COLUMNS)
        operators = ["BT"]
        for line in self._lines:
            x = _PAD_LEFT_PT + (hang_pt if line.continues else 0.0)
            if line.continues:
                _draw_hook(canvas, _PAD_LEFT_PT, y, self._type.size_pt)
            operators.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")
            operators += self._write_line(canvas, line)
            y -= self._type.leading_pt
        write(canvas, "\n".join([*operators, "ET"]))

    def _write_line(self, canvas: Canvas, line: _Line) -> Iterator[str]:
        text = line.text.rstrip(" ")
        if not line.continues and self._indent_scale < 1.0:
            indent = _find_indent(text)
            before = Run(self._type.face, 1.0, text[: indent.start])
            blanks = Run(self._type.face, 1.0, text[indent.start : indent.stop])
            text = text[indent.stop :]
            yield write_run(canvas, before, self._type.size_pt)
            shown = write_run(canvas, blanks, self._type.size_pt)
            yield f"{100 * self._indent_scale:.1f} Tz {shown} 100 Tz"
        for run, is_rtl in order_runs(split_runs(text, self._type.face), is_rtl=False):
            yield write_run(canvas, run, self._type.size_pt, is_rtl=is_rtl)


def _find_indent(line: str) -> range:
    """The places of the blanks before a line, or behind its mark in a list of changes."""
    found = _INDENT.match(line)
    return range(*found.span(1)) if found else range(0)


def _draw_frame(canvas: Canvas, width_pt: float, height_pt: float) -> None:
    """In place of a grey that would be a scatter of dots."""
    canvas.setStrokeColor(BLACK)
    canvas.setLineWidth(_FRAME_PT)
    inset_pt = _FRAME_PT / 2
    canvas.rect(inset_pt, inset_pt, width_pt - _FRAME_PT, height_pt - _FRAME_PT)


def _draw_hook(canvas: Canvas, x: float, y: float, size_pt: float) -> None:
    """An arrow from above to the right, as a drawing: no letter that the code does not have."""
    unit = size_pt / 10
    left, right, middle = x + unit, x + 7.5 * unit, y + 2.6 * unit
    canvas.setStrokeColor(BLACK)
    canvas.setLineWidth(0.7)
    path = canvas.beginPath()
    path.moveTo(left, y + 6.6 * unit)
    path.lineTo(left, middle)
    path.lineTo(right, middle)
    path.moveTo(right - 2 * unit, middle + 1.8 * unit)
    path.lineTo(right, middle)
    path.lineTo(right - 2 * unit, middle - 1.8 * unit)
    canvas.drawPath(path)
