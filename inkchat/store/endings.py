"""How conversations end: by a person's word, idle for too long, or as the oldest of too many.

What has ended is kept as it is; only a new note at its home begins another conversation.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from inkchat.store.conversation import ACTIVE, ENDED
from inkchat.store.drop_rows import is_held, is_unfinished
from inkchat.store.tables import conversations, drops
from inkchat.store.values import write_time

MOST_AT_ONCE = 1000
"""Ids in one statement: how many it takes at all depends on how SQLite was built."""

_c = conversations.c


class EndReason(StrEnum):
    """Why a conversation ended; the word stands in `conversations.end_reason`."""

    ASKED = "asked"
    """A person said so."""
    REPLACED = "replaced"
    """A person began a new one in its place."""
    IDLE = "idle"
    """No note came for as long as `conversation_timeout` allows."""
    CROWDED_OUT = "crowded out"
    """It was the oldest of more than `max_conversations`."""


def end_in(connection: Connection, conversation_ids: Sequence[str], reason: EndReason) -> int:
    """End those of them that are active; how many."""
    parts = (
        conversation_ids[start : start + MOST_AT_ONCE]
        for start in range(0, len(conversation_ids), MOST_AT_ONCE)
    )
    return sum(_end(connection, _c.conversation_id.in_(part), reason) for part in parts)


def end_idle(connection: Connection, idle_seconds: float, watch: str | None) -> int:
    """End all that had no note for so long, of one watch or of all; how many.

    One of whose notes still waits for its answer is not idle.
    """
    return _end(connection, _is_idle(idle_seconds, watch), EndReason.IDLE)


def has_idle(connection: Connection, idle_seconds: float, watch: str | None) -> bool:
    """Whether `end_idle` would end any."""
    which = and_(_is_idle(idle_seconds, watch), _c.status == ACTIVE)
    return bool(connection.execute(select(exists().where(which))).scalar_one())


def _is_idle(idle_seconds: float, watch: str | None) -> ColumnElement[bool]:
    before = write_time(datetime.now(UTC) - timedelta(seconds=idle_seconds))
    conditions = [_c.last_activity < before, ~_has_open_drop()]
    if watch is not None:
        conditions.append(_c.watch == watch)
    return and_(*conditions)


def end_beyond(connection: Connection, user_id: str | None, most: int, besides: str) -> list[str]:
    """End the oldest idle ones of a user until `most` are active; return their ids.

    Never `besides`, nor one of whose notes still waits.
    """
    is_theirs = and_(_of_user(user_id), _c.status == ACTIVE)
    count = connection.execute(select(func.count()).where(is_theirs)).scalar_one()
    if count <= most:
        return []
    oldest = (
        select(_c.conversation_id)
        .where(is_theirs, _c.conversation_id != besides, ~_has_open_drop())
        .order_by(_c.last_activity)
        .limit(count - most)
    )
    ids = list(connection.execute(oldest).scalars())
    end_in(connection, ids, EndReason.CROWDED_OUT)
    return ids


def _end(connection: Connection, which: ColumnElement[bool], reason: EndReason) -> int:
    return connection.execute(
        update(conversations)
        .where(which, _c.status == ACTIVE)
        .values(status=ENDED, ended_at=write_time(), end_reason=reason)
    ).rowcount


def _of_user(user_id: str | None) -> ColumnElement[bool]:
    return _c.user_id.is_(None) if user_id is None else _c.user_id == user_id


def _has_open_drop() -> ColumnElement[bool]:
    # Each by itself: SQLite takes a partial index for no condition with OR.
    return or_(
        exists().where(drops.c.conversation_id == _c.conversation_id, is_unfinished()),
        exists().where(drops.c.conversation_id == _c.conversation_id, is_held()),
    )
