"""The ledger of drops: how far each has come, and what is due.

Each method that changes something is one arrow of the state diagram and one durable transaction.
An arrow is only taken from the states it may start in, so that a method called twice, or by two
processes, does its work once.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, literal_column, or_, select, update

from inkchat.domain import Drop, DropState, NoteKind, Reply
from inkchat.errors import InkchatError
from inkchat.store.database import Database, make_storable, read_time, write_time
from inkchat.store.drop_rows import (
    UNFINISHED,
    change_drop,
    get_drop,
    has_its_turn,
    is_unfinished,
    read_drop,
)
from inkchat.store.outgoing import (
    Envelope,
    WriteContent,
    insert_notice,
    insert_response,
    mark_delivered,
)
from inkchat.store.sessions import insert_conversation, insert_exchange
from inkchat.store.tables import conversations, drops, exchanges, responses
from inkchat.store.troubles import end_troubles

LARGEST_INTEGER = 2**63 - 1
"""That SQLite keeps; a server may claim any number of tokens."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often in a row a drop failed in one way, and since when."""

    count: int
    since: datetime


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
        """Drops whose time and turn have come, the oldest first.

        Unfinished ones, and held ones whose page is still to be delivered.
        """
        c = drops.c
        may_go_on = and_(
            c.watch.in_(watches),
            c.id.not_in(besides),
            or_(c.not_before.is_(None), c.not_before <= write_time(now)),
        )
        unfinished = (
            select(drops)
            .where(is_unfinished(), may_go_on, has_its_turn(watches))
            .order_by(c.id)
            .limit(limit)
        )
        held = select(drops).where(
            c.state == literal_column(f"'{DropState.HELD}'"),
            may_go_on,
            exists().where(responses.c.drop_id == c.id, responses.c.delivered_at.is_(None)),
        )
        with self._database.read() as connection:
            rows = [*connection.execute(unfinished), *connection.execute(held.limit(limit))]
        return [read_drop(row) for row in rows[:limit]]

    def next_due_at(self, watches: Collection[str]) -> datetime | None:
        """When the earliest pause ends that an unfinished drop is taking."""
        statement = select(func.min(drops.c.not_before)).where(
            is_unfinished(), drops.c.watch.in_(watches), has_its_turn(watches)
        )
        with self._database.read() as connection:
            return read_time(connection.execute(statement).scalar_one())

    def has_its_turn(self, drop: Drop, watches: Collection[str]) -> bool:
        """False while an earlier drop of its conversation is unfinished."""
        statement = select(exists().where(drops.c.id == drop.id, has_its_turn(watches)))
        with self._database.read() as connection:
            return bool(connection.execute(statement).scalar_one())

    def count_open(self, watches: Collection[str]) -> int:
        """Drops that have not reached a final state."""
        c = drops.c
        held = c.state == literal_column(f"'{DropState.HELD}'")
        with self._database.read() as connection:
            return sum(
                connection.execute(
                    select(func.count()).where(condition, c.watch.in_(watches))
                ).scalar_one()
                for condition in (is_unfinished(), held)
            )

    def count_cut(self, drop: Drop) -> Drop:
        """A drop was found `asking`: its call was cut off, and may have been paid for."""
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                (DropState.ASKING,),
                state=DropState.RECEIVED,
                cuts=drop.cuts + 1,
            )
            return get_drop(connection, drop.id)

    def route(self, drop: Drop, conversation_id: str | None, user: str) -> Drop:
        """Bind a drop to a conversation, a new one if none is given."""
        with self._database.write() as connection:
            if conversation_id is None:
                conversation_id = insert_conversation(
                    connection, user_id=user, watch=drop.watch, thread=drop.thread
                )
            change_drop(connection, drop.id, UNFINISHED, conversation_id=conversation_id)
            return get_drop(connection, drop.id)

    def begin_asking(self, drop: Drop) -> Drop:
        """Before bytes leave for a provider."""
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                (DropState.RECEIVED, DropState.WAITING),
                state=DropState.ASKING,
                calls=drop.calls + 1,
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
            "tokens_used": _bound(reply.usage.total_tokens),
            "outcome": "answered",
            "title": reply.title,
            "transcript": reply.transcript,
            "language": reply.language,
            "provider": reply.provider,
            "model": reply.model,
            "input_tokens": _bound(reply.usage.input_tokens),
            "cached_tokens": _bound(reply.usage.cached_tokens),
            "output_tokens": _bound(reply.usage.output_tokens),
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
            reason="",
            reason_code="",
        )
        if not taken:
            # Undoes the transaction: somebody else has answered this drop already.
            raise RuntimeError(f"drop {drop.id} was answered by somebody else meanwhile")
        insert_response(connection, drop, number, envelope, write_content)

    def wait(
        self,
        drop: Drop,
        until: datetime,
        error: InkchatError,
        tries: Tries,
        provider: str = "",
    ) -> None:
        """Try again at `until`.

        What is answered or held stays so, and only its way out is tried again. `provider` is
        the one that must be mended, if it is that.
        """
        stays = drop.state in (DropState.ANSWERED, DropState.HELD)
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                (*UNFINISHED, DropState.HELD),
                state=drop.state if stays else DropState.WAITING,
                attempts=tries.count,
                failing_since=write_time(tries.since),
                not_before=write_time(until),
                waiting_for=provider,
                reason=error.what_happened,
                reason_code=error.code,
            )

    def hold(
        self, drop: Drop, error: InkchatError, envelope: Envelope, write_content: WriteContent
    ) -> None:
        """Not tried again until a person says so, which a page tells them."""
        with self._database.write() as connection:
            change_drop(
                connection,
                drop.id,
                UNFINISHED,
                state=DropState.HELD,
                not_before=None,
                reason=error.what_happened,
                reason_code=error.code,
            )
            insert_notice(connection, drop, error.code, envelope, write_content)

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
                failing_since=None,
                not_before=None,
                reason="",
                reason_code="",
            )

    def hurry_waiting(self) -> None:
        """End all pauses: something was changed that may mend what waits, or its way out."""
        with self._database.write() as connection:
            connection.execute(update(drops).where(is_unfinished()).values(not_before=None))

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


def _bound(tokens: int) -> int:
    return min(tokens, LARGEST_INTEGER)
