"""Changes one value in the text of config.yaml, and leaves all else as the person wrote it.

The value's own span is replaced, or a line is put in: comments, blank lines and the order stay.
What comes out is read again, and must differ from what was there in that value alone.
"""

from pathlib import Path
from typing import Any

import yaml

from inkchat.config.form import find_section
from inkchat.config.mapping import load_mapping
from inkchat.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""Such as `("watch", 0, "provider")`."""

_LISTS = ("watch", "fallback", "local_servers")
_NULL = "tag:yaml.org,2002:null"


def split_key(key: str) -> KeyPath:
    """`watch.0.provider` in its parts, a section by its display name. Raises ConfigError for none.

    `claude.model` is a key of the section `Anthropic Claude`.
    """
    parts = [part.strip() for part in key.split(".")]
    if not all(parts):
        raise ConfigError(
            f"“{key}” is not a key.", "Write it as `workers`, `OpenAI.model` or `budget.day.usd`."
        )
    parts[0] = find_section(parts[0])
    has_items = parts[0] in _LISTS
    return tuple(
        int(part) if depth == 1 and has_items and part.isdecimal() else part
        for depth, part in enumerate(parts)
    )


def set_value(text: str, keys: KeyPath, value: Any, file: Path) -> str:
    """`text` with one value changed. Raises ConfigError where this cannot be done in its place."""
    data, root = load_mapping(text, file)
    expected = _set_in(_copy(data), keys, value)
    if root is None or not isinstance(root, yaml.MappingNode):
        changed = _append(text, _write_lines(keys, value))
    else:
        changed = _change(text, root, keys, value)
    if load_mapping(changed, file)[0] != expected:
        raise _cannot(keys, "it is written there in a way that only a person can change")
    return changed


def _copy(data: Any) -> Any:
    """Without the sharing that aliases make: a change at one place must not show at another."""
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(item) for item in data] if isinstance(data, list) else data


def _set_in(data: Any, keys: KeyPath, value: Any) -> Any:
    """`data` with the value at `keys`, and what is missing on the way to it."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        items = [] if data is None else data
        if not isinstance(items, list) or key > len(items) or (items and key == len(items)):
            raise ConfigError(
                f"There is no item {key} to change.",
                "Items count from 0; write a further one into config.yaml yourself.",
            )
        items = items or [None]
        items[key] = _set_in(items[key], rest, value)
        return items
    entries = {} if data is None else data
    if not isinstance(entries, dict):
        raise ConfigError(
            f"“{key}” cannot stand below a value that holds no keys.",
            "docs/configuration.md lists all keys.",
        )
    entries[key] = _set_in(entries.get(key), rest, value)
    return entries


def _change(text: str, root: yaml.MappingNode, keys: KeyPath, value: Any) -> str:
    """Go down as far as the file does; replace the value there, or add what is missing to it."""
    node: yaml.Node = root
    key_node: yaml.Node = root
    parent: yaml.Node = root
    for depth, key in enumerate(keys):
        found = _find(node, key)
        if found is None:
            return _add(text, parent, key_node, node, keys[depth:], value)
        parent, (key_node, node) = node, found
    return _replace(text, parent, key_node, node, _write_flow(value))


def _find(node: yaml.Node, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key's node and its value's; of a list's item, twice the item's."""
    if isinstance(node, yaml.MappingNode):
        # Of two the later holds.
        return next((pair for pair in reversed(node.value) if pair[0].value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def _replace(
    text: str, parent: yaml.Node, key_node: yaml.Node, node: yaml.Node, written: str
) -> str:
    start, end = node.start_mark.index, _end_of(text, node)
    if _holds_comment(text, node):
        raise ConfigError(
            "There are comments inside the old value, and they would be lost.",
            "Change its keys one by one, or edit the file.",
        )
    if start == end:
        return f"{text[:start]} {written}{text[end:]}"
    between = text[key_node.end_mark.index : start]
    if key_node is not node and isinstance(node, yaml.CollectionNode) and "\n" in between:
        if "#" in between:
            written = " " * (parent.start_mark.column + 2) + written
            start = text.rindex("\n", 0, start) + 1
        else:
            start = text.index(":", key_node.end_mark.index) + 1
            written = f" {written}"
    return text[:start] + written + text[end:]


def _add(
    text: str,
    parent: yaml.Node,
    key_node: yaml.Node,
    node: yaml.Node,
    keys: KeyPath,
    value: Any,
) -> str:
    """Put `keys` with the value into `node`, which has no such key."""
    lines = _write_lines(keys, value)
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        if parent is node:
            return _append(text, lines, node.start_mark.column)
        return _insert_after(text, _end_of(text, node), lines, node.start_mark.column)
    nested = _set_in(None, keys, value)
    if isinstance(node, yaml.MappingNode):
        inner = _write_flow(nested)[1:-1]
        if not node.value:
            opened = node.start_mark.index + 1
            return text[:opened] + inner + text[opened:]
        last = max(_end_of(text, each) for pair in node.value for each in pair)
        return f"{text[:last]}, {inner}{text[last:]}"
    if node.tag != _NULL:
        raise _cannot(keys, "there is a value where its keys would stand")
    is_empty = node.start_mark.index == node.end_mark.index
    if is_empty and isinstance(parent, yaml.MappingNode) and not parent.flow_style:
        return _insert_after(text, node.end_mark.index, lines, key_node.start_mark.column + 2)
    return _replace(text, parent, key_node, node, _write_flow(nested))


def _append(text: str, lines: list[str], column: int = 0) -> str:
    return _insert_after(text, len(text), lines, column)


def _insert_after(text: str, position: int, lines: list[str], column: int) -> str:
    """`lines` below the line on which `position` is; at the end of the text, behind all of it."""
    newline = "\r\n" if "\r\n" in text else "\n"
    found = text.find("\n", position)
    place = len(text) if found < 0 else found + 1
    front = text[:place]
    if front and not front.endswith("\n"):
        front += newline
    written = "".join(f"{' ' * column}{line}{newline}" for line in lines)
    return front + written + text[place:]


def _end_of(text: str, node: yaml.Node) -> int:
    """Where the last character of a node is; PyYAML's own mark lies behind comments and blanks."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        ends = [_end_of(text, leaf) for leaf in _children(node)]
        return max((end for end in ends if end <= node.end_mark.index), default=0)
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip())


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _holds_comment(text: str, node: yaml.Node) -> bool:
    """Whether there is a comment between the parts of a collection."""
    if not isinstance(node, yaml.CollectionNode):
        return False
    position, end = node.start_mark.index, _end_of(text, node)
    for part in sorted(_children(node), key=lambda part: part.start_mark.index):
        if "#" in text[position : part.start_mark.index] or _holds_comment(text, part):
            return True
        position = max(position, _end_of(text, part))
    return "#" in text[position:end]


class _FlowDumper(yaml.SafeDumper):
    """Writes a value on one line."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = None if data.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_FlowDumper.add_representer(str, _FlowDumper.represent_str)


def _write_flow(value: Any) -> str:
    """On one line, and so that it may stand among brackets."""
    written = yaml.dump(
        [value],
        Dumper=_FlowDumper,
        default_flow_style=True,
        allow_unicode=True,
        sort_keys=False,
        width=float("inf"),
    )
    return written.strip()[1:-1]


def _write_lines(keys: KeyPath, value: Any) -> list[str]:
    """In the form of a file: a line for each key, those below further to the right."""
    if not keys:
        return [_write_flow(value)]
    first, *others = _write_lines(keys[1:], value)
    if isinstance(keys[0], int):
        return [f"- {first}", *(f"  {line}" for line in others)]
    name = _write_flow(keys[0])
    if len(keys) == 1:
        return [f"{name}: {first}"]
    return [f"{name}:", *(f"  {line}" for line in (first, *others))]


def _cannot(keys: KeyPath, why: str) -> ConfigError:
    dotted = ".".join(map(str, keys))
    return ConfigError(f"“{dotted}” cannot be changed: {why}.", "Edit the file instead.")
