"""Text of others within Markdown of ours: it is shown as it is, and never obeyed."""

import re

_MARKS = "\\`*_<>#|~$!&"
_AS_ENTITIES = str.maketrans({"[": "&#91;", "]": "&#93;"})
"""With a backslash before them they would be taken for the brackets of a formula."""
_AT_THE_BEGINNING = re.compile(r"[-+=:]|\d{1,9}(?=[.)])")
"""What begins a list, a heading or a definition only as the first of a line."""


def escape_line(text: str) -> str:
    """As plain words of one line, for a place within a line, an item or a cell."""
    line = " ".join(text.split())
    escaped = "".join(f"\\{mark}" if mark in _MARKS else mark for mark in line)
    return escaped.translate(_AS_ENTITIES)


def quote_block(text: str) -> str:
    """As a quotation that keeps the lines of `text`; empty if there are none."""
    lines = (_escape_first(escape_line(line)) for line in text.splitlines() if line.strip())
    # Two spaces: the line ends where it did.
    return "  \n".join(f"> {line}" for line in lines)


def _escape_first(line: str) -> str:
    match = _AT_THE_BEGINNING.match(line)
    if match is None:
        return line
    if match[0].isdigit():
        return f"{match[0]}\\{line[match.end() :]}"
    return f"\\{line}"
