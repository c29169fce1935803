"""The ledger of drops: how far each has come, and what is due.

Each method that changes something is one arrow of the state diagram and one durable transaction.
An arrow is only taken from the states it may start in, so that a method called twice, or by two
processes, does its work once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    func,
    select,
    update,
)

from inkchat.config import Budget
from inkchat.domain import Drop, DropState, NoteKind, Page, Reply, Usage
from inkchat.errors import InkchatError
from inkchat.store.arrivals import KNOWN_BY_NAME
from inkchat.store.bindings import Bindings, move_drop
from inkchat.store.calls import (
    PlannedCall,
    Purpose,
    find_open_call,
    finish_call,
    forget_call_of_drop,
    lose_call_of_drop,
    reserve_call,
    settle_call_of_drop,
)
from inkchat.store.conversation_rows import (
    COMMAND,
    Home,
    insert_exchange,
    is_there,
)
from inkchat.store.database import make_storable
from inkchat.store.documents import note_pages
from inkchat.store.drop_rows import (
    change_drop,
    get_drop,
)
from inkchat.store.holds import Holds
from inkchat.store.homes import find_home, link_thread, reopen
from inkchat.store.outgoing import (
    Envelope,
    WriteContent,
    insert_response,
    mark_delivered,
)
from inkchat.store.pauses import end_pauses_before
from inkchat.store.questions import Questions
from inkchat.store.tables import conversations, drops, exchanges
from inkchat.store.troubles import end_troubles

NO_BUDGET = Budget()
"""Nothing is limited."""
NO_USAGE = Usage()
"""Nobody said what was used."""

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


class Ledger(Holds, Bindings, Questions):
    """The table `drops`, and what is committed together with a change of it."""

    def count_cut(self, drop: Drop) -> Drop:
        """A drop was found `asking`: its call was cut off, and may have been paid for."""
        with self._database.write() as connection:
            lose_call_of_drop(connection, drop.id)
            change_drop(
                connection,
                drop.id,
                (DropState.ASKING,),
                state=DropState.RECEIVED,
                cuts=drop.cuts + 1,
            )
            return get_drop(connection, drop.id)

    def begin_asking(
        self, drop: Drop, planned: PlannedCall | None = None, budget: Budget = NO_BUDGET
    ) -> Drop:
        """Before bytes leave for a provider: the call is reserved, if it is one that costs.

        Also for a further call of a drop that is being asked about. Raises BudgetReached, and
        then nothing has changed.
        """
        with self._database.write() as connection:
            taken = change_drop(
                connection,
                drop.id,
                (DropState.RECEIVED, DropState.WAITING, DropState.ASKING),
                state=DropState.ASKING,
                calls=drops.c.calls + 1,
                not_before=None,
            )
            if planned is not None:
                if not taken:
                    raise RuntimeError(f"drop {drop.id} is not to be asked about any more")
                reserve_call(connection, planned, budget, datetime.now(UTC))
            return get_drop(connection, drop.id)

    def begin_repair(self, drop: Drop) -> Drop:
        """The model is about to be told what was wrong with its answer."""
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                (DropState.RECEIVED, DropState.WAITING, DropState.ASKING),
                repairs=drops.c.repairs + 1,
            )
            return get_drop(connection, drop.id)

    def give_back(self, drop: Drop) -> Drop:
        """The call was refused before any work: nothing is paid, and the drop may be asked anew."""
        with self._database.write() as connection:
            forget_call_of_drop(connection, drop.id)
            change_drop(connection, drop.id, (DropState.ASKING,), state=DropState.RECEIVED)
            return get_drop(connection, drop.id)

    def lose_call(self, drop: Drop, usage: Usage = NO_USAGE, cost_usd: float | None = None) -> None:
        """The call left nothing that can be used, and was paid: `usage`, if it was told."""
        with self._database.write() as connection:
            call_id = find_open_call(connection, drop.id)
            if call_id is not None and usage.total_tokens > 0:
                finish_call(
                    connection,
                    call_id,
                    usage,
                    cost_usd,
                    first_token_seconds=None,
                    request_id="",
                )
            lose_call_of_drop(connection, drop.id)

    def hand_over(
        self,
        drop: Drop,
        reply: Reply,
        *,
        provider_name: str = "",
        conversation_id: str = "",
        home: Home | None = None,
    ) -> Drop:
        """The note was read, in `reply`, and names another provider or another conversation.

        It is to be asked about anew. `home` is given with a conversation: if it is a thread, that
        goes on there too.
        """
        with self._database.write() as connection:
            call_id = find_open_call(connection, drop.id)
            if call_id is not None:
                finish_call(
                    connection,
                    call_id,
                    reply.usage,
                    reply.cost_usd,
                    first_token_seconds=reply.first_token_seconds,
                    request_id=reply.request_id,
                    purpose=Purpose.HAND_OVER,
                )
            change_drop(
                connection,
                drop.id,
                (DropState.ASKING,),
                state=DropState.RECEIVED,
                asked_provider=provider_name or drop.asked_provider,
            )
            if home is not None and is_there(connection, conversation_id):
                reopen(connection, conversation_id)
                if home.thread and find_home(connection, home) != conversation_id:
                    link_thread(connection, home, conversation_id)
                move_drop(connection, drop, conversation_id, is_placed=True)
            return get_drop(connection, drop.id)

    def answer(
        self, drop: Drop, answered: Answered, envelope: Envelope, write_content: WriteContent
    ) -> Drop:
        """The whole reply, durable before anything is drawn: exchange, title and response."""
        reply = answered.reply
        values = {
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
        with self._database.write() as connection:
            asked_at = settle_call_of_drop(connection, drop, reply, answered.processing_seconds)
            self._record(connection, drop, values, envelope, write_content)
            if answered.is_repeatable:
                # Never the other way: a message stays one, whatever it said.
                change_drop(connection, drop.id, (DropState.ANSWERED,), is_repeatable=1)
            elif answered.is_command and drop.size_bytes == 0:
                change_drop(connection, drop.id, (DropState.ANSWERED,), is_repeatable=KNOWN_BY_NAME)
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
