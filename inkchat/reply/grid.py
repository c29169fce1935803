"""Tables: columns as wide as their words ask for, rows whole, the header on every page.

Columns that cannot stand side by side are moved together under a smaller header. If that is not
enough, the table becomes a list of records, each row one record with the header's words before
its cells.
"""

import copy
import itertools
from collections.abc import Iterator, Sequence

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.columns import COLUMN_GAP_PT, fit_columns
from inkchat.reply.flow import Drawable
from inkchat.reply.records import make_records
from inkchat.reply.rows import Cell, Frame, Row, make_row, reads_rtl
from inkchat.reply.typography import BLACK, Typography

_TIGHT_GAPS_PT = (8.0, 6.0)
"""Between columns that could not stand side by side otherwise."""
_PAD_PT = 1.5
"""Above and below a row's text."""
_SMALL_TABLE_ROWS = 4
_SMALL_TABLE_SHARE = 1 / 3
"""Of the rows and of a page: the largest table that is not cut."""
_LOW_ROW_SHARE = 1 / 6
"""Of a page: the highest row that is moved so that the last does not stand alone."""
_FEW_LINES = 3
"""To a row on the average: a table with no more stays one."""
_COMPARED = 24
"""Rows from which is seen whether records take less room."""
_HEAVY_PT, _MIDDLE_PT, _FINE_PT = 1.1, 0.7, 0.5
_WIDEST_WORDS = (0.46, 0.38, 0.32)
"""Of the text's width: longer words are broken within their cell, as few as may be."""


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
        self._is_rtl = reads_rtl([head, *rows])
        self._offsets_pt: list[float] = []
        self._head: Row | None = None
        self._rows: list[Row] = []

    @property
    def lead_height_pt(self) -> float:
        rows = len(self._rows)
        if self._head is None:
            rows = self._find_record_end(0)
        elif not self._is_small:
            rows = min(rows, 2)
        return self._measure_height(self._rows[:rows])

    @property
    def _is_small(self) -> bool:
        most_pt = _SMALL_TABLE_SHARE * self._page_pt
        return len(self._rows) <= _SMALL_TABLE_ROWS and self._measure_height(self._rows) <= most_pt

    def _measure_height(self, rows: Sequence[Row]) -> float:
        head_pt = self._head.height_pt if self._head else 0.0
        return _HEAVY_PT + head_pt + sum(row.height_pt for row in rows)

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        if self._fitted_at_pt != aW:
            self._fit(aW)
            self._fitted_at_pt = aW
        self.width, self.height = aW, self._measure_height(self._rows)
        return self.width, self.height

    def _fit(self, width_pt: float) -> None:
        found = next(self._list_ways(width_pt), None)
        if found:
            head, widths_pt, gap_pt = found
            compared = self._make_rows(self._row_cells[:_COMPARED], widths_pt)
            if not self._is_narrow(compared, widths_pt, width_pt):
                frame = Frame(_PAD_PT, _MIDDLE_PT)
                self._place_columns(widths_pt, width_pt, gap_pt)
                self._head = make_row(head, widths_pt, frame, is_rtl=self._is_rtl)
                others = self._make_rows(self._row_cells[_COMPARED:], widths_pt)
                self._rows = [*compared, *others]
                return
        self._head = None
        columns_pt, self._rows = self._make_records(self._row_cells, width_pt)
        self._place_columns(columns_pt, width_pt, COLUMN_GAP_PT)

    def _make_rows(self, rows: Sequence[Sequence[Cell]], widths_pt: Sequence[float]) -> list[Row]:
        frame = Frame(_PAD_PT, _FINE_PT)
        return [make_row(row, widths_pt, frame, is_rtl=self._is_rtl) for row in rows]

    def _make_records(
        self, rows: Sequence[Sequence[Cell]], width_pt: float
    ) -> tuple[tuple[float, float], list[Row]]:
        labels = [cell.shrink(self._small_pt) for cell in self._head_cells]
        return make_records(labels, rows, width_pt, is_rtl=self._is_rtl)

    def _is_narrow(self, rows: Sequence[Row], widths_pt: Sequence[float], width_pt: float) -> bool:
        """Whether prose is so squeezed in `rows` that a list of records has fewer lines.

        Or as many, where words are parted in them.
        """
        if len(self._head_cells) < 3 or not rows:
            return False
        leading_pt = rows[0].cells[0].type_.leading_pt
        lines = sum(row.text_pt for row in rows) / leading_pt
        if lines < _FEW_LINES * len(rows):
            return False
        records = self._make_records(self._row_cells[:_COMPARED], width_pt)[1]
        spare = lines - sum(row.text_pt for row in records) / leading_pt
        return spare > (-0.5 if self._parts_words(widths_pt) else 0.5)

    def _parts_words(self, widths_pt: Sequence[float]) -> bool:
        return any(
            word_pt > width_pt + 0.1
            for row in self._row_cells[:_COMPARED]
            for (_, word_pt, _), width_pt in zip(self._measure(row), widths_pt, strict=True)
        )

    def _list_ways(self, width_pt: float) -> Iterator[tuple[Sequence[Cell], list[float], float]]:
        """In which the columns can stand side by side, the best first.

        Each with its header, the widths of the columns and the gap between them.
        """
        rows = [self._measure(row) for row in self._row_cells]
        for share, (head, gap_pt) in (
            (share, way) for share in _WIDEST_WORDS for way in self._list_heads()
        ):
            columns = list(zip(self._measure(head), *rows, strict=True))
            least_pt = [
                max(max(min(word_pt, share * width_pt), boxes_pt) for boxes_pt, word_pt, _ in cells)
                for cells in columns
            ]
            wanted_pt = [max(line_pt for _, _, line_pt in cells) for cells in columns]
            widths_pt = fit_columns(least_pt, wanted_pt, width_pt, gap_pt)
            if widths_pt is not None:
                yield head, widths_pt, gap_pt

    def _list_heads(self) -> Iterator[tuple[Sequence[Cell], float]]:
        yield self._head_cells, COLUMN_GAP_PT
        yield from ((self._head_cells, gap_pt) for gap_pt in _TIGHT_GAPS_PT)
        small = [cell.shrink(self._small_pt) for cell in self._head_cells]
        yield from ((small, gap_pt) for gap_pt in _TIGHT_GAPS_PT)

    def _measure(self, cells: Sequence[Cell]) -> list[tuple[float, float, float]]:
        return [cell.measure(is_rtl=self._is_rtl) for cell in cells]

    def _place_columns(self, widths_pt: Sequence[float], width_pt: float, gap_pt: float) -> None:
        ends_pt = list(itertools.accumulate(width + gap_pt for width in widths_pt))
        if self._is_rtl:
            self._offsets_pt = [width_pt + gap_pt - end_pt for end_pt in ends_pt]
        else:
            self._offsets_pt = [0.0, *ends_pt[:-1]]

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
        halves = self._rows[0].cut(height_pt - self._measure_height(()))
        if halves is None:
            return None
        return self._take([halves[0]]), self._take([halves[1], *self._rows[1:]])

    def _find_cut(self, fitting: int, height_pt: float) -> int:
        """After which row to cut, if `fitting` rows fit; 0 to leave the whole to the next page."""
        rows = len(self._rows)
        if self._head is None:
            return self._end_record(fitting)
        is_fresh_page = height_pt > 0.9 * self._page_pt
        is_foot = height_pt < self._page_pt / 3
        if not is_fresh_page and (self._is_small or (is_foot and fitting == 1 and rows > 1)):
            return 0
        # No row stands alone on the next page either.
        is_last_alone = fitting == rows - 1 and fitting > 2
        is_low = self._rows[fitting - 1].height_pt <= _LOW_ROW_SHARE * self._page_pt
        return fitting - 1 if is_last_alone and is_low else fitting

    def _end_record(self, fitting: int) -> int:
        """Fewer rows, so that no record is cut, unless one is higher than a page."""
        whole = fitting
        while whole and not self._rows[whole - 1].frame.rule_pt:
            whole -= 1
        record = self._rows[whole : self._find_record_end(whole)]
        return whole if self._measure_height(record) <= self._page_pt else fitting

    def _find_record_end(self, start: int) -> int:
        """Behind the last row of the record that begins there."""
        ends = (
            number for number in range(start, len(self._rows)) if self._rows[number].frame.rule_pt
        )
        return next(ends, len(self._rows) - 1) + 1

    def _take(self, rows: list[Row]) -> "Grid":
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
            self._draw_rule(canvas, top, row.frame.rule_pt, dark=row is self._rows[-1])

    def _draw_cells(self, canvas: Canvas, row: Row, top: float, *, at_bottom: bool) -> None:
        for offset_pt, prose in zip(self._offsets_pt, row.cells, strict=True):
            y = top - row.height_pt + row.frame.rule_pt + row.frame.pad_pt
            if not at_bottom:
                lowered_pt = row.baseline_pt - prose.baseline_pt
                y = top - row.frame.pad_pt - lowered_pt - prose.height
            prose.drawOn(canvas, offset_pt, y)

    def _draw_rule(self, canvas: Canvas, y: float, thickness_pt: float, *, dark: bool) -> None:
        if thickness_pt:
            canvas.setFillColor(BLACK if dark else self._rule_colour)
            canvas.rect(0, y, self.width, thickness_pt, stroke=0, fill=1)
            canvas.setFillColor(BLACK)
