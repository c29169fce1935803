"""The last line of a note, “— Anna”: who wrote it, where several people write.

A dash also begins an item of a list. So after a line that begins with a dash it is a signature
only with a name that is known; and so it is with a single hyphen.
"""

import re
import unicodedata

from inkchat.conversations.own_line import is_fence

_MOST_CHARACTERS = 40
_MOST_WORDS = 3
_LONGEST_LINE = 80
"""Characters; a longer one is no signature."""

_DASH = re.compile(r"(?:[\u2013-\u2015]|--+|-)\s*")
_WORD = re.compile(r"[^\W\d_]+(?:['’.\-\u2010\u2011][^\W\d_]+)*\.?")
_MARKUP = " \t*_"


def read_signature(text: str, participants: tuple[str, ...]) -> str:
    """The name in the last line that is not blank, as `participants` spells it; else empty.

    A name that is not among them has up to three words and does not begin with a small letter.
    """
    lines = _list_lines(text)
    dash, name = _split(lines[-1]) if lines else ("", "")
    if not dash:
        return ""
    for participant in participants:
        if participant.casefold() == name.casefold():
            return participant
    is_in_list = len(lines) > 1 and bool(_split(lines[-2])[0])
    if dash == "-" or is_in_list or not _is_name(name):
        return ""
    return name


def drop_signature(lines: list[str], participants: tuple[str, ...]) -> list[str]:
    """The lines, none of them blank, without the last if that is a signature of others."""
    if len(lines) > 1 and read_signature("\n".join(lines), participants):
        return lines[:-1]
    return lines


def _list_lines(text: str) -> list[str]:
    """The last two that are not blank; none if the text ends in a block of code."""
    fenced = False
    lines: list[str] = []
    for line in text.splitlines():
        if is_fence(line):
            fenced = not fenced
            lines = []
        elif not fenced and line.strip():
            lines.append(line)
    return [] if fenced else lines[-2:]


def _split(line: str) -> tuple[str, str]:
    """The dash that a line begins with, and what stands behind it; both empty without one."""
    if len(line) > _LONGEST_LINE:
        return "", ""
    bare = unicodedata.normalize("NFC", line).strip(_MARKUP)
    match = _DASH.match(bare)
    return (
        (match[0].strip(), " ".join(bare[match.end() :].rstrip(".,").split()))
        if match
        else ("", "")
    )


def _is_name(text: str) -> bool:
    words = text.split()
    return (
        1 <= len(words) <= _MOST_WORDS
        and len(text) <= _MOST_CHARACTERS
        and not text[0].islower()
        and all(_WORD.fullmatch(word) for word in words)
    )
