"""A typeface within a document: the glyphs it uses, and what text each of them stands for.

Each glyph has a code of its own for each text that it stands for, and each code stands for
something: so joined and reordered letters are copied as they were written.
"""

import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFStream,
    PDFStreamFilterZCompress,
    PDFString,
)

from inkchat.reply.composites import Composite, add_composites
from inkchat.reply.cutting import cut_out
from inkchat.reply.glyphs import Glyph, Shaped
from inkchat.reply.quadratics import convert

if TYPE_CHECKING:
    from inkchat.reply.typeface import Typeface

_MOST_CODES = 60_000
"""Of the 65,536 that there are; a word has a few hundred."""
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
        self._codes: dict[str, int] = {}
        self._signs: dict[str, str] = {}
        """The codes as they are written; by key, as these."""
        self._shown: dict[int, Glyph] = {}
        """By code."""
        self._written: dict[tuple[str, bool, float], str] = {}

    @property
    def is_full(self) -> bool:
        return len(self._shown) >= _MOST_CODES

    def encode(self, glyph: Glyph) -> int:
        """The code under which the document shows it."""
        key = glyph.key
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = self._choose_code(glyph)
            self._shown.setdefault(code, glyph)
        return code

    def _choose_code(self, glyph: Glyph) -> int:
        cids = self._typeface.cids
        if cids:
            return cids[glyph.parts[0][0]]
        # PDFium takes any other code for a text, where a glyph stands for none.
        return len(self._codes) + 1 if glyph.text else 0

    def write_word(self, word: str, size_pt: float, is_rtl: bool = False) -> str:
        """What stands in an array of `TJ`; it is left and begun again where a glyph is raised."""
        # Only what is raised is written in points, and only that of such a font.
        key = (word, is_rtl, size_pt if self._has_cids else 0.0)
        written = self._written.get(key)
        if written is None:
            written = self.write(self._typeface.shape(word, is_rtl), size_pt)
            self._written[key] = written
        return written

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
        refer = partial(_refer, doc)
        write = self._write_postscript if self._typeface.cids else self._write_truetype
        data, descendant, file = write(refer)
        name = f"{_make_tag(data)}+{self._typeface.name}"
        descriptor = self._describe(name) | file
        descendant |= {
            "Type": PDFName("Font"),
            "BaseFont": PDFName(name),
            "CIDSystemInfo": PDFDictionary(
                {"Registry": PDFString("Adobe"), "Ordering": PDFString("Identity"), "Supplement": 0}
            ),
            "DW": 0,
            "W": self._list_widths(),
            "FontDescriptor": refer(PDFDictionary(descriptor)),
        }
        texts = {code: glyph.text for code, glyph in self._shown.items()}
        whole = {
            "Type": PDFName("Font"),
            "Subtype": PDFName("Type0"),
            "BaseFont": PDFName(name),
            "Encoding": PDFName("Identity-H"),
            "DescendantFonts": PDFArray([refer(PDFDictionary(descendant))]),
            "ToUnicode": refer(_compress(_write_texts(texts))),
        }
        fonts = cast(Any, doc).idToObject["BasicFonts"].dict
        fonts[self.internal_name] = refer(PDFDictionary(whole))

    def _write_truetype(self, refer: Any) -> tuple[bytes, dict[str, Any], dict[str, Any]]:
        """The font file, and what stands for it in font and descriptor."""
        face = self._typeface.hb_face
        numbers = [part[0] for glyph in self._shown.values() for part in glyph.parts]
        if self._typeface.has_parabolas:
            cut, places = cut_out(face, numbers)
            data, count = cut.blob.data, cut.glyph_count
        else:
            data, places = convert(face, numbers)
            count = len(places)
        added: dict[Composite, int] = {}
        to_glyph = [0] * (max(self._shown) + 1)
        for code, glyph in self._shown.items():
            parts = tuple((places[number], x, y) for number, x, y in glyph.parts)
            if glyph.is_plain:
                to_glyph[code] = parts[0][0]
            else:
                composite = Composite(parts, max(0, glyph.advance), glyph.scale, glyph.frame)
                to_glyph[code] = added.setdefault(composite, count + len(added))
        if added:
            data = add_composites(data, list(added))
        mapped = b"".join(number.to_bytes(2, "big") for number in to_glyph)
        file = {"FontFile2": refer(_compress(data, Length1=len(data)))}
        descendant = {
            "Subtype": PDFName("CIDFontType2"),
            "CIDToGIDMap": refer(_compress(mapped)),
        }
        return data, descendant, file

    def _write_postscript(self, refer: Any) -> tuple[bytes, dict[str, Any], dict[str, Any]]:
        numbers = [glyph.parts[0][0] for glyph in self._shown.values()]
        face, _ = cut_out(self._typeface.hb_face, numbers)
        data = face.reference_table("CFF ").data
        file = {"FontFile3": refer(_compress(data, Subtype=PDFName("CIDFontType0C")))}
        return data, {"Subtype": PDFName("CIDFontType0")}, file

    def _list_widths(self) -> str:
        """Of each code, in rows of codes that follow each other: an array as PDF writes it."""
        typeface = self._typeface
        widths = {}
        for code, glyph in sorted(self._shown.items()):
            is_natural = glyph.is_plain or typeface.cids
            advance = (
                typeface.natural_advance(glyph.parts[0][0]) if is_natural else max(0, glyph.advance)
            )
            widths[code] = round(advance * typeface.scale, 1)
        rows = []
        for _, group in groupby(enumerate(widths), lambda pair: pair[1] - pair[0]):
            codes = [code for _, code in group]
            rows.append(f"{codes[0]} [{' '.join([f'{widths[code]:g}' for code in codes])}]")
        shown = "\n".join(rows)
        return f"[{shown}]"

    def _describe(self, name: str) -> dict[str, Any]:
        metrics = self._typeface.metrics
        flags = _SYMBOLIC
        flags |= _FIXED_PITCH if metrics.is_fixed_pitch else 0
        flags |= _ITALIC if metrics.italic_degrees else 0
        flags |= _BOLD if metrics.weight >= 700 else 0
        return {
            "Type": PDFName("FontDescriptor"),
            "FontName": PDFName(name),
            "Flags": flags,
            "FontBBox": PDFArray(list(metrics.box)),
            "ItalicAngle": round(metrics.italic_degrees, 1),
            "Ascent": round(metrics.ascent),
            "Descent": round(metrics.descent),
            "CapHeight": round(metrics.cap_height),
            "XHeight": round(metrics.x_height),
            # No font file tells it: the usual estimate from its weight.
            "StemV": round(10 + 220 * (metrics.weight - 50) / 900),
        }


def _refer(document: PDFDocument, value: object) -> Any:
    return cast(Any, document).Reference(value)


class _Deflate(PDFStreamFilterZCompress):
    """In two thirds of the usual time, and a fortieth larger."""

    def encode(self, text: bytes) -> bytes:
        return zlib.compress(text, 4)


def _compress(data: bytes, **entries: Any) -> PDFStream:
    stream = PDFStream(PDFDictionary(dict(entries)), data)
    stream.filters = [_Deflate()]
    return stream


def _make_tag(data: bytes) -> str:
    """Six letters that tell subsets of one font apart, the same for the same glyphs."""
    number = zlib.crc32(data)
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _write_texts(texts: Mapping[int, str]) -> bytes:
    """The `ToUnicode` map: for each code the text it stands for."""
    lines = [
        f"<{code:04x}> <{text.encode('utf-16-be', 'surrogatepass').hex()}>"
        for code, text in sorted(texts.items())
    ]
    parts = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    body = "\n".join(
        f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in parts
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{body}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
