"""`inkchat config set`: one value of config.yaml changed, checked, and written whole."""

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inkchat.config.editing import KeyPath, set_value, split_key
from inkchat.config.effective import hide_keys
from inkchat.config.reading import DEFAULT_CONFIG, parse_settings, read_text
from inkchat.config.settings import Settings, find_provider
from inkchat.errors import ConfigError
from inkchat.folders import sync_folder

_LISTS = (("fallback",), ("admins",), ("local_servers",))
_LIST_OF_WATCH = ("watch", "participants")


@dataclass(frozen=True, slots=True)
class Change:
    """What a change came to."""

    file: Path
    key: str
    """In full, as `Anthropic Claude.model`."""
    value: Any
    """As it stands in the file now."""
    settings: Settings


def change_value(
    path: Path | None,
    key: str,
    value: str,
    environment: Mapping[str, str] | None = None,
    check: Callable[[Settings, KeyPath], None] = lambda settings, keys: None,
) -> Change:
    """Set `key`, dotted, to `value`, read as YAML, in the file at `path` or in `config.yaml` here.

    The file is made if there is none, readable by its owner alone if an `api_key` is set.
    `check` is given what the settings would become and the parts of the key, before anything is
    written, and raises ConfigError if they cannot be used. Raises ConfigError, and nothing has
    changed then.
    """
    file = Path(path or DEFAULT_CONFIG).absolute()
    text = read_text(file) or ""
    keys = split_key(key)
    complaint: ConfigError | None = None
    for meant in _read_value(value):
        spelt = _spell_out(keys, meant)
        try:
            changed = set_value(text, keys, spelt, file)
            settings = parse_settings(changed, file, environment)
            check(settings, keys)
        except ConfigError as error:
            complaint = complaint or error
        else:
            _write(file, changed, is_secret=hide_keys(keys, spelt) != spelt)
            return Change(file, ".".join(map(str, keys)), spelt, settings)
    assert complaint is not None  # noqa: S101 - there is always one reading
    raise ConfigError(
        f"{file.name} was not changed: {complaint.what_happened}", complaint.next_step
    ) from complaint


def _read_value(value: str) -> list[Any]:
    """What may be meant, the likeliest first: a number may be the name of a model."""
    try:
        read = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):
        return [value]
    return [read] if read is None or isinstance(read, str) else [read, value]


def _spell_out(keys: KeyPath, value: Any) -> Any:
    """Providers by their display names, as they head the sections, and switches in words.

    One text alone is a list of one where a list is wanted.
    """
    if isinstance(value, str) and (keys in _LISTS or (keys[0], keys[-1]) == _LIST_OF_WATCH):
        value = [value]
    if isinstance(value, list):
        return [_spell_out((*keys, number), each) for number, each in enumerate(value)]
    if keys[-1] == "cache" and isinstance(value, bool):
        return "on" if value else "off"
    names_provider = keys[0] in ("active_provider", "fallback") or (
        keys[0] == "watch" and keys[-1] == "provider"
    )
    found = find_provider(value) if names_provider and isinstance(value, str) else None
    return found.value if found else value


def _write(file: Path, text: str, *, is_secret: bool) -> None:
    """Whole or not at all: a running service may read it at any moment."""
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        mode, owner = _look_at(target)
        created = os.open(
            temporary,
            os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC,
            mode or (0o600 if is_secret else 0o666),
        )
        with os.fdopen(created, "wb") as opened:
            if owner is not None:
                with contextlib.suppress(OSError):  # a stranger's file that we may write
                    os.fchown(created, *owner)
            if mode is not None:
                os.fchmod(created, mode)
            opened.write(text.encode("utf-8"))
            opened.flush()
            os.fsync(created)
        temporary.replace(target)
        sync_folder(target.parent)
    except (OSError, UnicodeEncodeError) as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise ConfigError(
            f"{file} could not be written: {error}.",
            "Check who may write the file and its folder, and that the disk is not full.",
        ) from error


def _look_at(file: Path) -> tuple[int | None, tuple[int, int] | None]:
    """Its mode, and its owner and group; None for a file that is not there."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None, None
    return stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
