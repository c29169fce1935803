"""A conversation as a session log, as Markdown for people, or as a digest for the tablet.

A session log is written piece by piece: no more than one attached file is in memory at a time.
The same conversation gives the same bytes, here and wherever it was brought in.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from inkchat.archive.attached import lay_out
from inkchat.archive.entries import KEPT, get_metadata, list_entries, list_history
from inkchat.archive.own_section import write_section
from inkchat.archive.session_log import CHAT_LOG, FILES, HISTORY, OWN
from inkchat.archive.wrapping import wrap
from inkchat.domain import Digest, DigestEntry
from inkchat.store import ConversationState, Exchange, Store
from inkchat.store.attachments import Attachment
from inkchat.store.values import read_time

INDENT = 4
MOST_NAME_BYTES = 200

WRAPPINGS = "wrappings"
"""What is kept of a log: how attached files are wrapped, by their position."""
FOLLOWS = "follows"
"""What is kept of a log: the conversation before it, where that is not here."""

TellGone = Callable[[str], None]
"""Is called with the name of each attached file whose private copy is gone: it is left out."""

_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def name_session(conversation: ConversationState) -> str:
    """As its file is called, without an ending: such as `Session_20250301_101500`."""
    kept = _read_kept(conversation).get("name")
    if isinstance(kept, str) and (name := _make_safe(kept)):
        return name
    created = read_local(conversation.created_at) or datetime.fromtimestamp(0, UTC)
    return f"Session_{created:%Y%m%d_%H%M%S}"


def write_session_log(
    store: Store, conversation: ConversationState, tell_gone: TellGone
) -> Iterator[bytes]:
    """The bytes of its file, in pieces. Raises StoreError."""
    kept = _read_kept(conversation)
    entries = [entry for exchange in conversation.exchanges for entry in list_entries(exchange)]
    yield b"{" + _write_key(CHAT_LOG, entries)
    history = list_whole_history(conversation.exchanges, kept.get(HISTORY))
    if history is not None:
        yield b"," + _write_key(HISTORY, history)
    files = store.attachments.list_of(conversation.conversation_id)
    if files or kept.get("has_files", True):
        yield b"," + _write_key(FILES, {}).removesuffix(b"}")
        yield from _write_files(store, files, kept, tell_gone)
    others = kept.get("others")
    for key, value in others.items() if isinstance(others, dict) else ():
        yield b"," + _write_key(key, value)
    follows = kept.get(FOLLOWS)
    if isinstance(follows, str) and not conversation.follows:
        conversation = replace(conversation, follows=follows)
    yield b"," + _write_key(OWN, write_section(conversation, name_session(conversation))) + b"\n}"


def list_whole_history(exchanges: Sequence[Exchange], kept: Any) -> list[Any] | None:
    """What a log says a model was told; None where it says nothing of it.

    `kept` is what the log that was brought in said of its first `covers` exchanges.
    """
    begun: list[Any] | None = []
    covers = 0
    if isinstance(kept, dict) and isinstance(kept.get("covers"), int):
        begun, covers = kept.get("entries"), kept["covers"]
    later = [
        turn
        for exchange in exchanges[covers:]
        for turn in list_history(exchange.outcome, list_entries(exchange))
    ]
    return later or None if begun is None else begun + later


def _write_files(
    store: Store, files: Sequence[Attachment], kept: dict[str, Any], tell_gone: TellGone
) -> Iterator[bytes]:
    separator = b""
    told = kept.get(WRAPPINGS)
    wrappings = told if isinstance(told, dict) else {}
    for laid in lay_out(kept.get(FILES), files):
        entry = laid.entry
        if laid.attachment is not None:
            content = store.attachments.read(laid.attachment)
            if content is None:
                tell_gone(laid.attachment.file_name)
                continue
            wrapping = wrappings.get(str(laid.attachment.position))
            encoded = wrap(base64.b64encode(content).decode(), wrapping)
            entry = {key: encoded if key == "file_content" else entry[key] for key in entry}
        yield separator + _write_key(laid.key, entry, depth=2)
        separator = b","
    yield b"\n    }" if separator else b"}"


def _write_key(key: str, value: Any, depth: int = 1) -> bytes:
    """As `json.dump(…, indent=4)` writes it in an object that lies so deep."""
    margin = "\n" + " " * INDENT * depth
    text = json.dumps(value, indent=INDENT).replace("\n", margin)
    return f"{margin}{json.dumps(key)}: {text}".encode("ascii")


def make_digest_of(
    conversation: ConversationState, files: Sequence[Attachment], now: datetime
) -> Digest:
    """All that was said, to be drawn for a tablet; `now` has a time zone."""
    return Digest(
        conversation_id=conversation.conversation_id,
        code=conversation.code,
        title=conversation.title,
        written_at=now,
        entries=tuple(map(_make_entry, conversation.exchanges)),
        summary=conversation.context_summary,
        attachments=tuple(file.file_name for file in files),
    )


def _make_entry(exchange: Exchange) -> DigestEntry:
    return DigestEntry(
        number=exchange.sequence_number,
        title=exchange.title,
        note_name=exchange.input_file or "",
        written_at=read_local(exchange.created_at),
        author=exchange.author,
        transcript=exchange.transcript,
        answer=exchange.response_text or "",
        colophon=say_who(exchange),
        remarks=list_remarks(exchange),
        is_failed=exchange.outcome == "failed",
    )


def list_remarks(exchange: Exchange) -> tuple[str, ...]:
    remarks = get_metadata(exchange).get("remarks")
    return tuple(map(str, remarks)) if isinstance(remarks, list) else ()


def say_who(exchange: Exchange) -> str:
    """Who answered, and for how many tokens."""
    who = exchange.model or exchange.provider or "inkchat"
    return f"{who} · {exchange.tokens_used:,} tokens" if exchange.tokens_used else who


def _read_kept(conversation: ConversationState) -> dict[str, Any]:
    kept = get_metadata(conversation).get(KEPT)
    return kept if isinstance(kept, dict) else {}


def read_local(stored: str | None) -> datetime | None:
    moment = read_time(stored)
    return moment.astimezone() if moment else None


def _make_safe(name: str) -> str:
    """A name from a file is data: no path, nothing hidden, nothing a file system trips over."""
    printable = "".join(
        "_" if unicodedata.category(character)[0] == "C" else character for character in name
    )
    safe = _NOT_IN_A_NAME.sub("_", printable).lstrip(". ").encode()[:MOST_NAME_BYTES]
    return safe.decode(errors="ignore").rstrip(". ")
