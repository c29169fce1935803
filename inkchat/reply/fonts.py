"""The typefaces, loaded on first use, and the choice of a font for each character.

All come from packages with open licences: Source Serif for text, Noto Sans for furniture,
Cascadia Mono for code, and FiraGO for scripts the others lack. reportlab has no fallback between
fonts, so text is split into runs by what each font has; a character that none has becomes its
number, such as ‹U+1F600›, because a blank or an empty box would hide that something stood there.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import font_source_serif_pro
import pymupdf_fonts
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.typeface import Typeface

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


_fonts: dict[Face, Typeface] = {}
_registration = threading.Lock()


def load_font(face: Face) -> Typeface:
    """The font of `face`, registered with reportlab once in the life of the process."""
    font = _fonts.get(face)
    if font is None:
        with _registration:
            font = _fonts.get(face)
            if font is None:
                is_code = face in (Face.CODE, Face.CODE_BOLD)
                font = Typeface(face.value, _read(_SOURCES[face]()), has_ligatures=not is_code)
                pdfmetrics.registerFont(cast(Any, font))
                _fonts[face] = font
    return font


def _read(source: str | bytes) -> bytes:
    return source if isinstance(source, bytes) else Path(source).read_bytes()


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
    return load_font(face).measure(text, size_pt)


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
    parts = [f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm"]
    if space_pt:
        parts.append(f"{space_pt:.2f} Tc")
    parts += [write_run(canvas, run, size_pt) for run in runs]
    if space_pt:
        # Else it would hold for the rest of the page.
        parts.append("0 Tc")
    parts.append("ET")
    write(canvas, " ".join(parts))


def write_run(canvas: Canvas, run: Run, size_pt: float, *, is_rtl: bool = False) -> str:
    """The operators that show `run` among text of `size_pt`, from the current point on."""
    typeface = load_font(run.face)
    document = cast(Any, canvas)._doc
    actual_pt = scale_size(size_pt, run)
    name = typeface.open_in(document).internal_name
    shown = typeface.write_text(document, run.text, actual_pt, is_rtl=is_rtl)
    return f"/{name} {actual_pt:g} Tf {shown}"


def write(canvas: Canvas, operators: str) -> None:
    """Put operators of a PDF into the page as they are."""
    cast(Any, canvas)._code.append(operators)


def has_all(text: str, face: Face) -> bool:
    """Whether `face` by itself has every character of `text`."""
    return text.isascii() or not load_font(face).missing.search(text)
