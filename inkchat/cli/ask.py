"""`inkchat ask`: the same way as a note in the inbox, for files named on the command line."""

import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.domain import Drop, DropState, Watch
from inkchat.errors import ExitCode, NoteError, UnsupportedFile
from inkchat.inbox.names import note_suffix, show_name

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.pipeline import Pipeline
    from inkchat.store import Store

HEAD_START = timedelta(seconds=30)
"""For this command before a running service may take the drop over, should we be cut off."""


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@common_options
def ask(files: tuple[Path, ...]) -> int:
    """Answer FILES without waiting for `run`: print each answer and where its PDF is.

    A file in an inbox is a note of that inbox and its thread, as if `run` had found it there.
    For any other file the first watch of the configuration stands: its user, provider and outbox.

    A file that was answered before is not asked about again; its answer is shown.
    """
    from inkchat import notes, reply
    from inkchat.pipeline import Pipeline

    with open_store() as (source, store):
        notes.warm_up()
        reply.warm_up()
        pipeline = Pipeline(store, source.current)
        results = [_answer(file, source.current(), store, pipeline) for file in files]
    if get_common().as_json:
        click.echo(json.dumps(results, indent=2, ensure_ascii=False))
    done = all(result["state"] == DropState.DELIVERED for result in results)
    return ExitCode.DONE if done else ExitCode.FAILED


def _answer(
    file: Path, settings: "Settings", store: "Store", pipeline: "Pipeline"
) -> dict[str, Any]:
    try:
        drop = _receive(file, settings, store)
    except NoteError as error:
        say(str(error), err=True)
        return {"file": show_name(str(file)), "state": DropState.IGNORED, "reason": str(error)}
    printed = ""

    def show(text: str) -> None:
        nonlocal printed
        printed += text
        if not get_common().as_json:
            say(text, nl=False)

    while (advanced := pipeline.advance(drop.id, show)) is None:
        # The service has taken it over; it ends there.
        time.sleep(0.2)
    drop = advanced
    result = _describe(file, drop, store)
    if not get_common().as_json:
        _print_end(result, printed)
    # Last: it may ask a model for a summary, and nobody waits for that with the answer unseen.
    pipeline.remember(drop)
    return result


def _receive(file: Path, settings: "Settings", store: "Store") -> Drop:
    from inkchat.conversations import read_id_from_name
    from inkchat.inbox import claim, scan
    from inkchat.store import Arrival

    path = file.resolve()
    watch, thread = find_place(path, settings.watches)
    found = scan.Found(
        path=path,
        thread=thread,
        name=show_name(path.name),
        suffix=note_suffix(path.name),
        signature=scan.Signature.of(path.stat()),
    )
    snapshot = claim.take_snapshot(found, store.private_folder)
    if snapshot is None:
        raise UnsupportedFile(
            f"{show_name(str(file))} is being written, or is not a file that can be read.",
            "Wait until it is whole and readable, and try again.",
        )
    return store.arrivals.receive(
        Arrival(
            watch=watch,
            thread=thread,
            name=found.name,
            suffix=found.suffix,
            # Not entered as seen: `run` sees it, and knows it by its content.
            signature=None,
            content_hash=snapshot.content_hash,
            size_bytes=snapshot.size_bytes,
            claimed_conversation_id=read_id_from_name(found.name),
        ),
        not_before=datetime.now(UTC) + HEAD_START,
    ).drop


def find_place(path: Path, watches: Sequence[Watch]) -> tuple[Watch, str]:
    """The watch whose inbox holds the resolved `path`, and its thread there; else the first."""
    for watch in watches:
        inbox = watch.inbox.resolve()
        if path.is_relative_to(inbox):
            return watch, "/".join(map(show_name, path.parent.relative_to(inbox).parts))
    return watches[0], ""


def _describe(file: Path, drop: Drop, store: "Store") -> dict[str, Any]:
    pages = store.outgoing.list_delivered(drop.id)
    conversation = store.sessions.get_conversation(drop.conversation_id or "")
    exchange = None
    if conversation is not None:
        exchange = next(
            (e for e in conversation.exchanges if e.sequence_number == drop.exchange_number), None
        )
    return {
        "file": show_name(str(file)),
        "state": drop.state,
        "reason": drop.reason,
        "conversation_id": drop.conversation_id,
        "exchange": drop.exchange_number,
        "answer": exchange.response_text if exchange else "",
        "transcript": exchange.transcript if exchange else "",
        "remarks": exchange.metadata.get("remarks", []) if exchange else [],
        "response": str(pages[-1]) if pages else None,
    }


def _print_end(result: dict[str, Any], printed: str) -> None:
    if result["state"] == DropState.DELIVERED and not printed:
        # What only Offline answered is nothing without what was read.
        read = [result["transcript"]] if result["remarks"] else []
        say("\n\n".join((*result["remarks"], *read, result["answer"])))
    elif printed:
        click.echo()
    if result["reason"]:
        say(f"{result['file']}: {result['state']}: {result['reason']}", err=True)
    if result["response"]:
        click.echo(f"→ {result['response']}", err=not sys.stdout.isatty())
