"""A paragraph: lines of type, and where it is cut between pages.

Its first baseline depends on its type alone, not on which other fonts stand in the first line, so
that lines keep their rhythm; only a box that is taller than a line, such as a formula, gets more.
"""

import copy
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.bidi import find_direction, has_rtl
from inkchat.reply.characters import cut_text
from inkchat.reply.flow import InlineBox
from inkchat.reply.limits import PROSE_CHARACTERS
from inkchat.reply.lines import Line, break_lines, measure_pieces
from inkchat.reply.pen import Pen
from inkchat.reply.pieces import Piece
from inkchat.reply.runs import Run, scale_size, split_runs
from inkchat.reply.typography import Alignment, Type
from inkchat.reply.verse import find_hang

_TOLERANCE_PT = 0.01
_BOX_GAP_PT = 1.0
"""Least space between a box and the lines around it."""
_LEAST_SCALE = 0.75
"""Of type that is made smaller for the sake of a long word."""
_MOST_MOVED = 4
"""Lines by which a cut between pages is moved."""
_BLANKS = re.compile("  +")


def make_piece(run: Run, size_pt: float) -> Piece:
    return Piece(run.face, scale_size(size_pt, run), run.text)


def make_break(type_: Type) -> Piece:
    """Ends a line within a paragraph."""
    return Piece(type_.face, type_.size_pt, "", is_break=True)


def make_box(box: InlineBox, type_: Type) -> Piece:
    """Stands in a line as a word does."""
    return Piece(type_.face, type_.size_pt, box.plain, box=box)


def join_blanks(text: str) -> str:
    """`text` as prose has it: tabs as blanks, and one of several."""
    text = text.replace("\t", " ")
    return _BLANKS.sub(" ", text) if "  " in text else text


def set_text(text: str, type_: Type) -> list[Piece]:
    """Clean `text` as pieces; its line ends are kept."""
    pieces: list[Piece] = []
    for number, line in enumerate(join_blanks(text).split("\n")):
        if number:
            pieces.append(make_break(type_))
        pieces += [make_piece(run, type_.size_pt) for run in split_runs(line, type_.face)]
    return pieces


class Prose:
    """Lines of type; `alignment` "left" is the side where its text begins.

    That side is the one its first letter is read from, or the right if `starts_right` says so.
    Words are hyphenated as those of the language `hyphenation` are. Rather than that a word is
    parted, its type becomes smaller, but not smaller than `least_pt`, nor than three quarters.
    """

    def __init__(
        self,
        type_: Type,
        pieces: Sequence[Piece] = (),
        alignment: Alignment = "left",
        *,
        starts_right: bool | None = None,
        hyphenation: str = "",
        least_pt: float | None = None,
    ) -> None:
        self.type_ = self._whole_type = type_
        self._pieces = pieces
        self._alignment = alignment
        self._hyphenation = hyphenation
        self._least_pt = least_pt
        text = "".join(piece.text for piece in pieces if not piece.box)
        direction = find_direction(text) if has_rtl(text) else False
        self.is_rtl = bool(starts_right if direction is None else direction)
        self._starts_right = self.is_rtl if starts_right is None else starts_right
        self._measure_pt: float | None = None
        self._broken_at_pt: float | None = None
        self._is_part = False
        self._lines: list[Line] = []
        self._heights_pt: list[float] = []
        self.width = self.height = 0.0

    @property
    def baseline_pt(self) -> float:
        """Of its first line, from its top; after `wrap`."""
        above_pt = _find_excess(self._lines[0], self.type_)[0] if self._lines else 0.0
        return self.type_.baseline_pt + above_pt

    @property
    def lead_height_pt(self) -> float:
        """What must stand together with a heading above it: all of it, or two lines."""
        lines = len(self._lines)
        return sum(self._heights_pt[: lines if lines <= 3 else 2])

    def set_measure(self, width_pt: float) -> None:
        """Makes lines no longer than this, also where there is more room."""
        self._measure_pt = width_pt
        self._broken_at_pt = None

    def wrap(self, aW: float, aH: float, /) -> tuple[float, float]:  # noqa: N803
        if self._broken_at_pt != aW and not self._is_part:
            room_pt = aW if self._measure_pt is None else min(aW, self._measure_pt)
            self.type_, pieces = self._fit_words(aW)
            is_aside = self._alignment != "left"
            self._lines = break_lines(
                pieces,
                room_pt,
                is_rtl=self.is_rtl,
                language=self._hyphenation,
                hang_pt=0.0 if is_aside else find_hang(pieces, self.type_.size_pt, room_pt),
            )
            self._broken_at_pt = self.width = aW
            self._measure_lines()
        return self.width, self.height

    def _fit_words(self, room_pt: float) -> tuple[Type, Sequence[Piece]]:
        """Type so small that its widest word fits, if that can be."""
        type_, pieces = self._whole_type, self._pieces
        if self._least_pt is None:
            return type_, pieces
        widest_pt = measure_pieces(pieces, is_rtl=self.is_rtl)[0]
        if widest_pt <= room_pt:
            return type_, pieces
        factor = math.floor(100 * room_pt / widest_pt) / 100
        if factor < max(_LEAST_SCALE, self._least_pt / type_.size_pt):
            return type_, pieces
        smaller = replace(
            type_,
            size_pt=round(factor * type_.size_pt, 2),
            leading_pt=round(factor * type_.leading_pt, 2),
        )
        return smaller, [piece.scale(factor) for piece in pieces]

    def _measure_lines(self) -> None:
        leading_pt = self.type_.leading_pt
        self._heights_pt = [
            leading_pt + sum(_find_excess(line, self.type_)) if line.ascent_pt else leading_pt
            for line in self._lines
        ]
        self.height = sum(self._heights_pt)

    def cut(self, width_pt: float, height_pt: float) -> tuple["Prose", "Prose"] | None:
        """Two parts of at least two lines each."""
        self.wrap(width_pt, height_pt)
        fitting = self._find_cut(min(self.count_fitting(height_pt), len(self._lines) - 2))
        return (self.take(0, fitting), self.take(fitting, None)) if fitting >= 2 else None

    def _find_cut(self, fitting: int) -> int:
        """A little earlier, so that no verse is cut, if that can be."""
        nearest = range(fitting, max(1, fitting - _MOST_MOVED), -1)
        return next((place for place in nearest if not self._lines[place].indent_pt), fitting)

    def count_fitting(self, height_pt: float) -> int:
        """How many of its lines are no higher together."""
        return sum(used <= height_pt + _TOLERANCE_PT for used in accumulate(self._heights_pt))

    def take(self, first: int, last: int | None) -> "Prose":
        """The lines from `first` to before `last`; there may be none."""
        part = copy.copy(self)
        part._lines = self._lines[first:last]
        part._is_part = True
        part._measure_lines()
        return part

    def drawOn(self, canvas: Canvas, x: float, y: float) -> None:  # noqa: N802
        """Draws it with the lower left corner at x, y."""
        pen = Pen(canvas)
        top = y + self.height
        for line, height_pt in zip(self._lines, self._heights_pt, strict=True):
            baseline_y = top - self.type_.baseline_pt - _find_excess(line, self.type_)[0]
            pen.write_line(line, x + self._find_indent(line), baseline_y)
            top -= height_pt
        pen.finish()

    def _find_indent(self, line: Line) -> float:
        if self._alignment == "center":
            return (self.width - line.width_pt) / 2
        if self._starts_right or self._alignment == "right":
            return self.width - line.width_pt - line.indent_pt
        return line.indent_pt


def _find_excess(line: Line, type_: Type) -> tuple[float, float]:
    """How much more than a line of `type_` it needs, above and below."""
    if not line.ascent_pt:
        return 0.0, 0.0
    below_pt = type_.leading_pt - type_.baseline_pt
    return (
        max(0.0, line.ascent_pt + _BOX_GAP_PT - type_.baseline_pt),
        max(0.0, line.descent_pt + _BOX_GAP_PT - below_pt),
    )


def make_prose(
    text: str, type_: Type, alignment: Alignment = "left", *, least_pt: float | None = None
) -> Prose:
    """A paragraph of clean text in one style; see `Prose`."""
    return Prose(type_, set_text(text, type_), alignment, least_pt=least_pt)


def cut_pieces(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """`pieces` in parts of bounded length, cut between words where there are any."""
    if sum(len(piece.text) for piece in pieces) <= PROSE_CHARACTERS:
        yield pieces
        return
    part: list[Piece] = []
    room = PROSE_CHARACTERS
    for piece in pieces:
        texts = [piece.text] if piece.box else cut_text(piece.text, PROSE_CHARACTERS, room)
        for text in texts:
            if part and (len(text) > room or room <= 0):
                yield part
                part, room = [], PROSE_CHARACTERS
            part.append(replace(piece, text=text))
            room -= len(text)
    yield part
