"""What a paragraph is made of: pieces of type, each of one face and size, and boxes among them."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple, cast

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.bidi import find_levels, has_rtl
from inkchat.reply.breaks import split_clusters
from inkchat.reply.flow import InlineBox
from inkchat.reply.fonts import LARGEST_LEAST_PT, AnyFace, Face, load_font
from inkchat.reply.runs import scale_size, split_runs

BOX = "\ufffc"
"""Stands for a box among the characters of a line."""
_ISOLATED = 2
"""The level of code, which is read from left to right whatever stands around it."""
_LEAST_SCALE = 0.93
"""Of a box: the smallest letters of a formula are as small as can be read, or nearly."""
_QUOTES = re.compile("([\u00ab\u00bb])")
"""Some programs take these to be read from left to right wherever they stand."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Type of one face and size within a paragraph."""

    face: AnyFace
    size_pt: float
    text: str
    rise_pt: float = 0.0
    """Above the baseline."""
    is_code: bool = False
    has_ground: bool = False
    """Whether there is a light grey behind it."""
    is_struck: bool = False
    is_break: bool = False
    """Ends a line; has no text."""
    box: InlineBox | None = None
    """Stands in a line as a word does; `text` is then its source."""

    @property
    def may_have_hyphen(self) -> bool:
        """A name in its frame may not, nor what is copied sign by sign."""
        return not self.is_code and self.face is not Face.NAMES

    def scale(self, factor: float, least_pt: float = LARGEST_LEAST_PT) -> "Piece":
        """The same at another size, of at least `least_pt` if it was not smaller before.

        A box keeps its own.
        """
        if self.box:
            return self
        size_pt = max(min(self.size_pt, least_pt), round(factor * self.size_pt, 2))
        return replace(self, size_pt=size_pt, rise_pt=round(factor * self.rise_pt, 2))


class Fragment(NamedTuple):
    """A piece, or a part of one, in a line."""

    piece: Piece
    text: str
    is_rtl: bool = False
    """Whether it is read from right to left."""

    @property
    def width_pt(self) -> float:
        piece = self.piece
        if piece.box is not None:
            return piece.box.width_pt
        return load_font(piece.face).measure(self.text, piece.size_pt, is_rtl=self.is_rtl)


@dataclass(frozen=True, slots=True)
class _ShrunkBox:
    """A box made as narrow as the line."""

    whole: InlineBox
    scale: float

    @property
    def width_pt(self) -> float:
        return self.scale * self.whole.width_pt

    @property
    def ascent_pt(self) -> float:
        return self.scale * self.whole.ascent_pt

    @property
    def descent_pt(self) -> float:
        return self.scale * self.whole.descent_pt

    @property
    def plain(self) -> str:
        return self.whole.plain

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        canvas.saveState()
        canvas.translate(x, y)
        canvas.scale(self.scale, self.scale)
        self.whole.draw(canvas, 0.0, 0.0)
        canvas.restoreState()

    def write_source(self, canvas: Canvas, width_pt: float) -> str:
        return self.whole.write_source(canvas, width_pt)


def fit_pieces(pieces: Sequence[Piece], room_pt: float) -> list[Piece]:
    """`pieces`, so small that what cannot be broken in them fits.

    A box that could then not be read is shown as its source, with all that follows of it.
    """
    fitted: list[Piece] = []
    place = 0
    while place < len(pieces):
        end = place + 1
        while end < len(pieces) and pieces[place].box and _goes_on(pieces[end]):
            end += 1
        parts = pieces[place:end]
        if any(part.box and room_pt < measure_least(part) for part in parts):
            fitted += _show_source(parts[0])
        else:
            fitted += [_shrink(part, room_pt) for part in parts]
        place = end
    return fitted


def measure_least(piece: Piece) -> float:
    """Width in points that a piece with a box needs; 0 for text."""
    return _LEAST_SCALE * piece.box.width_pt if piece.box else 0.0


def _goes_on(piece: Piece) -> bool:
    """Whether it is a further part of the formula before it."""
    return piece.box is not None and not piece.text


def _show_source(piece: Piece) -> list[Piece]:
    # The face of what stands for a box is that of the text around it.
    runs = split_runs(f"${piece.text}$", cast(Face, piece.face))
    return [
        replace(
            piece, face=run.face, size_pt=scale_size(piece.size_pt, run), text=run.text, box=None
        )
        for run in runs
    ]


def _shrink(piece: Piece, room_pt: float) -> Piece:
    if piece.box is not None and piece.box.width_pt > room_pt:
        return replace(piece, box=_ShrunkBox(piece.box, room_pt / piece.box.width_pt))
    if piece.face is Face.NAMES:
        clusters = split_clusters(piece.text)
        widest_pt = max(Fragment(piece, cluster).width_pt for cluster in clusters)
        if widest_pt > room_pt:
            return replace(piece, size_pt=math.floor(10 * piece.size_pt * room_pt / widest_pt) / 10)
    return piece


def find_piece_levels(text: str, pieces: Sequence[Piece], is_rtl: bool) -> list[int]:
    """Of each character; empty if all is read from left to right."""
    if not is_rtl and not has_rtl(text):
        return []
    shown = "".join(
        BOX if piece.box else BOX * len(piece.text) if piece.is_code else piece.text
        for piece in pieces
    )
    levels = find_levels(shown, is_rtl)
    start = 0
    for piece in pieces:
        end = start + (1 if piece.box else len(piece.text))
        if piece.is_code:
            levels[start:end] = [_ISOLATED + level for level in find_levels(piece.text, False)]
        start = end
    return levels


def cut_at_levels(parts: Sequence[Fragment], levels: Sequence[int]) -> Iterator[Fragment]:
    """`parts`, each character of which has its level, in fragments of one level."""
    start = 0
    for part in parts:
        place = 0
        for level, group in groupby(levels[start : start + len(part.text)]):
            end = place + len(list(group))
            is_rtl = level % 2 == 1
            texts = _QUOTES.split(part.text[place:end]) if is_rtl else [part.text[place:end]]
            yield from (Fragment(part.piece, text, is_rtl) for text in texts if text)
            place = end
        start += len(part.text)
