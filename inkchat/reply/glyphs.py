"""Which text each glyph of a shaped word stands for, so that it is copied as it was written.

Programs that read a page put the texts of its glyphs side by side, and turn round what is read
from right to left. So the order of glyphs does not matter where letters change places, but each
must stand for something, and from right to left for one character: PDFium turns round several,
pypdf does not.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkchat.reply.composites import Frame

OWN_CODES = 0x800
"""A character below may have its own number for its code; all others come after. Latin, Greek,
Cyrillic, Hebrew and Arabic are there."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """What is shown by one code; lengths in units of the font."""

    parts: tuple[tuple[int, int, int], ...]
    """Glyphs of the font, each with how far it is moved right and up; there may be none."""
    text: str
    """What it stands for."""
    advance: int
    scale: float = 1.0
    """Of the parts."""
    frame: Frame | None = None
    is_plain: bool = False
    """Whether it is a glyph of the font as it stands there."""

    @property
    def key(self) -> str:
        """The same for all that one code can show: how far a plain one goes on stands beside it."""
        if self.is_plain:
            return f"{self.parts[0][0]} {self.text}"
        return f"{self.parts} {self.advance} {self.scale} {self.frame} {self.text}"


Step = tuple[str, str]
"""A glyph's key, or its sign if its code is that of its character; and what is written behind it,
since it goes on by more or less."""


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A text as glyphs from left to right, whichever way it is read."""

    glyphs: tuple[Glyph, ...]
    advance: float
    """In thousandths of the type's size."""
    steps: tuple[Step, ...]
    """Of each glyph."""
    plain: str = ""
    """As it is written in any document, if each glyph has the code of its character."""


Part = tuple[int, int, int, int]
"""Glyph, x and y offset, advance; in units of the font."""


def share_text(
    text: str, end: int, parts: Sequence[Part], clusters: Sequence[int], *, is_rtl: bool
) -> Iterator[Glyph]:
    """Each of `parts` with its share of `text`, of which they are all up to `end`.

    They are in order from left to right; each has the place of the first character of its cluster.
    """
    starts = sorted(set(clusters))
    ends = dict(zip(starts, [*starts[1:], end], strict=True))
    place = 0
    while place < len(parts):
        cluster = clusters[place]
        last = place + 1
        while last < len(parts) and clusters[last] == cluster:
            last += 1
        share = _share_backwards if is_rtl else _share
        yield from share(parts[place:last], text[cluster : ends[cluster]])
        place = last


def _share(parts: Sequence[Part], text: str) -> Iterator[Glyph]:
    """What is more than there are characters becomes one glyph with the last."""
    alone = min(len(parts), len(text)) - 1
    for part, character in zip(parts[:alone], text, strict=False):
        yield make_glyph([part], character)
    yield make_glyph(parts[alone:], text[alone:])


def _share_backwards(parts: Sequence[Part], text: str) -> Iterator[Glyph]:
    """The same from right to left, where a ligature is one character or has others beside it."""
    alone = len(text) - 1
    if len(text) <= len(parts):
        joined = len(parts) - alone
        yield make_glyph(parts[:joined], mirror(text[alone]))
        for part, character in zip(parts[joined:], text[:alone][::-1], strict=True):
            yield make_glyph([part], mirror(character))
        return
    whole = make_glyph(parts, _LIGATURES.get(text, text))
    if len(whole.text) == 1 or all(unicodedata.category(c)[0] == "M" for c in text):
        yield whole
        return
    # Apart, since of two of the same kind in one place a reader takes one.
    step = whole.advance // len(text)
    yield Glyph(whole.parts, text[alone], whole.advance - step * alone)
    for character in text[:alone][::-1]:
        yield Glyph((), character, step)


def make_glyph(parts: Sequence[Part], text: str) -> Glyph:
    """What stands for `text`: one glyph of the font, or several beside and over each other."""
    placed = []
    x = 0
    for number, x_offset, y_offset, advance in parts:
        placed.append((number, x + x_offset, y_offset))
        x += advance
    is_plain = len(placed) == 1 and placed[0][1:] == (0, 0)
    return Glyph(tuple(placed), text, x, is_plain=is_plain)


_MIRRORED = dict(zip("()[]{}<>«»‹›⟨⟩", ")(][}{><»«›‹⟩⟨", strict=True))


def mirror(character: str) -> str:
    """PDFium, as browsers have it, takes a bracket for what it looks like and turns it round."""
    return _MIRRORED.get(character, character)


def _list_ligatures() -> dict[str, str]:
    """Arabic characters that are one sign for several, by what they stand for."""
    blocks = (range(0xFEF5, 0xFEFD), range(0xFDF2, 0xFDF3), range(0xFC00, 0xFC5E))
    found: dict[str, str] = {}
    for sign in (chr(code) for block in blocks for code in block):
        found.setdefault(unicodedata.normalize("NFKC", sign), sign)
    return found


_LIGATURES = _list_ligatures()
