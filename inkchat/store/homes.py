"""Where conversations are at home: in a thread, or with a section of a document.

All of it is found and begun inside one transaction that holds the write lock, so that a
conversation is begun exactly once, however many notes arrive for it at the same time.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.store.conversation import ACTIVE, ENDED, Home
from inkchat.store.conversation_rows import insert_conversation
from inkchat.store.drop_rows import is_held, is_unfinished
from inkchat.store.endings import EndReason, end_in
from inkchat.store.tables import conversations, drops, thread_links
from inkchat.store.values import read_time, write_time

_c = conversations.c

# As literals: SQLite takes an index of some rows only for a condition that it can read.
_NOTHING: ColumnElement[str] = literal_column("''")
_IS_ACTIVE = _c.status == literal_column(f"'{ACTIVE}'")


def find_home(connection: Connection, home: Home) -> str | None:
    """The active conversation that is at home there; None where there is none.

    Of a thread that goes on in another conversation, that one or none.
    """
    if not _has_place(home):
        return None
    linked = _find_linked(connection, home)
    if linked is not None:
        return linked.conversation_id if linked.status == ACTIVE else None
    return connection.execute(
        select(_c.conversation_id)
        .where(_is_at_home(home), _IS_ACTIVE)
        .order_by(_c.created_at.desc())
        .limit(1)
    ).scalar_one_or_none()


def find_or_begin(
    connection: Connection, home: Home, idle_seconds: float | None = None, **values: Any
) -> str:
    """The conversation that is at home there, or a new one.

    One without a note for `idle_seconds` is ended first, unless one of its notes still waits.
    """
    found = find_home(connection, home)
    if found is not None and idle_seconds is not None and _is_idle(connection, found, idle_seconds):
        end_in(connection, [found], EndReason.IDLE)
        found = None
    return found or begin_at(connection, home, **values)


def begin_at(connection: Connection, home: Home, before: str | None = None, **values: Any) -> str:
    """A new conversation there, in the place of the one before, which ends if it is active.

    `before` is the one before where it is known by other means than its place.
    """
    if _has_place(home):
        before = before or find_newest(connection, home)
        still_active = select(_c.conversation_id).where(_is_at_home(home), _IS_ACTIVE)
        end_in(connection, connection.execute(still_active).scalars().all(), EndReason.REPLACED)
        _unlink(connection, home)
    elif before is not None:
        end_in(connection, [before], EndReason.REPLACED)
    return insert_conversation(connection, home, follows=before or "", **values)


def link_thread(connection: Connection, home: Home, conversation_id: str) -> None:
    """From now on the thread goes on in a conversation that is at home elsewhere."""
    values = {"conversation_id": conversation_id, "since": write_time()}
    connection.execute(
        upsert(thread_links)
        .values(user_id=home.user_id or "", watch=home.watch, thread=home.thread, **values)
        .on_conflict_do_update(index_elements=["user_id", "watch", "thread"], set_=values)
    )


def reopen(connection: Connection, conversation_id: str) -> bool:
    """A page of it was written on: it goes on, and False if it had not ended.

    Where its thread or document has another conversation by now, that one keeps its place.
    """
    other = conversations.alias("other")
    has_successor = exists().where(
        other.c.conversation_id != _c.conversation_id,
        other.c.status == ACTIVE,
        or_(other.c.document != "", other.c.thread != ""),
        other.c.thread == _c.thread,
        other.c.document == _c.document,
        other.c.section == _c.section,
        other.c.watch == _c.watch,
        func.coalesce(other.c.user_id, "") == func.coalesce(_c.user_id, ""),
    )
    its_own = _c.conversation_id == conversation_id
    connection.execute(
        update(conversations)
        .where(its_own, _c.status == ENDED, has_successor)
        .values(document="", section="", thread="")
    )
    return (
        connection.execute(
            update(conversations)
            .where(its_own, _c.status == ENDED)
            .values(status=ACTIVE, ended_at=None, end_reason="")
        ).rowcount
        > 0
    )


def _has_place(home: Home) -> bool:
    return bool(home.thread or home.document)


def _find_linked(connection: Connection, home: Home) -> Row[str, str] | None:
    """Id and status of the conversation that the thread goes on in, if it is the user's own."""
    if not home.thread or home.document:
        return None
    links = thread_links.c
    return connection.execute(
        select(_c.conversation_id, _c.status)
        .join(thread_links, _c.conversation_id == links.conversation_id)
        .where(
            links.user_id == (home.user_id or ""),
            links.watch == home.watch,
            links.thread == home.thread,
            func.coalesce(_c.user_id, "") == links.user_id,
        )
    ).one_or_none()


def _unlink(connection: Connection, home: Home) -> None:
    links = thread_links.c
    connection.execute(
        thread_links.delete().where(
            links.user_id == (home.user_id or ""),
            links.watch == home.watch,
            links.thread == home.thread,
        )
    )


def _is_at_home(home: Home) -> ColumnElement[bool]:
    return and_(
        func.coalesce(_c.user_id, _NOTHING) == (home.user_id or ""),
        _c.watch == home.watch,
        _c.thread == home.thread,
        _c.document == home.document,
        _c.section == home.section,
        (_c.thread if home.thread else _c.document) != _NOTHING,
    )


def find_newest(connection: Connection, home: Home) -> str | None:
    """The one that was written in there last, whether it has ended or not."""
    if not _has_place(home):
        return None
    linked = _find_linked(connection, home)
    if linked is not None:
        return str(linked.conversation_id)
    return (
        find_home(connection, home)
        or connection.execute(
            select(_c.conversation_id)
            .where(_is_at_home(home))
            .order_by(_c.created_at.desc())
            .limit(1)
        ).scalar_one_or_none()
    )


def _is_idle(connection: Connection, conversation_id: str, idle_seconds: float) -> bool:
    last = read_time(
        connection.execute(
            select(_c.last_activity).where(_c.conversation_id == conversation_id)
        ).scalar_one()
    )
    if last is None or datetime.now(UTC) - last <= timedelta(seconds=idle_seconds):
        return False
    waits = exists().where(
        drops.c.conversation_id == conversation_id, or_(is_unfinished(), is_held())
    )
    return not connection.execute(select(waits)).scalar_one()
