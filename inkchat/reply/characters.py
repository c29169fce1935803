"""Makes any text fit to be drawn: what cannot be a glyph is replaced, hidden or marked."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

REPLACEMENT = "\ufffd"
_DRAWN_LINE_END = re.compile(r"\n|<br\s*/?>", re.IGNORECASE)

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
    # Invisible by definition. Those of direction could also make a page say something else than
    # it reads, and even the weakest can move a full stop or a minus: all of them are left out.
    **dict.fromkeys(
        (
            0xAD,
            0x34F,
            0x61C,
            0x180E,
            0x200B,
            0x200E,
            0x200F,
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

_JOINING = (
    "\u0620-\u065f\u066e-\u06ef\u06fa-\u06ff\u0700-\u07ff\u0840-\u085f\u0860-\u08ff"
    "\u0900-\u0dff\u0f40-\u109f\u1780-\u17d3\u1800-\u18af\u1a20-\u1aad\u1b00-\u1bff"
    "\ua840-\ua87f\ua880-\ua8ff\uabc0-\uabff\U00010a00-\U00010fff\U00011000-\U000119ff"
    "\U0001e900-\U0001e95f"
)
"""Scripts whose letters take other forms beside others: Arabic and its kin, and those of India."""
_PICTURES = "\u00a9\u00ae\u203c-\u2bff\u3030-\u303d\u3297-\u3299\U0001f000-\U0001faff"
"""What emoji are made of, one of which may stand for several joined."""
_PICTURE = re.compile(f"[{_PICTURES}]")
_STRAY_JOINER = re.compile(
    f"(?<![{_JOINING}{_PICTURES}])[\u200c\u200d]"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?![{_JOINING}])"
    f"|(?<=[{_PICTURES}])(?:\u200c|\u200d(?![{_PICTURES}]))"
)
"""A character that parts or joins letters, anywhere but between letters that it can change."""
_LONGEST_SIGN = 32
"""Characters: no letter of any language has so many marks."""


def clean_text(text: str) -> str:
    """`text` with line ends as `\\n`, composed characters, and nothing that cannot be drawn."""
    if _PLAIN.fullmatch(text):
        return text
    text = _LINE_END.sub("\n", text).translate(_TABLE)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return unicodedata.normalize("NFC", text)


def split_signs(text: str) -> list[str]:
    """Clean `text` in what one font has to draw: a letter with its marks, a joined emoji."""
    signs: list[str] = []
    for character in text:
        if (
            signs
            and not character.isalnum()
            and len(signs[-1]) < _LONGEST_SIGN
            and _continues(signs[-1], character)
        ):
            signs[-1] += character
        else:
            signs.append(character)
    return signs


def _continues(sign: str, character: str) -> bool:
    if character in "\u200c\u200d" or unicodedata.category(character)[0] == "M":
        return True
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        # Two such letters are a flag.
        return len(sign) == 1 and "\U0001f1e6" <= sign <= "\U0001f1ff"
    is_skin = "\U0001f3fb" <= character <= "\U0001f3ff"
    return sign[-1] == "\u200d" or (is_skin and _PICTURE.match(sign[-1]) is not None)


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
    line_ends = _DRAWN_LINE_END.finditer(text, 0, limit_characters)
    beyond = next(islice(line_ends, limit_lines - 1, None), None)
    end = beyond.start() if beyond else limit_characters
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
