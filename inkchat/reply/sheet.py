"""Pages to a PDF: what the pages hold, the links, the outline and the metadata.

Everything visible is page content: tablets neither draw annotations nor fill in forms. Only a
digest has annotations: links that show nothing, for the tablets that follow them.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from reportlab import rl_config
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFDocument, PDFInfo, PDFString
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.characters import join_lines
from inkchat.reply.flow import Marker
from inkchat.reply.fonts import Face, draw_runs, load_font, measure_runs
from inkchat.reply.furniture import Imprint, draw_footer, draw_header
from inkchat.reply.limits import OUTLINE_ENTRIES
from inkchat.reply.pages import Placed
from inkchat.reply.typography import BLACK, RULE_GREY, Typography

# Text encoding of compressed streams, for printers of the nineties: a twelfth of the time. Only
# this package uses reportlab, so its settings are ours.
rl_config.useA85 = 0

CONVERSATION_KEY = "InkchatConversation"
EXCHANGE_KEY = "InkchatExchange"
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
        pageCompression=1,
        lang=imprint.language,
        initialFontName=cast(Any, Face.SERIF.value),  # the stubs say a number
    )
    cast(Any, canvas)._doc.info = _Info(imprint)
    outline = _Outline(canvas, outline_entries)
    for number, page in enumerate(pages, start=1):
        if number == 1:
            draw_header(canvas, page, typography, imprint)
        _draw_bars(canvas, page, typography)
        for placed in page:
            _draw_placed(canvas, placed, typography)
            outline.add(placed, typography)
        draw_footer(canvas, typography, imprint, number, len(pages))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_placed(canvas: Canvas, placed: Placed, typography: Typography) -> None:
    if placed.is_first:
        for marker in placed.block.markers:
            baseline_y = typography.height_pt - placed.top_pt - marker.baseline_pt
            _draw_marker(canvas, marker, typography.left_pt + marker.edge_pt, baseline_y)
    x = typography.left_pt + placed.block.indent_pt
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


def _draw_marker(canvas: Canvas, marker: Marker, edge_x: float, y: float) -> None:
    right_x = edge_x - marker.gap_pt
    if marker.is_checked is None:
        runs = list(marker.runs)
        draw_runs(canvas, right_x - measure_runs(runs, marker.size_pt), y, runs, marker.size_pt)
        return
    side_pt = round(0.72 * marker.size_pt, 2)
    x, y = right_x - side_pt + 1.5, y - 0.06 * marker.size_pt
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
    for placed in page:
        end_pt = placed.top_pt + placed.height_pt
        for bar in placed.block.bars:
            top_pt, _ = spans.get((bar.number, bar.x_pt), (placed.top_pt, end_pt))
            spans[bar.number, bar.x_pt] = (top_pt, end_pt)
    canvas.setFillColor(RULE_GREY)
    for (_, x_pt), (top_pt, end_pt) in spans.items():
        y = typography.height_pt - end_pt
        canvas.rect(typography.left_pt + x_pt, y, _BAR_PT, end_pt - top_pt, stroke=0, fill=1)
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


class _Info(PDFInfo):
    """The document's metadata, with ours beside the usual, by which a page finds its way back."""

    def __init__(self, imprint: Imprint) -> None:
        super().__init__()
        self._imprint = imprint
        self.title = imprint.title
        self.author = self.creator = "inkchat"
        self.subject = imprint.subject
        self.keywords = f"inkchat, {join_lines(imprint.conversation_id)}"

    def format(self, document: PDFDocument) -> bytes:
        imprint = self._imprint
        written = PDFString(_format_date(imprint.written_at))
        entries = {
            "Title": PDFString(self.title),
            "Author": PDFString(self.author),
            "Subject": PDFString(self.subject),
            "Keywords": PDFString(self.keywords),
            "Creator": PDFString(self.creator),
            "Producer": PDFString(self.producer),
            "CreationDate": written,
            "ModDate": written,
            CONVERSATION_KEY: PDFString(join_lines(imprint.conversation_id)),
        }
        if imprint.exchange_number is not None:
            entries[EXCHANGE_KEY] = PDFString(str(imprint.exchange_number))
        return PDFDictionary(entries).format(document)


def _format_date(moment: datetime) -> str:
    zone = moment.strftime("%z")
    offset = f"{zone[:3]}'{zone[3:5]}'" if zone else ""
    return f"D:{moment:%Y%m%d%H%M%S}{offset}"
