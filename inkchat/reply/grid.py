"""Tables: columns as wide as their words ask for, rows whole, the header on every page.

A table whose columns cannot stand side by side becomes a list of records, each row one record
with the header's words before its cells.
"""

import copy
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from inkchat.reply.bidi import find_direction
from inkchat.reply.lines import measure_pieces
from inkchat.reply.pieces import Piece
from inkchat.reply.prose import Prose
from inkchat.reply.typography import BLACK, RULE_GREY, Alignment, Type

_COLUMN_GAP_PT = 13.0
_PAD_PT = 1.5
"""Above and below a row's text."""
_RECORD_PAD_PT = 0.3
_RECORD_END_PT = 2.4
"""More space before the rule that ends a record."""
_SHORT_COLUMN = 0.2
"""Of the text's width: a column that wants no more is not broken, if that can be."""
_SMALL_TABLE_ROWS = 4
"""Of the largest table that is not cut, if half a page can hold it."""
_HEAVY_PT, _MIDDLE_PT, _FINE_PT = 1.1, 0.7, 0.5
_WIDEST_WORD = 0.32
"""Of the text's width: longer words are broken within their cell."""
_WIDEST_LABEL = 0.36


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


def fit_columns(
    least_pt: Sequence[float], wanted_pt: Sequence[float], width_pt: float
) -> list[float] | None:
    """Widths in points that fill `width_pt`, or None if the columns cannot stand side by side.

    `least_pt` are the widths of the longest words and `wanted_pt` those of the longest lines.
    Columns that want little get it; the others share what is left, the wordier the more.
    """
    room_pt = width_pt - _COLUMN_GAP_PT * (len(wanted_pt) - 1)
    least_pt = [min(least, _WIDEST_WORD * width_pt) for least in least_pt]
    if sum(least_pt) > room_pt:
        return None
    unbroken_pt = [
        wanted if wanted <= _SHORT_COLUMN * width_pt else least
        for least, wanted in zip(least_pt, wanted_pt, strict=True)
    ]
    if sum(unbroken_pt) <= room_pt:
        least_pt = unbroken_pt
    spare_pt = room_pt - sum(wanted_pt)
    if spare_pt >= 0:
        return [wanted + spare_pt / len(wanted_pt) for wanted in wanted_pt]
    widths_pt = list(least_pt)
    hungry = [number for number, least in enumerate(least_pt) if wanted_pt[number] > least]
    while hungry:
        spare_pt = room_pt - sum(widths_pt)
        weights = {number: math.sqrt(wanted_pt[number]) for number in hungry}
        total = sum(weights.values())
        sated = [
            number
            for number in hungry
            if widths_pt[number] + spare_pt * weights[number] / total >= wanted_pt[number]
        ]
        if not sated:
            for number in hungry:
                widths_pt[number] += spare_pt * weights[number] / total
            break
        for number in sated:
            widths_pt[number] = wanted_pt[number]
        hungry = [number for number in hungry if number not in sated]
    return widths_pt


class Grid(Flowable):
    """A table, of which every row has as many cells as the header.

    Its first column is at the right if most of its cells are read from there.
    """

    def __init__(
        self, head: Sequence[Cell], rows: Sequence[Sequence[Cell]], page_pt: float
    ) -> None:
        super().__init__()
        self._head_cells = head
        self._row_cells = rows
        self._page_pt = page_pt
        self._fitted_at_pt: float | None = None
        self._is_rtl = _reads_rtl([head, *rows])
        self._offsets_pt: list[float] = []
        self._head: _Row | None = None
        self._rows: list[_Row] = []

    @property
    def lead_height_pt(self) -> float:
        rows = len(self._rows)
        return self._measure_height(self._rows[: rows if rows <= _SMALL_TABLE_ROWS else 2])

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
            [measure_pieces(cell.pieces, is_rtl=self._is_rtl) for cell in row]
            for row in (self._head_cells, *self._row_cells)
        ]
        columns = range(len(self._head_cells))
        least_pt = [max(row[column][0] for row in measures) for column in columns]
        wanted_pt = [max(row[column][1] for row in measures) for column in columns]
        widths_pt = fit_columns(least_pt, wanted_pt, width_pt)
        if widths_pt is None:
            self._fit_records(width_pt, max(measure[1] for measure in measures[0]))
            return
        self._place_columns(widths_pt, width_pt)
        self._head = self._make_row(self._head_cells, widths_pt, _PAD_PT, _MIDDLE_PT)
        self._rows = [self._make_row(row, widths_pt, _PAD_PT, _FINE_PT) for row in self._row_cells]

    def _fit_records(self, width_pt: float, label_pt: float) -> None:
        label_pt = min(label_pt, _WIDEST_LABEL * width_pt)
        widths_pt = [label_pt, width_pt - label_pt - _COLUMN_GAP_PT]
        self._place_columns(widths_pt, width_pt)
        self._head = None
        rows = self._row_cells or [
            [Cell((), "left", self._head_cells[0].type_)] * len(self._head_cells)
        ]
        for row in rows:
            pairs = list(zip(self._head_cells, row, strict=True))
            for number, (label, cell) in enumerate(pairs):
                sides = (_align_left(label), _align_left(cell))
                rule_pt = _FINE_PT if number == len(pairs) - 1 else 0.0
                self._rows.append(self._make_row(sides, widths_pt, _RECORD_PAD_PT, rule_pt))

    def _place_columns(self, widths_pt: Sequence[float], width_pt: float) -> None:
        ends_pt = list(itertools.accumulate(width + _COLUMN_GAP_PT for width in widths_pt))
        if self._is_rtl:
            self._offsets_pt = [width_pt + _COLUMN_GAP_PT - end_pt for end_pt in ends_pt]
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
        if not is_fresh_page and (is_small or (fitting == 1 and rows > 1)):
            return 0
        # No row stands alone on the next page either.
        return fitting - 1 if fitting == rows - 1 and fitting > 2 else fitting

    def _end_record(self, fitting: int) -> int:
        """Fewer rows, so that no record is cut, unless one is half as high as a page."""
        whole = fitting
        while whole and not self._rows[whole - 1].rule_pt:
            whole -= 1
        following = itertools.takewhile(lambda row: not row.rule_pt, self._rows[whole:])
        record_pt = sum(row.height_pt for row in following)
        return whole if record_pt < self._page_pt / 2 else fitting

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
            canvas.setFillColor(BLACK if dark else RULE_GREY)
            canvas.rect(0, y, self.width, thickness_pt, stroke=0, fill=1)
            canvas.setFillColor(BLACK)


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
