"""`inkchat export`: conversations taken out, for other programs, for people, and for tablets."""

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkchat.archive.wording import say_count
from inkchat.cli.opened import check_output, open_store, refuse_inboxes
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import make_printable, say
from inkchat.errors import ExitCode, InkchatError, StoreError

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.store import ConversationState, Store

ENDINGS = {"json": ".json", "markdown": ".md", "pdf": ".pdf"}


@click.command()
@click.argument("conversation_id", metavar="[ID]", required=False)
@click.option("--all", "is_all", is_flag=True, help="Every conversation, each into its own file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(ENDINGS)),
    default="json",
    show_default=True,
    help="A session log that can be imported, a text for people, or a PDF for the tablet.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The file to write, or with --all the folder.  [default: standard output]",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@common_options
def export(
    conversation_id: str | None, *, is_all: bool, form: str, output: Path | None, force: bool
) -> int:
    """Take a conversation out; its ID, a part of it, or its short code.

    The JSON is a session log as mychat keeps them, with the attached files in it and, under a key
    of its own, all that inkchat knows; `inkchat import` takes it in again, here or elsewhere.
    """
    if is_all is (conversation_id is not None):
        raise click.UsageError("Give either the ID of a conversation, or --all.")
    if is_all and output is None:
        raise click.UsageError("Name the folder for the files with --output FOLDER.")
    if output is None and form == "pdf" and sys.stdout.isatty():
        raise click.UsageError("A PDF is nothing for a terminal: name a file with --output FILE.")
    if output is None and form != "json" and get_common().as_json:
        raise click.UsageError(
            "--json tells where the file was written: name it with --output FILE."
        )
    with open_store() as (source, store):
        if output is not None:
            refuse_inboxes(output, source.current().watches)
        if is_all and output is not None:
            return _export_all(store, source.current(), form, output, force=force)
        _export_one(store, source.current(), form, conversation_id or "", output, force=force)
    return ExitCode.DONE


def _export_one(
    store: "Store",
    settings: "Settings",
    form: str,
    given: str,
    output: Path | None,
    *,
    force: bool,
) -> None:
    from inkchat.archive.output import write_output
    from inkchat.store import UnknownConversation

    if output is not None and not output.is_dir():
        check_output(output, settings, force=force)
    conversation = store.sessions.get_conversation(store.sessions.find(given))
    if conversation is None:
        raise UnknownConversation(given)
    gone: list[str] = []
    pieces = _write(store, settings, form, conversation, gone.append)
    if output is None:
        _print(pieces, form)
    elif output.is_dir():
        raise click.UsageError(f"{output} is a folder: name a file, or export --all.")
    else:
        size_bytes = write_output(output, pieces, force=force)
        _warn_of_size(output, form, size_bytes)
        if get_common().as_json:
            click.echo(json.dumps(_record(conversation, output, gone)))
        else:
            say(f"→ {output}", err=True)
    _tell_gone(conversation, gone)


def _export_all(
    store: "Store", settings: "Settings", form: str, folder: Path, *, force: bool
) -> int:
    from inkchat.archive.output import OutputTaken, make_folder

    ending = ENDINGS[form]
    make_folder(folder)
    there = next((p for p in sorted(folder.iterdir()) if p.suffix == ending), None)
    if there is not None and not force:
        # Found out before anything is written: half of the files would be of another day.
        raise OutputTaken(there)
    ids = store.imports.list_ids()
    names: set[str] = set()
    written = failed = 0
    for number, conversation_id in enumerate(ids, 1):
        _show_progress(number, len(ids))
        try:
            written += _export_into(
                store, settings, form, folder, conversation_id, names, force=force
            )
        except StoreError:
            raise
        except InkchatError as error:
            failed += 1
            _tell_failed(conversation_id, " ".join(str(error).split()))
        except (TypeError, ValueError, AttributeError):
            # Any program may have written the rows of an older database.
            failed += 1
            _tell_failed(conversation_id, "Its rows are not as inkchat writes them.")
    if not get_common().as_json:
        left_out = f"; {failed:,} left out" if failed else ""
        say(f"{say_count(written, 'conversation')} → {folder}{left_out}")
    return ExitCode.FAILED if failed else ExitCode.DONE


def _export_into(
    store: "Store",
    settings: "Settings",
    form: str,
    folder: Path,
    conversation_id: str | None,
    names: set[str],
    *,
    force: bool,
) -> bool:
    """False if it was removed meanwhile."""
    from inkchat.archive.exporting import name_session
    from inkchat.archive.output import write_output

    if conversation_id is None:
        raise ValueError("a row without an id")
    conversation = store.sessions.get_conversation(conversation_id)
    if conversation is None:
        return False
    path = folder / _make_unique(name_session(conversation), ENDINGS[form], names)
    check_output(path, settings, force=force)
    gone: list[str] = []
    pieces = _write(store, settings, form, conversation, gone.append)
    _warn_of_size(path, form, write_output(path, pieces, force=force))
    _tell_gone(conversation, gone)
    if get_common().as_json:
        click.echo(json.dumps(_record(conversation, path, gone)))
    return True


def _tell_failed(conversation_id: str | None, why: str) -> None:
    say(f"{conversation_id or 'A conversation without an id'} is left out: {why}", err=True)


def _write(
    store: "Store",
    settings: "Settings",
    form: str,
    conversation: "ConversationState",
    tell_gone: Callable[[str], None],
) -> Iterable[bytes]:
    from inkchat.archive.exporting import make_digest_of, write_session_log
    from inkchat.archive.markdown import write_markdown

    if form == "json":
        return write_session_log(store, conversation, tell_gone)
    files = store.attachments.list_of(conversation.conversation_id)
    if form == "markdown":
        return [write_markdown(conversation, files).encode()]
    from inkchat.reply import make_digest

    watch = settings.watch(conversation.watch) or settings.watches[0]
    digest = make_digest_of(conversation, files, datetime.now().astimezone())
    return [make_digest(digest, watch.device)]


def _print(pieces: Iterable[bytes], form: str) -> None:
    if form == "markdown" and sys.stdout.isatty():
        text = b"".join(pieces).decode()
        click.echo(make_printable(text), nl=False)
        return
    stream = sys.stdout.buffer
    for piece in pieces:
        stream.write(piece)
    stream.flush()


def _make_unique(name: str, ending: str, names: set[str]) -> str:
    """Different also where a file system takes `A` and `a` for the same."""
    unique, copy = name, 1
    while unique.casefold() in names:
        copy += 1
        unique = f"{name}_{copy}"
    names.add(unique.casefold())
    return f"{unique}{ending}"


def _record(conversation: "ConversationState", path: Path, gone: list[str]) -> dict[str, object]:
    return {
        "conversation_id": conversation.conversation_id,
        "code": conversation.code,
        "file": str(path),
        "left_out": gone,
    }


def _tell_gone(conversation: "ConversationState", gone: list[str]) -> None:
    for name in gone:
        say(
            f"{conversation.conversation_id}: {name} is left out: its private copy is gone or "
            "damaged.",
            err=True,
        )


def _warn_of_size(path: Path, form: str, size_bytes: int) -> None:
    from inkchat.archive.session_log import MOST_BYTES

    if form == "json" and size_bytes > MOST_BYTES:
        say(
            f"{path} has {size_bytes / 1e6:,.0f} MB; `inkchat import` reads files of up to "
            f"{MOST_BYTES / 1e6:,.0f} MB. `inkchat backup` has no such limit.",
            err=True,
        )


def _show_progress(number: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{number:,} of {of:,}", err=True, nl=number == of)
