"""`inkchat backup` and `inkchat restore`: all that is kept, into one file and back."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkchat.archive.wording import say_count, say_size
from inkchat.cli.opened import open_store, refuse_inboxes
from inkchat.cli.options import common_options, get_common, locate_config
from inkchat.cli.printing import say

if TYPE_CHECKING:
    from inkchat.archive.backup import Tell
    from inkchat.archive.bundle import Manifest

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@common_options
def backup(file: Path, *, force: bool) -> None:
    """Put all that is kept into FILE, while inkchat runs.

    FILE is a tar archive, compressed if its name ends in .gz or .tgz, that only you may read: the
    database, the private copies of notes and attachments, and answers not recorded yet.
    config.yaml is not in it, for it may hold keys; keep a copy of your own.
    """
    from inkchat.archive.backup import make_backup

    with open_store() as (source, store), _show_progress() as tell:
        refuse_inboxes(file, source.current().watches)
        manifest = make_backup(store, file, locate_config(), replace=force, tell=tell)
    if get_common().as_json:
        click.echo(json.dumps({"file": str(file), **asdict(manifest)}, indent=2))
        return
    say(f"{_describe(manifest)} are in {file}. config.yaml is not.")
    if manifest.copies_missing:
        say(
            "Missing, because inkchat’s private copies are gone or damaged: "
            f"{say_count(manifest.copies_missing, 'note')}. What was said about them is in the "
            "backup.",
            err=True,
        )


@click.command()
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Move the database there is aside.")
@common_options
def restore(file: Path, *, replace: bool) -> None:
    """Bring back what `inkchat backup` put into FILE.

    All of FILE is checked first; if it is damaged, nothing is changed. Stop the service before.
    Notes that were answered after the backup was made are not known any more: take them out of
    the inbox, or they are answered once more.
    """
    from inkchat.archive.restoring import restore as bring_back
    from inkchat.config import SettingsSource

    settings = SettingsSource(get_common().config).current()
    with _show_progress() as tell:
        restored = bring_back(
            settings.database, settings.private_folder, file, replace=replace, tell=tell
        )
    aside = restored.moved_aside
    if get_common().as_json:
        facts = {**asdict(restored.manifest), "moved_aside": str(aside) if aside else None}
        click.echo(json.dumps({"file": str(file), **facts}, indent=2))
        return
    say(f"{_describe(restored.manifest)} are back, as of {restored.manifest.made_at}.")
    if aside:
        say(f"The database there was lies in {aside}.")


def _describe(manifest: "Manifest") -> str:
    return (
        f"{say_count(manifest.conversations, 'conversation')}, "
        f"{say_count(manifest.copies, 'private file')} ({say_size(manifest.copies_bytes)}) and "
        f"{say_count(manifest.replies, 'unrecorded answer')}"
    )


@contextmanager
def _show_progress() -> Iterator["Tell"]:
    """On a terminal, one line that is written over; nothing elsewhere."""
    shown = ""

    def tell(what: str, done: int, total: int) -> None:
        nonlocal shown
        line = f"{what}: {100 * done // max(total, 1)} %"
        if line != shown:
            shown = line
            click.echo(f"\r{line:<20}", nl=False, err=True)

    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    try:
        yield tell
    finally:
        if shown:
            click.echo(f"\r{'':<20}\r", nl=False, err=True)
