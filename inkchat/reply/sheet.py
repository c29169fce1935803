"""Pages to a PDF: what the pages hold, the links, the outline and the metadata.

Everything visible is page content: tablets neither draw annotations nor fill in forms. Only a
digest has annotations: links that show nothing, for the tablets that follow them.
"""

import io
from collections.abc import Sequence
from typing import Any, cast

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.flow import Block, Marker
from inkchat.reply.fonts import Face, load_font
from inkchat.reply.foot import draw_footer
from inkchat.reply.furniture import Imprint, draw_header, draw_symbols
from inkchat.reply.limits import OUTLINE_ENTRIES
from inkchat.reply.metadata import add_metadata
from inkchat.reply.objects import QuickDeflate
from inkchat.reply.pages import Placed
from inkchat.reply.runs import draw_runs, measure_runs
from inkchat.reply.typography import BLACK, Typography

_BAR_PT = 1.3


def draw_pages(
    pages: Sequence[Sequence[Placed]],
    typography: Typography,
    imprint: Imprint,
    outline_entries: int = OUTLINE_ENTRIES,
) -> bytes:
    """The PDF of `pages`; the same for the same input."""
    load_font(Face.SERIF)
    buffer = io.BytesIO()
    canvas = Canvas(
        buffer,
        pagesize=(typography.width_pt, typography.height_pt),
        invariant=1,
        # By a filter of ours instead.
        pageCompression=0,
        lang=imprint.language,
        initialFontName=cast(Any, Face.SERIF.value),  # the stubs say a number
    )
    cast(Any, canvas)._doc.defaultStreamFilters = [QuickDeflate()]
    add_metadata(canvas, imprint)
    outline = _Outline(canvas, outline_entries)
    for number, page in enumerate(pages, start=1):
        draw_header(canvas, typography, imprint, number)
        _draw_bars(canvas, page, typography)
        for placed in page:
            _draw_placed(canvas, placed, typography)
            outline.add(placed, typography)
        draw_symbols(canvas, typography, imprint, number)
        draw_footer(canvas, typography, imprint, number, len(pages))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_placed(canvas: Canvas, placed: Placed, typography: Typography) -> None:
    if placed.is_first:
        for marker in placed.block.markers:
            baseline_y = typography.height_pt - placed.top_pt - marker.baseline_pt
            _draw_marker(canvas, marker, placed.block, baseline_y, typography)
    x = typography.left_pt + (0.0 if placed.block.is_rtl else placed.block.indent_pt)
    y = typography.height_pt - placed.top_pt - placed.height_pt
    placed.setting.drawOn(canvas, x, y)
    _draw_link(canvas, placed, typography)


def _draw_link(canvas: Canvas, placed: Placed, typography: Typography) -> None:
    block = placed.block
    top = typography.height_pt - placed.top_pt
    if block.anchor and placed.is_first:
        canvas.bookmarkPage(block.anchor, fit="XYZ", left=0, top=top, zoom=0)
    if block.link:
        right_x = typography.width_pt - typography.right_pt
        area = (typography.left_pt, top - placed.height_pt, right_x, top)
        canvas.linkAbsolute("", block.link, area, Border="[0 0 0]")


def _draw_marker(
    canvas: Canvas, marker: Marker, block: Block, y: float, typography: Typography
) -> None:
    side_pt = round(0.72 * marker.size_pt, 2)
    is_box = marker.is_checked is not None
    width_pt = side_pt - 1.5 if is_box else measure_runs(marker.runs, marker.size_pt)
    if block.is_rtl:
        right_x = typography.width_pt - typography.right_pt
        x = right_x - marker.edge_pt + marker.gap_pt - (1.5 if is_box else 0.0)
    else:
        x = typography.left_pt + marker.edge_pt - marker.gap_pt - width_pt
    if not is_box:
        draw_runs(canvas, x, y, marker.runs, marker.size_pt)
        return
    y -= 0.06 * marker.size_pt
    canvas.setStrokeColor(BLACK)
    canvas.setLineWidth(0.9)
    canvas.rect(x, y, side_pt, side_pt)
    if marker.is_checked:
        canvas.setLineWidth(1.3)
        canvas.line(x + 0.2 * side_pt, y + 0.5 * side_pt, x + 0.42 * side_pt, y + 0.24 * side_pt)
        canvas.line(x + 0.42 * side_pt, y + 0.24 * side_pt, x + 0.82 * side_pt, y + 0.8 * side_pt)


def _draw_bars(canvas: Canvas, page: Sequence[Placed], typography: Typography) -> None:
    """The lines along quotations, each from the top of its first block to its last one's end."""
    spans: dict[tuple[int, float], tuple[float, float]] = {}
    right_x = typography.width_pt - typography.right_pt
    for placed in page:
        end_pt = placed.top_pt + placed.height_pt
        for bar in placed.block.bars:
            is_rtl = placed.block.is_rtl
            x = right_x - bar.x_pt - _BAR_PT if is_rtl else typography.left_pt + bar.x_pt
            top_pt, _ = spans.get((bar.number, x), (placed.top_pt, end_pt))
            spans[bar.number, x] = (top_pt, end_pt)
    if not spans:
        return
    canvas.setFillColor(typography.rule_colour)
    for (_, x), (top_pt, end_pt) in spans.items():
        y = typography.height_pt - end_pt
        canvas.rect(x, y, _BAR_PT, end_pt - top_pt, stroke=0, fill=1)
    canvas.setFillColor(BLACK)


class _Outline:
    """The headings as the device's table of contents; a level is never skipped."""

    def __init__(self, canvas: Canvas, most: int) -> None:
        self._canvas = canvas
        self._most = most
        self._levels: list[int] = []
        self._entries = 0

    def add(self, placed: Placed, typography: Typography) -> None:
        entry = placed.block.entry
        if entry is None or not placed.is_first or self._entries == self._most:
            return
        while self._levels and self._levels[-1] >= entry.level:
            self._levels.pop()
        key = f"h{self._entries}"
        top = typography.height_pt - placed.top_pt
        self._canvas.bookmarkPage(key, fit="XYZ", left=0, top=top, zoom=0)
        self._canvas.addOutlineEntry(entry.title, key, level=len(self._levels))
        self._levels.append(entry.level)
        self._entries += 1
