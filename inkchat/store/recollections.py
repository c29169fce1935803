"""What is remembered of a conversation: the summary, the newest exchanges, an extract of others.

Reads no more of a conversation than is told: one of a thousand exchanges costs no more than one
of ten.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, func, select, update

from inkchat.config import ProviderName
from inkchat.store.database import Database
from inkchat.store.tables import conversations, drops, exchanges
from inkchat.store.values import make_storable
from inkchat.tokens import estimate_tokens

ENDS = 4
"""Of the exchanges that are left out, so many are read at either end."""

_NOBODY = -1
"""No drop has this number."""
_NEVER = 2**62
"""No exchange has a number as high."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """One answered note, as far as it is told again."""

    number: int
    asked: str
    """What was read from the note; may be empty."""
    answered: str
    input_file: str
    provider: str
    """Display name."""
    title: str
    created_at: str
    """As stored: ISO 8601, UTC."""
    author: str = ""
    """Who wrote the note; empty for the conversation's user."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """Of one conversation, before a note or after it."""

    summary: str
    """Of all exchanges up to the one with the number `covers`."""
    covers: int
    recent: tuple[Remembered, ...]
    """The newest, the oldest of them first."""
    left_out: tuple[Remembered, ...]
    """Between the summary and `recent`: the first few and the last few, the oldest first."""
    left_out_count: int
    """How many there are between the summary and `recent`."""


_e = exchanges.c
_later = exchanges.alias("later")
_of_a_conversation = (
    _e.conversation_id == bindparam("conversation_id"),
    _e.sequence_number > bindparam("covers"),
    _e.sequence_number < bindparam("before"),
    _e.outcome == "answered",
    func.trim(_e.response_text, " \t\r\n") != "",
    _e.drop_id.is_distinct_from(bindparam("besides_drop_id")),
    ~and_(
        # The same note was answered again afterwards: it is told once.
        _e.provider == ProviderName.OFFLINE.value,
        # Not needed, but quick: few drops have a later exchange.
        exists().where(drops.c.id == _e.drop_id, drops.c.exchange_number > _e.sequence_number),
        exists().where(
            _later.c.conversation_id == _e.conversation_id,
            _later.c.sequence_number > _e.sequence_number,
            _later.c.drop_id == _e.drop_id,
            _later.c.outcome == "answered",
        ),
    ),
)
_columns = (
    _e.sequence_number,
    _e.transcript,
    _e.response_text,
    _e.input_file,
    _e.provider,
    _e.title,
    _e.created_at,
    _e.author,
)

# Built once: building a statement costs more than SQLite takes to answer it.
_GET_SUMMARY = select(conversations.c.context_summary, conversations.c.summary_covers).where(
    conversations.c.conversation_id == bindparam("conversation_id")
)
_READ_BACKWARDS: Select[Any] = (
    select(*_columns)
    .where(*_of_a_conversation)
    .order_by(_e.sequence_number.desc(), _e.created_at.desc())
)
_READ_FIRST: Select[Any] = (
    select(*_columns)
    .where(*_of_a_conversation)
    .order_by(_e.sequence_number, _e.created_at)
    .limit(ENDS)
)
_COUNT = select(func.count()).select_from(exchanges).where(*_of_a_conversation)
_KEEP_SUMMARY = (
    update(conversations)
    .where(
        conversations.c.conversation_id == bindparam("of_conversation"),
        func.coalesce(conversations.c.summary_covers, 0) < bindparam("now_covers"),
    )
    .values(context_summary=bindparam("now_summary"), summary_covers=bindparam("now_covers"))
)
_CLEAR = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("of_conversation"))
    .values(
        context_summary="",
        summary_covers=func.coalesce(conversations.c.total_exchanges, 0),
    )
)


class Recollections:
    """Reads `exchanges`, and keeps the summary in `conversations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(
        self, conversation_id: str, *, besides_drop_id: int | None, most_tokens: int
    ) -> Recollection:
        """The newest exchanges up to `most_tokens`, and at least one if there is any.

        Without those of the drop `besides_drop_id`: what Offline said to a note must not stand
        before it when a model is asked. Raises StoreError.
        """
        with self._database.read() as connection:
            summary, covers = _get_summary(connection, conversation_id)
            which = {
                "conversation_id": conversation_id,
                "covers": covers,
                "before": _NEVER,
                "besides_drop_id": _NOBODY if besides_drop_id is None else besides_drop_id,
            }
            recent, last_left_out = _read_newest(connection, which, most_tokens)
            first_left_out: tuple[Remembered, ...] = ()
            more = 0
            if len(last_left_out) == ENDS:
                which["before"] = last_left_out[0].number
                more = connection.execute(_COUNT, which).scalar_one()
                first_left_out = tuple(map(_read_row, connection.execute(_READ_FIRST, which)))
        return Recollection(
            summary=summary,
            covers=covers,
            recent=recent,
            left_out=first_left_out + last_left_out,
            left_out_count=more + len(last_left_out),
        )

    def keep_summary(self, conversation_id: str, summary: str, covers: int) -> bool:
        """Replace the summary by one that reaches further; False if it does not.

        `covers` is the number of the last exchange in it. Durable. Raises StoreError.
        """
        values = {
            "of_conversation": conversation_id,
            "now_summary": make_storable(summary),
            "now_covers": covers,
        }
        with self._database.write() as connection:
            return connection.execute(_KEEP_SUMMARY, values).rowcount > 0

    def clear(self, conversation_id: str) -> str:
        """Let its memory begin anew behind the last exchange; return the summary there was.

        All exchanges are kept. Harmless the second time, which returns nothing. Durable. Raises
        StoreError.
        """
        with self._database.write() as connection:
            summary, _ = _get_summary(connection, conversation_id)
            connection.execute(_CLEAR, {"of_conversation": conversation_id})
        return summary


def _get_summary(connection: Connection, conversation_id: str) -> tuple[str, int]:
    row = connection.execute(_GET_SUMMARY, {"conversation_id": conversation_id}).one_or_none()
    return ("", 0) if row is None else (row.context_summary or "", row.summary_covers or 0)


def _read_newest(
    connection: Connection, which: dict[str, Any], most_tokens: int
) -> tuple[tuple[Remembered, ...], tuple[Remembered, ...]]:
    """What fits, and the last few of what does not, each with the oldest first."""
    recent: list[Remembered] = []
    left_out: list[Remembered] = []
    room = most_tokens
    # SQLite hands out row by row, so that the rest is never read.
    with connection.execute(_READ_BACKWARDS, which) as rows:
        for row in rows:
            exchange = _read_row(row)
            if not left_out:
                room -= _measure_tokens(exchange)
            if not recent or room >= 0:
                recent.append(exchange)
            else:
                left_out.append(exchange)
            if len(left_out) == ENDS:
                break
    return tuple(reversed(recent)), tuple(reversed(left_out))


def _measure_tokens(exchange: Remembered) -> int:
    """At most what it takes to tell: Offline’s own words are never told."""
    told = "" if exchange.provider == ProviderName.OFFLINE else exchange.answered
    return estimate_tokens(exchange.asked) + estimate_tokens(told)


def _read_row(row: Row[Any]) -> Remembered:
    return Remembered(
        number=row.sequence_number,
        asked=(row.transcript or "").strip(),
        answered=row.response_text.strip(),
        input_file=row.input_file or "",
        provider=row.provider or "",
        title=row.title or "",
        created_at=row.created_at or "",
        author=row.author or "",
    )
