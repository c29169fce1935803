"""A diagram of boxes and arrows, read from lines such as `A[Start] --> B{Enough salt?}`.

The language is the flowchart of Mermaid, which models know, and plain `Mix -> Bake`. A line that
is not understood makes it no diagram: then all of it is shown as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from inkchat.reply.characters import join_lines

NODES = 40
EDGES = 80
SOURCE_CHARACTERS = 8_000
LINE_CHARACTERS = 1_000
LABEL_CHARACTERS = 200


class Direction(StrEnum):
    DOWN = "down"
    RIGHT = "right"


class Shape(StrEnum):
    BOX = "box"
    ROUND = "round"
    DIAMOND = "diamond"


@dataclass(frozen=True, slots=True)
class Node:
    text: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Edge:
    source: int
    """Number of the node, from 0."""
    target: int
    label: str = ""
    has_head: bool = True
    has_tail: bool = False
    """Whether a second head is at its beginning."""
    is_dashed: bool = False
    is_thick: bool = False


@dataclass(frozen=True, slots=True)
class Flowchart:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    direction: Direction
    title: str = ""


def read_flowchart(source: str) -> Flowchart | None:
    """The diagram that `source` describes; None if any of it is not understood."""
    if len(source) > SOURCE_CHARACTERS:
        return None
    try:
        return _Reader().read(source)
    except _NotUnderstood:
        return None


def is_flowchart(source: str) -> bool:
    """Whether Mermaid's `source` begins as its flowcharts do."""
    return next(_split_lines(source), "").split(" ")[0].lower() in ("graph", "flowchart")


class _NotUnderstood(Exception):
    pass


_DIRECTIONS = {
    "td": Direction.DOWN,
    "tb": Direction.DOWN,
    "bt": Direction.DOWN,
    "down": Direction.DOWN,
    "vertical": Direction.DOWN,
    "lr": Direction.RIGHT,
    "rl": Direction.RIGHT,
    "right": Direction.RIGHT,
    "horizontal": Direction.RIGHT,
}
_HEAD = re.compile(r"(?:graph|flowchart|flow|direction)\b[\s:]*(\w*)\s*;?", re.IGNORECASE)
_TITLE = re.compile(r"title\s*:\s*(.+)", re.IGNORECASE)
_STYLE = re.compile(r"(?:style|classDef|linkStyle)\s+[\w,]+\s+[\w-]+\s*:.*|class\s+[\w,]+\s+\w+")
"""How Mermaid's boxes should look, which the page decides."""
_LINK = re.compile(
    r"(?P<tail><)?(?:"
    r"(?P<plain>--+>(?!>)|==+>|-\.+->|--+[xo](?=\s)|---+|===+|-\.+-|->(?!>)|=>|→|⟶|⇒)"
    r"(?:\s*\|(?P<bar>[^|]*)\|)?"
    r"|(?P<start>--|==|-\.)(?![->=.])(?P<label>.+?)"
    r"(?P<end>--+>|--+[xo](?=\s)|---+|==+>|===+|\.+->|\.+-)"
    r")"
)
_LABEL = re.compile(r"\s*(?::\s+|：\s*)(?=\S)")
"""Between a node and the words of the arrow that leads to it."""
_NAME = re.compile(r"[\w.][\w.\-]*")
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
_LEFTOVER = re.compile(r"--|->|<-|==>|:::|^(?:subgraph|end|click|participant)\b", re.IGNORECASE)
_ENTITIES = {"#quot;": '"', "#amp;": "&", "#lt;": "<", "#gt;": ">", "&amp;": "&", "&quot;": '"'}


@dataclass(slots=True)
class _Reader:
    nodes: dict[str, Node | None] = field(default_factory=dict)
    """By their names; None while one is only named."""
    edges: list[Edge] = field(default_factory=list)
    direction: Direction = Direction.DOWN
    title: str = ""
    last: list[int] = field(default_factory=list)
    beginnings: set[str] = field(default_factory=set)
    """What lines begin with, before their first link: there a colon belongs to the words."""

    def read(self, source: str) -> Flowchart:
        lines = list(_split_lines(source))
        self.beginnings = {line[: _find_link(line, 0)].strip() for line in lines}
        for line in lines:
            if len(line) > LINE_CHARACTERS:
                raise _NotUnderstood
            self._read_line(line)
        named = [node or _make_plain(name) for name, node in self.nodes.items()]
        if not self.edges or len(named) > NODES or len(self.edges) > EDGES:
            raise _NotUnderstood
        if any(edge.source == edge.target for edge in self.edges):
            raise _NotUnderstood
        joined = {end for edge in self.edges for end in (edge.source, edge.target)}
        if any(
            node is None and number not in joined for number, node in enumerate(self.nodes.values())
        ):
            # A line that is only words is no box.
            raise _NotUnderstood
        return Flowchart(tuple(named), tuple(self.edges), self.direction, self.title)

    def _read_line(self, line: str) -> None:
        head = _HEAD.fullmatch(line)
        title = _TITLE.fullmatch(line)
        if head:
            word = head[1].lower()
            if word and word not in _DIRECTIONS:
                raise _NotUnderstood
            self.direction = _DIRECTIONS.get(word, self.direction)
        elif title and not self.title:
            self.title = _clean_label(title[1])
        elif not _STYLE.fullmatch(line):
            self._read_chain(line)

    def _read_chain(self, line: str) -> None:
        """Groups of nodes with links between them; one that begins with a link goes on."""
        link = _LINK.match(line)
        if link and self.last:
            sources, place = self.last, 0
        else:
            sources, place = self._read_group(line, 0, has_label=False)
        names = list(self.nodes)
        has_labels = not any(_LABEL.search(names[source]) for source in sources)
        while place < len(line):
            link = _LINK.match(line, place)
            if link is None:
                raise _NotUnderstood
            has_label = has_labels and not (link["label"] or link["bar"])
            targets, place = self._read_group(line, link.end(), has_label=has_label)
            label, place = _read_label(line, place) if has_label else ("", place)
            for source in sources:
                for target in targets:
                    self.edges.append(_make_edge(source, target, link, label))
                    if len(self.edges) > EDGES:
                        raise _NotUnderstood
            sources = targets
        self.last = sources

    def _read_group(self, line: str, place: int, *, has_label: bool) -> tuple[list[int], int]:
        """Nodes joined by `&`, and where they end; `has_label`: before a colon, if there is one."""
        numbers = []
        while True:
            number, place = self._read_node(line, place, has_label=has_label)
            numbers.append(number)
            if not line.startswith("&", place):
                return numbers, place
            place += 1

    def _read_node(self, line: str, place: int, *, has_label: bool) -> tuple[int, int]:
        place += len(line[place:]) - len(line[place:].lstrip())
        name = _NAME.match(line, place)
        if name:
            # A hyphen may begin the link that follows.
            name_end = min(name.end(), _find_link(line, place))
            shaped = _read_shape(line, name_end)
            if shaped:
                return self._note(line[place:name_end], shaped[0]), _skip(line, shaped[1])
        end = _find_end(line, place)
        label = _LABEL.search(line, place, end) if has_label else None
        if label and line[place:end].strip() not in self.beginnings:
            end = label.start()
        text = _CLASS.sub("", line[place:end]).strip()
        if not text or _LEFTOVER.search(text):
            raise _NotUnderstood
        return self._note(text, None), end

    def _note(self, name: str, node: Node | None) -> int:
        known = self.nodes.get(name)
        if known and node and known != node:
            raise _NotUnderstood
        self.nodes[name] = known or node
        return list(self.nodes).index(name)


def _split_lines(source: str) -> Iterator[str]:
    for line in source.split("\n"):
        if line.lstrip().startswith("%%"):
            continue
        for part in _split_statements(line):
            if stripped := " ".join(part.split()):
                yield stripped


def _split_statements(line: str) -> list[str]:
    """At semicolons, but not within brackets, quotes or entities."""
    parts, depth, quoted, start = [], 0, False, 0
    for place, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "[({":
            depth += 1
        elif not quoted and character in "])}":
            depth -= 1
        elif character == ";" and not quoted and depth <= 0:
            parts.append(line[start:place])
            start = place + 1
    return [*parts, line[start:]]


def _find_link(line: str, place: int) -> int:
    link = _LINK.search(line, place)
    return link.start() if link else len(line)


def _find_end(line: str, place: int) -> int:
    """Where a node without a shape ends: at a link, or at an ampersand between blanks."""
    end = _find_link(line, place)
    ampersand = line.find(" & ", place, end)
    return ampersand + 1 if ampersand >= 0 else end


def _read_label(line: str, place: int) -> tuple[str, int]:
    """The words behind a colon, up to the next link, and where they end."""
    colon = _LABEL.match(line, place)
    if colon is None:
        return "", place
    end = _find_link(line, colon.end())
    return line[colon.end() : end], end


def _skip(line: str, place: int) -> int:
    style = _CLASS.match(line, place)
    place = style.end() if style else place
    return place + len(line[place:]) - len(line[place:].lstrip())


def _read_shape(line: str, place: int) -> tuple[Node, int] | None:
    """The shape that stands at once behind a name, with its text, and where it ends."""
    for opening, closing, shape in _SHAPES:
        if not line.startswith(opening, place):
            continue
        start = place + len(opening)
        end = _find_closing(line, start, closing)
        if end >= 0:
            text = _clean_label(line[start:end])
            if not text:
                raise _NotUnderstood
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


def _make_edge(source: int, target: int, link: re.Match[str], label: str) -> Edge:
    start = link["start"] or ""
    drawn = link["plain"] or link["end"]
    return Edge(
        source,
        target,
        _clean_label(link["label"] or link["bar"] or label),
        has_head=drawn[-1] in ">xo→⟶⇒",
        has_tail=bool(link["tail"]),
        is_dashed="." in drawn or "." in start,
        is_thick=drawn.startswith("==") or start == "==",
    )


def _make_plain(name: str) -> Node:
    return Node(_clean_label(name), Shape.DIAMOND if name.endswith("?") else Shape.ROUND)


def _clean_label(text: str) -> str:
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    text = join_lines(_BREAK.sub(" ", text))
    if len(text) > LABEL_CHARACTERS:
        raise _NotUnderstood
    return text
