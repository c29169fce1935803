"""What a purge would remove, and what it would spare."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select

from inkchat.store.database import Database
from inkchat.store.drop_rows import is_held, is_unfinished
from inkchat.store.purged_drops import PURGED, in_chunks, select_named
from inkchat.store.tables import attachments, conversations, drops, exchanges, responses
from inkchat.store.values import read_time, write_time

LAST_DAY = datetime(9999, 12, 29, tzinfo=UTC)
FIRST_DAY = datetime(1, 1, 3, tzinfo=UTC)
"""A day and any zone’s hours can be added to the one and taken from the other."""

_c = conversations.c


@dataclass(frozen=True, slots=True)
class Doomed:
    """A conversation that is to be removed, or would be."""

    conversation_id: str
    code: str
    title: str
    last_activity: str
    exchanges: int
    is_open: bool
    """A note in it is not answered or not delivered yet, or held: it is spared."""


class PurgeQuestions:
    """Reads nearly every table, and changes nothing; a part of `Purges`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_before(self, before: datetime) -> list[str]:
        """Ids of conversations whose last activity lies before, the oldest first."""
        before = min(max(before, FIRST_DAY), LAST_DAY)
        last = func.coalesce(_c.last_activity, _c.created_at)
        # Text sorts as time does but for rows of old, which may hold local times.
        statement = (
            select(_c.conversation_id, last.label("last"))
            .where(last < write_time(before + timedelta(days=1)))
            .order_by(last)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [row.conversation_id for row in rows if is_before(row.last, before)]

    def describe(self, ids: Sequence[str]) -> list[Doomed]:
        """Those of them that there are, in the order of `ids`."""
        columns = (_c.conversation_id, _c.code, _c.title, _c.last_activity)
        count = select(func.count()).where(exchanges.c.conversation_id == _c.conversation_id)
        statement = select(
            *columns,
            count.scalar_subquery().label("exchanges"),
            is_open().label("is_open"),
        )
        found: dict[str, Doomed] = {}
        with self._database.read() as connection:
            for some in in_chunks(ids):
                for row in connection.execute(statement.where(_c.conversation_id.in_(some))):
                    found[row.conversation_id] = Doomed(
                        conversation_id=row.conversation_id,
                        code=row.code or "",
                        title=row.title or "",
                        last_activity=row.last_activity or "",
                        exchanges=row.exchanges,
                        is_open=bool(row.is_open),
                    )
        return [found[each] for each in ids if each in found]

    def count_responses(self, ids: Sequence[str]) -> int:
        c = responses.c
        with self._database.read() as connection:
            return sum(
                connection.execute(
                    select(func.count()).where(c.conversation_id.in_(some))
                ).scalar_one()
                for some in in_chunks(ids)
            )

    def list_copies(self, ids: Collection[str]) -> list[str]:
        """Hashes of the private copies that only these conversations name."""
        doomed = set(ids)
        with self._database.read() as connection:
            hashes: set[str] = set()
            for some in in_chunks(sorted(doomed)):
                for table in (drops, attachments):
                    statement = select(table.c.content_hash).where(
                        table.c.conversation_id.in_(some), table.c.content_hash.is_not(None)
                    )
                    hashes.update(connection.execute(statement).scalars())
            kept: set[str] = set()
            for some in in_chunks(sorted(hashes)):
                for statement in select_named(some):
                    kept.update(
                        row.content_hash
                        for row in connection.execute(statement)
                        if row.conversation_id not in doomed
                    )
        return sorted(hashes - kept)

    def list_purged(self) -> list[int]:
        """Numbers of the notes of which no more is left than what knows them again."""
        statement = select(drops.c.id).where(drops.c.reason_code == PURGED).order_by(drops.c.id)
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())


def is_before(stored: str | None, before: datetime) -> bool:
    """Whether a stored time lies before; not if it is no time."""
    moment = read_time(stored)
    return moment is not None and moment < before


def is_open() -> ColumnElement[bool]:
    """Of a conversation, whether a note in it is not done with."""
    # Each by itself: SQLite takes a partial index for no condition with OR.
    return or_(
        exists().where(drops.c.conversation_id == _c.conversation_id, is_unfinished()),
        exists().where(drops.c.conversation_id == _c.conversation_id, is_held()),
        exists().where(
            responses.c.conversation_id == _c.conversation_id, responses.c.delivered_at.is_(None)
        ),
    )
