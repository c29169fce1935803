"""Conversations removed for good: their rows, their words, and the names of their copies."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from inkchat.store.database import Database, read_time, write_time
from inkchat.store.drop_rows import is_held, is_unfinished
from inkchat.store.purged_drops import (
    PURGED,
    SELECT_OWN,
    IsThere,
    in_chunks,
    is_named,
    release_drops,
    release_pages,
)
from inkchat.store.tables import (
    attachments,
    calls,
    conversations,
    document_pages,
    drops,
    exchanges,
    responses,
    thread_links,
)

CONVERSATIONS_AT_ONCE = 50
EXCHANGES_AT_ONCE = 500
"""In one transaction: nobody waits longer than for these."""
INDEX_PAGES_AT_ONCE = 500
MOST_STEPS_BESIDES = 20
"""Of merging, beyond what the size of the index explains."""
BREATH_SECONDS = 0.01
"""Between two transactions: whoever waits to write has a turn."""

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


@dataclass(slots=True)
class Removed:
    """What one transaction did."""

    is_done: bool = True
    """False: call again with the same conversations."""
    conversations: int = 0
    exchanges: int = 0
    released: dict[str, datetime] = field(default_factory=dict)
    """Content that may be named no more, and when it was last taken in."""


class Purges:
    """Removes rows from nearly every table; `calls` stay, for the budgets, and name nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_before(self, before: datetime) -> list[str]:
        """Ids of conversations whose last activity lies before, the oldest first."""
        last = func.coalesce(_c.last_activity, _c.created_at)
        # Text sorts as time does but for rows of old, which may hold local times.
        statement = (
            select(_c.conversation_id, last.label("last"))
            .where(last < write_time(before + timedelta(days=1)))
            .order_by(last)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [row.conversation_id for row in rows if _is_before(row.last, before)]

    def describe(self, ids: Sequence[str]) -> list[Doomed]:
        """Those of them that there are, in the order of `ids`."""
        columns = (_c.conversation_id, _c.code, _c.title, _c.last_activity)
        count = select(func.count()).where(exchanges.c.conversation_id == _c.conversation_id)
        statement = select(
            *columns,
            count.scalar_subquery().label("exchanges"),
            _is_open().label("is_open"),
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
                for statement in _select_named(some):
                    kept.update(
                        row.content_hash
                        for row in connection.execute(statement)
                        if row.conversation_id not in doomed
                    )
        return sorted(hashes - kept)

    def remove(
        self,
        ids: Sequence[str],
        before: datetime | None,
        is_there: IsThere,
        forget_reply: Callable[[int], None],
    ) -> Removed:
        """One transaction of bounded length for at most `CONVERSATIONS_AT_ONCE` of them.

        What has become open meanwhile, or active since `before`, is spared. `forget_reply` is
        given the number of each drop that goes, before another drop can get that number.
        """
        with self._database.write() as connection:
            doomed = _list_removable(connection, ids, before)
            if not doomed:
                return Removed()
            count = _remove_exchanges(connection, doomed)
            if count == EXCHANGES_AT_ONCE:
                return Removed(is_done=False, exchanges=count)
            released = release_pages(connection, doomed, is_there)
            released |= _release_attachments(connection, doomed)
            own = connection.execute(SELECT_OWN.where(drops.c.conversation_id.in_(doomed))).all()
            _remove_beside(connection, doomed, [row.id for row in own])
            released |= release_drops(connection, own, is_there, forget_reply)
            connection.execute(delete(conversations).where(_c.conversation_id.in_(doomed)))
            return Removed(True, len(doomed), count, released)

    def sweep_rows(self, is_there: IsThere, forget_reply: Callable[[int], None]) -> None:
        """What was left of notes by earlier purges goes once their files are gone."""
        with self._database.read() as connection:
            statement = select(drops.c.id).where(drops.c.reason_code == PURGED)
            ids = connection.execute(statement).scalars().all()
        for some in in_chunks(ids, EXCHANGES_AT_ONCE):
            with self._database.write() as connection:
                still = and_(drops.c.id.in_(some), drops.c.reason_code == PURGED)
                own = connection.execute(SELECT_OWN.where(still)).all()
                release_drops(connection, own, is_there, forget_reply)
            time.sleep(BREATH_SECONDS)

    def discard_copies(
        self, latest: Mapping[str, datetime], discard: Callable[[str, datetime], int]
    ) -> tuple[int, int]:
        """Give to `discard` each hash that nothing names; how many it removed, and bytes.

        No note is taken in meanwhile: the lock is held that its row needs.
        """
        count = size_bytes = 0
        for some in in_chunks(sorted(latest), EXCHANGES_AT_ONCE):
            with self._database.write() as connection:
                named: set[str] = set()
                for statement in _select_named(some):
                    named.update(row.content_hash for row in connection.execute(statement))
                freed = [discard(each, latest[each]) for each in some if each not in named]
            count += sum(1 for size in freed if size)
            size_bytes += sum(freed)
            time.sleep(BREATH_SECONDS)
        return count, size_bytes

    def merge_words(self) -> None:
        """Leave no removed word in the indexes of `search`; in many short transactions."""
        with self._database.read() as connection:
            tables = connection.exec_driver_sql(_FIND_INDEXES).scalars().all()
            sizes = {
                table: connection.exec_driver_sql(
                    f'SELECT count(*) FROM "{table}_data"'  # noqa: S608
                ).scalar_one()
                for table in tables
            }
        for table, pages in sizes.items():
            # The first lines up all segments, the others go on with what it began; what is
            # written meanwhile may go on for ever, and holds nothing that was removed.
            steps = 0
            while self._merge(table, INDEX_PAGES_AT_ONCE if steps else -INDEX_PAGES_AT_ONCE):
                steps += 1
                if steps > MOST_STEPS_BESIDES + 4 * pages / INDEX_PAGES_AT_ONCE:
                    break
                time.sleep(BREATH_SECONDS)

    def _merge(self, table: str, pages: int) -> bool:
        with self._database.write() as connection:
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            connection.exec_driver_sql(
                f'INSERT INTO "{table}" ("{table}", rank) VALUES (\'merge\', {pages})'  # noqa: S608
            )
            after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        # One change is the command itself.
        return bool(after - before >= 2)

    def compact(self, *, always: bool) -> str:
        """Make the file small; what kept it from that, or nothing, as a sentence.

        Without `always` only where more than a tenth of it is empty.
        """
        return self._database.compact(always=always)


_FIND_INDEXES = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"


def _is_before(stored: str | None, before: datetime) -> bool:
    moment = read_time(stored)
    return moment is not None and moment < before


def _is_open() -> ColumnElement[bool]:
    # Each by itself: SQLite takes a partial index for no condition with OR.
    return or_(
        exists().where(drops.c.conversation_id == _c.conversation_id, is_unfinished()),
        exists().where(drops.c.conversation_id == _c.conversation_id, is_held()),
        exists().where(
            responses.c.conversation_id == _c.conversation_id, responses.c.delivered_at.is_(None)
        ),
    )


def _select_named(hashes: Sequence[str]) -> tuple[Any, Any]:
    """Whose private copies are needed; nobody opens one of a duplicate or of our own pages."""
    d, a = drops.c, attachments.c
    return (
        select(d.content_hash, d.conversation_id).where(d.content_hash.in_(hashes), is_named()),
        select(a.content_hash, a.conversation_id).where(a.content_hash.in_(hashes)),
    )


def _list_removable(
    connection: Connection, ids: Sequence[str], before: datetime | None
) -> list[str]:
    rows = connection.execute(
        select(
            _c.conversation_id, func.coalesce(_c.last_activity, _c.created_at).label("last")
        ).where(_c.conversation_id.in_(ids), ~_is_open())
    ).all()
    return [row.conversation_id for row in rows if before is None or _is_before(row.last, before)]


def _remove_exchanges(connection: Connection, doomed: Sequence[str]) -> int:
    """At most `EXCHANGES_AT_ONCE`; triggers take their words out of the index."""
    rowid: ColumnElement[int] = literal_column("exchanges.rowid")
    some = select(rowid).where(exchanges.c.conversation_id.in_(doomed)).limit(EXCHANGES_AT_ONCE)
    found = connection.execute(some).scalars().all()
    for rows in in_chunks(found):
        connection.execute(delete(exchanges).where(rowid.in_(rows)))
    return len(found)


def _remove_beside(connection: Connection, doomed: Sequence[str], drop_ids: Sequence[int]) -> None:
    """All that names a conversation, but its exchanges and its drops."""
    nobody = {"conversation_id": None, "drop_id": None, "request_id": ""}
    for which in (calls.c.conversation_id.in_(doomed), calls.c.drop_id.in_(drop_ids)):
        connection.execute(update(calls).where(which).values(nobody))
    for table in (responses, document_pages, thread_links, attachments):
        connection.execute(delete(table).where(table.c.conversation_id.in_(doomed)))
    # A drop that was tried again may have had an earlier page in another conversation.
    connection.execute(delete(responses).where(responses.c.drop_id.in_(drop_ids)))
    connection.execute(update(conversations).where(_c.follows.in_(doomed)).values(follows=""))


def _release_attachments(connection: Connection, doomed: Sequence[str]) -> dict[str, datetime]:
    c = attachments.c
    statement = select(c.content_hash).where(c.conversation_id.in_(doomed))
    # Whoever wrote them did it long before this transaction began.
    return dict.fromkeys(connection.execute(statement).scalars(), datetime.now(UTC))
