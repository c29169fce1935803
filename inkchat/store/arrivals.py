"""What arrived in the inboxes: each file seen, each content entered once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, exists, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.domain import ConversationPer, Drop, DropState, Watch
from inkchat.store.conversation import Home
from inkchat.store.database import Database
from inkchat.store.drop_rows import get_drop, insert_drop
from inkchat.store.homes import find_newest, find_or_begin, reopen
from inkchat.store.tables import conversations, drops, responses, sightings
from inkchat.store.values import make_storable, write_time

OWN_PAGE = "own-page"

KNOWN_BY_NAME = 2
"""In `is_repeatable`: an empty file whose name was a command that changed something."""

TYPED_SUFFIXES = (".txt", ".md", ".markdown")
MOST_COMMAND_BYTES = 400
"""Of a text that may be a command: what is longer never is one."""


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
    document: str = ""
    """By what the file is known when it comes back; empty for one that never does."""
    modified_at: datetime | None = None
    """When the file was last written to."""
    is_sent: bool = False
    """A message, and not a file: the same words may be sent twice."""
    is_for_claimed: bool = False
    """A person has said that it belongs to the claimed conversation, whatever else it says."""
    is_named_as_command: bool = False
    """Its name is a command, which counts if there is nothing in it."""


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
            reason_code=OWN_PAGE,
        )
    claimed = _find_claimed(connection, arrival)
    return _enter(
        connection,
        arrival,
        DropState.RECEIVED,
        conversation_id=claimed or _find_or_begin_home(connection, arrival),
        is_placed=int(claimed is not None and arrival.is_for_claimed),
        document=make_storable(arrival.document),
        # All empty files are alike: what one of them asks for stands in its name.
        is_repeatable=int(arrival.is_sent or arrival.size_bytes == 0),
        may_be_command=int(_may_be_command(arrival)),
        not_before=write_time(not_before) if not_before else None,
    )


def _find_claimed(connection: Connection, arrival: Arrival) -> str | None:
    """The conversation the name tells of, if it is one of this user's; it goes on if it ended."""
    if arrival.claimed_conversation_id is None:
        return None
    c = conversations.c
    claimed: str | None = connection.execute(
        select(c.conversation_id).where(
            c.conversation_id == arrival.claimed_conversation_id,
            # Whoever sends a message has named its conversation, be it nobody's.
            or_(c.user_id == arrival.watch.user, c.user_id.is_(None))
            if arrival.is_for_claimed
            else c.user_id == arrival.watch.user,
        )
    ).scalar_one_or_none()
    if claimed is not None:
        reopen(connection, claimed)
    return claimed


# Built once: a thousand files may arrive in a minute.
_IS_OUR_OWN = select(
    or_(
        exists().where(responses.c.sha256 == bindparam("hash")),
        # Known as such before, and its conversation was purged since.
        exists().where(drops.c.content_hash == bindparam("hash"), drops.c.reason_code == OWN_PAGE),
    )
)
_FIND_CONTENT = select(drops.c.id, drops.c.name).where(
    drops.c.watch == bindparam("watch"),
    drops.c.thread == bindparam("thread"),
    drops.c.content_hash == bindparam("hash"),
    drops.c.state.not_in((DropState.DUPLICATE, DropState.IGNORED)),
    drops.c.is_repeatable == 0,
)
_FIND_REPEATABLE = (
    select(drops.c.id, drops.c.name)
    .where(
        drops.c.watch == bindparam("watch"),
        drops.c.thread == bindparam("thread"),
        drops.c.content_hash == bindparam("hash"),
        drops.c.name == bindparam("name"),
        or_(
            and_(drops.c.is_repeatable == 1, drops.c.received_at >= bindparam("modified_at")),
            drops.c.is_repeatable == KNOWN_BY_NAME,
        ),
    )
    .order_by(drops.c.id.desc())
)


def _find_content(connection: Connection, arrival: Arrival) -> Row[Any, Any] | None:
    if arrival.is_sent:
        return None
    values = {"watch": arrival.watch.name, "thread": arrival.thread, "hash": arrival.content_hash}
    if arrival.size_bytes > 0:
        found = connection.execute(_FIND_CONTENT, values).one_or_none()
        if found is not None or arrival.modified_at is None:
            return found
    # A command that was saved again on purpose is carried out again; one that was only touched
    # or moved about by a sync program is not.
    modified_at = write_time(arrival.modified_at) if arrival.modified_at else ""
    values |= {"name": arrival.name, "modified_at": modified_at}
    return connection.execute(_FIND_REPEATABLE, values).first()


def _find_or_begin_home(connection: Connection, arrival: Arrival) -> str | None:
    """By its thread or its document; None where only what stands in the note can tell."""
    watch = arrival.watch
    thread, _ = watch.split_thread(arrival.thread)
    if thread:
        home = Home(watch.user, watch.name, thread)
    elif arrival.document and watch.conversation_per is ConversationPer.DOCUMENT:
        home = Home(watch.user, watch.name, document=arrival.document)
    else:
        return None
    if _may_be_command(arrival):
        # It may be about the conversation that was here, however long ago.
        return find_newest(connection, home) or find_or_begin(connection, home)
    return find_or_begin(connection, home, watch.conversation_timeout_seconds)


def _may_be_command(arrival: Arrival) -> bool:
    is_short_text = arrival.suffix in TYPED_SUFFIXES and arrival.size_bytes <= MOST_COMMAND_BYTES
    return is_short_text or arrival.size_bytes == 0 or arrival.is_named_as_command


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
