"""A line in a note that says who is to answer it, such as `provider: claude`.

It counts where it stands by itself, near the beginning or at the end of the note, whatever
bullets or Markdown are around it. Within a sentence, a quotation, a deletion or a block of code
it is a part of what the person writes about.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from inkchat.config import ProviderName, find_provider
from inkchat.domain import Note, NoteKind, Page

_FIRST_LINES = 30
_LAST_LINES = 5
_MOST_CHARACTERS = 80
"""Of such a line."""
_MOST_WORDS = 3
"""Of a name that nobody knows: what is longer is hardly meant as one."""

_LINE = re.compile(r"provider\s*([:=\-\u2010-\u2015])\s*(\S.*)", re.IGNORECASE)
_DECORATION = re.compile(r"[*_`#|()\[\]\"'“”„‟‘’‚«»‹›]")
_BULLET = re.compile(r"\s*(?:[-+•◦▪·\u2010-\u2015]|\d{1,2}[.)])?\s+")
_AROUND = " \t.,;!"
_NAME = re.compile(r"[\w .&/+-]+")
_FENCE = re.compile(r"\s*(?:```|~~~)")


def find_provider_line(text: str) -> ProviderName | None:
    """The provider that the first such line of `text` names; None if no line names one."""
    found = _find_line(text)
    return None if found is None else found[1]


def find_unknown_provider(text: str) -> str | None:
    """What a line `provider: …` names if it is a few words and no provider, as it is written.

    None where another line names a provider.
    """
    if find_provider_line(text) is not None:
        return None
    for _, line in _list_lines(text):
        separator, name = _read_line(line)
        if separator == ":" and _NAME.fullmatch(name) and len(name.split()) <= _MOST_WORDS:
            return name
    return None


def remove_provider_line(note: Note) -> Note:
    """The note without the line that `find_provider_line` reads in its typed text.

    A note that inkchat drew itself is left alone: its text is not the person's.
    """
    is_typed = note.kind is NoteKind.TEXT or (note.kind is NoteKind.PDF and note.marks is None)
    found = _find_line(note.text) if is_typed else None
    if found is None:
        return note
    pages: list[Page] = []
    index = found[0]
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


def is_only_provider_line(text: str) -> bool:
    """Whether `text` is such a line and nothing else, as of a model that repeats it."""
    lines = [line for line in text.split("\n") if line.strip() and not _FENCE.match(line)]
    return len(lines) == 1 and find_provider(_read_line(lines[0])[1]) is not None


def _find_line(text: str) -> tuple[int, ProviderName] | None:
    """The index of the line, by `\\n`, and the provider."""
    for index, line in _list_lines(text):
        name = find_provider(_read_line(line)[1])
        if name is not None:
            return index, name
    return None


def _list_lines(text: str) -> Iterator[tuple[int, str]]:
    """Those that may count, each with its index; what is inside a fence does not."""
    lines = text.split("\n")
    fenced = False
    for index, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (index < _FIRST_LINES or index >= len(lines) - _LAST_LINES):
            yield index, line


def _read_line(line: str) -> tuple[str, str]:
    """The separator and what stands behind it; empty if this is no such line."""
    if len(line) > _MOST_CHARACTERS:
        return "", ""
    bare = _DECORATION.sub(" ", unicodedata.normalize("NFKC", line))
    bare = _BULLET.sub("", f" {bare}", count=1).strip(_AROUND)
    match = _LINE.fullmatch(bare)
    return (match[1], " ".join(match[2].split())) if match else ("", "")
