"""The watches of `config.yaml`, each with its own folders: none lies in another’s inbox."""

import os
from collections.abc import Mapping
from pathlib import Path

from inkchat.config.devices import choose_device
from inkchat.config.form import WatchForm
from inkchat.config.providers import check_provider
from inkchat.domain import ConversationPer, Device, Watch
from inkchat.errors import ConfigError


def resolve_path(path: str, base: Path, where: str) -> Path:
    """From the folder `base` on. Raises ConfigError for what no path can be."""
    try:
        if "\0" in path:
            raise ValueError("it holds a null byte")
        # Not Path.resolve(): a symlinked inbox is to be named as the person named it.
        return Path(os.path.normpath(base / Path(path).expanduser()))
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"{where}: the path {path!r} cannot be used: {error}.", "Correct the path."
        ) from error


def make_watch(form: WatchForm, base: Path, devices: Mapping[str, Device], where: str) -> Watch:
    """Raises ConfigError for what cannot be used in it; `where` is its place in the file."""
    return Watch(
        # However it is spelt: the ledger knows the notes of a watch by this name.
        name=form.name or os.path.normpath(form.inbox),
        inbox=resolve_path(form.inbox, base, where),
        outbox=resolve_path(form.outbox, base, where),
        user=form.user,
        device=choose_device(form, devices, where),
        provider=check_provider(form.provider, where, "provider") if form.provider else "",
        conversation_timeout_seconds=form.conversation_timeout,
        conversation_per=ConversationPer(form.conversation_per),
        recall=form.recall,
        participants=tuple(form.participants),
    )


def check_watches(watches: tuple[Watch, ...], database: Path, file: Path) -> None:
    """Raises ConfigError where two have one name, or where one would read what is not a note."""
    names = [watch.name for watch in watches]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ConfigError(
            f"{file.name}: two watches are called “{repeated}”.",
            "Give each its own inbox, or a `name:` of its own.",
        )
    for watch in watches:
        _check_folders(watch, watches, database, file)


def _check_folders(watch: Watch, watches: tuple[Watch, ...], database: Path, file: Path) -> None:
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
