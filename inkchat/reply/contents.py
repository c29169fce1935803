"""The contents of a digest: for each exchange a line that leads to it."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.flow import Block, Drawable, Entry, Marker
from inkchat.reply.fonts import Face, Run, draw_runs, measure_runs
from inkchat.reply.prose import Prose, make_prose
from inkchat.reply.typography import Typography

ANCHOR = "contents"
_GAP_PT = 11.0
_MARKER_GAP_PT = 7.0
_WIDEST_DATE = "30 Nov 2026"


@dataclass(frozen=True, slots=True)
class Heading:
    """An exchange, as the contents name it."""

    number: int
    title: str
    """Clean, on one line."""
    date: str
    """Such as `20 Nov 2026`; may be empty."""
    anchor: str


class ContentsLine(Drawable):
    """A title with its date and its page, which stand in columns at the right.

    `folio` is filled with blanks at the left, as wide as the widest.
    """

    def __init__(self, title: Prose, date: str, folio: str, typography: Typography) -> None:
        super().__init__()
        self._title = title
        self._date = [Run(Face.SANS, 1.0, date)]
        self._folio = [Run(Face.SERIF_BOLD, 1.0, folio.strip())]
        self._body = typography.body
        self._small_pt = typography.furniture.size_pt
        widest = [Run(Face.SERIF_BOLD, 1.0, "0" * len(folio))]
        self._folio_pt = measure_runs(widest, self._body.size_pt)
        self._date_pt = measure_runs([Run(Face.SANS, 1.0, _WIDEST_DATE)], self._small_pt)

    @property
    def lead_height_pt(self) -> float:
        return self.height

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        self.width, self.height = aW, self._title.wrap(self._measure_title(aW), aH)[1]
        return self.width, self.height

    def _measure_title(self, width_pt: float) -> float:
        return width_pt - self._folio_pt - self._date_pt - 2 * _GAP_PT

    def cut(
        self, width_pt: float, height_pt: float
    ) -> tuple["ContentsLine", "ContentsLine"] | None:
        self.wrap(width_pt, height_pt)
        titles = self._title.cut(self._measure_title(width_pt), height_pt)
        if titles is None:
            return None
        first, rest = copy.copy(self), copy.copy(self)
        first._title, rest._title = titles
        rest._date, rest._folio = [], []
        return first, rest

    def draw(self) -> None:
        canvas: Canvas = self.canv
        self._title.drawOn(canvas, 0, 0)
        y = self.height - self._body.baseline_pt
        date_end_x = self.width - self._folio_pt - _GAP_PT
        date_x = date_end_x - measure_runs(self._date, self._small_pt)
        draw_runs(canvas, date_x, y, self._date, self._small_pt)
        folio_x = self.width - measure_runs(self._folio, self._body.size_pt)
        draw_runs(canvas, folio_x, y, self._folio, self._body.size_pt)


def make_contents(
    headings: Sequence[Heading], folios: Sequence[str], typography: Typography
) -> list[Block]:
    """The list of `headings` with the pages they stand on, as `ContentsLine` takes them.

    It is as high for any other pages that are as wide.
    """
    leading_pt = typography.body.leading_pt
    blocks = [
        Block(
            make_prose("Contents", typography.headings[1]),
            "Contents",
            before_pt=1.2 * leading_pt,
            after_pt=0.35 * leading_pt,
            keeps_with_next=True,
            entry=Entry(1, "Contents"),
            anchor=ANCHOR,
        )
    ]
    widest = max((str(heading.number) for heading in headings), key=len, default="")
    widest_pt = measure_runs([Run(Face.SERIF_BOLD, 1.0, widest)], typography.body.size_pt)
    indent_pt = max(16.6, widest_pt + _MARKER_GAP_PT)
    for heading, folio in zip(headings, folios, strict=True):
        title = make_prose(heading.title, typography.body)
        blocks.append(
            Block(
                ContentsLine(title, heading.date, folio, typography),
                f"{heading.title} {heading.date} {folio}",
                indent_pt=indent_pt,
                after_pt=0.3 * leading_pt,
                markers=(_make_number(heading.number, indent_pt, typography),),
                link=heading.anchor,
            )
        )
    return blocks


def _make_number(number: int, indent_pt: float, typography: Typography) -> Marker:
    body = typography.body
    runs = (Run(Face.SERIF_BOLD, 1.0, str(number)),)
    return Marker(indent_pt, _MARKER_GAP_PT, body.baseline_pt, body.size_pt, runs)
