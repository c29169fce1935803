"""Room to write back: boxes to tick, and below them room that is ruled.

All of it is page content, and the places are kept, so that ink in them can be read later. Whoever
writes with the left hand finds the boxes at the other side, each behind its word. What is left of
a page below an answer is never left empty: where it is too little, the room goes on over one page
more.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportlab.pdfgen.canvas import Canvas

from inkchat.domain import Device, Place, PlaceKind, Side
from inkchat.reply.flow import Block
from inkchat.reply.fonts import Run, draw_runs, measure_runs
from inkchat.reply.pages import Placed
from inkchat.reply.ruling import LEAST_LINE_PT, draw_ruling
from inkchat.reply.typography import BLACK, Typography

CHOICES = (
    PlaceKind.MORE,
    PlaceKind.SHORTER,
    PlaceKind.SIMPLER,
    PlaceKind.TRY_AGAIN,
    PlaceKind.NEW_TOPIC,
)
TRY_AGAIN = (PlaceKind.TRY_AGAIN,)
LEAST_SHARE = 1 / 3
"""Of the page's height."""

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
_LEAST_LINES = 2
"""To write on, below the boxes, where it goes on over a page: else they stand on that."""
_LEAST_LINES_ALONE = 4
"""Where it does not: else there is no room to write, and nothing is ruled."""
_LABEL = "WRITE BACK"


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
        runs = [Run(label.face, 1.0, _LABEL)]
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


def add_reply_area(
    pages: list[list[Placed]],
    typography: Typography,
    device: Device,
    kinds: Sequence[PlaceKind] = CHOICES,
    least_share: float = LEAST_SHARE,
    *,
    needs_boxes: bool = True,
) -> list[Place]:
    """Fill what is left of the last page; where the boxes and the room stand.

    Where that is less than `least_share` of the page's height (within its margins, if it is a
    small one), a further page is filled, too.
    If there is no room for the boxes, they stand on a further page, or are left out if they are
    not needed. Without a least share, what is too low to write in is not ruled, and the boxes do
    not stand alone on a page.
    """
    page_pt = typography.height_pt
    if typography.is_small:
        # Its margins take so much that an answer of one line would go on over a page more.
        page_pt -= typography.head_pt + typography.footer_pt
    least_pt = min(least_share * page_pt, typography.text_height_pt)
    area = ReplyArea(kinds, typography, device, 0.0)
    used_pt = _find_used(pages[-1], typography)
    lines = _LEAST_LINES if least_share else 0
    if typography.text_height_pt - used_pt < area.head_pt + lines * LEAST_LINE_PT:
        if not needs_boxes:
            return []
        needed_pt = 0.0 if least_share else area.head_pt + _measure_gap(typography)
        pages.append(_take_last_part(pages[-1], typography, needed_pt) if needed_pt else [])
        used_pt = _find_used(pages[-1], typography)
    area.height_pt = typography.text_height_pt - used_pt
    if not least_share and area.height_pt < area.head_pt + _LEAST_LINES_ALONE * LEAST_LINE_PT:
        area.height_pt = area.head_pt
    places = _place(area, pages, used_pt, typography)
    if area.height_pt < least_pt:
        pages.append([])
        further = ReplyArea((), typography, device, typography.text_height_pt)
        places += _place(further, pages, 0.0, typography)
    return places


def _take_last_part(page: list[Placed], typography: Typography, needed_pt: float) -> list[Placed]:
    """What stands below the last heading of `page`, with it, for the head of another page.

    Nothing if there is less than `needed_pt` above it, or but headings.
    """
    begin = max(
        (number for number, placed in enumerate(page) if placed.block.keeps_with_next), default=0
    )
    up_pt = page[begin].top_pt - typography.top_pt if page else 0.0
    if up_pt < needed_pt or page[begin - 1].block.keeps_with_next:
        return []
    part = [replace(placed, top_pt=placed.top_pt - up_pt) for placed in page[begin:]]
    del page[begin:]
    return part


def _find_used(page: Sequence[Placed], typography: Typography) -> float:
    """How much of the column is, with what parts the area from the text."""
    if not page:
        return 0.0
    end_pt = page[-1].top_pt + page[-1].height_pt
    return end_pt - typography.top_pt + _measure_gap(typography)


def _measure_gap(typography: Typography) -> float:
    return (0.75 if typography.is_small else 1.3) * typography.body.leading_pt


def _place(
    area: ReplyArea, pages: list[list[Placed]], used_pt: float, typography: Typography
) -> list[Place]:
    top_pt = typography.top_pt + used_pt
    pages[-1].append(Placed(Block(area, _LABEL), area, top_pt, area.height_pt, is_first=True))
    return area.list_places(len(pages), typography.left_pt, top_pt)
