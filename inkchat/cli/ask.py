"""`inkchat ask`: the same way as a note in the inbox, for files named on the command line."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkchat.cli.opened import open_store
from inkchat.cli.options import common_options, get_common
from inkchat.cli.printing import say
from inkchat.domain import DropState
from inkchat.errors import ExitCode, NoteError
from inkchat.inbox.names import show_name

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
        conversation_id = store.sessions.find(conversation) if conversation else None
        pipeline = Pipeline(store, source.current)
        results = [
            _answer(
                _read_given(each, conversation), conversation_id, source.current(), store, pipeline
            )
            for each in given
        ]
    if get_common().as_json:
        click.echo(json.dumps(results, indent=2, ensure_ascii=False))
    done = all(result["state"] == DropState.DELIVERED for result in results)
    return ExitCode.DONE if done else ExitCode.FAILED


def _read_given(given: str, conversation: str | None) -> Path | str:
    """A file, or with a conversation a message."""
    path = Path(given)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):  # longer than a name may be, or with a null byte
        pass
    if conversation is not None:
        return given
    problem = "is a folder" if path.is_dir() else "does not exist"
    raise click.UsageError(
        f"The file “{show_name(given)}” {problem}. To send a text, name a conversation with "
        "--conversation."
    )


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
    drop, exchange = sent.drop, sent.exchange
    return {
        "file": shown,
        "state": drop.state,
        "reason": drop.reason,
        "conversation_id": drop.conversation_id,
        "exchange": drop.exchange_number,
        "answer": sent.answer,
        "transcript": exchange.transcript if exchange else "",
        "remarks": exchange.metadata.get("remarks", []) if exchange else [],
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
