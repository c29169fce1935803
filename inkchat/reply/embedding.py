"""A typeface within a document: the glyphs it uses, and what text each of them stands for.

Each glyph has a code of its own for each text that it stands for, and each code stands for
something: so joined and reordered letters are copied as they were written. The glyph that the
font has for a letter has the letter's number for its code: most words are written alike in all
documents.
"""

import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from reportlab.pdfbase.pdfdoc import PDFDocument

from inkchat.reply.composites import Composite, add_composites
from inkchat.reply.cutting import cut_out
from inkchat.reply.glyphs import OWN_CODES, Glyph, Shaped
from inkchat.reply.objects import add_object, add_stream
from inkchat.reply.quadratics import convert
from inkchat.reply.unicode_map import write_unicode_map

if TYPE_CHECKING:
    from inkchat.reply.typeface import Typeface

_MOST_CODES = 58_000
"""Of the 63,488 that are left; a word has a few hundred."""
_UNITS = 1000
_NOTHING = "\u200b"
"""What a glyph stands for that stands for nothing: without any text, PDFium takes its code."""
_FIXED_PITCH, _SYMBOLIC, _ITALIC, _BOLD = 1, 4, 64, 1 << 18
"""Flags of a font, from ISO 32000-1, table 123."""


def list_embedded(document: PDFDocument, typeface: "Typeface") -> list["Embedded"]:
    """What `document` holds of `typeface`: another where the codes of one are used up."""
    held: dict[str, list[Embedded]] = document.__dict__.setdefault("inkchat_fonts", {})
    of_typeface = held.setdefault(typeface.name, [])
    if not of_typeface or of_typeface[-1].is_full:
        internal_name = f"F{len(document.fontMapping) + 1}"
        alias = f" {len(of_typeface)}" if of_typeface else ""
        document.fontMapping[typeface.name + alias] = f"/{internal_name}"
        of_typeface.append(Embedded(typeface, internal_name))
        document.delayedFonts.append(of_typeface[-1])
    return of_typeface


class Embedded:
    """One typeface within one document."""

    def __init__(self, typeface: "Typeface", internal_name: str) -> None:
        self._typeface = typeface
        self.internal_name = internal_name
        self._has_cids = typeface.cids is not None
        self._own: set[str] = set()
        """Characters that have their own code."""
        self._codes: dict[str, int] = {}
        """Of other glyphs, by key."""
        self._others: dict[int, Glyph] = {}
        """By code."""
        self._signs: dict[str, str] = {}
        """The codes as they are written, by key."""
        self._written: dict[tuple[bool, float], dict[str, str]] = {}

    @property
    def is_full(self) -> bool:
        return len(self._others) >= _MOST_CODES

    def encode(self, glyph: Glyph) -> int:
        """The code under which the document shows it."""
        own_code = self._typeface.find_own_code(glyph)
        if own_code:
            self._own.add(glyph.text)
            return own_code
        key = glyph.key
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = self._choose_code(glyph)
            self._others.setdefault(code, glyph)
        return code

    def _choose_code(self, glyph: Glyph) -> int:
        cids = self._typeface.cids
        if cids:
            return cids[glyph.parts[0][0]]
        # PDFium takes any other code for a text, where a glyph stands for none.
        return OWN_CODES + len(self._codes) if glyph.text else 0

    def write_words(self, words: Sequence[str], size_pt: float, is_rtl: bool = False) -> list[str]:
        """Each as it stands in an array of `TJ`, which is left and begun again where a glyph is
        raised."""
        # Only what is raised is written in points, and only that of such a font.
        key = (is_rtl, size_pt if self._has_cids else 0.0)
        written = self._written.setdefault(key, {})
        return [
            written.get(word) or self._write_word(word, size_pt, is_rtl, written) for word in words
        ]

    def _write_word(self, word: str, size_pt: float, is_rtl: bool, written: dict[str, str]) -> str:
        shaped = self._typeface.shape(word, is_rtl)
        if shaped.plain and not is_rtl:
            self._own.update(word)
            written[word] = shaped.plain
        else:
            written[word] = self.write(shaped, size_pt)
        return written[word]

    def write(self, shaped: Shaped, size_pt: float) -> str:
        write = self._write_moved if self._has_cids else self._write
        return "".join(write(shaped, size_pt))

    def _write(self, shaped: Shaped, size_pt: float) -> Iterator[str]:
        signs = self._signs
        for glyph, (key, step) in zip(shaped.glyphs, shaped.steps, strict=True):
            sign = signs.get(key)
            if sign is None:
                sign = signs[key] = f"<{self.encode(glyph):04x}>"
            yield sign + step if step else sign

    def _write_moved(self, shaped: Shaped, size_pt: float) -> Iterator[str]:
        """For a font that no glyphs can be added to."""
        typeface = self._typeface
        rise = 0
        for glyph in shaped.glyphs:
            at, text = 0, glyph.text
            for number, x, y in glyph.parts:
                if y != rise:
                    rise = y
                    yield f"]TJ {rise * typeface.scale * size_pt / _UNITS:.2f} Ts["
                if x != at:
                    yield f" {(at - x) * typeface.scale:.0f} "
                code = self.encode(Glyph(((number, 0, 0),), text, 0, is_plain=True))
                yield f"<{code:04x}>"
                at, text = x + typeface.natural_advance(number), _NOTHING
            if at != glyph.advance:
                yield f" {(at - glyph.advance) * typeface.scale:.0f} "
        if rise:
            yield "]TJ 0 Ts["

    # At the end

    def addObjects(self, doc: PDFDocument) -> None:  # noqa: N802 - reportlab's name
        own = {ord(character): self._typeface.find_own_glyph(character) for character in self._own}
        shown = dict(sorted([*own.items(), *self._others.items()]))
        write = self._write_postscript if self._has_cids else self._write_truetype
        data, descendant, file = write(doc, shown)
        name = f"/{_make_tag(data)}+{self._typeface.name}"
        descriptor = add_object(doc, self._describe(name) | file)
        descendant = {
            "Type": "/Font",
            "BaseFont": name,
            "CIDSystemInfo": "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>",
            "DW": 0,
            "W": self._list_widths(shown),
            "FontDescriptor": descriptor,
        } | descendant
        whole = {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": name,
            "Encoding": "/Identity-H",
            "DescendantFonts": f"[{add_object(doc, descendant)}]",
            "ToUnicode": add_stream(doc, write_unicode_map(shown), {}),
        }
        fonts = cast(Any, doc).idToObject["BasicFonts"].dict
        fonts[self.internal_name] = add_object(doc, whole)

    def _write_truetype(
        self, document: PDFDocument, shown: Mapping[int, Glyph]
    ) -> tuple[bytes, dict[str, object], dict[str, object]]:
        """The font file, and what stands for it in font and descriptor."""
        face = self._typeface.hb_face
        numbers = [part[0] for glyph in shown.values() for part in glyph.parts]
        if self._typeface.has_parabolas:
            cut, places = cut_out(face, numbers)
            data, count = cut.blob.data, cut.glyph_count
        else:
            data, places = convert(face, numbers)
            count = len(places)
        added: dict[Composite, int] = {}
        to_glyph = array("H", bytes(2 * (max(shown) + 1)))
        for code, glyph in shown.items():
            if glyph.is_plain:
                to_glyph[code] = places[glyph.parts[0][0]]
            else:
                parts = tuple((places[number], x, y) for number, x, y in glyph.parts)
                composite = Composite(parts, max(0, glyph.advance), glyph.scale, glyph.frame)
                to_glyph[code] = added.setdefault(composite, count + len(added))
        if added:
            data = add_composites(data, list(added))
        if sys.byteorder == "little":
            to_glyph.byteswap()
        stream = add_stream(document, data, {"Length1": len(data)})
        mapped = add_stream(document, to_glyph.tobytes(), {})
        return data, {"Subtype": "/CIDFontType2", "CIDToGIDMap": mapped}, {"FontFile2": stream}

    def _write_postscript(
        self, document: PDFDocument, shown: Mapping[int, Glyph]
    ) -> tuple[bytes, dict[str, object], dict[str, object]]:
        numbers = [glyph.parts[0][0] for glyph in shown.values()]
        face, _ = cut_out(self._typeface.hb_face, numbers)
        data = face.reference_table("CFF ").data
        stream = add_stream(document, data, {"Subtype": "/CIDFontType0C"})
        return data, {"Subtype": "/CIDFontType0"}, {"FontFile3": stream}

    def _list_widths(self, shown: Mapping[int, Glyph]) -> str:
        """Of each code, in rows of codes that follow each other: an array as PDF writes it."""
        typeface = self._typeface
        widths = {
            code: typeface.write_width(glyph.parts[0][0])
            if glyph.is_plain or self._has_cids
            else f"{round(max(0, glyph.advance) * typeface.scale, 1):g}"
            for code, glyph in shown.items()
        }
        rows = []
        for _, group in groupby(enumerate(widths), lambda pair: pair[1] - pair[0]):
            codes = [code for _, code in group]
            rows.append(f"{codes[0]} [{' '.join([widths[code] for code in codes])}]")
        written = "\n".join(rows)
        return f"[{written}]"

    def _describe(self, name: str) -> dict[str, object]:
        metrics = self._typeface.metrics
        flags = _SYMBOLIC
        flags |= _FIXED_PITCH if metrics.is_fixed_pitch else 0
        flags |= _ITALIC if metrics.italic_degrees else 0
        flags |= _BOLD if metrics.weight >= 700 else 0
        return {
            "Type": "/FontDescriptor",
            "FontName": name,
            "Flags": flags,
            "FontBBox": "[{} {} {} {}]".format(*metrics.box),
            "ItalicAngle": round(metrics.italic_degrees, 1),
            "Ascent": round(metrics.ascent),
            "Descent": round(metrics.descent),
            "CapHeight": round(metrics.cap_height),
            "XHeight": round(metrics.x_height),
            # No font file tells it: the usual estimate from its weight.
            "StemV": round(10 + 220 * (metrics.weight - 50) / 900),
        }


def _make_tag(data: bytes) -> str:
    """Six letters that tell subsets of one font apart, the same for the same glyphs."""
    number = zlib.crc32(data)
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))
