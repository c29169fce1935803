"""The YAML of a chart as mappings, lists and words.

YAML holds JSON too. Only its form is read, never its types, so that `12:30` and `no` stay words.
"""

import re
from typing import Any

import yaml

from inkchat.reply.characters import join_lines
from inkchat.reply.chart_table import NotUnderstoodError

_DEPTH = 8
"""Of lists within lists."""
_TEXT_LINE = re.compile(
    r"( {0,40}(?:- {1,9})?"
    r"(?:title|subtitle|note|caption|source|name|label|[xy][ _]?(?:label|title)) ?:[ ]{1,9})"
    r"([^\s\"'\[{|>&*!].*)",
    re.IGNORECASE,
)
"""A line that can only hold a text."""


class _PlainLoader(yaml.BaseLoader):
    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        # By aliases a few lines could stand for millions.
        if self.check_event(yaml.AliasEvent) or self._depth > _DEPTH:
            raise NotUnderstoodError
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _quote(line: str) -> str:
    """A text with a colon or a `#` in it, as models write it, in the quotes that YAML asks for."""
    found = _TEXT_LINE.fullmatch(line.rstrip())
    if found is None or not re.search(r":(?:\s|$)|\s#", found[2]):
        return line
    return f"{found[1]}'{found[2].replace(chr(39), 2 * chr(39))}'"


def load_words(source: str) -> dict[str, Any]:
    """Mappings, lists and words; raises `NotUnderstoodError` or an error of YAML."""
    quoted = "\n".join(map(_quote, source.split("\n")))
    node = yaml.compose(quoted, Loader=_PlainLoader)
    value = _take(node) if node is not None else None
    if not isinstance(value, dict):
        raise NotUnderstoodError
    return value


def _take(node: yaml.Node) -> Any:
    """`node` as mappings, lists and words."""
    if isinstance(node, yaml.SequenceNode):
        return [_take(child) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        pairs = [(_take(key), _take(value)) for key, value in node.value]
        if not all(isinstance(key, str) for key, _ in pairs):
            raise NotUnderstoodError
        mapping = dict(pairs)
        if len(mapping) < len(pairs):
            raise NotUnderstoodError
        return mapping
    return join_lines(str(node.value))
