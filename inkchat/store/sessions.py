"""Conversations and their exchanges: what was asked and answered, kept for good."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, select, update

from inkchat.errors import ExitCode, InkchatError
from inkchat.store.database import Database, make_storable, write_time
from inkchat.store.names import (
    LONG_PATTERN,
    name_response,
    new_conversation_id,
    new_exchange_id,
)
from inkchat.store.tables import conversations, exchanges

log = logging.getLogger(__name__)

CONTEXT_CHARACTERS = 100
"""Of each answer in `get_conversation_context`."""


class UnknownConversation(InkchatError, ValueError):
    """No conversation has this id."""

    title = "The conversation is not known"
    exit_code = ExitCode.USAGE

    def __init__(self, conversation_id: str) -> None:
        super().__init__(
            f"Conversation {conversation_id} not found.",
            "`inkchat list` shows the conversations there are.",
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """One note and its reply; the first nine fields are those of the plain schema."""

    exchange_id: str
    sequence_number: int
    input_file: str
    input_type: str
    response_text: str
    processing_time: float
    """Seconds."""
    tokens_used: int
    created_at: str
    metadata: dict[str, Any] = field(default_factory=dict)
    outcome: str = "answered"
    """`answered` or `failed`."""
    title: str = ""
    transcript: str = ""
    language: str = ""
    provider: str = ""
    model: str = ""
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    """None where no price is known."""
    cache_written_tokens: int | None = None
    first_token_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ConversationState:
    """A conversation with all its exchanges, in order."""

    conversation_id: str
    user_id: str | None
    created_at: str
    last_activity: str
    total_exchanges: int
    status: str
    exchanges: list[Exchange]
    context_summary: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    watch: str = ""
    thread: str = ""
    summary_covers: int = 0
    """Number of the last exchange that `context_summary` tells of."""


class SessionManager:
    """Records conversations and exchanges in a SQLite file.

        sessions = SessionManager("eink_sessions.db")
        conversation_id = sessions.create_conversation(user_id="me")
        sessions.add_exchange(conversation_id, "note.pdf", "pdf", "Because …", 2.5, 150)

    Safe to use from several threads and processes at once; each call is one durable transaction.
    Every method raises StoreError if the database cannot be used.
    """

    def __init__(self, db_path: str | Path = "eink_sessions.db") -> None:
        """Open the database, making it and its parent folder if they are not there."""
        self.db_path = Path(db_path)
        self._database = Database(self.db_path)

    @classmethod
    def sharing(cls, database: Database) -> "SessionManager":
        """On a database that is open already; whoever opened it closes it."""
        sessions = cls.__new__(cls)
        sessions.db_path = database.path
        sessions._database = database
        return sessions

    def setup_database(self) -> None:
        """Make or bring up to date the tables; harmless at any moment."""
        self._database.bring_up_to_date()

    def close(self) -> None:
        """Let go of the file; the object cannot be used afterwards."""
        self._database.close()

    def create_conversation(self, user_id: str | None = None) -> str:
        """Begin a conversation; return its id, `conv_YYYYMMDD_HHMMSS_xxxxxxxx`."""
        with self._database.write() as connection:
            return insert_conversation(connection, user_id=user_id)

    def add_exchange(
        self,
        conversation_id: str,
        input_file: str,
        input_type: str,
        response_text: str,
        processing_time: float,
        tokens_used: int,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Append an exchange; return its id, `ex_xxxxxxxx`.

        `processing_time` is in seconds. Raises UnknownConversation, which is a ValueError.
        """
        with self._database.write() as connection:
            exchange_id, _ = insert_exchange(
                connection,
                conversation_id,
                {
                    "input_file": input_file,
                    "input_type": input_type,
                    "response_text": response_text,
                    "processing_time": processing_time,
                    "tokens_used": tokens_used,
                    "metadata": json.dumps(metadata or {}),
                },
            )
        return exchange_id

    def get_conversation(self, conversation_id: str) -> ConversationState | None:
        """The conversation with its exchanges in order, or None if there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                select(conversations).where(conversations.c.conversation_id == conversation_id)
            ).one_or_none()
            if row is None:
                return None
            rows = connection.execute(
                select(exchanges)
                .where(exchanges.c.conversation_id == conversation_id)
                .order_by(exchanges.c.sequence_number, exchanges.c.created_at)
            ).all()
        return _read_conversation(row, [_read_exchange(exchange) for exchange in rows])

    def list_conversations(self, limit: int) -> list[ConversationState]:
        """The most recently active first, of any status, without their exchanges."""
        c = conversations.c
        statement = (
            select(conversations)
            .where(c.total_exchanges > 0)
            .order_by(c.last_activity.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_read_conversation(row, []) for row in connection.execute(statement)]

    def find_ids(self, part: str, limit: int = 5) -> list[str]:
        """Ids of conversations that contain `part`, the most recently active first."""
        c = conversations.c
        statement = (
            select(c.conversation_id)
            .where(c.conversation_id.contains(part, autoescape=True))
            .order_by(c.last_activity.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def get_user(self, conversation_id: str) -> str | None:
        """Whose conversation it is; empty if nobody's, None if there is no such conversation."""
        statement = select(func.coalesce(conversations.c.user_id, "")).where(
            conversations.c.conversation_id == conversation_id
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def update_context_summary(self, conversation_id: str, summary: str) -> None:
        """Replace the summary of what was said before the recent exchanges."""
        with self._database.write() as connection:
            connection.execute(
                update(conversations)
                .where(conversations.c.conversation_id == conversation_id)
                .values(context_summary=make_storable(summary))
            )

    def generate_session_filename(
        self,
        conversation_id: str,
        exchange_number: int,
        original_filename: str,
        is_error: bool = False,
    ) -> str:
        """Such as `RESPONSE_conv_20261120_140509_1f2e3d4c_ex001_note.pdf`, or `ERROR_…`."""
        prefix = "ERROR" if is_error else "RESPONSE"
        return name_response(
            LONG_PATTERN, prefix, conversation_id, exchange_number, original_filename
        )

    def get_conversation_context(self, conversation_id: str, max_exchanges: int = 3) -> str:
        """The summary and the newest exchanges as text; empty if there are none."""
        conversation = self.get_conversation(conversation_id)
        if conversation is None or not conversation.exchanges:
            return ""
        lines = [f"Recent exchanges from conversation {conversation_id}:"]
        if conversation.context_summary:
            lines.insert(0, f"Context: {conversation.context_summary}")
        for exchange in conversation.exchanges[-max_exchanges:]:
            said = (exchange.response_text or "")[:CONTEXT_CHARACTERS]
            lines.append(
                f"Exchange #{exchange.sequence_number}: {exchange.input_type} -> {said}..."
            )
        return "\n".join(lines)

    def list_active_conversations(self) -> list[dict[str, Any]]:
        """All active ones, the most recently active first, as dictionaries.

        Keys: conversation_id, user_id, created_at, last_activity, total_exchanges.
        """
        c = conversations.c
        statement = (
            select(c.conversation_id, c.user_id, c.created_at, c.last_activity, c.total_exchanges)
            .where(c.status == "active")
            .order_by(c.last_activity.desc())
        )
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]


def insert_conversation(
    connection: Connection, *, user_id: str | None, watch: str = "", thread: str = ""
) -> str:
    """Begin a conversation inside a transaction that does more."""
    conversation_id = new_conversation_id(datetime.now())  # noqa: DTZ005  (people read it)
    now = write_time()
    connection.execute(
        insert(conversations).values(
            conversation_id=conversation_id,
            user_id=user_id,
            created_at=now,
            last_activity=now,
            status="active",
            watch=watch,
            thread=thread,
        )
    )
    log.info("Conversation %s begins.", conversation_id)
    return conversation_id


def insert_exchange(
    connection: Connection, conversation_id: str, values: Mapping[str, Any]
) -> tuple[str, int]:
    """Append an exchange inside a transaction that does more; return its id and number.

    The transaction holds the write lock from its beginning, so numbers cannot collide.
    """
    number = next_exchange_number(connection, conversation_id)
    exchange_id = new_exchange_id()
    while connection.execute(_IS_TAKEN, {"exchange_id": exchange_id}).scalar_one():
        # Eight digits meet now and then once there are a million exchanges.
        exchange_id = new_exchange_id()
    now = write_time()
    connection.execute(
        _INSERT_EXCHANGE,
        {
            "exchange_id": exchange_id,
            "conversation_id": conversation_id,
            "sequence_number": number,
            "created_at": now,
            **{k: make_storable(v) if isinstance(v, str) else v for k, v in values.items()},
        },
    )
    connection.execute(
        _COUNT_EXCHANGE, {"of_conversation": conversation_id, "number": number, "now": now}
    )
    return exchange_id, number


def next_exchange_number(connection: Connection, conversation_id: str) -> int:
    """Raises UnknownConversation."""
    total = connection.execute(
        _GET_TOTAL, {"conversation_id": conversation_id}
    ).scalar_one_or_none()
    if total is None:
        raise UnknownConversation(conversation_id)
    return int(total) + 1


# Built once: building a statement costs more than SQLite takes to carry it out.
_IS_TAKEN = select(exists().where(exchanges.c.exchange_id == bindparam("exchange_id")))
_INSERT_EXCHANGE = insert(exchanges)
_COUNT_EXCHANGE = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("of_conversation"))
    .values(total_exchanges=bindparam("number"), last_activity=bindparam("now"))
)
_GET_TOTAL = select(func.coalesce(conversations.c.total_exchanges, 0)).where(
    conversations.c.conversation_id == bindparam("conversation_id")
)


def _read_conversation(row: Row[Any], with_exchanges: list[Exchange]) -> ConversationState:
    return ConversationState(
        conversation_id=row.conversation_id,
        user_id=row.user_id,
        created_at=row.created_at,
        last_activity=row.last_activity,
        total_exchanges=row.total_exchanges or 0,
        status=row.status,
        exchanges=with_exchanges,
        context_summary=row.context_summary or "",
        metadata=json.loads(row.metadata or "{}"),
        title=row.title or "",
        watch=row.watch or "",
        thread=row.thread or "",
        summary_covers=row.summary_covers or 0,
    )


def _read_exchange(row: Row[Any]) -> Exchange:
    return Exchange(
        exchange_id=row.exchange_id,
        sequence_number=row.sequence_number,
        input_file=row.input_file,
        input_type=row.input_type,
        response_text=row.response_text,
        processing_time=row.processing_time,
        tokens_used=row.tokens_used,
        created_at=row.created_at,
        metadata=json.loads(row.metadata or "{}"),
        outcome=row.outcome or "answered",
        title=row.title or "",
        transcript=row.transcript or "",
        language=row.language or "",
        provider=row.provider or "",
        model=row.model or "",
        input_tokens=row.input_tokens,
        cached_tokens=row.cached_tokens,
        output_tokens=row.output_tokens,
        cost_usd=row.cost_usd,
        cache_written_tokens=row.cache_written_tokens,
        first_token_seconds=row.first_token_seconds,
    )
