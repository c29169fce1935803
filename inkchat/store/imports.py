"""Conversations that come from elsewhere, each brought in by one durable transaction."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from inkchat.store.attachments import Attachment, insert_attachments
from inkchat.store.conversation import ConversationState, Exchange
from inkchat.store.database import Database
from inkchat.store.names import is_code, new_code, new_exchange_id
from inkchat.store.tables import conversations, exchanges
from inkchat.store.values import make_storable

_MOST_ASKED = 500
"""Values in one statement."""

_c = conversations.c


class Imports:
    """Writes `conversations`, `exchanges` and `attachments` as they were elsewhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_ids(self) -> list[str | None]:
        """Of all conversations in which something was said, the oldest first.

        None for a row of old that has no id.
        """
        statement = (
            select(_c.conversation_id)
            .where(_c.total_exchanges > 0)
            .order_by(_c.created_at, _c.conversation_id)
        )
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def is_of(self, conversation_id: str, user: str) -> bool:
        """Whether there is such a conversation, and it is this user's."""
        statement = select(
            exists().where(_c.conversation_id == conversation_id, _c.user_id == user)
        )
        with self._database.read() as connection:
            return bool(connection.execute(statement).scalar_one())

    def insert(self, conversation: ConversationState, files: Sequence[Attachment]) -> str | None:
        """Bring in a conversation whose id is free; return its short code.

        The code is a new one where the given one is taken or is none. None, and nothing has
        changed, if the id is taken.
        """
        with self._database.write() as connection:
            if _get_total(connection, conversation.conversation_id) is not None:
                return None
            code = _choose_code(connection, conversation.code)
            connection.execute(insert(conversations).values(_write_row(conversation, code)))
            _insert_exchanges(connection, conversation.conversation_id, conversation.exchanges)
            insert_attachments(connection, conversation.conversation_id, files)
            return code

    def extend(
        self,
        grown: ConversationState,
        known: int,
        *,
        completed: Exchange | None = None,
        files: Sequence[Attachment] = (),
    ) -> bool:
        """Add what is new in `grown`: its exchanges, `files`, what it keeps of its session log.

        `known` is how many exchanges there were when this was found out, and `completed` the
        last of them if it has got its answer since. False, and nothing has changed, if there are
        more by now.
        """
        with self._database.write() as connection:
            if _get_total(connection, grown.conversation_id) != known:
                return False
            if completed is not None:
                values = _write_exchange(grown.conversation_id, completed)
                connection.execute(
                    update(exchanges)
                    .where(exchanges.c.exchange_id == values.pop("exchange_id"))
                    .values(values)
                )
            _insert_exchanges(connection, grown.conversation_id, grown.exchanges)
            insert_attachments(connection, grown.conversation_id, files)
            connection.execute(
                update(conversations)
                .where(_c.conversation_id == grown.conversation_id)
                .values(
                    total_exchanges=grown.total_exchanges,
                    last_activity=grown.last_activity,
                    metadata=json.dumps(grown.metadata),
                )
            )
            return True


def _get_total(connection: Connection, conversation_id: str) -> int | None:
    statement = select(func.coalesce(_c.total_exchanges, 0)).where(
        _c.conversation_id == conversation_id
    )
    total: int | None = connection.execute(statement).scalar_one_or_none()
    return total


def _choose_code(connection: Connection, code: str) -> str:
    while not is_code(code) or connection.execute(select(exists().where(_c.code == code))).scalar():
        code = new_code()
    return code


def _insert_exchanges(
    connection: Connection, conversation_id: str, told: Sequence[Exchange]
) -> None:
    """An exchange whose id is taken, here or by one before it, gets a new one."""
    taken = _list_taken(connection, [exchange.exchange_id for exchange in told])
    rows = []
    for exchange in told:
        values = _write_exchange(conversation_id, exchange)
        while values["exchange_id"] in taken:
            values["exchange_id"] = new_exchange_id()
            taken |= _list_taken(connection, [values["exchange_id"]])
        taken.add(values["exchange_id"])
        rows.append(values)
    if rows:
        connection.execute(insert(exchanges), rows)


def _list_taken(connection: Connection, ids: Sequence[str]) -> set[str]:
    taken: set[str] = set()
    for start in range(0, len(ids), _MOST_ASKED):
        some = exchanges.c.exchange_id.in_(ids[start : start + _MOST_ASKED])
        taken |= set(connection.execute(select(exchanges.c.exchange_id).where(some)).scalars())
    return taken


def _write_row(conversation: ConversationState, code: str) -> dict[str, Any]:
    """Without a home: where it was at home elsewhere is no place here."""
    return _make_all_storable(
        {
            "conversation_id": conversation.conversation_id,
            "user_id": conversation.user_id,
            "created_at": conversation.created_at,
            "last_activity": conversation.last_activity,
            "total_exchanges": conversation.total_exchanges,
            "status": conversation.status,
            "context_summary": conversation.context_summary,
            "metadata": json.dumps(conversation.metadata),
            "title": conversation.title,
            "summary_covers": conversation.summary_covers,
            "code": code,
            "provider": conversation.provider,
            "model": conversation.model,
            "system_prompt": conversation.system_prompt,
            "ended_at": conversation.ended_at,
            "end_reason": conversation.end_reason,
            "follows": conversation.follows,
        }
    )


def _write_exchange(conversation_id: str, exchange: Exchange) -> dict[str, Any]:
    values = {name: getattr(exchange, name) for name in Exchange.__slots__}
    return _make_all_storable(
        values | {"conversation_id": conversation_id, "metadata": json.dumps(exchange.metadata)}
    )


def _make_all_storable(values: dict[str, Any]) -> dict[str, Any]:
    return {k: make_storable(v) if isinstance(v, str) else v for k, v in values.items()}
