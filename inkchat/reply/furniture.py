"""What stands in the bands above and below the column of text, on every page.

Above stand the date and whose conversation it is, on further pages the title, and at the right a
QR code. Below stands the other QR code; `foot` has what is beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab.pdfgen.canvas import Canvas

from inkchat.domain import Place, PlaceKind
from inkchat.reply.characters import join_lines, shorten
from inkchat.reply.dates import format_day, format_time
from inkchat.reply.fonts import Face
from inkchat.reply.objects import write
from inkchat.reply.qr import QUIET_MODULES, add_symbol, can_be_coded, draw_symbol, write_payload
from inkchat.reply.runs import Run, draw_runs, measure_runs, split_runs
from inkchat.reply.typography import Typography

_RUNNING_TITLE = 0.6
"""Of the column's width, at most."""
_ASCENT = 1.25
"""Height of a letter of any script with all its marks, of the size."""
_LEAST_MODULES = 21
"""Along a side of the smallest QR code: the fewer, the wider is its white."""


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
    heading: str = ""
    """The title as it stands on the page; repeated at the head of the pages that follow."""
    user: str = ""
    """Whose conversation it is; may be empty."""
    about: str = ""
    """The file that an ERROR page is about."""
    is_error: bool = False

    @property
    def place(self) -> str:
        if self.exchange_number is None:
            return "digest"
        return f"exchange {self.exchange_number}"

    @property
    def coded_place(self) -> str:
        """The same in a QR code."""
        if self.exchange_number is None:
            return "D"
        return f"{'E' if self.is_error else ''}{self.exchange_number}"


def draw_header(canvas: Canvas, typography: Typography, imprint: Imprint, number: int) -> None:
    """The date and whose conversation it is, above the title; on further pages the title again,
    as far from the text as may be."""
    type_ = typography.furniture
    room_pt = typography.text_width_pt - find_code_room(typography, imprint)
    top_y = typography.height_pt - typography.head_pt
    if number > 1:
        room_pt = min(room_pt, _RUNNING_TITLE * typography.text_width_pt)
        lines = [fit_runs(join_lines(imprint.heading), type_.face, type_.size_pt, room_pt)]
        y = top_y - _ASCENT * type_.size_pt
    else:
        moment = imprint.written_at
        parts = [format_day(moment), format_time(moment), join_lines(imprint.user)]
        # A file's name is to be found again as it is written.
        parts = [*(part.upper() for part in parts), join_lines(imprint.about)]
        lines = join_parts([part for part in parts if part], typography, room_pt)
        y = top_y - _find_band(typography) + (len(lines) - 1) * type_.leading_pt
    # A tall sign, such as a clef, would stand out of the band.
    write(canvas, f"q 0 0 {typography.width_pt:.2f} {top_y:.2f} re W n")
    for line in lines:
        if line:
            draw_runs(canvas, typography.left_pt, y, line, type_.size_pt)
        y -= type_.leading_pt
    write(canvas, "Q")


def _find_band(typography: Typography) -> float:
    """Height of a band: a QR code's, or what two lines take where there is none."""
    return typography.code_pt or 2 * typography.furniture.leading_pt


def find_code_room(typography: Typography, imprint: Imprint) -> float:
    """Width of a QR code with its white at one side; 0 where there is none."""
    if not _has_symbols(typography, imprint):
        return 0.0
    return typography.code_pt * (1 + (QUIET_MODULES + 1) / _LEAST_MODULES)


# QR codes


def _has_symbols(typography: Typography, imprint: Imprint) -> bool:
    return typography.code_pt > 0 and can_be_coded(imprint.code)


def draw_symbols(canvas: Canvas, typography: Typography, imprint: Imprint, number: int) -> None:
    """The same QR code in two opposite corners, so that ink over one leaves the other."""
    if not _has_symbols(typography, imprint):
        return
    payload = write_payload(imprint.code, imprint.coded_place, number)
    modules = add_symbol(canvas, payload)
    for place in list_symbols(typography, imprint, number):
        y = typography.height_pt - place.top_pt - place.height_pt
        draw_symbol(canvas, payload, modules, place.left_pt, y, place.width_pt)


def list_symbols(typography: Typography, imprint: Imprint, number: int) -> list[Place]:
    """Where the QR codes of page `number` stand."""
    if not _has_symbols(typography, imprint):
        return []
    side_pt = typography.code_pt
    upper_x = typography.width_pt - typography.right_pt - side_pt
    lower_top_pt = typography.height_pt - typography.footer_pt - side_pt
    corners = ((upper_x, typography.head_pt), (typography.left_pt, lower_top_pt))
    return [
        Place(PlaceKind.CODE, number, round(left_pt, 2), round(top_pt, 2), side_pt, side_pt)
        for left_pt, top_pt in corners
    ]


# Words in a room


def join_parts(parts: Sequence[str], typography: Typography, room_pt: float) -> list[list[Run]]:
    """`parts` parted by points, in as many lines as the room asks for."""
    type_ = typography.furniture
    texts: list[str] = []
    for part in parts:
        joined = f"{texts[-1]} · {part}" if texts else part
        if texts and measure_runs(split_runs(joined, type_.face), type_.size_pt) <= room_pt:
            texts[-1] = joined
        else:
            texts.append(part)
    return [fit_runs(text, type_.face, type_.size_pt, room_pt) for text in texts]


def fit_runs(text: str, face: Face, size_pt: float, room_pt: float) -> list[Run]:
    """Clean `text` in runs, its end replaced by an ellipsis if it is wider than the room."""
    # No letter is narrower than a tenth of its size: what lies beyond is not worth measuring.
    text = shorten(text, max(2, int(10 * room_pt / size_pt)))
    runs = split_runs(text, face)
    if measure_runs(runs, size_pt) <= room_pt:
        return runs
    text = text.removesuffix("…")
    fitting, beyond = 0, len(text)
    while beyond - fitting > 1:
        middle = (fitting + beyond) // 2
        runs = split_runs(f"{text[:middle].rstrip()}…", face)
        if measure_runs(runs, size_pt) <= room_pt:
            fitting = middle
        else:
            beyond = middle
    # Behind a whole word, unless that would take more than half of what fits.
    end = fitting if text[fitting : fitting + 1] == " " else text.rfind(" ", 0, fitting)
    end = end if end >= fitting / 2 else fitting
    return split_runs(f"{text[:end].rstrip()}…", face)
