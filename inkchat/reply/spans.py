"""Inline tokens to pieces of type: what is inside a paragraph, heading or cell."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from markdown_it.token import Token

from inkchat.reply.fonts import SMALLEST_TEXT_PT, Face
from inkchat.reply.formulas import make_inline_formula
from inkchat.reply.note_address import is_note_address
from inkchat.reply.notes import Address, Footnote, NoteRegister
from inkchat.reply.pieces import Piece
from inkchat.reply.prose import join_blanks, make_box, make_break, make_piece
from inkchat.reply.runs import split_runs
from inkchat.reply.typography import Type, Typography

_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LINE_BREAK_TAGS = re.compile(r"(?:<br\s*/?>\s*){3,}", re.IGNORECASE)
"""An empty line is what two make; more of them would be empty pages in the end."""
_RAISED_TAG = re.compile(r"<(sup|sub)>([^<>]{1,60})</\1>", re.IGNORECASE)
_RAISED_SIZE = 0.68
_RISES = {"sup": 0.33, "sub": -0.14}
"""Of the size around them."""

_STYLES: dict[Face, tuple[str, bool, bool]] = {
    Face.SERIF: ("serif", False, False),
    Face.SERIF_BOLD: ("serif", True, False),
    Face.SERIF_ITALIC: ("serif", False, True),
    Face.SERIF_BOLD_ITALIC: ("serif", True, True),
    Face.SANS: ("sans", False, False),
    Face.SANS_BOLD: ("sans", True, False),
    Face.SANS_ITALIC: ("sans", False, True),
    Face.SANS_BOLD_ITALIC: ("sans", True, True),
}
_FACES = {style: face for face, style in _STYLES.items()}


class SpanSetter:
    """Sets the inline tokens of one paragraph."""

    def __init__(self, type_: Type, notes: NoteRegister, typography: Typography) -> None:
        self._type = type_
        self._typography = typography
        self._notes = notes
        self._family, self._bold, self._italic = _STYLES[type_.face]
        self._weights = {"strong": 0, "em": 0, "s": 0}
        self._links: list[tuple[Address, int]] = []
        self._pieces: list[Piece] = []

    def set(self, tokens: Sequence[Token]) -> list[Piece]:
        """The pieces of all `tokens`."""
        for token in tokens:
            self._set_token(token)
        return self._pieces

    def _set_token(self, token: Token) -> None:
        if token.type in _WEIGHTS:
            weight, change = _WEIGHTS[token.type]
            self._weights[weight] += change
        elif token.type in _SETTERS:
            _SETTERS[token.type](self, token)
        else:
            self._set_text(token.content)

    def _set_soft_break(self, _: Token) -> None:
        self._set_text(" ")

    def _set_hard_break(self, _: Token) -> None:
        self._pieces.append(make_break(self._type))

    def _set_math(self, token: Token) -> None:
        formula = make_inline_formula(token.content, self._type, self._typography)
        if formula:
            self._pieces += [make_box(part, self._type) for part in formula]
            return
        self._set_text(token.meta["written"])

    def _set_footnote(self, token: Token) -> None:
        self._set_mark(self._notes.number(Footnote(token.meta["label"])))

    def _start_link(self, token: Token) -> None:
        address = _read_address(token, "href")
        self._links.append((address, len(self._pieces)))

    def _choose_face(self) -> Face:
        bold = self._bold or self._weights["strong"] > 0
        # Emphasis within italics is set upright.
        italic = self._italic != (self._weights["em"] > 0)
        return _FACES[self._family, bold, italic]

    def _set_text(self, text: str) -> None:
        if "<" in text and _LINE_BREAK_TAG.search(text):
            first, *others = _LINE_BREAK_TAG.split(_LINE_BREAK_TAGS.sub("<br><br>", text))
            self._set_line(first)
            for other in others:
                self._pieces.append(make_break(self._type))
                self._set_line(other)
        else:
            self._set_line(text)

    def _set_line(self, text: str) -> None:
        """Text that may have something raised or lowered in it, as `x<sup>2</sup>` has."""
        place = 0
        for found in _RAISED_TAG.finditer(text):
            self._add(text[place : found.start()], self._choose_face())
            first = len(self._pieces)
            self._add(found[2], self._choose_face())
            rise_pt = round(_RISES[found[1].lower()] * self._type.size_pt, 2)
            self._pieces[first:] = [
                replace(piece.scale(_RAISED_SIZE, self._typography.least_pt), rise_pt=rise_pt)
                for piece in self._pieces[first:]
            ]
            place = found.end()
        self._add(text[place:], self._choose_face())

    def _add(self, text: str, face: Face) -> None:
        is_struck = self._weights["s"] > 0
        for run in split_runs(join_blanks(text.replace("\n", " ")), face):
            piece = make_piece(run, self._type.size_pt)
            self._pieces.append(replace(piece, is_struck=True) if is_struck else piece)

    def _set_code(self, token: Token) -> None:
        face = Face.CODE_BOLD if self._bold or self._weights["strong"] > 0 else Face.CODE
        ratio = 0.97 if self._family == "sans" else 0.86
        least_pt = min(SMALLEST_TEXT_PT, self._type.size_pt)
        size_pt = max(least_pt, round(ratio * self._type.size_pt, 2))
        is_struck = self._weights["s"] > 0
        for run in split_runs(token.content.replace("\t", " "), face):
            piece = make_piece(run, size_pt)
            self._pieces.append(
                replace(
                    piece, is_code=True, is_struck=is_struck, has_ground=self._typography.shows_grey
                )
            )

    def _set_image(self, token: Token) -> None:
        alt = token.content.strip()
        address = _read_address(token, "src")
        italic = _FACES[self._family, self._bold or self._weights["strong"] > 0, not self._italic]
        self._add(f"[picture: {alt}]" if alt else "[picture]", italic)
        if address.address or address.title:
            self._set_mark(self._notes.number(address))

    def _end_link(self, _: Token) -> None:
        if not self._links:
            return
        address, first = self._links.pop()
        shown = "".join(piece.text for piece in self._pieces[first:])
        target = address.address
        is_told = target in ("", shown, f"mailto:{shown}")
        if not is_told or address.title:
            self._set_mark(self._notes.number(address))

    def _set_mark(self, number: int) -> None:
        size_pt = max(self._typography.least_pt, round(0.62 * self._type.size_pt, 2))
        face = Face.SANS_BOLD if self._bold else Face.SANS
        rise_pt = round(0.36 * self._type.size_pt, 2)
        self._pieces.append(Piece(face, size_pt, str(number), rise_pt=rise_pt))


_WEIGHTS = {
    f"{kind}_{edge}": (kind, change)
    for kind in ("strong", "em", "s")
    for edge, change in (("open", 1), ("close", -1))
}
_SETTERS: dict[str, Callable[[SpanSetter, Token], None]] = {
    "softbreak": SpanSetter._set_soft_break,
    "hardbreak": SpanSetter._set_hard_break,
    "code_inline": SpanSetter._set_code,
    "link_open": SpanSetter._start_link,
    "link_close": SpanSetter._end_link,
    "image": SpanSetter._set_image,
    "footnote_ref": SpanSetter._set_footnote,
    "math_inline": SpanSetter._set_math,
}


def _read_address(token: Token, key: str) -> Address:
    address = str(token.attrGet(key) or "")
    # One of the note leads nowhere, and what it shows stands near.
    target = "" if is_note_address(address) else address
    return Address(target, str(token.attrGet("title") or ""))
