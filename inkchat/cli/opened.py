"""What most commands begin with: the configuration, and the store it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from inkchat.cli.options import get_common

if TYPE_CHECKING:
    from inkchat.config import SettingsSource
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
