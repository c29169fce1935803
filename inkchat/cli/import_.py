"""`inkchat import`: session logs brought in, our own and mychat's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkchat.archive.wording import say_count
from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.errors import ExitCode, InkchatError, StoreError
from inkchat.inbox.names import show_name

if TYPE_CHECKING:
    from inkchat.archive.importing import Brought
    from inkchat.config import Settings
    from inkchat.store import Store


@click.command("import")
@click.argument(
    "paths",
    metavar="FILE|FOLDER...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option("--user", help="Whose they become.  [default: the first watch’s user]")
@common_options
def import_sessions(paths: tuple[Path, ...], user: str | None) -> int:
    """Bring in session logs: files of `inkchat export` or of mychat, or a whole chat_logs FOLDER.

    Names and times are kept. What is here already is not brought in twice; of a session that has
    grown only what is new is added. A file that cannot be used is named, and the rest goes on.
    """
    with open_store() as (source, store):
        whose = _find_user(source.current(), user)
        failed = [path for path in paths for done in _bring(store, path, whose) if not done]
    return ExitCode.FAILED if failed else ExitCode.DONE


def _find_user(settings: "Settings", user: str | None) -> str:
    users = list(dict.fromkeys(watch.user for watch in settings.watches))
    if user is None:
        return users[0]
    if user not in users:
        raise click.UsageError(
            f"“{user}” is no user of any watch. Users are: {', '.join(sorted(users))}."
        )
    return user


def _bring(store: "Store", given: Path, user: str) -> Iterator[bool]:
    """Whether each of the files could be used."""
    from inkchat.archive.importing import bring_in, find_logs

    try:
        files = find_logs(given)
    except InkchatError as error:
        _tell_failed(given, error)
        yield False
        return
    for file in files:
        try:
            brought = bring_in(store, file, user)
        except StoreError:
            raise
        except InkchatError as error:
            _tell_failed(file, error)
            yield False
        else:
            _tell(file, brought)
            yield True


def _tell(file: Path, brought: "Brought") -> None:
    from inkchat.archive.importing import Outcome

    name = show_name(str(file))
    if get_common().as_json:
        record = {
            "file": name,
            "outcome": brought.outcome,
            "conversation_id": brought.conversation_id,
            "code": brought.code,
            "title": brought.title,
            "messages": brought.messages,
            "files": brought.files,
        }
        click.echo(json.dumps(record))
    elif brought.outcome is Outcome.KNOWN:
        say(f"{name}: nothing new ({brought.conversation_id}, {brought.code})")
    else:
        added = say_count(brought.messages, "message") + (
            f" and {say_count(brought.files, 'file')}" if brought.files else ""
        )
        new = " new" if brought.outcome is Outcome.GROWN else ""
        say(f"{name}: {added}{new} → {brought.conversation_id} ({brought.code})")


def _tell_failed(file: Path, error: InkchatError) -> None:
    name = show_name(str(file))
    if get_common().as_json:
        record = {"file": name, "outcome": "failed", "code": error.code, "reason": str(error)}
        click.echo(json.dumps(record))
    else:
        say(f"{name}: {' '.join(str(error).split())}", err=True)
