"""Writes lines of type into a page: their letters, and what stands behind and over them."""

from dataclasses import replace
from itertools import accumulate
from typing import Any, cast

from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.flow import InlineBox
from inkchat.reply.fonts import load_font
from inkchat.reply.lines import Line
from inkchat.reply.objects import write
from inkchat.reply.pieces import Fragment, Piece
from inkchat.reply.typography import BLOCK_GREY

_SOFT_HYPHEN = "\u00ad"


class Pen:
    """Writes lines as one text object."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._document = cast(Any, canvas)._doc
        self._operators: list[str] = []
        self._behind: list[str] = []
        self._over: list[str] = []
        self._boxes: list[tuple[InlineBox, float, float]] = []
        self._font: tuple[object, float] | None = None
        self._rise_pt = 0.0

    def write_line(self, line: Line, x: float, y: float) -> None:
        self._move_to(x, y)
        if line.is_marked or line.reading:
            self._write_placed(line, x, y)
        else:
            for fragment in line.fragments:
                self._write(fragment)
        if line.hyphenated:
            self._write_hyphen(line.hyphenated)

    def _write_placed(self, line: Line, x: float, y: float) -> None:
        """What has to know where it stands.

        In the order of reading, since that is the order some programs copy it in; others order
        what stands in a line by its place.
        """
        places = list(accumulate((fragment.width_pt for fragment in line.fragments), initial=x))
        is_moved = False
        for number in line.reading or range(len(line.fragments)):
            fragment, x = line.fragments[number], places[number]
            if is_moved or line.reading:
                self._move_to(x, y)
            box = fragment.piece.box
            is_moved = box is not None
            if box is not None:
                self._boxes.append((box, x, y))
                self._operators.append(box.write_source(self._canvas, box.width_pt))
                self._font = None
            else:
                self._write(fragment)
                self._mark(fragment, x, y, places[number + 1] - x)

    def _move_to(self, x: float, y: float) -> None:
        self._operators.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")

    def _write(self, fragment: Fragment) -> None:
        piece = fragment.piece
        self._set_font(piece)
        self._operators.append(
            load_font(piece.face).write_text(
                self._document, fragment.text, piece.size_pt, is_rtl=fragment.is_rtl
            )
        )

    def _write_hyphen(self, piece: Piece) -> None:
        """A hyphen that is no part of the text: who copies the word gets it whole."""
        self._set_font(piece)
        typeface = load_font(piece.face)
        (glyph,) = typeface.shape("-").glyphs
        shaped = typeface.join_glyphs([replace(glyph, text=_SOFT_HYPHEN)])
        shown = typeface.open_in(self._document).write(shaped, piece.size_pt)
        self._operators.append(f"[{shown}]TJ")

    def _set_font(self, piece: Piece) -> None:
        if (piece.face, piece.size_pt) != self._font:
            self._font = (piece.face, piece.size_pt)
            name = load_font(piece.face).open_in(self._document).internal_name
            self._operators.append(f"/{name} {piece.size_pt:g} Tf")
        if piece.rise_pt != self._rise_pt:
            self._rise_pt = piece.rise_pt
            self._operators.append(f"{piece.rise_pt:g} Ts")

    def _mark(self, fragment: Fragment, x: float, y: float, width_pt: float) -> None:
        """The grey behind code, as high as its letters, and the line through what is struck."""
        size_pt = fragment.piece.size_pt
        if fragment.piece.has_ground:
            shown_pt = fragment._replace(text=fragment.text.rstrip(" ")).width_pt
            self._behind.append(
                f"{x - 0.8:.2f} {y - 0.28 * size_pt:.2f} "
                f"{shown_pt + 1.6:.2f} {1.22 * size_pt:.2f} re"
            )
        if fragment.piece.is_struck:
            self._over.append(
                f"{x:.2f} {y + 0.22 * size_pt:.2f} {width_pt:.2f} {0.06 * size_pt:.2f} re"
            )

    def finish(self) -> None:
        parts: list[str] = []
        if self._behind:
            grey = f"{BLOCK_GREY.red:g} {BLOCK_GREY.green:g} {BLOCK_GREY.blue:g} rg"
            parts += [grey, *self._behind, "f 0 g"]
        if self._operators:
            parts += ["BT", *self._operators, *["0 Ts"] * bool(self._rise_pt), "ET"]
        if self._over:
            parts += [*self._over, "f"]
        write(self._canvas, "\n".join(parts))
        for box, x, y in self._boxes:
            box.draw(self._canvas, x, y)
