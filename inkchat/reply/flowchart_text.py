"""A diagram of boxes and arrows, read from lines such as `A[Start] --> B{Enough salt?}`.

The language is the flowchart of Mermaid, which models know, and plain `Mix -> Bake`. A line that
is not understood makes it no diagram: then all of it is shown as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from inkchat.reply.flowchart_arrows import LINK, find_link, make_edge
from inkchat.reply.flowchart_boxes import (
    NotUnderstoodError,
    clean_label,
    drop_class,
    make_plain,
    read_shape,
    skip_class,
)
from inkchat.reply.flowchart_data import Direction, Edge, Flowchart, Group, Node, Shape
from inkchat.reply.flowchart_lines import split_lines

NODES = 40
EDGES = 80
GROUPS = 12
SOURCE_CHARACTERS = 8_000
LINE_CHARACTERS = 1_000


def read_flowchart(source: str) -> Flowchart | None:
    """The diagram that `source` describes; None if any of it is not understood."""
    if len(source) > SOURCE_CHARACTERS:
        return None
    try:
        return _Reader().read(source)
    except NotUnderstoodError:
        return None


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
_LABEL = re.compile(r"\s*(?::\s+|：\s*)(?=\S)")
"""Between a node and the words of the arrow that leads to it."""
_NAME = re.compile(r"[\w.][\w.\-]*")
_GROUP = re.compile(r"subgraph\b\s*(.*)", re.IGNORECASE)
_LEFTOVER = re.compile(r"--|->|<-|==>|:::|^(?:subgraph|end|click|participant)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Subgraph:
    title: str
    names: set[str]
    """By which an arrow could lead to it."""
    nodes: list[int] = field(default_factory=list)
    has_inner: bool = False


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
    groups: list[_Subgraph] = field(default_factory=list)
    around: list[_Subgraph] = field(default_factory=list)
    """The groups that are open, the outermost first."""

    def read(self, source: str) -> Flowchart:
        lines = list(split_lines(source))
        if any(len(line) > LINE_CHARACTERS for line in lines):
            raise NotUnderstoodError
        self.beginnings = {line[: find_link(line, 0)].strip() for line in lines}
        for line in lines:
            self._read_line(line)
        if self.around or not self.edges or self._has_loose_words():
            raise NotUnderstoodError
        # Two looks would seem to mean something.
        has_boxes = any(node and node.shape is Shape.BOX for node in self.nodes.values())
        shape = Shape.BOX if has_boxes else Shape.ROUND
        return Flowchart(
            tuple(node or make_plain(name, shape) for name, node in self.nodes.items()),
            tuple(self.edges),
            self.direction,
            self.title,
            tuple(self._list_groups()),
        )

    def _has_loose_words(self) -> bool:
        """Whether a line is only words, which are no box."""
        joined = {end for edge in self.edges for end in (edge.source, edge.target)}
        return any(
            node is None and number not in joined for number, node in enumerate(self.nodes.values())
        )

    def _list_groups(self) -> Iterator[Group]:
        for group in self.groups:
            # An arrow to a group is none that is known.
            if (not group.nodes and not group.has_inner) or group.names & self.nodes.keys():
                raise NotUnderstoodError
            if group.nodes:
                yield Group(group.title, tuple(group.nodes))

    def _read_line(self, line: str) -> None:
        head = _HEAD.fullmatch(line)
        title = _TITLE.fullmatch(line)
        group = _GROUP.fullmatch(line)
        if head:
            word = head[1].lower()
            if word and word not in _DIRECTIONS:
                raise NotUnderstoodError
            if not self.around:
                self.direction = _DIRECTIONS.get(word, self.direction)
        elif group:
            self._open_group(group[1])
        elif line.lower() == "end" and self.around:
            self.around.pop()
        elif title and not self.title:
            self.title = clean_label(title[1])
        elif not _STYLE.fullmatch(line):
            self._read_chain(line)

    def _open_group(self, words: str) -> None:
        name = _NAME.match(words)
        shaped = read_shape(words, skip_class(words, name.end())) if name else None
        if name and shaped and not words[shaped[1] :].strip():
            title, names = shaped[0].text, {name[0]}
        else:
            title = clean_label(words)
            names = {words, title}
        if not title or len(self.groups) == GROUPS:
            raise NotUnderstoodError
        if self.around:
            self.around[-1].has_inner = True
            title = f"{self.around[-1].title} / {title}"
        group = _Subgraph(title, names)
        self.groups.append(group)
        self.around.append(group)

    def _read_chain(self, line: str) -> None:
        """Groups of nodes with links between them; one that begins with a link goes on."""
        link = LINK.match(line)
        if link and self.last:
            sources, place = self.last, 0
        else:
            sources, place = self._read_group(line, 0, has_label=False)
        names = list(self.nodes)
        has_labels = not any(_LABEL.search(names[source]) for source in sources)
        while place < len(line):
            link = LINK.match(line, place)
            if link is None:
                raise NotUnderstoodError
            has_label = has_labels and not (link["label"] or link["bar"])
            targets, place = self._read_group(line, link.end(), has_label=has_label)
            label, place = _read_label(line, place) if has_label else ("", place)
            for source in sources:
                for target in targets:
                    self.edges.append(make_edge(source, target, link, label))
                    if len(self.edges) > EDGES:
                        raise NotUnderstoodError
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
            name_end = min(name.end(), find_link(line, place))
            shaped = read_shape(line, name_end)
            if shaped:
                return self._note(line[place:name_end], shaped[0]), skip_class(line, shaped[1])
        end = _find_end(line, place)
        label = _LABEL.search(line, place, end) if has_label else None
        if label and line[place:end].strip() not in self.beginnings:
            end = label.start()
        text = drop_class(line[place:end])
        if not text or _LEFTOVER.search(text):
            raise NotUnderstoodError
        return self._note(text, None), end

    def _note(self, name: str, node: Node | None) -> int:
        known = self.nodes.get(name)
        if known and node and known != node:
            raise NotUnderstoodError
        self.nodes[name] = known or node
        if len(self.nodes) > NODES:
            raise NotUnderstoodError
        number = list(self.nodes).index(name)
        if self.around and not any(number in group.nodes for group in self.groups):
            self.around[-1].nodes.append(number)
        return number


def _find_end(line: str, place: int) -> int:
    """Where a node without a shape ends: at a link, or at an ampersand between blanks."""
    end = find_link(line, place)
    ampersand = line.find(" & ", place, end)
    return ampersand + 1 if ampersand >= 0 else end


def _read_label(line: str, place: int) -> tuple[str, int]:
    """The words behind a colon, up to the next link, and where they end."""
    colon = _LABEL.match(line, place)
    if colon is None:
        return "", place
    end = find_link(line, colon.end())
    return line[colon.end() : end], end
