"""The typefaces, loaded on first use.

Source Serif is for text, Noto Sans for furniture, Cascadia Mono for code, FiraGO for scripts the
others lack, further Noto fonts for signs: all from packages with open licences.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import font_source_serif_pro
import pymupdf_fonts
import uharfbuzz as hb
from reportlab.pdfbase import pdfmetrics

from inkchat.reply.font_files import SystemFace
from inkchat.reply.nameplates import Nameplates
from inkchat.reply.typeface import Typeface

SMALLEST_PT = 7.5
"""Nothing on a page is smaller but what stands in a formula or a figure."""
LARGEST_LEAST_PT = 9.0
"""The largest `smallest_pt` that a device may have: type of this size is not made smaller."""
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
    WORLD_ITALIC = "inkchat-world-italic"
    WORLD_BOLD_ITALIC = "inkchat-world-bold-italic"
    SIGNS = "inkchat-signs"
    PICTURES = "inkchat-pictures"
    MATH = "inkchat-math"
    MUSIC = "inkchat-music"
    NAMES = "inkchat-names"
    """Of characters that no font has."""


AnyFace = Face | SystemFace


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
    Face.WORLD_ITALIC: lambda: pymupdf_fonts.myfont("figit"),
    Face.WORLD_BOLD_ITALIC: lambda: pymupdf_fonts.myfont("figbi"),
    Face.SIGNS: lambda: pymupdf_fonts.myfont("symbol1"),
    Face.PICTURES: lambda: pymupdf_fonts.myfont("symbol2"),
    Face.MATH: lambda: pymupdf_fonts.myfont("math"),
    Face.MUSIC: lambda: pymupdf_fonts.myfont("music"),
    Face.NAMES: lambda: pymupdf_fonts.myfont("notos"),
}

_LEFT_TO_WORLD = range(0x0590, 0x0900)
"""Hebrew and Arabic, of which Cascadia has no marks: a word would be in two fonts."""
_LOOKALIKES = dict(
    zip(map(ord, "✅❌🔄🔁📌📍📝🔑📖📞📧💬🌟⏰👍👎"), map(ord, "✔✖🗘🗘🖈🖈🗒🗝🕮🕿🖂🗪★⏱🖒🖓"), strict=True)
)
"""Signs that models like and no packaged font has, with the nearest one that stands in for them."""


_fonts: dict[AnyFace, Typeface] = {}
_registration = threading.Lock()


def load_font(face: AnyFace) -> Typeface:
    """The font of `face`, registered with reportlab once in the life of the process."""
    font = _fonts.get(face)
    if font is None:
        with _registration:
            font = _fonts.get(face)
            if font is None:
                font = _open(face)
                pdfmetrics.registerFont(cast(Any, font))
                _fonts[face] = font
    return font


def _open(face: AnyFace) -> Typeface:
    if isinstance(face, SystemFace):
        return Typeface(face.value, hb.Blob.from_file_path(face.path), number=face.number)
    source = _SOURCES[face]()
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if face is Face.NAMES:
        return Nameplates(face.value, data)
    is_code = face in (Face.CODE, Face.CODE_BOLD)
    return Typeface(
        face.value,
        data,
        has_ligatures=not is_code,
        lookalikes=_LOOKALIKES if face is Face.PICTURES else {},
        without=_LEFT_TO_WORLD if is_code else (),
    )


def measure_text(text: str, face: AnyFace, size_pt: float) -> float:
    """Width in points of text that `face` has."""
    return load_font(face).measure(text, size_pt)
