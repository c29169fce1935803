"""Drops that wait or are held, and how they go on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, select, update

from inkchat.domain import Drop, DropState
from inkchat.errors import BudgetReached, InkchatError
from inkchat.store.call_rows import lose_call_of_drop
from inkchat.store.database import Database
from inkchat.store.drop_rows import UNFINISHED, change_drop, is_held, is_unfinished
from inkchat.store.outgoing import Envelope, WriteContent, insert_notice
from inkchat.store.questions import is_answered_offline
from inkchat.store.tables import drops
from inkchat.store.values import write_time


@dataclass(frozen=True, slots=True)
class Tries:
    """How often in a row a drop failed in one way, and since when."""

    count: int
    since: datetime


CONVERSATION_FULL = "conversation-full"
"""`ConversationFull.code`, as it stands in `drops.reason_code`."""


class Holds:
    """Changes what `drops` says of a drop that cannot go on now; a part of `Ledger`."""

    _database: Database

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
            lose_call_of_drop(connection, drop.id)
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
        self,
        drop: Drop,
        error: InkchatError,
        envelope: Envelope,
        write_content: WriteContent,
        until: datetime | None = None,
    ) -> None:
        """Not tried again until a person says so, which a page tells them."""
        with self._database.write() as connection:
            _hold(connection, drop, error, until)
            insert_notice(connection, drop, error, envelope, write_content)

    def hold_for_budget(self, drop: Drop, error: BudgetReached) -> None:
        """Until the budget's period turns or it is raised; the trouble's page tells of it."""
        with self._database.write() as connection:
            _hold(connection, drop, error, error.until, waiting_for="")

    def release_held(self, now: datetime) -> int:
        """Let go what a budget held until now; how many drops."""
        return self._release(drops.c.held_until <= write_time(now))

    def release_budget_holds(self) -> int:
        """Let go all that a budget holds: it may have been raised; how many drops."""
        return self._release(drops.c.held_until.is_not(None))

    def _release(self, condition: ColumnElement[bool]) -> int:
        # Not by the reason: that may be why the page about it could not be delivered.
        which = and_(is_held(), condition)
        with self._database.read() as connection:
            # Asked often, and seldom true: a write would make others wait.
            if not connection.execute(select(exists().where(which))).scalar_one():
                return 0
        with self._database.write() as connection:
            return connection.execute(
                update(drops)
                .where(which)
                .values(
                    state=DropState.RECEIVED,
                    updated_at=write_time(),
                    held_until=None,
                    not_before=None,
                    attempts=0,
                    failing_since=None,
                    waiting_for="",
                    reason="",
                    reason_code="",
                )
            ).rowcount

    def retry(self, drop_id: int) -> bool:
        """Begin anew with a drop that failed, is held or waits; False if it is none of these."""
        with self._database.write() as connection:
            reason = connection.execute(
                select(drops.c.reason_code).where(drops.c.id == drop_id)
            ).scalar_one_or_none()
            # Of a conversation that was full: by now there may be another at its place.
            is_elsewhere = reason == CONVERSATION_FULL
            return change_drop(
                connection,
                drop_id,
                (DropState.FAILED, DropState.HELD, DropState.WAITING),
                state=DropState.RECEIVED,
                **_ANEW,
                **({"conversation_id": None} if is_elsewhere else {}),
            )

    def give_to_model(self, drop_id: int) -> bool:
        """Have a drop that only Offline answered answered by a model; False if it is no such.

        The model's answer becomes a further exchange.
        """
        with self._database.write() as connection:
            is_such = connection.execute(
                select(exists().where(drops.c.id == drop_id, is_answered_offline()))
            ).scalar_one()
            return bool(is_such) and change_drop(
                connection,
                drop_id,
                (DropState.DELIVERED,),
                state=DropState.RECEIVED,
                **{**_ANEW, "wants_model": 1},
            )

    def hurry_waiting(self) -> None:
        """End all pauses: something was changed that may mend what waits, or its way out."""
        with self._database.write() as connection:
            connection.execute(update(drops).where(is_unfinished()).values(not_before=None))


_ANEW: dict[str, Any] = {
    "calls": 0,
    "cuts": 0,
    "attempts": 0,
    "repairs": 0,
    "failing_since": None,
    "not_before": None,
    "held_until": None,
    "waiting_for": "",
    "reason": "",
    "reason_code": "",
}


def _hold(
    connection: Connection,
    drop: Drop,
    error: InkchatError,
    until: datetime | None,
    **values: Any,
) -> None:
    lose_call_of_drop(connection, drop.id)
    change_drop(
        connection,
        drop.id,
        UNFINISHED,
        state=DropState.HELD,
        not_before=None,
        held_until=write_time(until) if until else None,
        reason=error.what_happened,
        reason_code=error.code,
        **values,
    )
