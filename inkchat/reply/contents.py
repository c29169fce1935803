"""The contents of a digest: for each exchange a line that leads to it."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.bidi import find_direction
from inkchat.reply.flow import Block, Drawable, Entry, Marker
from inkchat.reply.fonts import Face
from inkchat.reply.prose import Prose, set_text
from inkchat.reply.runs import Run, draw_runs, measure_runs
from inkchat.reply.typography import Typography

ANCHOR = "contents"
_GAP_PT = 11.0
_MARKER_GAP_PT = 7.0
_WIDEST_DATE = "30 Nov 2026"
_MOST_LINES = 5
"""Of a title that is not cut between two pages."""


@dataclass(frozen=True, slots=True)
class Heading:
    """An exchange, as the contents name it."""

    number: int
    title: str
    """Clean, on one line."""
    date: str
    """Such as `20 Nov 2026`; may be empty."""
    remark: str
    """Such as `not answered`; may be empty."""
    anchor: str


class ContentsLine(Drawable):
    """A title, and at the other side the page it stands on.

    The date stands beside the page, or on a small screen, where it would leave the title no room,
    below the title, as a remark does. `folios` tells the page by the anchor when the line is drawn:
    nobody knows it before all pages are filled. There is room for one of so many `digits`.
    """

    def __init__(
        self,
        heading: Heading,
        folios: Mapping[str, int],
        digits: int,
        typography: Typography,
        *,
        is_rtl: bool,
    ) -> None:
        super().__init__()
        self._anchor = heading.anchor
        self._folios = folios
        self._body = typography.body
        self._small = typography.furniture
        self._is_rtl = is_rtl
        self._title = Prose(
            typography.body, set_text(heading.title, typography.body), starts_right=is_rtl
        )
        self._folio_pt = _GAP_PT + measure_runs(_set_folio("0" * digits), self._body.size_pt)
        below, date_pt = [heading.remark], 0.0
        self._date: list[Run] = []
        if typography.is_small:
            below.insert(0, heading.date)
        else:
            self._date = self._set_small(heading.date)
            date_pt = _GAP_PT + self._measure_small(self._set_small(_WIDEST_DATE))
        self._beside_pt = self._folio_pt + date_pt
        self._below = self._set_small(" · ".join(filter(None, below)))
        self._is_rest = False

    def _set_small(self, text: str) -> list[Run]:
        return [Run(self._small.face, 1.0, text)] if text else []

    def _measure_small(self, runs: Sequence[Run]) -> float:
        return measure_runs(runs, self._small.size_pt)

    @property
    def lead_height_pt(self) -> float:
        return self.height

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        self.width, self.height = aW, self._title.wrap(aW - self._beside_pt, aH)[1]
        if self._below:
            self.height += self._small.leading_pt
        return self.width, self.height

    def cut(
        self, width_pt: float, height_pt: float
    ) -> tuple["ContentsLine", "ContentsLine"] | None:
        self.wrap(width_pt, height_pt)
        if self.height <= _MOST_LINES * self._body.leading_pt:
            return None
        title_pt = min(height_pt, self._title.height - self._body.leading_pt)
        titles = self._title.cut(width_pt - self._beside_pt, title_pt)
        if titles is None:
            return None
        first, rest = copy.copy(self), copy.copy(self)
        first._title, rest._title = titles
        first._below, rest._date, rest._is_rest = [], [], True
        return first, rest

    def draw(self) -> None:
        canvas: Canvas = self.canv
        small_pt = self._small.size_pt
        title_y = self.height - self._title.height
        self._title.drawOn(canvas, self._beside_pt if self._is_rtl else 0, title_y)
        y = self.height - self._body.baseline_pt
        self._draw_from_end(canvas, self._folio_pt, y, self._date, small_pt)
        if not self._is_rest:
            folio = _set_folio(str(self._folios.get(self._anchor, "")))
            self._draw_from_end(canvas, 0, y, folio, self._body.size_pt)
        if self._below:
            below_y = title_y - self._small.baseline_pt
            beyond_pt = self.width - self._measure_small(self._below)
            self._draw_from_end(canvas, beyond_pt, below_y, self._below, small_pt)

    def _draw_from_end(
        self, canvas: Canvas, end_pt: float, y: float, runs: Sequence[Run], size_pt: float
    ) -> None:
        """Ends so far from the side where lines end."""
        x = end_pt if self._is_rtl else self.width - end_pt - measure_runs(runs, size_pt)
        draw_runs(canvas, x, y, runs, size_pt)


def make_contents(
    headings: Sequence[Heading], folios: Mapping[str, int], digits: int, typography: Typography
) -> list[Block]:
    """The list of `headings` with the pages they stand on, as `ContentsLine` takes them.

    Where most titles are read from the right, the whole list is.
    """
    leading_pt, type_ = typography.body.leading_pt, typography.headings[1]
    is_rtl = 2 * sum(bool(find_direction(each.title)) for each in headings) > len(headings)
    head = Block(
        Prose(type_, set_text("Contents", type_), starts_right=is_rtl),
        "Contents",
        before_pt=1.2 * leading_pt,
        after_pt=0.35 * leading_pt,
        keeps_with_next=True,
        entry=Entry(1, "Contents"),
        anchor=ANCHOR,
    )
    widest = max((str(heading.number) for heading in headings), key=len, default="")
    widest_pt = measure_runs([Run(Face.SERIF_BOLD, 1.0, widest)], typography.body.size_pt)
    indent_pt = widest_pt + _MARKER_GAP_PT
    lines = [
        Block(
            ContentsLine(heading, folios, digits, typography, is_rtl=is_rtl),
            " ".join(filter(None, (heading.title, heading.date, heading.remark))),
            indent_pt=indent_pt,
            is_rtl=is_rtl,
            after_pt=0.3 * leading_pt,
            markers=(_make_number(heading.number, indent_pt, typography),),
            link=heading.anchor,
        )
        for heading in headings
    ]
    return [head, *lines]


def _set_folio(folio: str) -> list[Run]:
    return [Run(Face.SERIF, 1.0, folio)]


def _make_number(number: int, indent_pt: float, typography: Typography) -> Marker:
    body = typography.body
    runs = (Run(Face.SERIF_BOLD, 1.0, str(number)),)
    return Marker(indent_pt, _MARKER_GAP_PT, body.baseline_pt, body.size_pt, runs)
