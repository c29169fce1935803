"""A typeface: which characters it has, and its letters shaped and measured by HarfBuzz.

How it stands in a document is told in `embedding`. reportlab knows typefaces too, for what it
draws itself, such as the words of a chart.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from types import MappingProxyType, SimpleNamespace

import uharfbuzz as hb
from reportlab.pdfbase.pdfdoc import PDFDocument

from inkchat.reply.embedding import Embedded, list_embedded
from inkchat.reply.glyphs import (
    OWN_CODES,
    Glyph,
    Part,
    Shaped,
    Step,
    make_glyph,
    mirror,
    share_text,
)
from inkchat.reply.metrics import read_metrics
from inkchat.reply.postscript import read_cids

_REMEMBERED_WORDS = 8192
_REMEMBERED_CHARACTERS = 48
"""Of a word; longer ones seldom come twice, and could fill the memory."""
_SHAPED_AT_ONCE = 256
"""Characters: HarfBuzz takes a time that grows with the square of a row of marks."""
_UNITS = 1000
"""PDF measures glyphs in thousandths of the type's size."""
_NONE: Mapping[int, int] = MappingProxyType({})
_REMEMBERED_GLYPHS = 4096

Shown = tuple[Glyph, Step]
"""A glyph, and what is written of it."""


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

    def __init__(
        self,
        name: str,
        data: bytes | hb.Blob,
        *,
        number: int = 0,
        has_ligatures: bool = True,
        lookalikes: Mapping[int, int] = _NONE,
        without: Container[int] = (),
    ):
        """`number` is that of the font in a collection; `lookalikes` are characters that it lacks,
        each with the one that is drawn in its place; `without` are left to another font."""
        self.fontName = name
        self.name = name
        self.hb_face = hb.Face(data if isinstance(data, hb.Blob) else hb.Blob(data), number)
        self._hb_font = hb.Font(self.hb_face)
        self._scale: float = _UNITS / self.hb_face.upem
        self._features = {} if has_ligatures else {"liga": False, "calt": False, "clig": False}
        self.has_parabolas = "glyf" in self.hb_face.table_tags
        """Whether it has TrueType outlines, and no PostScript ones."""
        self.metrics = read_metrics(self._hb_font, self._scale)
        self.ascent, self.descent = self.metrics.ascent, self.metrics.descent
        self._lookalikes = lookalikes
        self.characters: frozenset[int] = frozenset(
            [
                code
                for code in self.hb_face.unicodes
                if code >= 0x20 and code != 0x7F and code not in without
            ]
            + [*lookalikes]
        )
        self.face = SimpleNamespace(name=name, ascent=self.ascent, descent=self.descent)
        self._shape_remembered = lru_cache(maxsize=_REMEMBERED_WORDS)(self._shape)
        self._show_remembered = lru_cache(maxsize=_REMEMBERED_GLYPHS)(self._show)
        self._measure_remembered = lru_cache(maxsize=_REMEMBERED_WORDS)(self._measure)
        self.find_own_glyph = lru_cache(maxsize=OWN_CODES)(self._find_own_glyph)
        self.write_width = lru_cache(maxsize=_REMEMBERED_GLYPHS)(self._write_width)

    @cached_property
    def missing(self) -> re.Pattern[str]:
        """Finds a character that it does not have."""
        return re.compile(f"[^{_write_ranges(sorted(self.characters))}]")

    @cached_property
    def cids(self) -> list[int] | None:
        """By glyph, its number in a font with PostScript outlines, as large ones have it."""
        if self.has_parabolas:
            return None
        return read_cids(self.hb_face.reference_table("CFF ").data)

    # Shaping

    def shape(self, text: str, is_rtl: bool = False) -> Shaped:
        """`text`, all of one script and direction, as glyphs; words are remembered."""
        if len(text) <= _REMEMBERED_CHARACTERS:
            return self._shape_remembered(text, is_rtl)
        return self._shape(text, is_rtl)

    def _shape(self, text: str, is_rtl: bool) -> Shaped:
        bounds = list(_cut(text))
        if len(bounds) > 1 and is_rtl:
            bounds.reverse()
        shown: list[Shown] = []
        for start, end in bounds:
            shown += self._shape_part(text, start, end, is_rtl)
        return self._join(shown)

    def join_glyphs(self, glyphs: Iterable[Glyph]) -> Shaped:
        """What they are together, from left to right."""
        return self._join([self._add_step(glyph) for glyph in glyphs])

    def _join(self, shown: Sequence[Shown]) -> Shaped:
        advance = sum([glyph.advance for glyph, _ in shown]) * self._scale
        steps = tuple([step for _, step in shown])
        is_plain = all(key[0] == "<" for key, _ in steps)
        plain = "".join(chain.from_iterable(steps)).replace("><", "") if is_plain else ""
        return Shaped(tuple([one for one, _ in shown]), advance, steps, plain)

    def _add_step(self, glyph: Glyph) -> Shown:
        """With what the reader goes on by itself, less what it should."""
        own = self.natural_advance(glyph.parts[0][0]) if glyph.is_plain else max(0, glyph.advance)
        excess = own - glyph.advance
        own_code = self.find_own_code(glyph)
        key = f"<{own_code:04x}>" if own_code else glyph.key
        return glyph, (key, f"{excess * self._scale:.0f}" if excess else "")

    def _shape_part(self, text: str, start: int, end: int, is_rtl: bool) -> list[Shown]:
        shown = text.translate(self._lookalikes) if self._lookalikes else text
        buffer = hb.Buffer()
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
        # What stands around it decides how letters are joined.
        buffer.add_str(shown, start, end - start)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if is_rtl else "ltr"
        # The guess is that of the machine's language, and letters would differ between machines.
        buffer.language = "en"
        hb.shape(self._hb_font, buffer, self._features)
        clusters = [info.cluster for info in buffer.glyph_infos]
        parts = [
            (info.codepoint, position.x_offset, position.y_offset, position.x_advance)
            for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        ]
        # As nearly always: a glyph for each character.
        if not is_rtl and clusters == list(range(start, end)):
            return list(map(self._show_remembered, parts, text[start:end]))
        if is_rtl and clusters == list(range(end - 1, start - 1, -1)):
            return list(map(self._show_remembered, parts, map(mirror, text[start:end][::-1])))
        glyphs = share_text(text, end, parts, clusters, is_rtl=is_rtl)
        return [self._add_step(glyph) for glyph in glyphs]

    def _show(self, part: Part, character: str) -> Shown:
        return self._add_step(make_glyph([part], character))

    # Measuring

    def measure(self, text: str, size_pt: float, *, is_rtl: bool = False) -> float:
        """Width in points of `text`, which it has all characters of.

        Words and blanks by themselves: so a text is as wide as its words and blanks together.
        """
        remembers = len(text) <= _REMEMBERED_CHARACTERS
        measure = self._measure_remembered if remembers else self._measure
        return measure(text, is_rtl) * size_pt / _UNITS

    def _measure(self, text: str, is_rtl: bool) -> float:
        words = text.split(" ")
        blanks: float = (len(words) - 1) * self.shape(" ").advance if len(words) > 1 else 0.0
        widths: list[float] = [self.shape(word, is_rtl).advance for word in words if word]
        return blanks + sum(widths)

    def natural_advance(self, glyph: int) -> int:
        """Of the glyph by itself, in units of the font."""
        advance: int = self._hb_font.get_glyph_h_advance(glyph)
        return advance

    def _write_width(self, glyph: int) -> str:
        """How far it goes on, in thousandths of the type's size."""
        return f"{round(self.natural_advance(glyph) * self._scale, 1):g}"

    @property
    def scale(self) -> float:
        """Thousandths of the type's size to a unit of the font."""
        return self._scale

    # In a document

    def open_in(self, document: PDFDocument) -> Embedded:
        """What `document` holds of it, under the name by which it is set."""
        return list_embedded(document, self)[0]

    def find_own_code(self, glyph: Glyph) -> int:
        """The number of the character that it stands for, if the font has it for that; or 0."""
        if not (glyph.is_plain and len(glyph.text) == 1 and self.has_parabolas):
            return 0
        code = ord(glyph.text)
        is_own = code < OWN_CODES and self._hb_font.get_nominal_glyph(code) == glyph.parts[0][0]
        return code if is_own else 0

    def _find_own_glyph(self, character: str) -> Glyph:
        """What the font has for it."""
        number = self._hb_font.get_nominal_glyph(ord(character))
        return Glyph(((number, 0, 0),), character, self.natural_advance(number), is_plain=True)

    def write_text(
        self, document: PDFDocument, text: str, size_pt: float, *, is_rtl: bool = False
    ) -> str:
        """The operators that show `text` from the current point on; the font is set already."""
        first, *others = list_embedded(document, self)
        embedded = others[-1] if others else first
        shown = self._write_words(embedded, text, size_pt, is_rtl)
        shown = f"[{shown}]TJ".replace("><", "").replace("[]TJ", "")
        if embedded is first:
            return shown
        names = embedded.internal_name, first.internal_name
        return f"/{names[0]} {size_pt:g} Tf {shown} /{names[1]} {size_pt:g} Tf"

    def _write_words(self, embedded: Embedded, text: str, size_pt: float, is_rtl: bool) -> str:
        words = text.split(" ")
        if len(words) > 1:
            (blank,) = embedded.write_words((" ",), size_pt)
        else:
            blank = ""
        if is_rtl:
            words.reverse()
        return blank.join(embedded.write_words(words, size_pt, is_rtl))

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


def _cut(text: str) -> Iterator[tuple[int, int]]:
    """Where the parts of `text` begin and end that are shaped at once; a mark begins none, but
    among a great many."""
    start = 0
    while len(text) - start > _SHAPED_AT_ONCE:
        end = start + _SHAPED_AT_ONCE
        while end > start + _SHAPED_AT_ONCE // 2 and unicodedata.category(text[end])[0] == "M":
            end -= 1
        yield start, end
        start = end
    if text:
        yield start, len(text)


def _write_ranges(codes: list[int]) -> str:
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
