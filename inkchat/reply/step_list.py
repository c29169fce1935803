"""The steps of a diagram on the page: for where its boxes and arrows have no room.

Each has its number before it and the arrows that leave it below; pages cut it between steps.
"""

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.bidi import find_direction
from inkchat.reply.flow import Drawable
from inkchat.reply.flowchart_data import Edge
from inkchat.reply.flowchart_steps import Step, Way
from inkchat.reply.fonts import Face, measure_text
from inkchat.reply.pieces import Piece
from inkchat.reply.prose import Prose, set_text
from inkchat.reply.runs import draw_runs, split_runs
from inkchat.reply.typography import BLACK, Type, Typography

_RULE_PT = 0.7
_FINE_PT = 0.5
_PAD_PT = 4.0
"""Between the rules and what stands between them."""
_GAP_PT = 3.5
"""Between two steps."""
_GROUP_GAP_PT = 5.0
"""On both sides of the line that parts two groups."""
_NUMBER_GAP_PT = 7.0
_INDENT_PT = 9.0
"""Of the arrows that leave a step."""
_LEAST_LINES = 2


@dataclass(frozen=True, slots=True)
class _Row:
    prose: Prose
    indent_pt: float | None = None
    """From where the texts of steps begin; None where numbers do, for a heading."""
    before_pt: float = 0.0
    number: str = ""
    begins: bool = False
    """Whether it is the first of what is kept together."""
    is_parted: bool = False
    """Whether a line parts it from what stands above."""

    @property
    def height_pt(self) -> float:
        return self.before_pt + self.prose.height


class StepList(Drawable):
    """Steps one below the other; numbers at the right if the words are read from there."""

    def __init__(self, title: str, steps: Sequence[Step], typography: Typography) -> None:
        super().__init__()
        self._title = title
        self._steps = steps
        self._type = typography.cell
        self._head = typography.cell_head
        self._bold = replace(typography.cell, face=Face.SERIF_BOLD)
        self._italic = replace(typography.cell, face=Face.SERIF_ITALIC)
        self._hyphenation = typography.hyphenation_language
        self._rule_colour = typography.rule_colour
        self._page_pt = typography.text_height_pt
        self._is_rtl = bool(find_direction("\n".join(step.text for step in steps)))
        self._column_pt = self._measure_number(len(steps)) + _NUMBER_GAP_PT
        self._rows: list[_Row] = []
        self._set_at_pt: float | None = None

    # Measures

    @property
    def lead_height_pt(self) -> float:
        """Of two steps, unless they are long."""
        end = self._find_end(0)
        two_pt = self._measure_height(self._rows[: self._find_end(end)])
        is_long = two_pt > self._page_pt / 2
        return self._measure_height(self._rows[:end]) if is_long else two_pt

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        if self._set_at_pt != aW:
            first, *others = self._make_rows()
            self._rows = [replace(first, before_pt=0.0), *others]
            for row in self._rows:
                row.prose.wrap(aW - self._measure_left(row), math.inf)
            self._set_at_pt = aW
        self.width, self.height = aW, self._measure_height(self._rows)
        return self.width, self.height

    def _measure_number(self, number: int) -> float:
        return measure_text("0" * len(str(number)), self._bold.face, self._bold.size_pt)

    def _measure_left(self, row: _Row) -> float:
        """From the side where lines begin to those of this row."""
        return 0.0 if row.indent_pt is None else self._column_pt + row.indent_pt

    def _measure_height(self, rows: Sequence[_Row]) -> float:
        return 2 * (_RULE_PT + _PAD_PT) + sum(row.height_pt for row in rows)

    def _find_end(self, start: int) -> int:
        """Behind the last row of what is kept together from `start` on."""
        rows = range(start + 1, len(self._rows))
        return next((place for place in rows if self._rows[place].begins), len(self._rows))

    # Rows

    def _make_rows(self) -> Iterator[_Row]:
        begins, group = True, ""
        if self._title:
            yield _Row(self._make_prose(set_text(self._title, self._head), self._head), begins=True)
            begins = False
        for step in self._steps:
            is_other = step.group != group
            group = step.group
            is_parted = is_other and step.number > 1
            before_pt = 2 * _GROUP_GAP_PT if is_parted else _GAP_PT
            if is_other and group:
                heading = self._make_prose(set_text(group, self._head), self._head)
                yield _Row(heading, before_pt=before_pt, begins=begins, is_parted=is_parted)
                begins, is_parted, before_pt = False, False, _GAP_PT / 2
            yield self._make_step(step, before_pt, begins=begins, is_parted=is_parted)
            yield from self._make_ways(step)
            begins = True

    def _make_step(self, step: Step, before_pt: float, *, begins: bool, is_parted: bool) -> _Row:
        pieces = set_text(step.text, self._type)
        if step.onward is not None:
            # The arrow does not begin a line.
            pieces += set_text("\u00a0", self._type)
            is_next = step.onward.number == step.number + 1
            pieces += self._set_way(step.onward, has_text=not is_next)
        prose = self._make_prose(pieces, self._type)
        return _Row(prose, 0.0, before_pt, str(step.number), begins, is_parted)

    def _make_ways(self, step: Step) -> Iterator[_Row]:
        """Those that do not stand behind the words of the step."""
        for way in step.ways if step.onward is None else ():
            yield _Row(self._make_prose(self._set_way(way), self._type), _INDENT_PT)

    def _set_way(self, way: Way, *, has_text: bool = True) -> list[Piece]:
        pieces = []
        if way.edge.label:
            pieces += set_text(f"{way.edge.label} ", self._italic)
        pieces += set_text(f"{_choose_arrow(way.edge, is_rtl=self._is_rtl)}\u00a0", self._type)
        pieces += set_text(f"{way.number}\u00a0" if has_text else str(way.number), self._bold)
        if has_text:
            pieces += set_text(way.text, self._type)
        return pieces

    def _make_prose(self, pieces: Sequence[Piece], type_: Type) -> Prose:
        return Prose(type_, pieces, starts_right=self._is_rtl, hyphenation=self._hyphenation)

    # Pages

    def cut(self, width_pt: float, height_pt: float) -> "tuple[StepList, StepList] | None":
        self.wrap(width_pt, height_pt)
        fitting, end = 0, self._find_end(0)
        while end < len(self._rows) and self._measure_height(self._rows[:end]) <= height_pt:
            fitting, end = end, self._find_end(end)
        is_foot = height_pt < self._page_pt / 3
        if fitting and not (is_foot and height_pt < self.lead_height_pt):
            return self._take(self._rows[:fitting]), self._take(self._rows[fitting:])
        is_higher = self._measure_height(self._rows[: self._find_end(0)]) > self._page_pt
        return self._cut_step(height_pt) if is_higher else None

    def _cut_step(self, height_pt: float) -> "tuple[StepList, StepList] | None":
        """The same within a step that is higher than a page."""
        fitting, last = 0, len(self._rows) - 1
        while fitting < last and self._measure_height(self._rows[: fitting + 1]) <= height_pt:
            fitting += 1
        row = self._rows[fitting]
        room_pt = height_pt - self._measure_height(self._rows[:fitting]) - row.before_pt
        lines = row.prose.count_fitting(room_pt)
        if lines < _LEAST_LINES:
            if not fitting:
                return None
            return self._take(self._rows[:fitting]), self._take(self._rows[fitting:])
        first = replace(row, prose=row.prose.take(0, lines))
        rest = replace(row, prose=row.prose.take(lines, None), number="")
        return (
            self._take([*self._rows[:fitting], first]),
            self._take([rest, *self._rows[fitting + 1 :]]),
        )

    def _take(self, rows: Sequence[_Row]) -> "StepList":
        part = copy.copy(self)
        part._rows = [replace(rows[0], before_pt=0.0, is_parted=False), *rows[1:]]
        return part

    # What is drawn

    def draw(self) -> None:
        canvas: Canvas = self.canv
        self._draw_rule(canvas, self.height - _RULE_PT / 2, _RULE_PT)
        self._draw_rule(canvas, _RULE_PT / 2, _RULE_PT)
        top = self.height - _RULE_PT - _PAD_PT
        for row in self._rows:
            if row.is_parted:
                self._draw_rule(canvas, top - row.before_pt / 2, _FINE_PT)
            top -= row.before_pt
            if row.number:
                self._write_number(canvas, row, top - row.prose.baseline_pt)
            left_pt = 0.0 if self._is_rtl else self._measure_left(row)
            row.prose.drawOn(canvas, left_pt, top - row.prose.height)
            top -= row.prose.height

    def _draw_rule(self, canvas: Canvas, y: float, width_pt: float) -> None:
        canvas.setStrokeColor(BLACK if width_pt == _RULE_PT else self._rule_colour)
        canvas.setLineWidth(width_pt)
        canvas.line(0, y, self.width, y)

    def _write_number(self, canvas: Canvas, row: _Row, y: float) -> None:
        """At the end of its column, towards the words."""
        wide_pt = self._measure_number(int(row.number))
        x = self._column_pt - _NUMBER_GAP_PT - wide_pt
        if self._is_rtl:
            x = self.width - self._column_pt + _NUMBER_GAP_PT
        # The blank parts it from the words where they are copied.
        runs = split_runs(f"{row.number} ", self._bold.face)
        draw_runs(canvas, x, y, runs, self._bold.size_pt)


def _choose_arrow(edge: Edge, *, is_rtl: bool) -> str:
    onward, back = ("→⇢⇒", "←⇠⇐")
    if is_rtl:
        onward, back = back, onward
    look = 1 if edge.is_dashed else 2 if edge.is_thick else 0
    if edge.has_tail:
        return "↔" if edge.has_head else back[look]
    return onward[look] if edge.has_head else "—"
