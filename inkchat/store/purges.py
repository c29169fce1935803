"""Conversations removed for good, with all that names them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, select, update

from inkchat.store.database import BREATH_SECONDS
from inkchat.store.purge_marks import COPY, WORDS, add_marks, believe_clock
from inkchat.store.purge_questions import PurgeQuestions, is_before, is_open
from inkchat.store.purge_remains import PurgeRemains
from inkchat.store.purged_drops import (
    PURGED,
    SELECT_OWN,
    IsThere,
    in_chunks,
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
from inkchat.store.values import write_time

CONVERSATIONS_AT_ONCE = 50
EXCHANGES_AT_ONCE = 500
"""In one transaction: nobody waits longer than for these, or for one conversation that has more."""
DROPS_AT_ONCE = 500

_c = conversations.c


@dataclass(frozen=True, slots=True)
class Removed:
    """What one transaction did."""

    looked_at: int
    """The first so many of the given conversations, removed or spared."""
    conversations: int = 0
    exchanges: int = 0


class Purges(PurgeQuestions, PurgeRemains):
    """Removes rows from nearly every table; `calls` stay, for the budgets, and name nobody."""

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
        for some in in_chunks(self.list_purged(), DROPS_AT_ONCE):
            with self._database.write(erasing=True) as connection:
                still = and_(drops.c.id.in_(some), drops.c.reason_code == PURGED)
                own = connection.execute(SELECT_OWN.where(still)).all()
                release_drops(connection, own, is_there, forget_reply)
            time.sleep(BREATH_SECONDS)

    def believe_clock(self, now: datetime, most_ahead: timedelta) -> bool:
        """Whether it can be that late; if it is too far ahead, only once a later look agrees."""
        with self._database.write() as connection:
            return believe_clock(connection, now, most_ahead)


def _list_removable(
    connection: Connection, ids: Sequence[str], before: datetime | None
) -> list[str]:
    rows = connection.execute(
        select(
            _c.conversation_id, func.coalesce(_c.last_activity, _c.created_at).label("last")
        ).where(_c.conversation_id.in_(ids), ~is_open())
    ).all()
    return [row.conversation_id for row in rows if before is None or is_before(row.last, before)]


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
