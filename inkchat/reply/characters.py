"""Makes any text fit to be drawn: what cannot be a glyph is replaced, hidden or marked."""

import re
import unicodedata
from collections.abc import Iterator

REPLACEMENT = "\ufffd"

_BLANKS = "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f\u3000"
_TABLE: dict[int, str | None] = {
    # Lone surrogates and controls cannot be encoded or drawn: they show as a replacement mark.
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), REPLACEMENT),
    0xFFFE: REPLACEMENT,
    0xFFFF: REPLACEMENT,
    0x09: "\t",
    0x0A: "\n",
    # Form feeds and Unicode's own line ends are line ends.
    **dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n"),
    **{ord(blank): " " for blank in _BLANKS},
    0x2007: "\u00a0",
    0x202F: "\u00a0",
    # Invisible by definition; the directional ones could also make a page say something else.
    **dict.fromkeys(
        (
            0xAD,
            0x34F,
            0x61C,
            0x180E,
            *range(0x200B, 0x2010),
            *range(0x202A, 0x202F),
            *range(0x2060, 0x2070),
            *range(0xFE00, 0xFE10),
            0xFEFF,
            *range(0xFFF9, 0xFFFC),
            *range(0xE0000, 0xE0200),
        )
    ),
}
_LINE_END = re.compile(r"\r\n?")
_PLAIN = re.compile(r"[\t\n -~]*")


def clean_text(text: str) -> str:
    """`text` with line ends as `\\n`, composed characters, and nothing that cannot be drawn."""
    if _PLAIN.fullmatch(text):
        return text
    text = _LINE_END.sub("\n", text).translate(_TABLE)
    return unicodedata.normalize("NFC", text)


def join_lines(text: str) -> str:
    """Clean `text` on one line, with single spaces."""
    return " ".join(clean_text(text).split(None))


def shorten(text: str, limit_characters: int) -> str:
    """`text`, or its beginning and an ellipsis if it is longer than the limit."""
    if len(text) <= limit_characters:
        return text
    return text[: limit_characters - 1].rstrip() + "…"


def cut_to_limits(text: str, limit_characters: int, limit_lines: int) -> tuple[str, int]:
    """The part of `text` that is drawn, and how many characters are left out after it."""
    end = limit_characters
    if text.count("\n", 0, end) >= limit_lines:
        end = -1
        for _ in range(limit_lines):
            end = text.index("\n", end + 1)
    return text[:end], max(0, len(text) - end)


def cut_text(
    text: str, limit_characters: int, first_characters: int | None = None
) -> Iterator[str]:
    """`text` in parts of bounded length, cut between words where there are any.

    `first_characters` is the bound of the first part, if it is another.
    """
    start = 0
    room = max(1, limit_characters if first_characters is None else first_characters)
    while len(text) - start > room:
        blank = text.rfind(" ", start, start + room)
        end = blank + 1 if blank > start else start + room
        yield text[start:end]
        start, room = end, limit_characters
    yield text[start:]
