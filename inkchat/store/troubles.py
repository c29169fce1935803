"""Troubles: what keeps notes waiting until somebody mends it; said once, ended by success."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    Connection,
    and_,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.domain import Drop, DropState
from inkchat.errors import ProviderError
from inkchat.store.database import Database
from inkchat.store.drop_rows import is_held, is_unfinished
from inkchat.store.outgoing import Envelope, WriteContent, has_notice, insert_notice
from inkchat.store.tables import drops, troubles
from inkchat.store.values import make_storable, read_time, write_time

BUDGET_REACHED = "budget-reached"
"""`BudgetReached.code`, as it stands in `troubles.reason_code`."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One open trouble of one watch."""

    watch: str
    waiting_for: str
    """Display name of the provider."""
    code: str
    message: str
    since: datetime


class Troubles:
    """The table `troubles`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, drop: Drop, error: ProviderError, envelope: Envelope, write_content: WriteContent
    ) -> bool:
        """Enter a trouble; if it is news, with the page that says so. True if it is news.

        A drop tells of each kind of trouble with a provider once, however often it comes back.
        """
        statement = (
            upsert(troubles)
            .values(
                watch=drop.watch,
                waiting_for=error.provider,
                reason_code=error.code,
                message=make_storable(str(error)),
                since=write_time(),
            )
            .on_conflict_do_nothing()
        )
        with self._database.write() as connection:
            is_news = connection.execute(statement).rowcount > 0
            if is_news and not has_notice(connection, drop, error.code, error.provider):
                insert_notice(connection, drop, error, envelope, write_content)
            return is_news

    def list_open(self) -> list[Trouble]:
        with self._database.read() as connection:
            rows = connection.execute(
                select(troubles).where(troubles.c.ended_at.is_(None)).order_by(troubles.c.since)
            ).all()
        return [
            Trouble(
                watch=row.watch,
                waiting_for=row.waiting_for,
                code=row.reason_code,
                message=row.message,
                since=read_time(row.since) or datetime.now(UTC),
            )
            for row in rows
        ]


def end_troubles(connection: Connection, watch: str, provider: str) -> None:
    """A note of this watch was answered by `provider`: what waited for it anywhere goes on.

    In this watch the troubles end, too, that no note waits for any more; that of a budget as
    soon as it holds none back. Notes that wait for another reason keep their pause: what
    stopped them may be their own.
    """
    waits = exists().where(
        drops.c.watch == watch,
        or_(
            and_(drops.c.waiting_for != "", drops.c.waiting_for == troubles.c.waiting_for),
            # Of a provider that is merely busy a note does not say that it waits for it.
            and_(drops.c.waiting_for == "", drops.c.reason_code == troubles.c.reason_code),
        ),
        or_(is_unfinished(), is_held()),
    )
    holds_back = exists().where(is_held(), drops.c.watch == watch, drops.c.held_until.is_not(None))
    is_here = troubles.c.watch == watch
    of_budget = troubles.c.reason_code == BUDGET_REACHED
    connection.execute(
        update(troubles)
        .where(
            troubles.c.ended_at.is_(None),
            or_(
                and_(of_budget, is_here, ~holds_back),
                and_(~of_budget, or_(troubles.c.waiting_for == provider, and_(is_here, ~waits))),
            ),
        )
        .values(ended_at=write_time())
    )
    hurry_waiting_for(connection, provider)


def hurry_waiting_for(connection: Connection, provider: str) -> None:
    """End the pauses of the notes that wait for a provider to be mended, in every watch."""
    connection.execute(
        update(drops)
        .where(
            is_unfinished(),
            drops.c.state == DropState.WAITING,
            drops.c.waiting_for == provider,
        )
        .values(not_before=None)
    )
