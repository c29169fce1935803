"""`config.yaml` and the environment, read once into frozen settings.

The only reader of either. A mistake is reported with its line, and an unknown key with the
nearest known one; an empty file is a good configuration.
"""

import difflib
import os
import stat
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inkchat.devices import DEFAULT_DEVICE, DEVICES
from inkchat.domain import Watch
from inkchat.errors import ConfigError

DEFAULT_CONFIG = "config.yaml"
LONGEST_NAME_BYTES = 200
LONGEST_NAME_PARTS = {"prefix": "RESPONSE", "conversation_id": "c" * 29, "number": 99999}
OUTBOX_NAME_FIELDS = ("prefix", "conversation_id", "number", "note")


class ProviderName(StrEnum):
    """Display names: they head the sections of config.yaml and stand on the pages."""

    ANTHROPIC = "Anthropic Claude"
    OPENAI = "OpenAI"
    COMPATIBLE = "OpenAI Compatible"
    OFFLINE = "Offline"


AUTO = "auto"

KEY_VARIABLES = {
    ProviderName.ANTHROPIC: "ANTHROPIC_API_KEY",
    ProviderName.OPENAI: "OPENAI_API_KEY",
}
"""Where a provider's key is looked for when its section names neither key nor variable."""

DEFAULT_MODELS = {
    # The middle of each vendor's current range, by the names in their SDKs' own model lists.
    ProviderName.ANTHROPIC: "claude-sonnet-5-5",
    ProviderName.OPENAI: "gpt-6.1-terra",
}


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """How to reach one provider."""

    name: ProviderName
    api_key: str | None = field(default=None, repr=False)
    key_source: str = ""
    """Where the key came from or is missing from, such as `the variable OPENAI_API_KEY`."""
    base_url: str | None = None
    """None means the vendor's own."""
    model: str | None = None
    """None means: ask the server which one it has."""
    system_prompt: str = "You are a helpful assistant."
    temperature: float | None = None
    """None means: not sent."""
    max_output_tokens: int = 16_000
    timeout_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one note may cost to open."""

    max_pages: int = 40
    max_file_mb: float = 100.0
    max_picture_megapixels: float = 60.0
    """Pillow's own ceiling is 89; a 48-megapixel phone photo passes."""
    memory_mb: int = 1024
    processor_seconds: int = 10
    wall_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the person configured, with the defaults filled in and paths made absolute."""

    path: Path
    """Of config.yaml, whether it exists or not."""
    database: Path
    watches: tuple[Watch, ...]
    active_provider: str
    """`auto` or a `ProviderName`."""
    providers: Mapping[ProviderName, ProviderSettings]
    configured: tuple[ProviderName, ...]
    """Providers with a section in the file, in its order."""
    local_servers: tuple[str, ...]
    """OpenAI-compatible base URLs that `auto` asks whether somebody is there."""
    settle_seconds: float
    workers: int
    outbox_name: str
    limits: Limits
    warnings: tuple[str, ...]
    """What works but should be mended."""

    @property
    def private_folder(self) -> Path:
        """Where copies, pictures and pristine responses are kept."""
        return self.database.parent / ".inkchat"

    def watch(self, name: str) -> Watch | None:
        return next((watch for watch in self.watches if watch.name == name), None)


class _Form(BaseModel):
    """A mapping in the file: unknown keys are refused, texts are not made into numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_Count = Annotated[int, Field(ge=1)]
_Amount = Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)]


class _WatchForm(_Form):
    inbox: str = "inbox"
    outbox: str = "outbox"
    user: str = "me"
    device: str = DEFAULT_DEVICE
    name: str | None = None


class _ProviderForm(_Form):
    api_key_env: str | None = None
    api_key: str | None = None
    base_url: str | None = None
    model: str | None = None
    system_prompt: str | None = None
    temperature: Annotated[float, Field(ge=0, le=2, strict=False)] | None = None
    max_output_tokens: Annotated[int, Field(ge=256)] | None = None
    timeout_seconds: _Amount | None = None


_LIMITS = Limits()


class _LimitsForm(_Form):
    max_pages: _Count = _LIMITS.max_pages
    max_file_mb: _Amount = _LIMITS.max_file_mb
    max_picture_megapixels: _Amount = _LIMITS.max_picture_megapixels
    memory_mb: Annotated[int, Field(ge=256)] = _LIMITS.memory_mb
    processor_seconds: _Count = _LIMITS.processor_seconds
    wall_seconds: _Amount = _LIMITS.wall_seconds


class _FileForm(_Form):
    database: str = "eink_sessions.db"
    watch: Annotated[list[_WatchForm], Field(min_length=1)] = [_WatchForm()]
    active_provider: str = AUTO
    anthropic: _ProviderForm | None = Field(None, alias="Anthropic Claude")
    openai: _ProviderForm | None = Field(None, alias="OpenAI")
    compatible: _ProviderForm | None = Field(None, alias="OpenAI Compatible")
    offline: _ProviderForm | None = Field(None, alias="Offline")
    local_servers: list[str] = [
        "http://127.0.0.1:11434/v1",  # Ollama
        "http://127.0.0.1:1234/v1",  # LM Studio
        "http://127.0.0.1:8080/v1",  # llama-server
    ]
    settle_seconds: Annotated[float, Field(ge=0.05, le=3600, strict=False)] = 1.0
    workers: Annotated[int, Field(ge=1, le=64)] = 4
    outbox_name: str = "{prefix}_{conversation_id}_ex{number:03d}"
    limits: _LimitsForm = _LimitsForm()


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read the configuration; without `path`, `config.yaml` here, which may be absent.

    Raises ConfigError for anything that cannot be used, with the line where there is one.
    """
    environment = os.environ if environment is None else environment
    file = Path(path or DEFAULT_CONFIG).absolute()
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(
                f"There is no configuration file at {file}.", "Check the path after --config."
            ) from None
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration file {file} cannot be read: {error}.",
            "Make it readable for this user, as UTF-8 text.",
        ) from error
    return _settle(_parse(text, file), file, environment)


def _parse(text: str, file: Path) -> "_Parsed":
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
    if data is None:
        data, node = {}, None
    if not isinstance(data, dict):
        raise ConfigError(
            f"{file.name} must hold keys and values, such as `workers: 4`.",
            "Look at the commented config.yaml that comes with inkchat.",
        )
    if not all(isinstance(key, str) for key in data):
        raise ConfigError(f"{file.name} has a key that is not text.", "Remove it or quote it.")
    try:
        return _Parsed(_FileForm.model_validate(data), tuple(data), data)
    except ValidationError as error:
        raise _explain(error, node, file) from error


@dataclass(frozen=True, slots=True)
class _Parsed:
    form: _FileForm
    keys_in_order: tuple[str, ...]
    data: Mapping[str, Any]


def _explain(error: ValidationError, node: yaml.Node | None, file: Path) -> ConfigError:
    """Say the first mistake, since the others often follow from it."""
    first = error.errors()[0]
    location = first["loc"]
    dotted = ".".join(str(part) for part in location)
    line = _find_line(node, location)
    where = f"{file.name}, line {line}: " if line else f"{file.name}: "
    if first["type"] == "extra_forbidden":
        unknown = str(location[-1])
        near = difflib.get_close_matches(unknown, _known_keys(location[:-1]), n=1, cutoff=0.5)
        return ConfigError(
            f"{where}the key “{unknown}” is not known.",
            f"Did you mean “{near[0]}”?" if near else "Remove it; docs/configuration.md lists all.",
        )
    if isinstance(first["input"], (str, int, float, bool)) and "key" not in str(location[-1]):
        given = f", not {first['input']!r}"
    else:
        given = ""
    message = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return ConfigError(
        f"{where}“{dotted}” should be {message[:1].lower()}{message[1:]}{given}.",
        "Correct the value; docs/configuration.md has the meaning of each key.",
    )


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    forms: dict[str, type[BaseModel]] = {"watch": _WatchForm, "limits": _LimitsForm}
    head = str(location[0]) if location else None
    form = _FileForm if head is None else forms.get(head, _ProviderForm)
    return [info.alias or name for name, info in form.model_fields.items()]


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


def _settle(parsed: _Parsed, file: Path, environment: Mapping[str, str]) -> Settings:
    form, base = parsed.form, file.parent
    watches = tuple(_make_watch(watch, base, file) for watch in form.watch)
    database = _resolve(form.database, base)
    _check_watches(watches, database, file)
    active = _check_active_provider(form.active_provider, file)
    _check_outbox_name(form.outbox_name, file)
    if "://" in form.database:
        raise ConfigError(
            f"{file.name}: “database” names a server, and this version keeps a SQLite file.",
            "Give a path, such as eink_sessions.db.",
        )
    return Settings(
        path=file,
        database=database,
        watches=watches,
        active_provider=active,
        providers={
            name: _make_provider(name, _section(form, name), environment) for name in ProviderName
        },
        configured=tuple(ProviderName(k) for k in parsed.keys_in_order if k in list(ProviderName)),
        local_servers=tuple(url.rstrip("/") for url in form.local_servers),
        settle_seconds=form.settle_seconds,
        workers=form.workers,
        outbox_name=form.outbox_name,
        limits=Limits(**form.limits.model_dump()),
        warnings=_warn_of_readable_keys(form, file),
    )


def _section(form: _FileForm, name: ProviderName) -> _ProviderForm | None:
    section: _ProviderForm | None = getattr(form, name.name.lower())
    return section


def _resolve(path: str, base: Path) -> Path:
    # Not Path.resolve(): a symlinked inbox is to be named as the person named it.
    return Path(os.path.normpath(base / Path(path).expanduser()))


def _make_watch(form: _WatchForm, base: Path, file: Path) -> Watch:
    if form.device not in DEVICES:
        near = difflib.get_close_matches(form.device, DEVICES, n=1, cutoff=0.4)
        hint = f"Did you mean “{near[0]}”? " if near else ""
        raise ConfigError(
            f"{file.name}: the device “{form.device}” is not known.",
            f"{hint}Known are: {', '.join(DEVICES)}.",
        )
    return Watch(
        # However it is spelt: the ledger knows the notes of a watch by this name.
        name=form.name or os.path.normpath(form.inbox),
        inbox=_resolve(form.inbox, base),
        outbox=_resolve(form.outbox, base),
        user=form.user,
        device=form.device,
    )


def _check_watches(watches: tuple[Watch, ...], database: Path, file: Path) -> None:
    names = [watch.name for watch in watches]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ConfigError(
            f"{file.name}: two watches are called “{repeated}”.",
            "Give each its own inbox, or a `name:` of its own.",
        )
    for watch in watches:
        if database.resolve().is_relative_to(watch.inbox.resolve()):
            raise ConfigError(
                f"{file.name}: the database {database} lies in the inbox {watch.inbox}.",
                "Put them side by side.",
            )
        try:
            os.fspath(watch.outbox).encode("utf-8")
        except UnicodeEncodeError:
            raise ConfigError(
                f"{file.name}: the path of the outbox {watch.outbox!r} is not UTF-8.",
                "Rename the folder, or name another.",
            ) from None
        for other in watches:
            # Our own answers would come back to us as notes, paid for each time.
            if other.outbox.resolve().is_relative_to(watch.inbox.resolve()):
                raise ConfigError(
                    f"{file.name}: the outbox {other.outbox} lies in the inbox {watch.inbox}.",
                    "Put them side by side.",
                )
            if other is not watch and other.inbox.resolve().is_relative_to(watch.inbox.resolve()):
                raise ConfigError(
                    f"{file.name}: the inbox {other.inbox} lies in the inbox {watch.inbox}.",
                    "Put them side by side; folders inside an inbox are its threads.",
                )


def _check_active_provider(name: str, file: Path) -> str:
    known = [AUTO, *ProviderName]
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean “{near[0]}”? " if near else ""
    raise ConfigError(
        f"{file.name}: the active_provider “{name}” is not known.",
        f"{hint}Known are: {', '.join(known)}.",
    )


def _check_outbox_name(pattern: str, file: Path) -> None:
    """A name must tell responses apart, and must not reach beyond what it is given."""
    problem = ""
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
        unknown = [name for name in fields if name not in OUTBOX_NAME_FIELDS]
        missing = [name for name in OUTBOX_NAME_FIELDS[:3] if name not in fields]
        if unknown:
            problem = f"{{{unknown[0]}}} is not known"
        elif missing:
            problem = f"{{{missing[0]}}} is missing"
        else:
            problem = _find_problem(pattern.format(**LONGEST_NAME_PARTS, note=""))
    except (ValueError, IndexError, KeyError) as error:
        problem = str(error)
    if problem:
        raise ConfigError(
            f"{file.name}: “outbox_name” cannot be used: {problem}.",
            "Use {prefix}, {conversation_id}, {number} and, if you like, {note}.",
        )


def _find_problem(name: str) -> str:
    if "/" in name or "\0" in name:
        return "it names a folder"
    if len(name.encode()) > LONGEST_NAME_BYTES:
        return "it makes names that are too long"
    return ""


def _make_provider(
    name: ProviderName, form: _ProviderForm | None, environment: Mapping[str, str]
) -> ProviderSettings:
    form = form or _ProviderForm()
    variable = form.api_key_env or KEY_VARIABLES.get(name)
    key, source = form.api_key, "api_key in config.yaml"
    if not key:
        key = environment.get(variable) if variable else None
        source = f"the variable {variable}" if variable else ""
    defaults = ProviderSettings(name)
    return ProviderSettings(
        name=name,
        api_key=key or None,
        key_source=source,
        base_url=form.base_url.rstrip("/") if form.base_url else None,
        model=form.model or DEFAULT_MODELS.get(name),
        system_prompt=form.system_prompt or defaults.system_prompt,
        temperature=form.temperature,
        max_output_tokens=form.max_output_tokens or defaults.max_output_tokens,
        timeout_seconds=form.timeout_seconds or defaults.timeout_seconds,
    )


def _warn_of_readable_keys(form: _FileForm, file: Path) -> tuple[str, ...]:
    sections = [(name, _section(form, name)) for name in ProviderName]
    if not any(section and section.api_key for _, section in sections):
        return ()
    if file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return (
            f"{file.name} holds an api_key and can be read by other users: "
            f"run `chmod 600 {file.name}`, or name a variable with api_key_env instead.",
        )
    return ()


class SettingsSource:
    """The configuration as it stands now: read again whenever the file has changed.

    A file that has become unusable is reported once and the last good settings stay. Safe to
    ask from several threads.
    """

    def __init__(
        self, path: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Raises ConfigError: there are no last good settings yet."""
        self._path = path
        self._environment = environment
        self._lock = threading.Lock()
        self._file = Path(path or DEFAULT_CONFIG).absolute()
        # Looked at before it is read: an edit in between is seen as one afterwards.
        self._used = self._looked = self._look()
        self._settings = load_settings(path, environment)

    def current(self) -> Settings:
        return self._settings

    def refresh(self) -> ConfigError | bool:
        """True if the settings changed, or the error that keeps the last good ones in force.

        A change is taken up when two looks in a row have seen it: an editor may be at it.
        """
        with self._lock:
            seen = self._look()
            stood_still, self._looked = seen == self._looked, seen
            if seen == self._used or not stood_still:
                return False
            self._used = seen
            if seen is None:
                return ConfigError(
                    f"The configuration file {self._file} is gone.",
                    "Put it back; an empty one means the defaults.",
                )
            try:
                settings = load_settings(self._path, self._environment)
            except ConfigError as error:
                return error
            changed = settings != self._settings
            self._settings = settings
            return changed

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
