"""A paragraph: reportlab breaks its lines, and we decide where it is cut between pages."""

import copy
import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

from reportlab.lib.abag import ABag
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import paragraph
from reportlab.platypus.paragraph import Paragraph

from inkchat.reply.characters import cut_text
from inkchat.reply.flow import InlineBox
from inkchat.reply.fonts import Face, Run, load_font, measure_text, scale_size, split_runs
from inkchat.reply.limits import PROSE_CHARACTERS
from inkchat.reply.typography import BLACK, BLOCK_GREY, Alignment, Type, make_style

# The first baseline is to follow from the ascent, which we set, and not from the largest size in
# the line. reportlab has no setting for one paragraph; only this package uses it.
cast(Any, paragraph).paraFontSizeHeightOffset = 0

_TOLERANCE_PT = 0.01


class Piece(ABag):
    """A run of type within a paragraph, in the form that reportlab's Paragraph takes as a frag."""

    text: str
    fontName: str  # noqa: N815 - reportlab's name
    fontSize: float  # noqa: N815 - reportlab's name


def make_piece(run: Run, size_pt: float, **more: Any) -> Piece:
    load_font(run.face)
    return Piece(
        fontName=run.face.value,
        fontSize=scale_size(size_pt, run),
        text=run.text,
        textColor=BLACK,
        rise=0,
        us_lines=[],
        link=[],
        **more,
    )


def make_break(type_: Type) -> Piece:
    """Ends a line within a paragraph."""
    piece = make_piece(Run(type_.face, 1.0, ""), type_.size_pt)
    piece.__dict__["lineBreak"] = True
    return piece


def make_box(box: InlineBox, type_: Type) -> Piece:
    """Stands in a line as a word does."""
    return make_piece(Run(type_.face, 1.0, box.plain), type_.size_pt, box=box)


def set_text(text: str, type_: Type) -> list[Piece]:
    """Clean `text` as pieces; its line ends are kept."""
    pieces: list[Piece] = []
    for number, line in enumerate(text.replace("\t", " ").split("\n")):
        if number:
            pieces.append(make_break(type_))
        pieces += [make_piece(run, type_.size_pt) for run in split_runs(line, type_.face)]
    return pieces


class Prose(Paragraph):
    """Lines of type.

    Differs from reportlab's Paragraph in three ways. Its first baseline depends on the style
    alone, not on which fallback fonts stand in the first line, so that lines keep their rhythm.
    A cut between pages shares the broken lines instead of breaking the rest again on each page,
    which would be quadratic. And the grey behind inline code is as high as the letters.
    """

    blPara: Any  # noqa: N815 - reportlab's name
    _broken_at_pt: float | None = None
    _measure_pt = math.inf

    def __init__(
        self,
        text: str = "",
        style: ParagraphStyle | None = None,
        bulletText: str | None = None,  # noqa: N803 - reportlab's name
        frags: Sequence[Piece] | None = None,
    ) -> None:
        super().__init__("", style, bulletText, frags=[*cast("Sequence[Any]", frags or ())])

    @property
    def lead_height_pt(self) -> float:
        """What must stand together with a heading above it: all of it, or two lines."""
        lines = len(self._lines)
        return float(self.style.leading * (lines if lines <= 3 else 2))

    @property
    def _lines(self) -> list[Any]:
        return cast("list[Any]", self.blPara.lines)

    def set_measure(self, width_pt: float) -> None:
        """Makes lines no longer than this, also where there is more room."""
        self._measure_pt = width_pt

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803
        aW = min(aW, self._measure_pt)  # noqa: N806
        if self._broken_at_pt != aW:
            super().wrap(aW, aH)
            self._broken_at_pt = aW
            self._pin_baseline()
        return aW, self.height

    def _pin_baseline(self) -> None:
        baseline_pt = self.style.baseline_pt
        self.blPara.ascent = baseline_pt
        if self.blPara.kind == 1:
            for line in self._lines:
                line.ascent = baseline_pt

    def cut(self, width_pt: float, height_pt: float) -> tuple["Prose", "Prose"] | None:
        """Two parts of at least two lines each."""
        self.wrap(width_pt, height_pt)
        fitting = int((height_pt + _TOLERANCE_PT) // self.style.leading)
        fitting = min(fitting, len(self._lines) - 2)
        return (self.take(0, fitting), self.take(fitting, None)) if fitting >= 2 else None

    def take(self, first: int, last: int | None) -> "Prose":
        """The lines from `first` to before `last`; there may be none."""
        part = copy.copy(self)
        part.blPara = copy.copy(self.blPara)
        part.blPara.lines = self._lines[first:last]
        part.height = len(part.blPara.lines) * self.style.leading
        return part

    def draw(self) -> None:
        if self.blPara.kind == 1:
            self._draw_shades(self.canv)
        super().draw()

    def _draw_shades(self, canvas: Canvas) -> None:
        y = self.height - self.style.baseline_pt
        for line in self._lines:
            if any(hasattr(piece, "is_code") for piece in line.words):
                self._draw_shades_of_line(canvas, line, y)
            y -= self.style.leading

    def _draw_shades_of_line(self, canvas: Canvas, line: Any, baseline_y: float) -> None:
        x = 0.0
        canvas.setFillColor(BLOCK_GREY)
        for piece in line.words:
            face = Face(piece.fontName)
            if hasattr(piece, "is_code") and (shown := piece.text.rstrip(" ")):
                size_pt = piece.fontSize
                width_pt = measure_text(shown, face, size_pt)
                canvas.rect(
                    x - 0.8,
                    baseline_y - 0.28 * size_pt,
                    width_pt + 1.6,
                    1.22 * size_pt,
                    stroke=0,
                    fill=1,
                )
            x += measure_text(piece.text, face, piece.fontSize)
        canvas.setFillColor(BLACK)


def make_prose(text: str, type_: Type, alignment: Alignment = "left") -> Prose:
    """A paragraph of clean text in one style."""
    load_font(type_.face)
    return Prose(style=make_style(type_, alignment), frags=set_text(text, type_))


def cut_pieces(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """`pieces` in parts of bounded length, cut between words where there are any."""
    if sum(len(piece.text) for piece in pieces) <= PROSE_CHARACTERS:
        yield pieces
        return
    part: list[Piece] = []
    room = PROSE_CHARACTERS
    for piece in pieces:
        for text in cut_text(piece.text, PROSE_CHARACTERS, room):
            if len(text) > room or room <= 0:
                yield part
                part, room = [], PROSE_CHARACTERS
            part.append(piece.clone(text=text))
            room -= len(text)
    yield part
