"""A line in a note that says which conversation it goes on with, such as `continue: H4K M7P`.

`own_line` tells where such a line counts. A short code or a whole id must stand there: “continue:
with the second draft” is a part of what the person writes.
"""

import re

from inkchat.conversations.own_line import is_typed, list_own_lines, read_own_line, remove_line
from inkchat.domain import Note
from inkchat.store.names import read_code

_WORD = "continue"
_ID = re.compile(r"conv_\d{8}_\d{6}_[0-9a-f]{8}", re.IGNORECASE)
_LIKE_A_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9]{3}[ -]?[a-z0-9]{3}", re.IGNORECASE)


def find_continue_line(text: str) -> str | None:
    """The code, `H4KM7P`, or the id that the first such line of `text` names; None without one."""
    found = _find_line(text)
    return None if found is None else found[1]


def find_unknown_code(text: str) -> str | None:
    """What a line `continue: …` names if it looks like a code and cannot be one, as written.

    None where another line names one.
    """
    if find_continue_line(text) is not None:
        return None
    for _, line in list_own_lines(text):
        separator, given = read_own_line(line, _WORD)
        if separator == ":" and _LIKE_A_CODE.fullmatch(given):
            return given
    return None


def remove_continue_line(note: Note) -> Note:
    """The note without the line that `find_continue_line` reads in its typed text.

    A note that inkchat drew itself is left alone: its text is not the person's.
    """
    found = _find_line(note.text) if is_typed(note) else None
    return note if found is None else remove_line(note, found[0])


def read_conversation_name(line: str, given: str) -> str | None:
    """The id in `line`, or else the code that `given`, the bare rest of the line, is."""
    # Its underscores are decoration in a bare line.
    ids = _ID.findall(line)
    return ids[0].lower() if len(ids) == 1 else read_code(given)


def _find_line(text: str) -> tuple[int, str] | None:
    """The index of the line, by `\\n`, and what it names."""
    for index, line in list_own_lines(text):
        separator, given = read_own_line(line, _WORD)
        name = read_conversation_name(line, given) if separator else None
        if name is not None:
            return index, name
    return None
