"""What arrived in the inboxes: each file seen, each content entered once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, select
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.domain import Drop, DropState, Watch
from inkchat.store.database import Database, write_time
from inkchat.store.drop_rows import get_drop, insert_drop
from inkchat.store.sessions import insert_conversation
from inkchat.store.tables import conversations, drops, responses, sightings


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as the inbox hands it over; `content_hash` is None if it was not read."""

    watch: Watch
    thread: str
    name: str
    suffix: str
    signature: str | None
    """None for a file that no inbox holds."""
    content_hash: str | None
    size_bytes: int
    claimed_conversation_id: str | None = None
    """The conversation that the file's name says it belongs to."""


@dataclass(frozen=True, slots=True)
class Received:
    """A drop, and whether it was entered just now."""

    drop: Drop
    is_new: bool


class Arrivals:
    """The tables `sightings` and, for new rows, `drops`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known_signatures(self, watch: str) -> dict[tuple[str, str], str]:
        """What was seen of a watch's inbox: (thread, name) → signature."""
        c = sightings.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(c.thread, c.name, c.signature).where(c.watch == watch)
            ).all()
        return {(row.thread, row.name): row.signature for row in rows}

    def receive(self, arrival: Arrival, not_before: datetime | None = None) -> Received:
        """A snapshot lies in the private store: enter it, or recognise it.

        Content that is known in this watch and thread is no new drop: under the same name it is
        the same file touched again; under another it is entered as `duplicate`. What we wrote
        ourselves is `ignored`. A drop whose thread or name says where it belongs is bound to
        that conversation at once, so that it waits for its turn there.
        """
        with self._database.write() as connection:
            known = _find_content(connection, arrival)
            if known is not None and (arrival.signature is None or known.name == arrival.name):
                drop_id, is_new = int(known.id), False
            else:
                drop_id, is_new = _enter_new(connection, arrival, known, not_before), True
            _note_sighting(connection, arrival, drop_id)
            return Received(get_drop(connection, drop_id), is_new)

    def ignore(self, arrival: Arrival, reason: str) -> None:
        """Enter something that will never be a note, so that `status` can say why."""
        with self._database.write() as connection:
            drop_id = _enter(
                connection, arrival, DropState.IGNORED, reason=reason, reason_code="not-a-note"
            )
            _note_sighting(connection, arrival, drop_id)


def _enter_new(
    connection: Connection,
    arrival: Arrival,
    known: Row[Any, Any] | None,
    not_before: datetime | None,
) -> int:
    if known is not None:
        return _enter(
            connection,
            arrival,
            DropState.DUPLICATE,
            reason=f"The same content as {known.name} (drop {known.id}).",
            reason_code="known-content",
            duplicate_of=known.id,
        )
    if connection.execute(_IS_OUR_OWN, {"hash": arrival.content_hash}).scalar_one():
        return _enter(
            connection,
            arrival,
            DropState.IGNORED,
            reason="This is a page that inkchat wrote, with nothing added to it.",
            reason_code="own-page",
        )
    return _enter(
        connection,
        arrival,
        DropState.RECEIVED,
        conversation_id=_find_claimed(connection, arrival)
        or _find_or_begin_thread(connection, arrival),
        not_before=write_time(not_before) if not_before else None,
    )


def _find_claimed(connection: Connection, arrival: Arrival) -> str | None:
    """The conversation the name tells of, if it is one of this user's."""
    if arrival.claimed_conversation_id is None:
        return None
    c = conversations.c
    return connection.execute(
        select(c.conversation_id).where(
            c.conversation_id == arrival.claimed_conversation_id,
            c.user_id == arrival.watch.user,
        )
    ).scalar_one_or_none()


# Built once: a thousand files may arrive in a minute.
_IS_OUR_OWN = select(exists().where(responses.c.sha256 == bindparam("hash")))
_FIND_CONTENT = select(drops.c.id, drops.c.name).where(
    drops.c.watch == bindparam("watch"),
    drops.c.thread == bindparam("thread"),
    drops.c.content_hash == bindparam("hash"),
    drops.c.state.not_in((DropState.DUPLICATE, DropState.IGNORED)),
)


def _find_content(connection: Connection, arrival: Arrival) -> Row[Any, Any] | None:
    return connection.execute(
        _FIND_CONTENT,
        {"watch": arrival.watch.name, "thread": arrival.thread, "hash": arrival.content_hash},
    ).one_or_none()


def _find_or_begin_thread(connection: Connection, arrival: Arrival) -> str | None:
    """A thread's conversation; None at the root, where each note may begin one."""
    if not arrival.thread:
        return None
    c = conversations.c
    found = connection.execute(
        select(c.conversation_id)
        .where(c.watch == arrival.watch.name, c.thread == arrival.thread, c.status == "active")
        .order_by(c.created_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found or insert_conversation(
        connection,
        user_id=arrival.watch.user,
        watch=arrival.watch.name,
        thread=arrival.thread,
    )


def _enter(connection: Connection, arrival: Arrival, state: DropState, **values: Any) -> int:
    return insert_drop(
        connection,
        state,
        watch=arrival.watch.name,
        thread=arrival.thread,
        name=arrival.name,
        suffix=arrival.suffix,
        content_hash=arrival.content_hash,
        size_bytes=arrival.size_bytes,
        **values,
    )


def _note_sighting(connection: Connection, arrival: Arrival, drop_id: int) -> None:
    if arrival.signature is None:
        return
    values = {"signature": arrival.signature, "drop_id": drop_id, "seen_at": write_time()}
    connection.execute(
        upsert(sightings)
        .values(watch=arrival.watch.name, thread=arrival.thread, name=arrival.name, **values)
        .on_conflict_do_update(index_elements=["watch", "thread", "name"], set_=values)
    )
