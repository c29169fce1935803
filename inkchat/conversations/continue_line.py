"""A line in a note that says which conversation it goes on with, such as `continue: H4K M7P`.

`own_line` tells where such a line counts. A short code or a whole id must stand there: “continue:
with the second draft” is a part of what the person writes.
"""

import re

from inkchat.conversations.own_line import is_typed, list_own_lines, read_own_line, remove_line
from inkchat.domain import Note
from inkchat.store.names import read_code

_WORD = "continue"
_MARKS = (":", "=")
"""Behind which nothing but a name is expected."""
_ID = re.compile(r"conv[\s_]+(\d{8})[\s_]+(\d{6})[\s_]+([0-9a-f]{8})", re.IGNORECASE)
"""Its underscores are decoration in a bare line, and spaces there."""
_LONGEST_ID = 32
"""Characters; with a few too many."""
_HYPHEN = r"[ .\-\u2010-\u2015]"
_LIKE_A_CODE = re.compile(
    rf"(?=.*\d)(?=.*[a-z])[a-z0-9]{{3}}{_HYPHEN}?[a-z0-9]{{3}}", re.IGNORECASE
)
_WORD_AND_NUMBER = re.compile(r"[^\W\d_]{2,}\W+\d+")
"""As “part 43”, whose letters and digits might be a code."""


def find_continue_line(text: str) -> str | None:
    """The code, `H4KM7P`, or the id that the first such line of `text` names; None without one."""
    found = _find_line(text)
    return None if found is None else found[1]


def find_unknown_code(text: str) -> str | None:
    """What a line `continue: …` names if it looks like a code or an id and cannot be one.

    None where another line names one.
    """
    if find_continue_line(text) is not None:
        return None
    for _, line in list_own_lines(text):
        separator, given = read_own_line(line, _WORD)
        wrong = read_wrong_name(given) if separator == ":" else None
        if wrong is not None:
            return wrong
    return None


def remove_continue_line(note: Note) -> Note:
    """The note without the line that `find_continue_line` reads in its typed text.

    A note that inkchat drew itself is left alone: its text is not the person's.
    """
    found = _find_line(note.text) if is_typed(note) else None
    return note if found is None else remove_line(note, found[0])


def read_conversation_name(given: str, *, spaced_freely: bool = False) -> str | None:
    """The id or the code that `given`, the bare rest of a line, is and nothing else.

    A code is written in one, or in two halves; `spaced_freely` also in other parts, unless they
    are a word and a number.
    """
    parts = _ID.fullmatch(given)
    if parts is not None:
        return f"conv_{'_'.join(parts.groups())}".lower()
    is_plain = _LIKE_A_CODE.fullmatch(given) is not None
    if not is_plain and (not spaced_freely or _WORD_AND_NUMBER.fullmatch(given)):
        return None
    return read_code(given)


def read_wrong_name(given: str) -> str | None:
    """What looks like a code or an id, whether it can be one or not; nearly as written."""
    first, *others = re.split(r"[\s_]+", given)
    is_like_an_id = first.lower() == "conv" and others and len(given) <= _LONGEST_ID
    if is_like_an_id and all(part.isalnum() and re.search(r"\d", part) for part in others):
        return "_".join((first, *others))
    return given if _LIKE_A_CODE.fullmatch(given) else None


def _find_line(text: str) -> tuple[int, str] | None:
    """The index of the line, by `\\n`, and what it names."""
    for index, line in list_own_lines(text):
        separator, given = read_own_line(line, _WORD)
        name = read_conversation_name(given, spaced_freely=separator in _MARKS)
        if name is not None:
            return index, name
    return None
