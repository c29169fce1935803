"""The typefaces, loaded on first use, and the choice of a font for each character.

All come from packages with open licences: Source Serif for text, Noto Sans for furniture,
Cascadia Mono for code, and FiraGO for scripts the others lack. reportlab has no fallback between
fonts, so text is split into runs by what each font has; a character that none has becomes its
number, such as ‹U+1F600›, because a blank or an empty box would hide that something stood there.
"""

import copy
import io
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import font_source_serif_pro
import pymupdf_fonts
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDocument
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

SMALLEST_PT = 7.5
"""Nothing on a page is smaller."""
SMALLEST_TEXT_PT = 11.0
"""Nothing that is to be read is smaller; dates, labels and footers may be."""


class Face(StrEnum):
    """A font; the word is its name in reportlab."""

    SERIF = "inkchat-serif"
    SERIF_BOLD = "inkchat-serif-bold"
    SERIF_ITALIC = "inkchat-serif-italic"
    SERIF_BOLD_ITALIC = "inkchat-serif-bold-italic"
    SANS = "inkchat-sans"
    SANS_BOLD = "inkchat-sans-bold"
    SANS_ITALIC = "inkchat-sans-italic"
    SANS_BOLD_ITALIC = "inkchat-sans-bold-italic"
    CODE = "inkchat-code"
    CODE_BOLD = "inkchat-code-bold"
    WORLD = "inkchat-world"
    WORLD_BOLD = "inkchat-world-bold"


class Run(NamedTuple):
    """Text that one font can draw."""

    face: Face
    scale: float
    """Of the size around it, so that letters of different fonts look equally large."""
    text: str


_SOURCES: dict[Face, Callable[[], str | bytes]] = {
    Face.SERIF: lambda: font_source_serif_pro.font_files_ttf["SourceSerifPro"],
    Face.SERIF_BOLD: lambda: font_source_serif_pro.font_files_ttf["SourceSerifProBold"],
    Face.SERIF_ITALIC: lambda: font_source_serif_pro.font_files_ttf["SourceSerifProIt"],
    Face.SERIF_BOLD_ITALIC: lambda: font_source_serif_pro.font_files_ttf["SourceSerifProBoldIt"],
    Face.SANS: lambda: pymupdf_fonts.myfont("notos"),
    Face.SANS_BOLD: lambda: pymupdf_fonts.myfont("notosbo"),
    Face.SANS_ITALIC: lambda: pymupdf_fonts.myfont("notosit"),
    Face.SANS_BOLD_ITALIC: lambda: pymupdf_fonts.myfont("notosbi"),
    Face.CODE: lambda: pymupdf_fonts.myfont("cascadia"),
    Face.CODE_BOLD: lambda: pymupdf_fonts.myfont("cascadiab"),
    Face.WORLD: lambda: pymupdf_fonts.myfont("figo"),
    Face.WORLD_BOLD: lambda: pymupdf_fonts.myfont("figbo"),
}

_WORD_CHARACTERS = 24
"""Of the longest text whose width is remembered."""

_X_HEIGHTS: dict[str, float] = {"serif": 0.475, "sans": 0.536, "code": 0.52, "world": 0.527}
"""Of the size; measured in the fonts."""

# Source Serif's italics have Latin only; emphasis in Greek or Cyrillic is kept by an oblique sans.
_FALLBACKS: dict[Face, tuple[Face, ...]] = {
    Face.SERIF: (Face.SANS, Face.WORLD, Face.CODE),
    Face.SERIF_BOLD: (Face.SANS_BOLD, Face.WORLD_BOLD, Face.CODE_BOLD),
    Face.SERIF_ITALIC: (Face.SANS_ITALIC, Face.SERIF, Face.WORLD, Face.CODE),
    Face.SERIF_BOLD_ITALIC: (
        Face.SANS_BOLD_ITALIC,
        Face.SERIF_BOLD,
        Face.WORLD_BOLD,
        Face.CODE_BOLD,
    ),
    Face.SANS: (Face.SERIF, Face.WORLD, Face.CODE),
    Face.SANS_BOLD: (Face.SERIF_BOLD, Face.WORLD_BOLD, Face.CODE_BOLD),
    Face.SANS_ITALIC: (Face.SERIF, Face.WORLD, Face.CODE),
    Face.SANS_BOLD_ITALIC: (Face.SERIF_BOLD, Face.WORLD_BOLD, Face.CODE_BOLD),
    Face.CODE: (Face.SANS, Face.SERIF, Face.WORLD),
    Face.CODE_BOLD: (Face.SANS_BOLD, Face.SERIF_BOLD, Face.WORLD_BOLD),
    Face.WORLD: (Face.SANS,),
    Face.WORLD_BOLD: (Face.SANS_BOLD,),
}

_LOOKALIKES = {
    "✅": "✓",
    "✔": "✓",
    "❌": "×",
    "✖": "×",
    "✗": "×",
    "✘": "×",
}
"""Signs that models like and no font here has, with the nearest one that stands in for them."""


class SharedFont(TTFont):
    """A font that several threads draw with, each into a document of its own.

    reportlab keeps what a document uses of a font per document, but cuts the subset with a
    reading position that belongs to the face (`TTFontParser._pos`): two threads that save at the
    same time would read each other's glyphs. So each document is cut from a copy of the face,
    which shares the font's data.
    """

    def __init__(self, face: Face, source: str | bytes) -> None:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        super().__init__(face.value, file, asciiReadable=0)
        glyphs = self.face.charToGlyph
        self.characters = frozenset(
            code for code, glyph in glyphs.items() if glyph and code >= 0x20 and code != 0x7F
        )
        self.missing = re.compile(f"[^{_write_ranges(sorted(self.characters))}]")
        self._measure_word = lru_cache(maxsize=4096)(self._measure)

    def stringWidth(  # noqa: N802 - reportlab's name
        self, text: str, size: float, encoding: str = "utf8"
    ) -> float:
        # A text repeats its words, and adding up letters is a fifth of the time of a page.
        units = self._measure_word(text) if len(text) <= _WORD_CHARACTERS else self._measure(text)
        return float(0.001 * size * units)

    def _measure(self, text: str) -> float:
        widths, otherwise = self.face.charWidths, self.face.defaultWidth
        return float(sum([widths.get(ord(letter), otherwise) for letter in text]))

    def addObjects(self, doc: PDFDocument) -> None:  # noqa: N802 - reportlab's name
        private = copy.copy(self)
        private.face = copy.copy(self.face)
        super(SharedFont, private).addObjects(doc)


def _write_ranges(codes: list[int]) -> str:
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


_fonts: dict[Face, SharedFont] = {}
_registration = threading.Lock()


def load_font(face: Face) -> SharedFont:
    """The font of `face`, registered with reportlab once in the life of the process."""
    font = _fonts.get(face)
    if font is None:
        with _registration:
            font = _fonts.get(face)
            if font is None:
                font = SharedFont(face, _SOURCES[face]())
                pdfmetrics.registerFont(font)
                _fonts[face] = font
    return font


def split_runs(text: str, face: Face) -> list[Run]:
    """`text`, which must be clean, in runs that one font each can draw."""
    if text.isascii() or not load_font(face).missing.search(text):
        return [Run(face, 1.0, text)] if text else []
    return list(_join_runs(_choose_font(character, face) for character in text))


def _join_runs(runs: Iterator[Run]) -> Iterator[Run]:
    face, scale, letters = None, 1.0, list[str]()
    for run in runs:
        if run.face is not face or run.scale != scale:
            if face is not None:
                yield Run(face, scale, "".join(letters))
            face, scale, letters = run.face, run.scale, []
        letters.append(run.text)
    if face is not None:
        yield Run(face, scale, "".join(letters))


@lru_cache(maxsize=4096)
def _choose_font(character: str, face: Face) -> Run:
    code = ord(character)
    for candidate in (face, *_FALLBACKS[face]):
        if code in load_font(candidate).characters:
            return Run(candidate, _match_height(face, candidate), character)
    if character in _LOOKALIKES:
        return _choose_font(_LOOKALIKES[character], face)
    return Run(Face.SANS, 0.72, f"‹U+{code:04X}›")


def _match_height(face: Face, other: Face) -> float:
    if face is other:
        return 1.0
    return round(_X_HEIGHTS[face.split("-")[1]] / _X_HEIGHTS[other.split("-")[1]], 2)


def measure_text(text: str, face: Face, size_pt: float) -> float:
    """Width in points of text that `face` has."""
    return float(load_font(face).stringWidth(text, size_pt))


def scale_size(size_pt: float, run: Run) -> float:
    """The size in points at which `run` stands among text of `size_pt`."""
    return size_pt if run.scale == 1.0 else max(SMALLEST_PT, round(size_pt * run.scale, 2))


def measure_runs(runs: Sequence[Run], size_pt: float) -> float:
    """Width in points."""
    return sum(measure_text(run.text, run.face, scale_size(size_pt, run)) for run in runs)


def draw_runs(
    canvas: Canvas, x: float, y: float, runs: Sequence[Run], size_pt: float, space_pt: float = 0.0
) -> None:
    """One line of type that begins at x on the baseline y, `space_pt` between its letters."""
    text = canvas.beginText(x, y)
    if space_pt:
        text.setCharSpace(space_pt)
    for run in runs:
        text.setFont(run.face.value, scale_size(size_pt, run))
        text.textOut(run.text)
    if space_pt:
        # Else it would hold for the rest of the page.
        text.setCharSpace(0)
    canvas.drawText(text)


def has_all(text: str, face: Face) -> bool:
    """Whether `face` by itself has every character of `text`."""
    return text.isascii() or not load_font(face).missing.search(text)
