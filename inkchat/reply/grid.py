"""Tables: columns as wide as their words ask for, rows whole, the header on every page.

Columns that cannot stand side by side are moved together under a smaller header. If that is not
enough, the table becomes a list of records, each row one record with the header's words before
its cells.
"""

import copy
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.bidi import find_direction
from inkchat.reply.columns import COLUMN_GAP_PT, fit_columns
from inkchat.reply.flow import Drawable
from inkchat.reply.lines import measure_pieces
from inkchat.reply.pieces import Piece, measure_least
from inkchat.reply.prose import Prose
from inkchat.reply.typography import BLACK, Alignment, Type, Typography

_TIGHT_GAP_PT = 6.0
"""Between columns that could not stand side by side otherwise."""
_PAD_PT = 1.5
"""Above and below a row's text."""
_RECORD_PAD_PT = 0.1
_RECORD_END_PT = 2.4
"""More space before the rule that ends a record."""
_SMALL_TABLE_ROWS = 4
"""Of the largest table that is not cut, if half a page can hold it."""
_HEAVY_PT, _MIDDLE_PT, _FINE_PT = 1.1, 0.7, 0.5
_WIDEST_WORD = 0.32
"""Of the text's width: longer words are broken within their cell."""
_LABEL_SHARES = (0.3, 0.36, 0.42, 0.48, 0.54)
"""Of the text's width: what the words of the header may take before a record's cells."""
_MEASURED_RECORDS = 24
"""From so many is seen how wide they are best."""


@dataclass(frozen=True, slots=True)
class Cell:
    pieces: Sequence[Piece]
    alignment: Alignment
    type_: Type

    def make_prose(self, *, is_rtl: bool) -> Prose:
        return Prose(self.type_, self.pieces, self.alignment, starts_right=is_rtl)


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[Prose, ...]
    height_pt: float
    pad_pt: float
    rule_pt: float
    """Thickness of the rule below; 0 within a record, whose rows stay together if they can."""

    @property
    def baseline_pt(self) -> float:
        """Of its first line, from the top of its text."""
        return max(prose.baseline_pt for prose in self.cells)


class Grid(Drawable):
    """A table, of which every row has as many cells as the header.

    Its first column is at the right if most of its cells are read from there.
    """

    def __init__(
        self, head: Sequence[Cell], rows: Sequence[Sequence[Cell]], typography: Typography
    ) -> None:
        super().__init__()
        self._head_cells = head
        self._row_cells = rows
        self._page_pt = typography.text_height_pt
        self._rule_colour = typography.rule_colour
        self._small_pt = typography.choice.size_pt
        self._fitted_at_pt: float | None = None
        self._is_rtl = _reads_rtl([head, *rows])
        self._offsets_pt: list[float] = []
        self._head: _Row | None = None
        self._rows: list[_Row] = []

    @property
    def lead_height_pt(self) -> float:
        rows = len(self._rows)
        if self._head is None:
            rows = self._find_record_end(0)
        elif rows > _SMALL_TABLE_ROWS:
            rows = 2
        return self._measure_height(self._rows[:rows])

    def _measure_height(self, rows: Sequence[_Row]) -> float:
        head_pt = self._head.height_pt if self._head else 0.0
        return _HEAVY_PT + head_pt + sum(row.height_pt for row in rows)

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        if self._fitted_at_pt != aW:
            self._fit(aW)
            self._fitted_at_pt = aW
        self.width, self.height = aW, self._measure_height(self._rows)
        return self.width, self.height

    def _fit(self, width_pt: float) -> None:
        measures = [
            [self._measure_cell(cell, width_pt) for cell in row]
            for row in (self._head_cells, *self._row_cells)
        ]
        label_pt = max(line_pt for _, line_pt in measures[0])
        small = [_shrink(cell, self._small_pt) for cell in self._head_cells]
        for head, gap_pt in (
            (self._head_cells, COLUMN_GAP_PT),
            (self._head_cells, _TIGHT_GAP_PT),
            (small, _TIGHT_GAP_PT),
        ):
            measures[0] = [self._measure_cell(cell, width_pt) for cell in head]
            columns = list(zip(*measures, strict=True))
            least_pt = [max(word_pt for word_pt, _ in column) for column in columns]
            wanted_pt = [max(line_pt for _, line_pt in column) for column in columns]
            widths_pt = fit_columns(least_pt, wanted_pt, width_pt, gap_pt)
            if widths_pt is not None:
                self._fit_rows(head, widths_pt, width_pt, gap_pt)
                return
        self._fit_records(width_pt, label_pt)

    def _measure_cell(self, cell: Cell, width_pt: float) -> tuple[float, float]:
        """Width in points of what is not broken in it, and of its longest line.

        A very wide word is broken, a formula is not.
        """
        word_pt, line_pt = measure_pieces(cell.pieces, is_rtl=self._is_rtl)
        boxes_pt = max(map(measure_least, cell.pieces), default=0.0)
        return max(min(word_pt, _WIDEST_WORD * width_pt), boxes_pt), line_pt

    def _fit_rows(
        self, head: Sequence[Cell], widths_pt: Sequence[float], width_pt: float, gap_pt: float
    ) -> None:
        self._place_columns(widths_pt, width_pt, gap_pt)
        self._head = self._make_row(head, widths_pt, _PAD_PT, _MIDDLE_PT)
        self._rows = [self._make_row(row, widths_pt, _PAD_PT, _FINE_PT) for row in self._row_cells]

    def _fit_records(self, width_pt: float, wanted_pt: float) -> None:
        """As a list; `wanted_pt` is the width of the longest words of the header."""
        empty = Cell((), "left", self._head_cells[0].type_)
        records = self._row_cells or [[empty] * len(self._head_cells)]
        room_pt = width_pt - COLUMN_GAP_PT
        ways = [
            (label_pt, room_pt - label_pt)
            for label_pt in sorted({min(wanted_pt, share * width_pt) for share in _LABEL_SHARES})
        ]
        if len(ways) > 1:
            measured = records[:_MEASURED_RECORDS]
            heights_pt = [
                sum(row.height_pt for row in self._make_records(measured, way)) for way in ways
            ]
            ways = [ways[heights_pt.index(min(heights_pt))]]
        self._place_columns(ways[0], width_pt, COLUMN_GAP_PT)
        self._head = None
        self._rows = list(self._make_records(records, ways[0]))

    def _make_records(
        self, records: Iterable[Sequence[Cell]], widths_pt: Sequence[float]
    ) -> Iterator[_Row]:
        for record in records:
            pairs = list(zip(self._head_cells, record, strict=True))
            for number, (label, cell) in enumerate(pairs):
                sides = (_align_left(label), _align_left(cell))
                rule_pt = _FINE_PT if number == len(pairs) - 1 else 0.0
                yield self._make_row(sides, widths_pt, _RECORD_PAD_PT, rule_pt)

    def _place_columns(self, widths_pt: Sequence[float], width_pt: float, gap_pt: float) -> None:
        ends_pt = list(itertools.accumulate(width + gap_pt for width in widths_pt))
        if self._is_rtl:
            self._offsets_pt = [width_pt + gap_pt - end_pt for end_pt in ends_pt]
        else:
            self._offsets_pt = [0.0, *ends_pt[:-1]]

    def _make_row(
        self, cells: Sequence[Cell], widths_pt: Sequence[float], pad_pt: float, rule_pt: float
    ) -> _Row:
        proses = tuple(cell.make_prose(is_rtl=self._is_rtl) for cell in cells)
        for prose, width_pt in zip(proses, widths_pt, strict=True):
            # The least excess keeps a line that was measured to fit from being broken by rounding.
            prose.wrap(width_pt + 0.01, math.inf)
        return _measure_row(proses, pad_pt, rule_pt)

    def cut(self, width_pt: float, height_pt: float) -> tuple["Grid", "Grid"] | None:
        self.wrap(width_pt, height_pt)
        room_pt = height_pt - self._measure_height(())
        fitting = 0
        for row in self._rows:
            room_pt -= row.height_pt
            if room_pt < -0.01:
                break
            fitting += 1
        if fitting == len(self._rows):
            return None
        fitting = self._find_cut(fitting, height_pt)
        if fitting:
            return self._take(self._rows[:fitting]), self._take(self._rows[fitting:])
        if self._measure_height(self._rows[:1]) <= self._page_pt:
            return None
        halves = _cut_row(self._rows[0], height_pt - self._measure_height(()))
        if halves is None:
            return None
        return self._take([halves[0]]), self._take([halves[1], *self._rows[1:]])

    def _find_cut(self, fitting: int, height_pt: float) -> int:
        """After which row to cut, if `fitting` rows fit; 0 to leave the whole to the next page."""
        rows = len(self._rows)
        if self._head is None:
            return self._end_record(fitting)
        is_fresh_page = height_pt > 0.9 * self._page_pt
        is_small = rows <= _SMALL_TABLE_ROWS and self.height <= self._page_pt / 2
        is_foot = height_pt < self._page_pt / 3
        if not is_fresh_page and (is_small or (is_foot and fitting == 1 and rows > 1)):
            return 0
        # No row stands alone on the next page either.
        return fitting - 1 if fitting == rows - 1 and fitting > 2 else fitting

    def _end_record(self, fitting: int) -> int:
        """Fewer rows, so that no record is cut, unless one is higher than a page."""
        whole = fitting
        while whole and not self._rows[whole - 1].rule_pt:
            whole -= 1
        record = self._rows[whole : self._find_record_end(whole)]
        return whole if self._measure_height(record) <= self._page_pt else fitting

    def _find_record_end(self, start: int) -> int:
        """Behind the last row of the record that begins there."""
        ends = (number for number in range(start, len(self._rows)) if self._rows[number].rule_pt)
        return next(ends, len(self._rows) - 1) + 1

    def _take(self, rows: list[_Row]) -> "Grid":
        part = copy.copy(self)
        part._rows = rows
        return part

    def draw(self) -> None:
        canvas: Canvas = self.canv
        self._draw_rule(canvas, self.height - _HEAVY_PT, _HEAVY_PT, dark=True)
        top = self.height - _HEAVY_PT
        if self._head:
            self._draw_cells(canvas, self._head, top, at_bottom=True)
            top -= self._head.height_pt
            self._draw_rule(canvas, top, _MIDDLE_PT, dark=True)
        for row in self._rows:
            self._draw_cells(canvas, row, top, at_bottom=False)
            top -= row.height_pt
            self._draw_rule(canvas, top, row.rule_pt, dark=row is self._rows[-1])

    def _draw_cells(self, canvas: Canvas, row: _Row, top: float, *, at_bottom: bool) -> None:
        for offset_pt, prose in zip(self._offsets_pt, row.cells, strict=True):
            y = top - row.height_pt + row.rule_pt + row.pad_pt
            if not at_bottom:
                lowered_pt = row.baseline_pt - prose.baseline_pt
                y = top - row.pad_pt - lowered_pt - prose.height
            prose.drawOn(canvas, offset_pt, y)

    def _draw_rule(self, canvas: Canvas, y: float, thickness_pt: float, *, dark: bool) -> None:
        if thickness_pt:
            canvas.setFillColor(BLACK if dark else self._rule_colour)
            canvas.rect(0, y, self.width, thickness_pt, stroke=0, fill=1)
            canvas.setFillColor(BLACK)


def _shrink(cell: Cell, size_pt: float) -> Cell:
    """`cell` in type of that size."""
    factor = size_pt / cell.type_.size_pt
    type_ = replace(cell.type_, size_pt=size_pt, leading_pt=factor * cell.type_.leading_pt)
    pieces = [piece.scale(factor) for piece in cell.pieces]
    return Cell(pieces, cell.alignment, type_)


def _align_left(cell: Cell) -> Cell:
    return Cell(cell.pieces, "left", cell.type_)


def _reads_rtl(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether most cells with letters are read from right to left."""
    directions = [
        find_direction("".join(piece.text for piece in cell.pieces)) for row in rows for cell in row
    ]
    return directions.count(True) > directions.count(False)


def _cut_row(row: _Row, room_pt: float) -> tuple[_Row, _Row] | None:
    """A row that is taller than a page, as much of it as fits and the rest."""
    lowered_pt = row.baseline_pt - min(prose.baseline_pt for prose in row.cells)
    room_pt -= 2 * row.pad_pt + lowered_pt
    fitting = [prose.count_fitting(room_pt) for prose in row.cells]
    if max(fitting) < 2:
        return None
    pairs = list(zip(row.cells, fitting, strict=True))
    heads = tuple(prose.take(0, lines) for prose, lines in pairs)
    tails = tuple(prose.take(lines, None) for prose, lines in pairs)
    return _measure_row(heads, row.pad_pt, 0.0), _measure_row(tails, row.pad_pt, row.rule_pt)


def _measure_row(cells: tuple[Prose, ...], pad_pt: float, rule_pt: float) -> _Row:
    baseline_pt = max(prose.baseline_pt for prose in cells)
    least_pt = min(prose.type_.leading_pt for prose in cells)
    tallest_pt = max(prose.height + baseline_pt - prose.baseline_pt for prose in cells)
    end_pt = _RECORD_END_PT if rule_pt and pad_pt == _RECORD_PAD_PT else 0.0
    height_pt = max(tallest_pt, least_pt) + 2 * pad_pt + end_pt + rule_pt
    return _Row(cells, height_pt, pad_pt, rule_pt)
