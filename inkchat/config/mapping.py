"""A file's YAML as keys and values, and on which line each of them stands."""

from pathlib import Path
from typing import Any

import yaml

from inkchat.errors import ConfigError

_TEXT_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


def load_mapping(text: str, file: Path) -> tuple[dict[str, Any], yaml.Node | None]:
    """The keys and values, and where they stand. Raises ConfigError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error) or "it is nested too deeply"
        raise ConfigError(
            f"{file.name} is not valid YAML: {where}{problem}.",
            "Correct that line; indentation and colons are the usual cause.",
        ) from error
    if data is None or node is None:
        return {}, None
    if not isinstance(data, dict):
        raise ConfigError(
            f"{file.name} must hold keys and values, such as `workers: 4`.",
            "Look at the commented config.yaml that comes with inkchat.",
        )
    _check_keys(node, file)
    return data, node


def _check_keys(root: yaml.Node, file: Path) -> None:
    """YAML reads some words as numbers, dates or truth values, such as “no”."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        # An alias is the node that it names, so that a mapping may even hold itself.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(reversed(node.value))
        elif isinstance(node, yaml.MappingNode):
            for key, _ in node.value:
                if key.tag not in _TEXT_TAGS:
                    raise ConfigError(
                        f"{file.name}, line {key.start_mark.line + 1}: "
                        f"YAML does not read the key “{key.value}” as text.",
                        "Put it in quotes.",
                    )
            waiting.extend(value for _, value in reversed(node.value))


def find_place(node: yaml.Node | None, location: tuple[int | str, ...], file: Path) -> str:
    """Such as `config.yaml, line 3`; without a line for what does not stand in the file."""
    line = _find_line(node, location)
    return f"{file.name}, line {line}" if line else file.name


def _find_line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int | None:
    """The line, from 1, of the deepest part of `location` that stands in the file."""
    line: int | None = None
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == part), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
