"""What stands at the head of the first page and at the foot of every one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.characters import join_lines, shorten
from inkchat.reply.contents import ANCHOR
from inkchat.reply.fonts import (
    Face,
    Run,
    draw_runs,
    measure_runs,
    measure_text,
    split_runs,
)
from inkchat.reply.pages import Placed
from inkchat.reply.typography import Typography

_GAP_PT = 10.0
_LETTERSPACE = 0.1
"""Of the short code's size, after each of its letters: more would part them for who reads text."""
_ABOVE_CODE_PT = 3.0
"""More space for the line above the foot, since the code is taller than what it stands among."""
_FINGER_PT = 18.0
"""How far around its words a link in the foot can be tapped."""


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a document says about itself."""

    conversation_id: str
    code: str
    """May be empty: then the id stands in its place."""
    written_at: datetime
    exchange_number: int | None
    """None for a digest, which belongs to no single exchange."""
    title: str
    """Of the metadata."""
    language: str
    subject: str
    colophon: str
    contents_page: int | None = None
    """On the pages after it, the foot leads back to it."""

    @property
    def place(self) -> str:
        if self.exchange_number is None:
            return "digest"
        return f"exchange {self.exchange_number}"


def draw_header(
    canvas: Canvas, page: Sequence[Placed], typography: Typography, imprint: Imprint
) -> None:
    """Conversation and exchange, in the line of the date and as far from it as may be."""
    date = page[0]
    type_ = typography.furniture
    right_x = typography.width_pt - typography.right_pt
    place = [Run(Face.SANS, 1.0, f" · {imprint.place}")]
    place_pt = measure_runs(place, type_.size_pt)
    date_pt = measure_text(date.block.plain, type_.face, type_.size_pt)
    room_pt = typography.text_width_pt - date_pt - place_pt - 2 * _GAP_PT
    whole = join_lines(imprint.conversation_id)
    name = fit_runs(whole, Face.SANS, type_.size_pt, room_pt)
    if imprint.code and name != split_runs(whole, Face.SANS):
        # Half an id is of no use where the foot has the code.
        name, place = [], [Run(Face.SANS, 1.0, imprint.place)]
    runs = [*name, *place]
    x = right_x - measure_runs(runs, type_.size_pt)
    y = typography.height_pt - date.top_pt - type_.baseline_pt
    draw_runs(canvas, x, y, runs, type_.size_pt)


def draw_footer(
    canvas: Canvas, typography: Typography, imprint: Imprint, number: int, total: int
) -> None:
    """The code or the id, the exchange, the colophon where there is room, and the page's number."""
    size_pt = typography.furniture.size_pt
    left_x, right_x = typography.left_pt, typography.width_pt - typography.right_pt
    y = typography.footer_pt
    folio = [Run(Face.SANS, 1.0, f"{number} / {total}")]
    folio_x = right_x - measure_runs(folio, size_pt)
    place = [Run(Face.SANS, 1.0, imprint.place)]
    place_pt = measure_runs(place, size_pt)
    room_pt = folio_x - left_x - place_pt - 2 * _GAP_PT
    name = _fit_name(imprint, typography, room_pt)
    place_x = left_x + name.width_pt + _GAP_PT
    colophon, leads_back = _word_colophon(imprint, number)
    words = fit_runs(colophon, Face.SANS, size_pt, right_x - left_x)
    words_pt = measure_runs(words, size_pt)
    words_x, words_y = place_x + place_pt + _GAP_PT, y
    if words_x + words_pt + _GAP_PT > folio_x:
        words_x = left_x
        words_y += typography.furniture.leading_pt + (_ABOVE_CODE_PT if imprint.code else 0.0)
        # First, since programs read a page in the order it is drawn in.
        draw_runs(canvas, words_x, words_y, words, size_pt)
    draw_runs(canvas, left_x, y, name.runs, name.size_pt, name.space_pt)
    draw_runs(canvas, place_x, y, place, size_pt)
    if words_y == y:
        draw_runs(canvas, words_x, y, words, size_pt)
    draw_runs(canvas, folio_x, y, folio, size_pt)
    if leads_back:
        area = (words_x - _FINGER_PT, 0.0, words_x + words_pt + _FINGER_PT, words_y + _FINGER_PT)
        canvas.linkAbsolute("", ANCHOR, area, Border="[0 0 0]")


def _word_colophon(imprint: Imprint, number: int) -> tuple[str, bool]:
    """What stands there on page `number`, and whether a tap on it leads to the contents."""
    contents_page = imprint.contents_page
    if contents_page is not None and number > contents_page:
        return f"Contents on page {contents_page}", True
    return imprint.colophon, False


@dataclass(frozen=True, slots=True)
class _Name:
    """What the foot begins with."""

    runs: list[Run]
    size_pt: float
    space_pt: float
    """After each letter."""

    @property
    def width_pt(self) -> float:
        letters = sum(len(run.text) for run in self.runs)
        return measure_runs(self.runs, self.size_pt) + self.space_pt * max(letters - 1, 0)


def _fit_name(imprint: Imprint, typography: Typography, room_pt: float) -> _Name:
    """The code in letters to be copied by hand, or else the id."""
    type_ = typography.mark
    code = join_lines(imprint.code)
    if code:
        runs = fit_runs(code, type_.face, type_.size_pt, room_pt / (1 + 2 * _LETTERSPACE))
        return _Name(runs, type_.size_pt, round(_LETTERSPACE * type_.size_pt, 2))
    size_pt = typography.furniture.size_pt
    conversation_id = join_lines(imprint.conversation_id)
    return _Name(fit_runs(conversation_id, Face.SANS_BOLD, size_pt, room_pt), size_pt, 0.0)


def fit_runs(text: str, face: Face, size_pt: float, room_pt: float) -> list[Run]:
    """Clean `text` in runs, its end replaced by an ellipsis if it is wider than the room."""
    # No letter is narrower than a tenth of its size: what lies beyond is not worth measuring.
    text = shorten(text, max(2, int(10 * room_pt / size_pt)))
    runs = split_runs(text, face)
    while text and measure_runs(runs, size_pt) > room_pt:
        text = text.removesuffix("…")[:-1].rstrip()
        runs = split_runs(f"{text}…", face)
    return runs
