"""The ledger of drops: how far each has come, and what is due.

Each method that changes something is one arrow of the state diagram and one durable transaction.
An arrow is only taken from the states it may start in, so that a method called twice, or by two
processes, does its work once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select, update

from inkchat.domain import Drop, DropState, NoteKind, Page, Reply
from inkchat.errors import InkchatError
from inkchat.store.arrivals import KNOWN_BY_NAME
from inkchat.store.askings import Askings
from inkchat.store.bindings import Bindings
from inkchat.store.call_rows import lose_call_of_drop, settle_call_of_drop
from inkchat.store.conversation import COMMAND
from inkchat.store.conversation_rows import insert_exchange
from inkchat.store.documents import note_pages
from inkchat.store.drop_rows import change_drop, get_drop
from inkchat.store.holds import Holds
from inkchat.store.outgoing import Envelope, WriteContent, insert_response, mark_delivered
from inkchat.store.pauses import end_pauses_before
from inkchat.store.questions import Questions
from inkchat.store.tables import conversations, exchanges
from inkchat.store.troubles import end_troubles
from inkchat.store.values import make_storable

LARGEST_INTEGER = 2**63 - 1
"""That SQLite keeps; a server may claim any number of tokens."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What is recorded of a note that was answered."""

    kind: NoteKind
    reply: Reply
    processing_seconds: float = 0.0
    author: str = ""
    """Who wrote the note, where it is somebody else than the watch's user."""
    pages: tuple[Page, ...] = ()
    """The pages of a document that are known from now on."""
    is_command: bool = False
    """It was carried out by inkchat, and is not remembered as something said."""
    is_repeatable: bool = False
    """The same file, saved again later, is to be carried out again."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    paid: Reply | None = None
    """The reply as a provider gave it; None if none was asked."""


class Ledger(Askings, Holds, Bindings, Questions):
    """The table `drops`, and what is committed together with a change of it."""

    def answer(
        self, drop: Drop, answered: Answered, envelope: Envelope, write_content: WriteContent
    ) -> Drop:
        """The whole reply, durable before anything is drawn: exchange, title and response."""
        reply, values = answered.reply, _write_exchange(answered)
        with self._database.write() as connection:
            asked_at = settle_call_of_drop(connection, drop, reply, answered.processing_seconds)
            self._record(connection, drop, values, envelope, write_content)
            _mark_repeatable(connection, drop, answered)
            if not answered.is_command:
                _keep_title(connection, drop, reply)
            note_pages(connection, drop, answered.pages)
            end_troubles(connection, drop.watch, reply.provider)
            if asked_at is not None:
                end_pauses_before(connection, reply.provider, asked_at)
            return get_drop(connection, drop.id)

    def fail(
        self, drop: Drop, error: InkchatError, envelope: Envelope, write_content: WriteContent
    ) -> Drop:
        """The drop will not be answered: an ERROR response takes its number."""
        values = {
            "input_type": drop.suffix.removeprefix(".") or "unknown",
            "response_text": str(error),
            "processing_time": 0.0,
            "tokens_used": 0,
            "outcome": "failed",
            "metadata": json.dumps({"code": error.code, "what_happened": error.what_happened}),
        }
        with self._database.write() as connection:
            lose_call_of_drop(connection, drop.id)
            self._record(connection, drop, values, envelope, write_content)
            change_drop(
                connection,
                drop.id,
                (DropState.ANSWERED,),
                reason=error.what_happened,
                reason_code=error.code,
            )
            return get_drop(connection, drop.id)

    def _record(
        self,
        connection: Connection,
        drop: Drop,
        values: dict[str, Any],
        envelope: Envelope,
        write_content: WriteContent,
    ) -> None:
        assert drop.conversation_id is not None  # noqa: S101  (every drop is routed before)
        _, number = insert_exchange(
            connection,
            drop.conversation_id,
            {**values, "input_file": drop.name, "drop_id": drop.id},
        )
        taken = change_drop(
            connection,
            drop.id,
            (DropState.RECEIVED, DropState.WAITING, DropState.ASKING),
            state=DropState.ANSWERED,
            exchange_number=number,
            attempts=0,
            failing_since=None,
            not_before=None,
            waiting_for="",
            wants_model=0,
            reason="",
            reason_code="",
        )
        if not taken:
            # Undoes the transaction: somebody else has answered this drop already.
            raise RuntimeError(f"drop {drop.id} was answered by somebody else meanwhile")
        insert_response(connection, drop, number, envelope, write_content)

    def finish(self, drop: Drop, response_id: int, sha256: str, size_bytes: int) -> Drop:
        """Its response lies in the outbox, durable."""
        with self._database.write() as connection:
            exchange = connection.execute(
                select(exchanges.c.outcome, exchanges.c.metadata).where(
                    exchanges.c.conversation_id == drop.conversation_id,
                    exchanges.c.sequence_number == drop.exchange_number,
                    exchanges.c.drop_id == drop.id,
                )
            ).one()
            mark_delivered(connection, response_id, sha256, size_bytes)
            # Not what the row says: that may be why the page could not be delivered at first.
            failure = json.loads(exchange.metadata) if exchange.outcome == "failed" else {}
            change_drop(
                connection,
                drop.id,
                (DropState.ANSWERED,),
                state=DropState.FAILED if failure else DropState.DELIVERED,
                not_before=None,
                attempts=0,
                failing_since=None,
                reason=failure.get("what_happened", ""),
                reason_code=failure.get("code", ""),
            )
            return get_drop(connection, drop.id)


def _write_exchange(answered: Answered) -> dict[str, Any]:
    reply = answered.reply
    return {
        "input_type": answered.kind,
        "response_text": reply.answer,
        "processing_time": answered.processing_seconds,
        "tokens_used": _bound(reply.usage.total_tokens),
        "outcome": COMMAND if answered.is_command else "answered",
        "title": reply.title,
        "transcript": reply.transcript,
        "language": reply.language,
        "provider": reply.provider,
        "model": reply.model,
        "input_tokens": _bound(reply.usage.input_tokens),
        "cached_tokens": _bound(reply.usage.cached_tokens),
        "output_tokens": _bound(reply.usage.output_tokens),
        "request_id": reply.request_id,
        "cache_written_tokens": _bound(reply.usage.cache_written_tokens),
        "cost_usd": reply.cost_usd,
        "first_token_seconds": reply.first_token_seconds,
        "author": answered.author,
        "metadata": json.dumps(
            dict(answered.metadata) | ({"remarks": reply.remarks} if reply.remarks else {})
        ),
    }


def _mark_repeatable(connection: Connection, drop: Drop, answered: Answered) -> None:
    if answered.is_repeatable:
        # Never the other way: a message stays one, whatever it said.
        change_drop(connection, drop.id, (DropState.ANSWERED,), is_repeatable=1)
    elif answered.is_command and drop.size_bytes == 0:
        change_drop(connection, drop.id, (DropState.ANSWERED,), is_repeatable=KNOWN_BY_NAME)


def _keep_title(connection: Connection, drop: Drop, reply: Reply) -> None:
    """Of the first reply that has one; a person's own stands."""
    connection.execute(
        update(conversations)
        .where(
            conversations.c.conversation_id == drop.conversation_id,
            func.coalesce(conversations.c.title, "") == "",
        )
        .values(title=make_storable(reply.title))
    )


def _bound(tokens: int) -> int:
    return min(tokens, LARGEST_INTEGER)
