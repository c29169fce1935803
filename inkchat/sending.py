"""A note handed over directly, beside the inbox: a file by its path, or a message as text.

It takes the same way through the ledger and the pipeline, so that a crash loses nothing, and
`inkchat run` may serve the same database meanwhile.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from inkchat import notes, reply
from inkchat.config import Settings, SettingsSource
from inkchat.conversations import read_command_from_name, read_id_from_name
from inkchat.domain import Drop, OnText, Watch
from inkchat.errors import ConfigError, EmptyFile, UnsupportedFile
from inkchat.inbox import claim, scan
from inkchat.inbox.names import find_document, note_suffix, show_name
from inkchat.pipeline import Pipeline
from inkchat.store import Arrival, Exchange, Store, UnknownConversation

HEAD_START = timedelta(seconds=30)
"""For whoever sends, before a running service may take the drop over, should we be cut off."""

MESSAGE_NAME = "message.txt"
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a note that was handed over."""

    drop: Drop
    exchange: Exchange | None
    """None while it is not answered."""
    response: Path | None
    """The page in the outbox, its own or that of an ERROR; None if there is none yet."""

    @property
    def answer(self) -> str:
        return self.exchange.response_text if self.exchange else ""


def send(conversation_id: str, text: str, config: str | Path | None = None) -> Sent:
    """Say something in a conversation, as if it had been written on its last page.

    `conversation_id` may be a short code. Without `config`, `config.yaml` here is read. Waits for
    the answer; a message that cannot be answered now waits in the ledger, and `Sent.drop` says
    why. Raises UnknownConversation, EmptyFile, ConfigError and StoreError.
    """
    source = SettingsSource(Path(config) if config is not None else None)
    settings = source.current()
    store = Store(settings.database, settings.private_folder)
    try:
        drop = receive_text(text, store.sessions.find(conversation_id), settings, store)
        return carry(Pipeline(store, source.current), drop, store)
    finally:
        store.close()


def receive_text(text: str, conversation_id: str, settings: Settings, store: Store) -> Drop:
    """Enter a message into the ledger. Raises EmptyFile, UnknownConversation and ConfigError."""
    if not text.strip():
        raise EmptyFile("There is no text to send.", "Write something.")
    watch = _find_watch(conversation_id, settings, store)
    store.private_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store.private_folder, prefix=".sent-") as folder:
        path = Path(folder) / MESSAGE_NAME
        path.write_bytes(text.encode("utf-8", "replace"))
        return _enter(path, watch, "", store, conversation_id, is_sent=True)


def receive_file(
    file: Path, settings: Settings, store: Store, conversation_id: str | None = None
) -> Drop:
    """Enter a file into the ledger, or find it there, if its content is known.

    One in an inbox is a note of that inbox and its thread. For any other the first watch stands,
    or that of the conversation. Raises UnsupportedFile, UnknownConversation and ConfigError.
    """
    path = file.resolve()
    watch, thread = find_place(path, settings.watches)
    if conversation_id is not None:
        watch, thread = _find_watch(conversation_id, settings, store), ""
    return _enter(path, watch, thread, store, conversation_id)


def find_place(path: Path, watches: Sequence[Watch]) -> tuple[Watch, str]:
    """The watch whose inbox holds the resolved `path`, and its thread there; else the first."""
    for watch in watches:
        inbox = watch.inbox.resolve()
        if path.is_relative_to(inbox):
            return watch, "/".join(map(show_name, path.parent.relative_to(inbox).parts))
    return watches[0], ""


def carry(
    pipeline: Pipeline, drop: Drop, store: Store, on_text: OnText = lambda text: None
) -> Sent:
    """Take a drop as far as it goes now. Raises StoreError and ConfigError."""
    notes.warm_up()
    reply.warm_up()
    while (advanced := pipeline.advance(drop.id, on_text)) is None:
        # A running service has taken it over; it ends there.
        time.sleep(_PAUSE_SECONDS)
    return describe(advanced, store)


def describe(drop: Drop, store: Store) -> Sent:
    """What became of a drop until now."""
    conversation = store.sessions.get_conversation(drop.conversation_id or "")
    said = conversation.exchanges if conversation else []
    pages = store.outgoing.list_delivered(drop.id)
    return Sent(
        drop,
        next((e for e in said if e.sequence_number == drop.exchange_number), None),
        pages[-1] if pages else None,
    )


def _find_watch(conversation_id: str, settings: Settings, store: Store) -> Watch:
    """The one in which the conversation was begun, or another of the same user's."""
    header = store.sessions.get_header(conversation_id)
    if header is None:
        raise UnknownConversation(conversation_id)
    users = {watch.user for watch in settings.watches}
    user = header.user_id or (next(iter(users)) if len(users) == 1 else "")
    theirs = [watch for watch in settings.watches if watch.user == user]
    if not theirs:
        raise ConfigError(
            f"Conversation {header.code} belongs to {f'“{user}”' if user else 'nobody'}, and no "
            "watch in config.yaml does.",
            "Add a watch with its user; the conversation then goes on.",
        )
    return next((watch for watch in theirs if watch.name == header.watch), theirs[0])


def _enter(
    path: Path,
    watch: Watch,
    thread: str,
    store: Store,
    conversation_id: str | None,
    *,
    is_sent: bool = False,
) -> Drop:
    name = show_name(path.name)
    found = scan.Found(
        path=path,
        thread=thread,
        name=name,
        suffix=note_suffix(path.name),
        signature=scan.Signature.of(path.stat()),
    )
    snapshot = claim.take_snapshot(found, store.private_folder)
    if snapshot is None:
        raise UnsupportedFile(
            f"{show_name(str(path))} is being written, or is not a file that can be read.",
            "Wait until it is whole and readable, and try again.",
        )
    document = "" if is_sent else find_document(name, found.suffix)
    if document and not path.is_relative_to(watch.inbox.resolve()):
        # Elsewhere two files of one name are two documents.
        document = show_name(str(path))
    with snapshot:
        return store.arrivals.receive(
            Arrival(
                watch=watch,
                thread=thread,
                name=name,
                suffix=found.suffix,
                # Not entered as seen: `run` sees it, and knows it by its content.
                signature=None,
                content_hash=snapshot.content_hash,
                size_bytes=snapshot.size_bytes,
                claimed_conversation_id=conversation_id or read_id_from_name(name),
                document=document,
                modified_at=found.signature.modified_at,
                is_sent=is_sent,
                is_for_claimed=conversation_id is not None,
                is_named_as_command=read_command_from_name(name) is not None,
            ),
            not_before=datetime.now(UTC) + HEAD_START,
        ).drop
