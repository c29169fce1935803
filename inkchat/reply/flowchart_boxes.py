"""The boxes of a diagram as Mermaid writes them: `A[words]`, `A{words?}` or only `words`."""

import re

from inkchat.reply.characters import join_lines
from inkchat.reply.flowchart_data import Node, Shape

LABEL_CHARACTERS = 200
_SHAPES = (
    ("(((", ")))", Shape.ROUND),
    ("([", "])", Shape.ROUND),
    ("((", "))", Shape.ROUND),
    ("[[", "]]", Shape.BOX),
    ("[(", ")]", Shape.ROUND),
    ("{{", "}}", Shape.BOX),
    ("[/", "/]", Shape.BOX),
    ("[\\", "\\]", Shape.BOX),
    ("[/", "\\]", Shape.BOX),
    ("[\\", "/]", Shape.BOX),
    ("[", "]", Shape.BOX),
    ("(", ")", Shape.ROUND),
    ("{", "}", Shape.DIAMOND),
)
_BREAK = re.compile(r"<br\s*/?>|\\n", re.IGNORECASE)
_CLASS = re.compile(r":::[\w-]+")
_ENTITIES = {"#quot;": '"', "#amp;": "&", "#lt;": "<", "#gt;": ">", "&amp;": "&", "&quot;": '"'}


class NotUnderstoodError(Exception):
    """What was written is no diagram."""


def read_shape(line: str, place: int) -> tuple[Node, int] | None:
    """The shape that stands at once behind a name, with its text, and where it ends."""
    for opening, closing, shape in _SHAPES:
        if not line.startswith(opening, place):
            continue
        start = place + len(opening)
        end = _find_closing(line, start, closing)
        if end >= 0:
            text = clean_label(line[start:end])
            if not text:
                raise NotUnderstoodError
            return Node(text, shape), end + len(closing)
    return None


def _find_closing(line: str, start: int, closing: str) -> int:
    """Where the shape's text ends: behind quotes, or at the bracket that closes it."""
    stripped = len(line[start:]) - len(line[start:].lstrip())
    if line.startswith('"', start + stripped):
        quote = line.find('"', start + stripped + 1)
        rest = line[quote + 1 :].lstrip()
        return line.index(closing, quote) if quote >= 0 and rest.startswith(closing) else -1
    opens = {"]": "[", ")": "(", "}": "{"}[closing[-1]]
    depth = 0
    for place in range(start, len(line)):
        if depth <= 0 and line.startswith(closing, place):
            return place
        depth += (line[place] == opens) - (line[place] == closing[-1])
    return -1


def make_plain(name: str, shape: Shape) -> Node:
    """A box that is only words: of `shape`, if it is no question."""
    text = clean_label(name)
    return Node(text, Shape.DIAMOND if text.endswith("?") else shape)


def drop_class(text: str) -> str:
    """`text` without how it should look, which the page decides."""
    return _CLASS.sub("", text).strip()


def skip_class(line: str, place: int) -> int:
    """The place behind that, and behind blanks."""
    style = _CLASS.match(line, place)
    place = style.end() if style else place
    return place + len(line[place:]) - len(line[place:].lstrip())


def clean_label(text: str) -> str:
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    text = join_lines(_BREAK.sub(" ", text))
    if len(text) > LABEL_CHARACTERS:
        raise NotUnderstoodError
    return text
