"""The ledger of drops: how far each has come, and what is due.

Each method that changes something is one arrow of the state diagram and one durable transaction.
An arrow is only taken from the states it may start in, so that a method called twice, or by two
processes, does its work once.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select, update

from inkchat.domain import Drop, DropState, NoteKind, Reply
from inkchat.errors import InkchatError
from inkchat.store.database import Database, make_storable, read_time, write_time
from inkchat.store.drop_rows import UNFINISHED, change_drop, get_drop, has_its_turn, read_drop
from inkchat.store.outgoing import Envelope, WriteContent, insert_response, mark_delivered
from inkchat.store.sessions import insert_conversation, insert_exchange
from inkchat.store.tables import conversations, drops, exchanges
from inkchat.store.troubles import end_troubles


class Ledger:
    """The table `drops`, and what is committed together with a change of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, drop_id: int) -> Drop:
        with self._database.read() as connection:
            return get_drop(connection, drop_id)

    def list_due(
        self, watches: Collection[str], now: datetime, limit: int, besides: Collection[int] = ()
    ) -> list[Drop]:
        """Unfinished drops whose time and turn have come, the oldest first."""
        c = drops.c
        statement = (
            select(drops)
            .where(
                c.state.in_(UNFINISHED),
                c.watch.in_(watches),
                c.id.not_in(besides),
                or_(c.not_before.is_(None), c.not_before <= write_time(now)),
                has_its_turn(),
            )
            .order_by(c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [read_drop(row) for row in connection.execute(statement)]

    def next_due_at(self, watches: Collection[str]) -> datetime | None:
        """When the earliest pause ends that an unfinished drop is taking."""
        c = drops.c
        statement = select(func.min(c.not_before)).where(
            c.state.in_(UNFINISHED), c.watch.in_(watches), has_its_turn()
        )
        with self._database.read() as connection:
            return read_time(connection.execute(statement).scalar_one())

    def has_its_turn(self, drop_id: int) -> bool:
        """False while an earlier drop of its conversation is unfinished."""
        statement = select(exists().where(drops.c.id == drop_id, has_its_turn()))
        with self._database.read() as connection:
            return bool(connection.execute(statement).scalar_one())

    def route(self, drop: Drop, conversation_id: str | None, user: str) -> Drop:
        """Bind a drop to a conversation, a new one if none is given."""
        with self._database.write() as connection:
            if conversation_id is None:
                conversation_id = insert_conversation(
                    connection, user_id=user, watch=drop.watch, thread=drop.thread
                )
            change_drop(connection, drop.id, UNFINISHED, conversation_id=conversation_id)
            return get_drop(connection, drop.id)

    def begin_asking(self, drop: Drop, provider: str) -> Drop:
        """Before bytes leave for a provider.

        A drop that is `asking` already was cut off during its call: the answer may have been
        paid for, and asking again is counted.
        """
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                (DropState.RECEIVED, DropState.WAITING, DropState.ASKING),
                state=DropState.ASKING,
                calls=drop.calls + 1,
                cuts=drop.cuts + (drop.state is DropState.ASKING),
                first_tried_at=write_time(drop.first_tried_at),
                waiting_for=provider,
                not_before=None,
            )
            return get_drop(connection, drop.id)

    def answer(
        self,
        drop: Drop,
        kind: NoteKind,
        reply: Reply,
        processing_seconds: float,
        envelope: Envelope,
        write_content: WriteContent,
    ) -> Drop:
        """The whole reply, durable before anything is drawn: exchange, title and response."""
        values = {
            "input_type": kind,
            "response_text": reply.answer,
            "processing_time": processing_seconds,
            "tokens_used": reply.usage.total_tokens,
            "outcome": "answered",
            "title": reply.title,
            "transcript": reply.transcript,
            "language": reply.language,
            "provider": reply.provider,
            "model": reply.model,
            "input_tokens": reply.usage.input_tokens,
            "cached_tokens": reply.usage.cached_tokens,
            "output_tokens": reply.usage.output_tokens,
            "request_id": reply.request_id,
            "metadata": json.dumps({"remarks": reply.remarks} if reply.remarks else {}),
        }
        with self._database.write() as connection:
            self._record(connection, drop, values, envelope, write_content)
            connection.execute(
                update(conversations)
                .where(
                    conversations.c.conversation_id == drop.conversation_id,
                    func.coalesce(conversations.c.title, "") == "",
                )
                .values(title=make_storable(reply.title))
            )
            end_troubles(connection, drop.watch)
            return get_drop(connection, drop.id)

    def fail(
        self,
        drop: Drop,
        kind: NoteKind | None,
        error: InkchatError,
        envelope: Envelope,
        write_content: WriteContent,
    ) -> Drop:
        """The drop will not be answered: an ERROR response takes its number."""
        values = {
            "input_type": kind or drop.suffix.removeprefix(".") or "unknown",
            "response_text": str(error),
            "processing_time": 0.0,
            "tokens_used": 0,
            "outcome": "failed",
        }
        with self._database.write() as connection:
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
            not_before=None,
            waiting_for="",
            reason="",
            reason_code="",
        )
        if not taken:
            # Undoes the transaction: somebody else has answered this drop already.
            raise RuntimeError(f"drop {drop.id} was answered by somebody else meanwhile")
        insert_response(connection, drop, number, envelope, write_content)

    def wait(self, drop: Drop, until: datetime, error: InkchatError, provider: str = "") -> None:
        """Try again at `until`; what is answered stays so and only its way out is tried again."""
        answered = drop.state is DropState.ANSWERED
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                UNFINISHED,
                state=DropState.ANSWERED if answered else DropState.WAITING,
                attempts=drop.attempts + 1,
                first_tried_at=write_time(drop.first_tried_at),
                not_before=write_time(until),
                waiting_for=provider,
                reason=error.what_happened,
                reason_code=error.code,
            )

    def hold(self, drop: Drop, error: InkchatError) -> None:
        """Not tried again until a person says so."""
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                UNFINISHED,
                state=DropState.HELD,
                reason=error.what_happened,
                reason_code=error.code,
            )

    def finish(self, drop: Drop, response_id: int, sha256: str, size_bytes: int) -> Drop:
        """Its response lies in the outbox, durable."""
        with self._database.write() as connection:
            outcome = connection.execute(
                select(exchanges.c.outcome).where(
                    exchanges.c.conversation_id == drop.conversation_id,
                    exchanges.c.sequence_number == drop.exchange_number,
                    exchanges.c.drop_id == drop.id,
                )
            ).scalar_one()
            mark_delivered(connection, response_id, sha256, size_bytes)
            failed = outcome == "failed"
            change_drop(
                connection,
                drop.id,
                (DropState.ANSWERED,),
                state=DropState.FAILED if failed else DropState.DELIVERED,
                not_before=None,
                **({} if failed else {"reason": "", "reason_code": ""}),
            )
            return get_drop(connection, drop.id)

    def retry(self, drop_id: int) -> bool:
        """Begin anew with a drop that failed, is held or waits; False if it is none of these."""
        with self._database.write() as connection:
            return change_drop(
                connection,
                drop_id,
                (DropState.FAILED, DropState.HELD, DropState.WAITING),
                state=DropState.RECEIVED,
                calls=0,
                cuts=0,
                attempts=0,
                first_tried_at=None,
                not_before=None,
                reason="",
                reason_code="",
            )

    def hurry_waiting(self) -> None:
        """End the pauses of all waiting drops: something was changed that may mend them."""
        with self._database.write() as connection:
            connection.execute(
                update(drops).where(drops.c.state == DropState.WAITING).values(not_before=None)
            )

    def count_states(self) -> dict[DropState, int]:
        statement = select(drops.c.state, func.count()).group_by(drops.c.state)
        with self._database.read() as connection:
            return {DropState(state): count for state, count in connection.execute(statement)}

    def list_drops(self, states: Sequence[DropState], limit: int) -> list[Drop]:
        """The newest first."""
        statement = (
            select(drops).where(drops.c.state.in_(states)).order_by(drops.c.id.desc()).limit(limit)
        )
        with self._database.read() as connection:
            return [read_drop(row) for row in connection.execute(statement)]
