"""Conversations removed for good: their rows, their words, and the names of their copies."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from inkchat.store.database import BREATH_SECONDS, Database, read_time, write_time
from inkchat.store.drop_rows import is_held, is_unfinished
from inkchat.store.purge_marks import (
    COPY,
    WORDS,
    add_marks,
    believe_clock,
    list_marks,
    remove_marks,
)
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
"""In one transaction: nobody waits longer than for these, or for one conversation that has more."""
COPIES_AT_ONCE = 500
INDEX_PAGES_AT_ONCE = 500
MOST_STEPS_BESIDES = 20
"""Of merging, beyond what the size of the index explains."""
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


@dataclass(frozen=True, slots=True)
class Removed:
    """What one transaction did."""

    looked_at: int
    """The first so many of the given conversations, removed or spared."""
    conversations: int = 0
    exchanges: int = 0


class Purges:
    """Removes rows from nearly every table; `calls` stay, for the budgets, and name nobody."""

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
        """One transaction, for the first of them; each conversation goes whole, or not at all.

        What still is to be done about copies and words is written down in the same transaction.
        What has become open meanwhile, or active since `before`, is spared. `forget_reply` is
        given the number of each drop that goes, before another drop can get that number.
        """
        with self._database.write(erasing=True) as connection:
            doomed, looked_at = _choose(connection, ids[:CONVERSATIONS_AT_ONCE], before)
            if not doomed:
                return Removed(looked_at)
            of_doomed = exchanges.c.conversation_id.in_(doomed)
            count = connection.execute(delete(exchanges).where(of_doomed)).rowcount
            released = release_pages(connection, doomed, is_there)
            released |= _list_attached(connection, doomed)
            own = connection.execute(SELECT_OWN.where(drops.c.conversation_id.in_(doomed))).all()
            _remove_beside(connection, doomed, [row.id for row in own])
            released |= release_drops(connection, own, is_there, forget_reply)
            connection.execute(delete(conversations).where(_c.conversation_id.in_(doomed)))
            add_marks(connection, COPY, released)
            add_marks(connection, WORDS, [write_time()])
            return Removed(looked_at, len(doomed), count)

    def sweep_rows(self, is_there: IsThere, forget_reply: Callable[[int], None]) -> None:
        """What was left of notes by earlier purges goes once their files are gone."""
        for some in in_chunks(self.list_purged(), COPIES_AT_ONCE):
            with self._database.write(erasing=True) as connection:
                still = and_(drops.c.id.in_(some), drops.c.reason_code == PURGED)
                own = connection.execute(SELECT_OWN.where(still)).all()
                release_drops(connection, own, is_there, forget_reply)
            time.sleep(BREATH_SECONDS)

    def list_purged(self) -> list[int]:
        """Numbers of the notes of which no more is left than what knows them again."""
        statement = select(drops.c.id).where(drops.c.reason_code == PURGED).order_by(drops.c.id)
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def discard_copies(
        self, strays: Collection[str], discard: Callable[[str], int | None]
    ) -> tuple[int, int]:
        """Give to `discard` each hash that nothing names, of `strays` and of purges until now.

        It returns the bytes that it removed, or None if it could not; then it is given it
        again by the next purge. Returns how many it removed, and bytes. Meanwhile no row comes
        to name one: the lock is held that it needs.
        """
        with self._database.read() as connection:
            hashes = sorted({*strays, *list_marks(connection, COPY)})
        sizes: list[int] = []
        for some in in_chunks(hashes, COPIES_AT_ONCE):
            with self._database.write(erasing=True) as connection:
                named: set[str] = set()
                for statement in _select_named(some):
                    named.update(row.content_hash for row in connection.execute(statement))
                freed = {each: discard(each) for each in some if each not in named}
                done = [each for each in some if each in named or freed[each] is not None]
                remove_marks(connection, COPY, done)
            sizes += [size for size in freed.values() if size]
            time.sleep(BREATH_SECONDS)
        return len(sizes), sum(sizes)

    def believe_clock(self, now: datetime, most_ahead: timedelta) -> bool:
        """Whether it can be that late; if it is too far ahead, only once a later look agrees."""
        with self._database.write() as connection:
            return believe_clock(connection, now, most_ahead)

    def erase_words(self, *, always_compact: bool, is_stopping: Callable[[], bool]) -> str:
        """Leave no removed word in the file; what kept it from that, or nothing, as a sentence.

        Does nothing where no purge has left it to do. Without `always_compact` the file is made
        small only where more than a tenth of it is empty.
        """
        with self._database.read() as connection:
            marks = list_marks(connection, WORDS)
        if not marks or is_stopping():
            return ""
        self.merge_words()
        if is_stopping():
            return ""
        remark = self._database.compact(always=always_compact)
        if not remark:
            with self._database.write() as connection:
                remove_marks(connection, WORDS, marks)
            self._database.fold_log()
        return remark

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
        with self._database.write(erasing=True) as connection:
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            connection.exec_driver_sql(
                f'INSERT INTO "{table}" ("{table}", rank) VALUES (\'merge\', {pages})'  # noqa: S608
            )
            after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        # One change is the command itself.
        return bool(after - before >= 2)


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


def _choose(
    connection: Connection, ids: Sequence[str], before: datetime | None
) -> tuple[list[str], int]:
    """The first that can go, up to `EXCHANGES_AT_ONCE` unless one alone has more; of how many."""
    removable = set(_list_removable(connection, ids, before))
    of = exchanges.c.conversation_id
    count = select(of, func.count().label("exchanges")).where(of.in_(removable)).group_by(of)
    sizes = {row.conversation_id: row.exchanges for row in connection.execute(count)}
    chosen: list[str] = []
    total = 0
    for looked_at, each in enumerate(ids):
        total += sizes.get(each, 0)
        if chosen and total > EXCHANGES_AT_ONCE:
            return chosen, looked_at
        if each in removable:
            chosen.append(each)
    return chosen, len(ids)


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


def _list_attached(connection: Connection, doomed: Sequence[str]) -> set[str]:
    c = attachments.c
    statement = select(c.content_hash).where(c.conversation_id.in_(doomed))
    return set(connection.execute(statement).scalars())
