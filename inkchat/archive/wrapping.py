"""Base64 in lines: how another program wrapped it, so that it can be written so again."""

import re
from typing import Any

_LINE = re.compile(r"(\S+)(\s+)")


def find_wrapping(encoded: str, text: str) -> list[Any] | None:
    """`[characters in a line, what parts lines, what ends the last]` of `text`.

    None where that is not all in which it differs from `encoded`.
    """
    first = _LINE.match(text)
    if first is None:
        return None
    ending = text[len(text.rstrip()) :]
    wrapping = [len(first[1]), first[2] if first.end() < len(text) else "", ending]
    return wrapping if wrap(encoded, wrapping) == text else None


def wrap(encoded: str, wrapping: Any) -> str:
    """As it stands if that is no wrapping."""
    match wrapping:
        case [int(length), str(separator), str(ending)] if length > 0:
            lines = (encoded[at : at + length] for at in range(0, len(encoded), length))
            return separator.join(lines) + ending
    return encoded
