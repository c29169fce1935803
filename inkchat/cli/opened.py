"""What most commands begin with: the configuration, and the store it names."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkchat.cli.options import get_common, locate_config

if TYPE_CHECKING:
    from inkchat.config import Settings, SettingsSource
    from inkchat.domain import Watch
    from inkchat.store import Store


@contextmanager
def open_store() -> Iterator[tuple["SettingsSource", "Store"]]:
    """The settings as they stand, and the store, closed at the end.

    Raises ConfigError and StoreError.
    """
    from inkchat.config import SettingsSource
    from inkchat.store import Store

    source = SettingsSource(get_common().config)
    settings = source.current()
    for warning in settings.warnings:
        click.echo(f"Warning: {warning}", err=True)
    store = Store(settings.database, settings.private_folder)
    try:
        yield source, store
    finally:
        store.close()


def refuse_inboxes(target: Path, watches: "Sequence[Watch]") -> None:
    """What is written into an inbox is taken for a note, and paid for. Raises UsageError."""
    for watch in watches:
        if target.resolve().is_relative_to(watch.inbox.resolve()):
            raise click.UsageError(
                f"{target} lies in the inbox {watch.inbox}, where it would be taken for a note. "
                "Name a place outside of it, such as the outbox."
            )


def check_output(target: Path, settings: "Settings", *, force: bool) -> None:
    """Whether a person's file may be written there. Raises OutputForbidden and OutputTaken."""
    from inkchat.archive.output import check_target

    database, private_folder = settings.database, settings.private_folder
    check_target(target, database, private_folder, locate_config(), force=force)
