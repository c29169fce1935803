"""A typeface: which characters it has, its letters shaped by HarfBuzz, and itself in a PDF.

A document holds of each typeface the glyphs that it uses, each under a code of its own, and what
text each code stands for: so joined and reordered letters are copied as they were written.
reportlab knows typefaces too, for what it draws itself, such as the words of a chart.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, cast

import uharfbuzz as hb
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFStream,
    PDFStreamFilterZCompress,
    PDFString,
)

_REMEMBERED_WORDS = 8192
_UNITS = 1000
"""PDF measures glyphs in thousandths of the type's size."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph of a shaped text; lengths in thousandths of the type's size."""

    number: int
    text: str
    """What it stands for; empty for all but the first of several that stand for one."""
    advance: float
    x_offset: float
    y_offset: float


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A text as glyphs from left to right, whichever way it is read."""

    glyphs: tuple[Glyph, ...]
    advance: float
    """In thousandths of the type's size."""

    @property
    def is_raised(self) -> bool:
        return any(glyph.y_offset for glyph in self.glyphs)


class Typeface:
    """One font file; safe to use from several threads.

    Beside what is ours it has what reportlab asks of a font.
    """

    # What reportlab asks for.
    _multiByte = 1  # noqa: N815 - reportlab's name
    _dynamicFont = 1  # noqa: N815 - reportlab's name
    shapable = False
    encName = "utf-8"  # noqa: N815 - reportlab's name
    substitutionFonts: tuple[()] = ()  # noqa: N815 - reportlab's name

    def __init__(self, name: str, data: bytes, *, number: int = 0, has_ligatures: bool = True):
        """`number` is that of the font in a collection."""
        self.fontName = name
        self.name = name
        self._hb_face = hb.Face(hb.Blob(data), number)
        self._hb_font = hb.Font(self._hb_face)
        self._scale: float = _UNITS / self._hb_face.upem
        self._features = {} if has_ligatures else {"liga": False, "calt": False, "clig": False}
        self.is_postscript = self._hb_face.reference_table("glyf").data == b""
        """Whether its outlines are cubic, which a PDF holds in another form."""
        extents = self._hb_font.get_font_extents("ltr")
        self.ascent = extents.ascender * self._scale
        self.descent = extents.descender * self._scale
        self.characters = frozenset(
            code for code in self._hb_face.unicodes if code >= 0x20 and code != 0x7F
        )
        self.missing = re.compile(f"[^{_write_ranges(sorted(self.characters))}]")
        """Finds a character that it does not have."""
        self.face = SimpleNamespace(name=name, ascent=self.ascent, descent=self.descent)
        self.shape = lru_cache(maxsize=_REMEMBERED_WORDS)(self._shape)
        self._measure_word = lru_cache(maxsize=_REMEMBERED_WORDS)(self._measure)

    def _shape(self, text: str, is_rtl: bool = False) -> Shaped:
        """`text`, all of one script and direction, as glyphs; remembered by word."""
        if not text:
            return Shaped((), 0.0)
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if is_rtl else "ltr"
        hb.shape(self._hb_font, buffer, self._features)
        infos, positions = buffer.glyph_infos, buffer.glyph_positions
        starts = sorted({info.cluster for info in infos})
        ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
        glyphs, told = [], set[int]()
        total = 0.0
        for info, position in zip(infos, positions, strict=True):
            cluster = info.cluster
            shown = "" if cluster in told else text[cluster : ends[cluster]]
            told.add(cluster)
            advance = position.x_advance * self._scale
            total += advance
            glyphs.append(
                Glyph(
                    info.codepoint,
                    shown,
                    advance,
                    position.x_offset * self._scale,
                    position.y_offset * self._scale,
                )
            )
        return Shaped(tuple(glyphs), total)

    def measure(self, text: str, size_pt: float, *, is_rtl: bool = False) -> float:
        """Width in points of `text`, which it has all characters of.

        Words and blanks by themselves: so a text is as wide as its words and blanks together.
        """
        thousandths: float = self._measure_word(text, is_rtl)
        return thousandths * size_pt / _UNITS

    def _measure(self, text: str, is_rtl: bool) -> float:
        words = text.split(" ")
        blanks: float = (len(words) - 1) * self.shape(" ").advance if len(words) > 1 else 0.0
        widths: list[float] = [self.shape(word, is_rtl).advance for word in words if word]
        return blanks + sum(widths)

    def natural_advance(self, glyph: int) -> float:
        """Of the glyph by itself, in thousandths of the size."""
        advance: float = self._hb_font.get_glyph_h_advance(glyph)
        return advance * self._scale

    def cut_to(self, glyphs: Sequence[int]) -> tuple[bytes, Mapping[int, int]]:
        """A font file with these glyphs alone, and where in it each of them is."""
        cut = hb.SubsetInput()
        cut.sets(hb.SubsetInputSets.GLYPH_INDEX).set(glyphs)
        # Glyphs are shown by number, so that nothing is needed that finds or replaces them.
        cut.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(_DROPPED_TABLES)
        cut.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        if self.is_postscript:
            cut.flags |= hb.SubsetFlags.RETAIN_GIDS
        plan = hb.SubsetPlan(self._hb_face, cut)
        return plan.execute().blob.data, plan.old_to_new_glyph_mapping

    # In a document

    def open_in(self, document: PDFDocument) -> "Embedded":
        """What `document` holds of it so far."""
        kept: dict[str, Embedded] = document.__dict__.setdefault("inkchat_fonts", {})
        embedded = kept.get(self.name)
        if embedded is None:
            internal_name = f"F{len(document.fontMapping) + 1}"
            embedded = kept[self.name] = Embedded(self, internal_name)
            document.fontMapping[self.name] = f"/{internal_name}"
            document.delayedFonts.append(embedded)
        return embedded

    def write_text(
        self, document: PDFDocument, text: str, size_pt: float, *, is_rtl: bool = False
    ) -> str:
        """The operators that show `text` from the current point on; the font is set already."""
        embedded = self.open_in(document)
        words = [self.shape(word, is_rtl) for word in text.split(" ")]
        if is_rtl:
            words.reverse()
        blank = f"{embedded.encode(self.shape(' ').glyphs[0]):04x}" if len(words) > 1 else ""
        shown = f"<{blank}>".join(embedded.write(word, size_pt) for word in words)
        return f"[{shown}]TJ".replace("><", "").replace("[]TJ", "")

    # What reportlab asks for

    def stringWidth(self, text: str, size: float, encoding: str = "utf8") -> float:  # noqa: N802
        return self.measure(text, size)

    def splitString(  # noqa: N802
        self, text: str, doc: PDFDocument, encoding: str = "utf-8"
    ) -> list[tuple[int, bytes]]:
        embedded = self.open_in(doc)
        codes = [
            embedded.encode(glyph)
            for word in filter(None, re.split("( )", text))
            for glyph in self.shape(word).glyphs
        ]
        return [(0, b"".join(code.to_bytes(2, "big") for code in codes))] if codes else []

    def getSubsetInternalName(self, subset: int, doc: PDFDocument) -> str:  # noqa: N802
        return f"/{self.open_in(doc).internal_name}"


class Embedded:
    """One typeface within one document."""

    def __init__(self, typeface: Typeface, internal_name: str) -> None:
        self._typeface = typeface
        self.internal_name = internal_name
        self._codes: dict[tuple[int, str], int] = {}
        self._glyphs: list[int] = [0]
        """By code."""
        self._texts: list[str] = [""]
        self._written: dict[Shaped | tuple[Shaped, float], str] = {}

    def encode(self, glyph: Glyph) -> int:
        """The code under which the document shows it."""
        key = (glyph.number, glyph.text)
        code = self._codes.get(key)
        if code is None:
            # Of a PostScript font the number of a glyph is its code.
            by_number = self._typeface.is_postscript
            code = self._codes[key] = glyph.number if by_number else len(self._glyphs)
            self._glyphs.append(glyph.number)
            self._texts.append(glyph.text)
        return code

    def write(self, shaped: Shaped, size_pt: float) -> str:
        """What stands in an array of `TJ`; it is left and begun again where a glyph is raised."""
        key = (shaped, size_pt) if shaped.is_raised else shaped
        written = self._written.get(key)
        if written is None:
            written = self._written[key] = self._write(shaped, size_pt)
        return written

    def _write(self, shaped: Shaped, size_pt: float) -> str:
        parts: list[str] = []
        rise = 0.0
        for glyph in shaped.glyphs:
            if glyph.y_offset != rise:
                rise = glyph.y_offset
                parts.append(f"]TJ {rise * size_pt / _UNITS:.2f} Ts[")
            if glyph.x_offset:
                parts.append(f"{-glyph.x_offset:.0f}")
            parts.append(f"<{self.encode(glyph):04x}>")
            # What the reader goes on by itself, less what it should.
            excess = self._typeface.natural_advance(glyph.number) + glyph.x_offset - glyph.advance
            if abs(excess) >= 1:
                parts.append(f"{excess:.0f}")
        if rise:
            parts.append("]TJ 0 Ts[")
        return "".join(parts)

    def addObjects(self, doc: PDFDocument) -> None:  # noqa: N802 - reportlab's name
        typeface = self._typeface
        data, places = typeface.cut_to(self._glyphs)
        name = f"{_make_tag(data)}+{typeface.name}"
        widths = [round(typeface.natural_advance(glyph), 1) for glyph in self._glyphs]
        descriptor = {
            "Type": PDFName("FontDescriptor"),
            "FontName": PDFName(name),
            "Flags": 4,
            "FontBBox": PDFArray([-1000, round(typeface.descent), 3000, round(typeface.ascent)]),
            "ItalicAngle": 0,
            "Ascent": round(typeface.ascent),
            "Descent": round(typeface.descent),
            "CapHeight": 700,
            "StemV": 80,
        }
        descendant: dict[str, Any] = {
            "Type": PDFName("Font"),
            "Subtype": PDFName("CIDFontType0" if typeface.is_postscript else "CIDFontType2"),
            "BaseFont": PDFName(name),
            "CIDSystemInfo": PDFDictionary(
                {"Registry": PDFString("Adobe"), "Ordering": PDFString("Identity"), "Supplement": 0}
            ),
            "DW": 0,
        }
        if typeface.is_postscript:
            descriptor["FontFile3"] = _refer(doc, _compress(data, Subtype=PDFName("OpenType")))
            widths_of = sorted(dict(zip(self._glyphs, widths, strict=True)).items())
            pairs: list[Any] = []
            for glyph, width in widths_of:
                pairs += [glyph, PDFArray([width])]
            descendant["W"] = PDFArray(pairs)
            texts = dict(zip(reversed(self._glyphs), reversed(self._texts), strict=True))
        else:
            descriptor["FontFile2"] = _refer(doc, _compress(data, Length1=len(data)))
            to_glyph = b"".join(places[glyph].to_bytes(2, "big") for glyph in self._glyphs)
            descendant["CIDToGIDMap"] = _refer(doc, _compress(to_glyph))
            descendant["W"] = PDFArray([0, PDFArray(widths)])
            texts = dict(enumerate(self._texts))
        descendant["FontDescriptor"] = _refer(doc, PDFDictionary(descriptor))
        whole = {
            "Type": PDFName("Font"),
            "Subtype": PDFName("Type0"),
            "BaseFont": PDFName(name),
            "Encoding": PDFName("Identity-H"),
            "DescendantFonts": PDFArray([_refer(doc, PDFDictionary(descendant))]),
            "ToUnicode": _refer(doc, _compress(_write_texts(texts))),
        }
        fonts = cast(Any, doc).idToObject["BasicFonts"].dict
        fonts[self.internal_name] = _refer(doc, PDFDictionary(whole))


_DROPPED_TABLES = [
    int.from_bytes(tag.encode(), "big")
    for tag in ("GSUB", "GPOS", "GDEF", "name", "post", "cmap", "OS/2", "STAT", "kern", "DSIG")
]


def _refer(document: PDFDocument, value: object) -> Any:
    return cast(Any, document).Reference(value)


def _compress(data: bytes, **entries: Any) -> PDFStream:
    stream = PDFStream(PDFDictionary(dict(entries)), data)
    stream.filters = [PDFStreamFilterZCompress()]
    return stream


def _make_tag(data: bytes) -> str:
    """Six letters that tell subsets of one font apart, the same for the same glyphs."""
    number = zlib.crc32(data)
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _write_texts(texts: Mapping[int, str]) -> bytes:
    """The `ToUnicode` map: for each code the text it stands for."""
    lines = [
        f"<{code:04x}> <{text.encode('utf-16-be').hex()}>"
        for code, text in sorted(texts.items())
        if code
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


def _write_ranges(codes: list[int]) -> str:
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
