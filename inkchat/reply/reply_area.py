"""Room to write back: boxes to tick, and below them room that is ruled.

All of it is page content, and the places are kept, so that ink in them can be read later. Whoever
writes with the left hand finds the boxes at the other side, each behind its word.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from inkchat.domain import Device, Place, PlaceKind, Side
from inkchat.reply.ruling import draw_ruling
from inkchat.reply.runs import Run, draw_runs, measure_runs
from inkchat.reply.typography import BLACK, Typography

CHOICES = (
    PlaceKind.MORE,
    PlaceKind.SHORTER,
    PlaceKind.SIMPLER,
    PlaceKind.TRY_AGAIN,
    PlaceKind.NEW_TOPIC,
)
TRY_AGAIN = (PlaceKind.TRY_AGAIN,)

_MM_PT = 72 / 25.4
_BOX_PT = 5.2 * _MM_PT
_BOX_LINE_PT = 1.1
_CORNER_PT = 2.2
_WORD_PT = 4.5
"""Between a box and its word."""
_LEAST_GAP_PT, _USUAL_GAP_PT = 9.0, 20.0
"""Between two choices in a row."""
_ROW_GAP_PT = 11.0
_ABOVE_ROWS_PT = 7.0
_BELOW_ROWS_PT = 5.0
LABEL = "WRITE BACK"


@dataclass(frozen=True, slots=True)
class Choice:
    """A box and its word; lengths in points, from the area's upper left corner."""

    kind: PlaceKind
    box_left_pt: float
    box_top_pt: float
    word_left_pt: float


class ReplyArea:
    """A setting, as tall as it is told to be."""

    def __init__(
        self, kinds: Sequence[PlaceKind], typography: Typography, device: Device, height_pt: float
    ) -> None:
        self.height_pt = height_pt
        self._width_pt = typography.text_width_pt
        self._typography = typography
        self._ruling = device.ruling
        self._is_left_handed = device.hand is Side.LEFT
        self._choices = tuple(self._place_choices(kinds))
        boxes_pt = [choice.box_top_pt + _BOX_PT for choice in self._choices]
        label_pt = _BOX_LINE_PT + typography.label.leading_pt
        self.head_pt = max(boxes_pt, default=label_pt) + _BELOW_ROWS_PT
        """Height of what stands above the room to write: its label, and the boxes if there are."""

    @property
    def lead_height_pt(self) -> float:
        return self.height_pt

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        return self._width_pt, self.height_pt

    def cut(self, width_pt: float, height_pt: float) -> None:
        return None

    def list_places(self, page: int, left_pt: float, top_pt: float) -> list[Place]:
        """Of an area whose upper left corner stands there on `page`."""
        places = [
            Place(
                choice.kind,
                page,
                round(left_pt + choice.box_left_pt, 2),
                round(top_pt + choice.box_top_pt, 2),
                round(_BOX_PT, 2),
                round(_BOX_PT, 2),
            )
            for choice in self._choices
        ]
        room_pt = self.height_pt - self.head_pt
        if room_pt > 0:
            upper_pt = round(top_pt + self.head_pt, 2)
            size_pt = (round(self._width_pt, 2), round(room_pt, 2))
            places.append(Place(PlaceKind.REPLY, page, round(left_pt, 2), upper_pt, *size_pt))
        return places

    # Where the boxes stand

    def _place_choices(self, kinds: Sequence[PlaceKind]) -> Iterator[Choice]:
        top_pt = _BOX_LINE_PT + self._typography.label.leading_pt + _ABOVE_ROWS_PT
        for row in self._fill_rows(kinds):
            widths = [self._measure(kind) for kind in row]
            spare_pt = self._width_pt - sum(widths)
            gap_pt = min(_USUAL_GAP_PT, spare_pt / max(1, len(row) - 1))
            x = 0.0
            if self._is_left_handed:
                x = spare_pt - gap_pt * (len(row) - 1)
            for kind, width_pt in zip(row, widths, strict=True):
                if self._is_left_handed:
                    yield Choice(kind, x + width_pt - _BOX_PT, top_pt, x)
                else:
                    yield Choice(kind, x, top_pt, x + _BOX_PT + _WORD_PT)
                x += width_pt + gap_pt
            top_pt += _BOX_PT + _ROW_GAP_PT

    def _fill_rows(self, kinds: Sequence[PlaceKind]) -> list[Sequence[PlaceKind]]:
        """As few rows as there must be, of about as many boxes each."""
        rows = self._fill_rows_from_above(kinds)
        if not rows:
            return []
        each = math.ceil(len(kinds) / len(rows))
        even = [kinds[start : start + each] for start in range(0, len(kinds), each)]
        if all(self._fill_rows_from_above(row) == [[*row]] for row in even):
            return [*even]
        return [*rows]

    def _fill_rows_from_above(self, kinds: Sequence[PlaceKind]) -> list[list[PlaceKind]]:
        rows: list[list[PlaceKind]] = []
        used_pt = 0.0
        for kind in kinds:
            width_pt = self._measure(kind)
            if rows and used_pt + _LEAST_GAP_PT + width_pt <= self._width_pt:
                rows[-1].append(kind)
                used_pt += _LEAST_GAP_PT + width_pt
            else:
                rows.append([kind])
                used_pt = width_pt
        return rows

    def _measure(self, kind: PlaceKind) -> float:
        return _BOX_PT + _WORD_PT + measure_runs(self._word(kind), self._typography.choice.size_pt)

    def _word(self, kind: PlaceKind) -> list[Run]:
        return [Run(self._typography.choice.face, 1.0, kind.value)]

    # What is drawn

    def drawOn(self, canvas: Canvas, x: float, y: float) -> None:  # noqa: N802
        canvas.saveState()
        canvas.translate(x, y)
        self._draw_head(canvas)
        height_pt = self.height_pt - self.head_pt
        draw_ruling(canvas, self._ruling, self._width_pt, height_pt, self._typography)
        canvas.restoreState()

    def _draw_head(self, canvas: Canvas) -> None:
        label, choice_type = self._typography.label, self._typography.choice
        canvas.setFillColor(BLACK)
        rule_y = self.height_pt - _BOX_LINE_PT
        canvas.rect(0, rule_y, self._width_pt, _BOX_LINE_PT, stroke=0, fill=1)
        runs = [Run(label.face, 1.0, LABEL)]
        label_x = 0.0
        if self._is_left_handed:
            label_x = self._width_pt - measure_runs(runs, label.size_pt)
        label_y = rule_y - label.baseline_pt - 1.5
        draw_runs(canvas, label_x, label_y, runs, label.size_pt)
        canvas.setStrokeColor(BLACK)
        canvas.setLineWidth(_BOX_LINE_PT)
        side_pt = _BOX_PT - _BOX_LINE_PT
        for choice in self._choices:
            y = self.height_pt - choice.box_top_pt - _BOX_PT
            corner = (choice.box_left_pt + _BOX_LINE_PT / 2, y + _BOX_LINE_PT / 2)
            canvas.roundRect(*corner, side_pt, side_pt, _CORNER_PT)
            baseline_y = y + _BOX_PT / 2 - 0.33 * choice_type.size_pt
            runs = self._word(choice.kind)
            draw_runs(canvas, choice.word_left_pt, baseline_y, runs, choice_type.size_pt)
