"""A line in a note that says who is to answer it, such as `provider: claude`.

`own_line` tells where such a line counts.
"""

import re

from inkchat.config import ProviderName, find_provider
from inkchat.conversations.own_line import (
    is_fence,
    is_typed,
    list_own_lines,
    read_own_line,
    remove_line,
)
from inkchat.domain import Note

_WORD = "provider"
_MOST_WORDS = 3
"""Of a name that nobody knows: what is longer is hardly meant as one."""
_NAME = re.compile(r"[\w .&/+-]+")


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
    for _, line in list_own_lines(text):
        separator, name = read_own_line(line, _WORD)
        if separator == ":" and _NAME.fullmatch(name) and len(name.split()) <= _MOST_WORDS:
            return name
    return None


def remove_provider_line(note: Note) -> Note:
    """The note without the line that `find_provider_line` reads in its typed text.

    A note that inkchat drew itself is left alone: its text is not the person's.
    """
    found = _find_line(note.text) if is_typed(note) else None
    return note if found is None else remove_line(note, found[0])


def is_only_provider_line(text: str) -> bool:
    """Whether `text` is such a line and nothing else, as of a model that repeats it."""
    lines = [line for line in text.split("\n") if line.strip() and not is_fence(line)]
    return len(lines) == 1 and find_provider(read_own_line(lines[0], _WORD)[1]) is not None


def _find_line(text: str) -> tuple[int, ProviderName] | None:
    """The index of the line, by `\\n`, and the provider."""
    for index, line in list_own_lines(text):
        name = find_provider(read_own_line(line, _WORD)[1])
        if name is not None:
            return index, name
    return None
