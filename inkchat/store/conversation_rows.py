"""Rows of `conversations` and `exchanges`, written and read inside somebody else's transaction."""

import json
import logging
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, select
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from inkchat.store.conversation import (
    ACTIVE,
    ConversationState,
    Exchange,
    Home,
    UnknownConversation,
)
from inkchat.store.database import get_driver
from inkchat.store.names import new_code, new_conversation_id, new_exchange_id
from inkchat.store.tables import (
    attachments,
    calls,
    conversations,
    drops,
    exchanges,
    responses,
    thread_links,
)
from inkchat.store.values import make_storable, write_time

log = logging.getLogger(__name__)


def insert_conversation(
    connection: Connection, home: Home, *, follows: str = "", **values: Any
) -> str:
    """Begin a conversation inside a transaction that does more; return its id."""
    conversation_id = new_conversation_id(datetime.now())  # noqa: DTZ005  (people read it)
    code = new_code()
    while connection.execute(_IS_CODE_TAKEN, {"code": code}).scalar_one():
        code = new_code()
    now = write_time()
    connection.execute(
        _INSERT_CONVERSATION,
        {
            "conversation_id": conversation_id,
            "code": code,
            "user_id": home.user_id,
            "watch": home.watch,
            "thread": home.thread,
            "document": make_storable(home.document),
            "section": home.section,
            "follows": follows,
            "created_at": now,
            "last_activity": now,
            "status": ACTIVE,
            **values,
        },
    )
    log.info("Conversation %s begins.", conversation_id)
    return conversation_id


def is_there(connection: Connection, conversation_id: str) -> bool:
    statement = select(exists().where(conversations.c.conversation_id == conversation_id))
    return bool(connection.execute(statement).scalar_one())


def forget_if_empty(connection: Connection, conversation_id: str, begun_after: str) -> None:
    """Take back a conversation that was begun for a note which belongs elsewhere.

    Nothing was said in it or is about to be, nobody has given it anything of its own, and it was
    not begun before the time `begun_after`, as stored.
    """
    c = conversations.c
    own = (c.title, c.provider, c.model, c.system_prompt)
    connection.execute(
        delete(conversations).where(
            c.conversation_id == conversation_id,
            c.created_at >= begun_after,
            func.coalesce(c.total_exchanges, 0) == 0,
            func.coalesce(c.metadata, "{}") == "{}",
            *(func.coalesce(column, "") == "" for column in own),
            *(
                ~exists().where(table.c.conversation_id == conversation_id)
                for table in (exchanges, drops, responses, calls, thread_links, attachments)
            ),
        )
    )


def insert_exchange(
    connection: Connection, conversation_id: str, values: Mapping[str, Any]
) -> tuple[str, int]:
    """Append an exchange inside a transaction that does more; return its id and number.

    The transaction holds the write lock from its beginning, so numbers cannot collide.
    """
    now = write_time()
    driver = get_driver(connection)
    counted = driver.execute(_COUNT_EXCHANGE, (now, conversation_id)).fetchall()
    if not counted:
        raise UnknownConversation(conversation_id)
    ((number,),) = counted
    row = {
        **_DEFAULTS,
        "conversation_id": conversation_id,
        "sequence_number": number,
        "created_at": now,
        **{k: make_storable(v) if isinstance(v, str) else v for k, v in values.items()},
    }
    while True:
        exchange_id = new_exchange_id()
        try:
            row["exchange_id"] = exchange_id
            driver.execute(_write_insert(tuple(row)), row)
        except sqlite3.IntegrityError:
            # Eight digits meet now and then once there are a million exchanges.
            if not connection.execute(_IS_TAKEN, {"exchange_id": exchange_id}).scalar_one():
                raise
        else:
            return exchange_id, int(number)


def next_exchange_number(connection: Connection, conversation_id: str) -> int:
    """Raises UnknownConversation."""
    total = connection.execute(
        _GET_TOTAL, {"conversation_id": conversation_id}
    ).scalar_one_or_none()
    if total is None:
        raise UnknownConversation(conversation_id)
    return int(total) + 1


# Built once: building a statement costs more than SQLite takes to carry it out.
_IS_CODE_TAKEN = select(exists().where(conversations.c.code == bindparam("code")))
_INSERT_CONVERSATION = insert(conversations)
_IS_TAKEN = select(exists().where(exchanges.c.exchange_id == bindparam("exchange_id")))
# As text for the driver: what SQLAlchemy does to a statement takes twice as long as SQLite.
_COUNT_EXCHANGE = (
    "UPDATE conversations SET total_exchanges = coalesce(total_exchanges, 0) + 1, "
    "last_activity = ? WHERE conversation_id = ? RETURNING total_exchanges"
)
_DEFAULTS = {
    column.name: column.default.arg
    for column in exchanges.c
    if isinstance(column.default, ScalarElementColumnDefault)
}


@cache
def _write_insert(columns: tuple[str, ...]) -> str:
    """With its number for the search, which a trigger would give it by writing the row again."""
    names, values = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return (
        f"INSERT INTO exchanges ({names}, search_id) "  # noqa: S608  (columns of ours)
        f"VALUES ({values}, (SELECT coalesce(max(search_id), 0) + 1 FROM exchanges))"
    )


_GET_TOTAL = select(func.coalesce(conversations.c.total_exchanges, 0)).where(
    conversations.c.conversation_id == bindparam("conversation_id")
)


def _read_text(value: Any) -> Any:
    """As text, where other programs wrote bytes into the plain schema."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _read_metadata(text: Any) -> dict[str, Any]:
    """Rows of old may hold anything."""
    try:
        metadata = json.loads(text or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def write_metadata(metadata: Mapping[str, Any] | None) -> str:
    """As it is stored. Raises TypeError and ValueError for what is no JSON object."""
    if metadata is None:
        return "{}"
    if not isinstance(metadata, Mapping):
        raise TypeError(
            "metadata must be a JSON object, such as a dictionary, and this is "
            f"{type(metadata).__name__}: {str(metadata)[:40]}"
        )
    try:
        return json.dumps(dict(metadata), allow_nan=False)
    except TypeError as error:
        raise TypeError(
            f"metadata must be a JSON object, and cannot be written: {error}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"metadata must be a JSON object, and cannot be written: {error}"
        ) from error


def read_conversation(row: Row[Any], with_exchanges: list[Exchange]) -> ConversationState:
    return ConversationState(
        conversation_id=row.conversation_id,
        user_id=_read_text(row.user_id),
        created_at=_read_text(row.created_at),
        last_activity=_read_text(row.last_activity),
        total_exchanges=row.total_exchanges or 0,
        status=_read_text(row.status),
        exchanges=with_exchanges,
        context_summary=_read_text(row.context_summary) or "",
        metadata=_read_metadata(row.metadata),
        title=row.title or "",
        watch=row.watch or "",
        thread=row.thread or "",
        summary_covers=row.summary_covers or 0,
        code=row.code or "",
        provider=row.provider or "",
        model=row.model or "",
        system_prompt=row.system_prompt or "",
        document=row.document or "",
        section=row.section or "",
        ended_at=row.ended_at,
        end_reason=row.end_reason or "",
        follows=row.follows or "",
    )


def read_exchange(row: Row[Any]) -> Exchange:
    return Exchange(
        exchange_id=row.exchange_id,
        sequence_number=row.sequence_number,
        input_file=_read_text(row.input_file),
        input_type=_read_text(row.input_type),
        response_text=_read_text(row.response_text),
        processing_time=row.processing_time,
        tokens_used=row.tokens_used,
        created_at=_read_text(row.created_at),
        metadata=_read_metadata(row.metadata),
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
        author=row.author or "",
    )
