"""`inkchat ask`: the same way as a note in the inbox, for files named on the command line."""

import json
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.domain import DropState
from inkchat.errors import ExitCode, NoteError
from inkchat.inbox.names import NOTE_SUFFIXES, note_suffix, show_name

if TYPE_CHECKING:
    from inkchat.config import Settings
    from inkchat.pipeline import Pipeline
    from inkchat.sending import Sent
    from inkchat.store import Store


@click.command()
@click.argument("given", nargs=-1, required=True, metavar="FILES|TEXTS")
@click.option(
    "--conversation", metavar="ID", help="Go on in this conversation: its id or short code."
)
@common_options
def ask(given: tuple[str, ...], conversation: str | None) -> int:
    """Answer FILES without waiting for `run`: print each answer and where its PDF is.

    A file in an inbox is a note of that inbox and its thread, as if `run` had found it there.
    For any other file the first watch of the configuration stands: its user, provider and outbox.

    With --conversation, what is no file is a message: inkchat ask --conversation H4KM7P "And at
    night?"

    A file that was answered before is not asked about again; its answer is shown.
    """
    from inkchat.pipeline import Pipeline

    with open_store() as (source, store):
        conversation_id = None if conversation is None else store.sessions.find(conversation)
        # All before the first is paid for.
        read = [_read_given(each, conversation) for each in given]
        pipeline = Pipeline(store, source.current)
        results = [
            _answer(each, conversation_id, source.current(), store, pipeline) for each in read
        ]
    if get_common().as_json:
        click.echo(json.dumps(results, indent=2, ensure_ascii=False))
    done = all(result["state"] == DropState.DELIVERED for result in results)
    return ExitCode.DONE if done else ExitCode.FAILED


def _read_given(given: str, conversation: str | None) -> Path | str:
    """A file, whatever it is, or with a conversation a message."""
    is_folder = False
    try:
        path = Path(given)
        is_folder = stat.S_ISDIR(path.stat().st_mode)
        if not is_folder:
            return path
    except (OSError, ValueError):  # not there, longer than a name may be, or with a null byte
        pass
    if conversation is not None and not _is_like_a_file(given):
        return given
    problem = "is a folder" if given and is_folder else "does not exist"
    next_step = (
        "To send a text, name a conversation with --conversation."
        if conversation is None
        else "Check its name; a text of one word may not end like a note’s name."
    )
    raise click.UsageError(f"The file “{show_name(given)}” {problem}. {next_step}")


def _is_like_a_file(text: str) -> bool:
    """One word that ends like a note’s name: a file is meant, and a message would be paid for."""
    return len(text.split()) == 1 and note_suffix(text.strip()) in NOTE_SUFFIXES


def _answer(
    given: Path | str,
    conversation_id: str | None,
    settings: "Settings",
    store: "Store",
    pipeline: "Pipeline",
) -> dict[str, Any]:
    from inkchat.sending import carry, receive_file, receive_text

    shown = show_name(str(given))
    try:
        if isinstance(given, Path):
            drop = receive_file(given, settings, store, conversation_id)
        else:
            drop = receive_text(given, conversation_id or "", settings, store)
    except NoteError as error:
        say(str(error), err=True)
        return {"file": shown, "state": DropState.IGNORED, "reason": str(error)}
    printed = ""

    def show(text: str) -> None:
        nonlocal printed
        printed += text
        if not get_common().as_json:
            say(text, nl=False)

    sent = carry(pipeline, drop, store, show)
    result = _describe(shown, sent)
    if not get_common().as_json:
        _print_end(result, printed)
    # Last: it may ask a model for a summary, and nobody waits for that with the answer unseen.
    pipeline.remember(sent.drop)
    return result


def _describe(shown: str, sent: "Sent") -> dict[str, Any]:
    from inkchat.archive.exporting import list_remarks

    drop, exchange = sent.drop, sent.exchange
    return {
        "file": shown,
        "state": drop.state,
        "reason": drop.reason,
        "conversation_id": drop.conversation_id,
        "exchange": drop.exchange_number,
        "answer": sent.answer,
        "transcript": exchange.transcript if exchange else "",
        "remarks": list(list_remarks(exchange)) if exchange else [],
        "response": str(sent.response) if sent.response else None,
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
