"""A mistake in a file of the configuration, said in words: its line, and the nearest known key."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from inkchat.config.mapping import find_place
from inkchat.errors import ConfigError


def explain_mistake(
    error: ValidationError, node: yaml.Node | None, file: Path, form: type[BaseModel]
) -> ConfigError:
    """Say one mistake, since the others often follow from it: a misspelt key before all."""
    mistakes = error.errors()
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    location = tuple(part for part in first["loc"] if part != "[key]")
    dotted = ".".join(str(part) for part in location)
    where = f"{find_place(node, location, file)}: "
    if first["type"] == "extra_forbidden":
        unknown = str(location[-1])
        near = difflib.get_close_matches(unknown, _known_keys(location[:-1], form), n=1, cutoff=0.5)
        return ConfigError(
            f"{where}the key “{unknown}” is not known.",
            f"Did you mean “{near[0]}”?" if near else "Remove it; docs/configuration.md lists all.",
        )
    if first["type"] == "missing":
        return ConfigError(
            f"{where}“{dotted}” is missing.", "Add it; docs/configuration.md has its meaning."
        )
    # The key of an API is not to be shown.
    if isinstance(first["input"], (str, int, float, bool)) and "key" not in str(location[-1]):
        given = f", not {first['input']!r}"
    else:
        given = ""
    return ConfigError(
        f"{where}“{dotted}” should be {_say_expected(first['type'], first['msg'])}{given}.",
        "Correct the value; docs/configuration.md has the meaning of each key.",
    )


def _say_expected(kind: str, message: str) -> str:
    if kind in ("model_type", "dict_type"):
        return "keys with values, each on a line of its own below it"
    message = message.removeprefix("Input should be ").removeprefix("Value error, ")
    message = message.removesuffix(", unable to parse string as a number")
    return message[:1].lower() + message[1:]


def _known_keys(location: tuple[int | str, ...], form: type[BaseModel]) -> list[str]:
    """The keys that may stand at `location`, found by walking down the forms."""
    for part in location:
        if isinstance(part, str):
            form = _form_below(form, part)
    return list_keys(form)


def _form_below(form: type[BaseModel], key: str) -> type[BaseModel]:
    """The form of what stands under `key`; the same form where the key is a name of its own."""
    for name, info in form.model_fields.items():
        # By its alias alone, if it has one: the field of the section Offline is called offline.
        if key == (info.alias or name):
            return next(_find_forms(info.annotation), form)
    return form


def _find_forms(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _find_forms(inner)


def list_keys(form: type[BaseModel]) -> list[str]:
    """As they stand in the file."""
    return [info.alias or name for name, info in form.model_fields.items()]
