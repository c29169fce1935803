"""A line of a note that stands by itself and tells inkchat something, such as `provider: claude`.

It counts near the beginning or at the end of the note, whatever bullets or Markdown are around
it. Within a sentence, a quotation, a deletion or a block of code it is a part of what the person
writes about.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from inkchat.domain import Note, NoteKind, Page

MOST_CHARACTERS = 80
"""Of such a line."""
AROUND = " \t.,;!"
"""What may stand around it and means nothing."""

_FIRST_LINES = 30
_LAST_LINES = 5
_DECORATION = re.compile(r"[*_`#|()\[\]\"'“”„‟‘’‚«»‹›]")
_DECORATION_BUT_QUOTATION = re.compile(r"[*_`#|()\[\]'‟‘’‚«»‹›]")
_BULLET = re.compile(r"\s*(?:[-+•◦▪·\u2010-\u2015]|\d{1,2}[.)])?\s+")
_WORD_AND_REST = re.compile(r"(\w+)\s*([:=\-\u2010-\u2015])\s*(\S.*)")
_FENCE = re.compile(r"\s*(?:```|~~~)")


def list_own_lines(text: str) -> Iterator[tuple[int, str]]:
    """Those that may count, each with its index by `\\n`; what is inside a fence does not."""
    lines = text.split("\n")
    fenced = False
    for index, line in enumerate(lines):
        if is_fence(line):
            fenced = not fenced
        elif not fenced and (index < _FIRST_LINES or index >= len(lines) - _LAST_LINES):
            yield index, line


def read_own_line(line: str, word: str) -> tuple[str, str]:
    """Of `word: rest` the separator and the rest; both empty if this is no such line."""
    if len(line) > MOST_CHARACTERS:
        return "", ""
    match = _WORD_AND_REST.fullmatch(strip_decoration(line))
    if match is None or match[1].lower() != word:
        return "", ""
    return match[2], " ".join(match[3].split())


def strip_decoration(line: str, *, keeps_quotation: bool = False) -> str:
    """The line without bullet, Markdown and quotation marks, and without what ends a sentence."""
    decoration = _DECORATION_BUT_QUOTATION if keeps_quotation else _DECORATION
    bare = decoration.sub(" ", unicodedata.normalize("NFKC", line))
    return _BULLET.sub("", f" {bare}", count=1).strip(AROUND)


def is_fence(line: str) -> bool:
    """Whether a block of code begins or ends here."""
    return _FENCE.match(line) is not None


def is_typed(note: Note) -> bool:
    """Whether the note's text is the person's: on a page that inkchat drew it is not."""
    return note.kind is NoteKind.TEXT or (note.kind is NoteKind.PDF and note.marks is None)


def remove_line(note: Note, index: int) -> Note:
    """The note without the line that has this index, by `\\n`, in its text."""
    pages: list[Page] = []
    for page in note.pages:
        lines = page.text.split("\n")
        if page.text and 0 <= index < len(lines):
            del lines[index]
            index, page = -1, replace(page, text="\n".join(lines).strip())
        elif page.text:
            # One more for the blank line that parts the pages in the note's text.
            index -= len(lines) + 1
        pages.append(page)
    return replace(note, pages=tuple(pages))
