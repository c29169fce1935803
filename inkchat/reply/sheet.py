"""Pages to a PDF: what the pages hold, their furniture, the outline and the metadata.

Everything visible is page content: tablets neither draw annotations nor fill in forms.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from reportlab import rl_config
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFDocument, PDFInfo, PDFString
from reportlab.pdfgen.canvas import Canvas

from inkchat.domain import Letterhead
from inkchat.reply.characters import join_lines, shorten
from inkchat.reply.flow import Marker
from inkchat.reply.fonts import (
    Face,
    Run,
    draw_runs,
    load_font,
    measure_runs,
    measure_text,
    split_runs,
)
from inkchat.reply.limits import OUTLINE_ENTRIES
from inkchat.reply.pages import Placed
from inkchat.reply.typography import BLACK, RULE_GREY, Typography

# Text encoding of compressed streams, for printers of the nineties: a twelfth of the time. Only
# this package uses reportlab, so its settings are ours.
rl_config.useA85 = 0

CONVERSATION_KEY = "InkchatConversation"
EXCHANGE_KEY = "InkchatExchange"
_BAR_PT = 1.3
_FOOTER_GAP_PT = 10.0


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a document says about itself."""

    head: Letterhead
    title: str
    language: str
    subject: str
    colophon: str


def draw_pages(
    pages: Sequence[Sequence[Placed]], typography: Typography, imprint: Imprint
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
    outline = _Outline(canvas)
    for number, page in enumerate(pages, start=1):
        if number == 1:
            _draw_header(canvas, page, typography, imprint)
        _draw_bars(canvas, page, typography)
        for placed in page:
            _draw_placed(canvas, placed, typography)
            outline.add(placed, typography)
        _draw_footer(canvas, typography, imprint, number, len(pages))
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


def _draw_header(
    canvas: Canvas, page: Sequence[Placed], typography: Typography, imprint: Imprint
) -> None:
    """Conversation and exchange, in the line of the date and as far from it as may be."""
    date = page[0]
    type_ = typography.furniture
    right_x = typography.width_pt - typography.right_pt
    exchange = [Run(Face.SANS, 1.0, f" · exchange {imprint.head.exchange_number}")]
    exchange_pt = measure_runs(exchange, type_.size_pt)
    date_pt = measure_text(date.block.plain, type_.face, type_.size_pt)
    room_pt = typography.text_width_pt - date_pt - exchange_pt - 2 * _FOOTER_GAP_PT
    name = fit_runs(join_lines(imprint.head.conversation_id), Face.SANS, type_.size_pt, room_pt)
    x = right_x - exchange_pt - measure_runs(name, type_.size_pt)
    y = typography.height_pt - date.top_pt - type_.baseline_pt
    draw_runs(canvas, x, y, [*name, *exchange], type_.size_pt)


def _draw_footer(
    canvas: Canvas, typography: Typography, imprint: Imprint, number: int, total: int
) -> None:
    size_pt = typography.furniture.size_pt
    left_x, right_x = typography.left_pt, typography.width_pt - typography.right_pt
    y = typography.footer_pt
    folio = [Run(Face.SANS, 1.0, f"{number} / {total}")]
    folio_x = right_x - measure_runs(folio, size_pt)
    exchange = [Run(Face.SANS, 1.0, f"exchange {imprint.head.exchange_number}")]
    exchange_pt = measure_runs(exchange, size_pt)
    room_pt = folio_x - left_x - exchange_pt - 2 * _FOOTER_GAP_PT
    name = fit_runs(join_lines(imprint.head.conversation_id), Face.SANS_BOLD, size_pt, room_pt)
    exchange_x = left_x + measure_runs(name, size_pt) + _FOOTER_GAP_PT
    colophon = fit_runs(imprint.colophon, Face.SANS, size_pt, right_x - left_x)
    x = exchange_x + exchange_pt + _FOOTER_GAP_PT
    if x + measure_runs(colophon, size_pt) + _FOOTER_GAP_PT <= folio_x:
        draw_runs(canvas, x, y, colophon, size_pt)
    else:
        draw_runs(canvas, left_x, y + typography.furniture.leading_pt, colophon, size_pt)
    draw_runs(canvas, left_x, y, name, size_pt)
    draw_runs(canvas, exchange_x, y, exchange, size_pt)
    draw_runs(canvas, folio_x, y, folio, size_pt)


def fit_runs(text: str, face: Face, size_pt: float, room_pt: float) -> list[Run]:
    """Clean `text` in runs, its end replaced by an ellipsis if it is wider than the room."""
    # No letter is narrower than a tenth of its size: what lies beyond is not worth measuring.
    text = shorten(text, max(2, int(10 * room_pt / size_pt)))
    runs = split_runs(text, face)
    while text and measure_runs(runs, size_pt) > room_pt:
        text = text.removesuffix("…")[:-1].rstrip()
        runs = split_runs(f"{text}…", face)
    return runs


class _Outline:
    """The headings as the device's table of contents; a level is never skipped."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._levels: list[int] = []
        self._entries = 0

    def add(self, placed: Placed, typography: Typography) -> None:
        entry = placed.block.entry
        if entry is None or not placed.is_first or self._entries == OUTLINE_ENTRIES:
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
        head = imprint.head
        self.title = f"{imprint.title} · exchange {head.exchange_number}"
        self.author = self.creator = "inkchat"
        self.subject = imprint.subject
        self.keywords = f"inkchat, {join_lines(head.conversation_id)}"

    def format(self, document: PDFDocument) -> bytes:
        head = self._imprint.head
        written = PDFString(_format_date(head.written_at))
        return PDFDictionary(
            {
                "Title": PDFString(self.title),
                "Author": PDFString(self.author),
                "Subject": PDFString(self.subject),
                "Keywords": PDFString(self.keywords),
                "Creator": PDFString(self.creator),
                "Producer": PDFString(self.producer),
                "CreationDate": written,
                "ModDate": written,
                CONVERSATION_KEY: PDFString(join_lines(head.conversation_id)),
                EXCHANGE_KEY: PDFString(str(head.exchange_number)),
            }
        ).format(document)


def _format_date(moment: datetime) -> str:
    zone = moment.strftime("%z")
    offset = f"{zone[:3]}'{zone[3:5]}'" if zone else ""
    return f"D:{moment:%Y%m%d%H%M%S}{offset}"
