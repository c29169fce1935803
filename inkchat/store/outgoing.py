"""Responses on their way to an outbox: content and name are fixed before anything is drawn."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from inkchat.domain import (
    Drawn,
    Drop,
    ErrorResponse,
    Letterhead,
    PageKind,
    Place,
    PlaceKind,
)
from inkchat.errors import InkchatError, ProviderError
from inkchat.store.content import Content, decode_content, encode_content
from inkchat.store.conversation_rows import next_exchange_number
from inkchat.store.database import Database
from inkchat.store.names import name_response
from inkchat.store.tables import conversations, responses
from inkchat.store.values import make_storable, write_time

WriteContent = Callable[[Letterhead], Content]
"""Is given the letterhead once the exchange's number is known."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a response goes, for what screen, and how its file is named."""

    outbox: Path
    device: str
    """By name, to be read by people: the page is drawn for what the watch has when it is drawn."""
    name_pattern: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A response that is not delivered yet."""

    id: int
    content: Content
    outbox: Path
    name: str
    sha256: str
    """Of the file as it was drawn last, in hexadecimal; empty if it never was."""
    size_bytes: int
    is_notice: bool
    """A notice tells of a note that waits; the note's own response is still to come."""


class OutgoingResponses:
    """The table `responses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_undelivered(self, drop_id: int) -> list[Outgoing]:
        c = responses.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(responses)
                .where(c.drop_id == drop_id, c.delivered_at.is_(None))
                .order_by(c.id)
            ).all()
        return [
            Outgoing(
                id=row.id,
                content=decode_content(row.content),
                outbox=Path(row.outbox),
                name=row.name,
                sha256=row.sha256 or "",
                size_bytes=row.size_bytes or 0,
                is_notice=row.notice_code != "",
            )
            for row in rows
        ]

    def list_delivered(self, drop_id: int) -> list[Path]:
        """Where the responses of a drop were put, the newest last."""
        c = responses.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(c.outbox, c.name)
                .where(c.drop_id == drop_id, c.delivered_at.is_not(None))
                .order_by(c.id)
            ).all()
        return [Path(row.outbox) / row.name for row in rows]

    def find_places(
        self, conversation_id: str, exchange_number: int, kind: PageKind = PageKind.RESPONSE
    ) -> list[Place]:
        """Of the newest page of this kind; none where none was kept.

        The answer to a note and the ERROR pages before it bear the same number.
        """
        c = responses.c
        with self._database.read() as connection:
            kept = connection.execute(
                select(c.places)
                .where(
                    c.conversation_id == conversation_id,
                    c.exchange_number == exchange_number,
                    c.places.is_not(None),
                )
                .order_by(c.id.desc())
            ).scalars()
            layouts = [json.loads(text) for text in kept]
        for layout in layouts:
            if layout["kind"] == kind:
                return [Place(PlaceKind(name), *where) for name, *where in layout["places"]]
        return []

    def keep_drawing(self, outgoing: Outgoing, drawn: Drawn) -> Outgoing:
        """What is about to be published, and the places on its pages.

        So a run that is cut off right after publishing is known to have published, also if the
        page would be drawn otherwise by now: for another tablet, or with another font.
        """
        sha256, size_bytes = hashlib.sha256(drawn.pdf).hexdigest(), len(drawn.pdf)
        with self._database.write() as connection:
            connection.execute(
                update(responses)
                .where(responses.c.id == outgoing.id)
                .values(sha256=sha256, size_bytes=size_bytes, places=_write_places(drawn))
            )
        return replace(outgoing, sha256=sha256, size_bytes=size_bytes)

    def mark_delivered(self, response_id: int, sha256: str, size_bytes: int) -> None:
        with self._database.write() as connection:
            mark_delivered(connection, response_id, sha256, size_bytes)

    def readdress(self, outgoing: Outgoing, outbox: Path, *, rename: bool = False) -> Outgoing:
        """Into another outbox, or under another name where somebody's file has taken the first."""
        stem, copy = outgoing.name.removesuffix(".pdf"), 2
        name = f"{stem}_2.pdf" if rename else outgoing.name
        with self._database.write() as connection:
            while _is_taken(connection, outbox, name):
                name, copy = f"{stem}_{copy}.pdf", copy + 1
            connection.execute(
                update(responses)
                .where(responses.c.id == outgoing.id)
                .values(outbox=str(outbox), name=name)
            )
        return replace(outgoing, outbox=outbox, name=name)


def has_notice(connection: Connection, drop: Drop, code: str, provider: str) -> bool:
    """Whether a page told of this kind of trouble with this provider."""
    c = responses.c
    statement = select(
        exists().where(
            c.drop_id == drop.id,
            c.notice_code == code,
            c.notice_provider == make_storable(provider),
        )
    )
    return bool(connection.execute(statement).scalar_one())


def insert_notice(
    connection: Connection,
    drop: Drop,
    error: InkchatError,
    envelope: Envelope,
    write_content: WriteContent,
) -> None:
    """A page about a note that waits or is held; it takes the number that the note will have."""
    assert drop.conversation_id is not None  # noqa: S101  (every drop is routed before)
    number = next_exchange_number(connection, drop.conversation_id)
    insert_response(connection, drop, number, envelope, write_content, error)


def insert_response(
    connection: Connection,
    drop: Drop,
    number: int,
    envelope: Envelope,
    write_content: WriteContent,
    notice_of: InkchatError | None = None,
) -> None:
    """Inside a transaction that does more: the content, and a name that was never used."""
    assert drop.conversation_id is not None  # noqa: S101  (every drop is routed before)
    whose = connection.execute(_GET_WHOSE, {"of": drop.conversation_id}).one()
    head = Letterhead(
        conversation_id=drop.conversation_id,
        exchange_number=number,
        note_name=drop.name,
        written_at=datetime.now().astimezone(),
        code=whose.code or "",
        user=whose.user_id or "",
    )
    content = write_content(head)
    prefix = "ERROR" if isinstance(content, ErrorResponse) else "RESPONSE"
    copy = 1
    while True:
        name = name_response(
            envelope.name_pattern, prefix, drop.conversation_id, number, drop.name, copy
        )
        if not _is_taken(connection, envelope.outbox, name):
            break
        copy += 1
    connection.execute(
        insert(responses).values(
            drop_id=drop.id,
            conversation_id=drop.conversation_id,
            exchange_number=number,
            notice_code=notice_of.code if notice_of else "",
            notice_provider=make_storable(
                notice_of.provider if isinstance(notice_of, ProviderError) else ""
            ),
            outbox=str(envelope.outbox),
            name=name,
            content=encode_content(content),
            device=envelope.device,
            created_at=write_time(),
        )
    )


_GET_WHOSE = select(conversations.c.code, conversations.c.user_id).where(
    conversations.c.conversation_id == bindparam("of")
)


def mark_delivered(connection: Connection, response_id: int, sha256: str, size_bytes: int) -> None:
    """The content is let go, since the exchange keeps what was said."""
    connection.execute(
        update(responses)
        .where(responses.c.id == response_id)
        .values(sha256=sha256, size_bytes=size_bytes, delivered_at=write_time(), content=None)
    )


def _write_places(drawn: Drawn) -> str:
    places = [list(astuple(place)) for place in drawn.places]
    return json.dumps({"kind": drawn.kind, "places": places}, separators=(",", ":"))


def _is_taken(connection: Connection, outbox: Path, name: str) -> bool:
    return bool(
        connection.execute(
            select(exists().where(responses.c.outbox == str(outbox), responses.c.name == name))
        ).scalar_one()
    )
