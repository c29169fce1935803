"""Many conversations at once: a page of them, and how many there are."""

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from inkchat.store.conversation import ConversationState, UnknownConversation
from inkchat.store.conversation_rows import read_conversation
from inkchat.store.tables import conversations, exchanges

_c = conversations.c


def list_newest(
    connection: Connection, limit: int | None, after: str | None, *conditions: ColumnElement[bool]
) -> list[ConversationState]:
    """The most recently active first, without their exchanges, behind the id `after`.

    Raises UnknownConversation.
    """
    statement = (
        select(conversations)
        .where(*conditions)
        .order_by(_c.last_activity.desc(), _c.conversation_id.desc())
        .limit(limit)
    )
    if after is not None:
        last = connection.execute(
            select(_c.last_activity).where(_c.conversation_id == after)
        ).scalar_one_or_none()
        if last is None:
            raise UnknownConversation(after)
        statement = statement.where(
            _c.last_activity <= last,
            tuple_(_c.last_activity, _c.conversation_id) < (last, after),
        )
    return [read_conversation(row, []) for row in connection.execute(statement)]


def count_by_status(connection: Connection, user: str | None) -> dict[str, int]:
    statement = select(_c.status, func.count()).where(*_of_user(user)).group_by(_c.status)
    return {row.status: int(row[1]) for row in connection.execute(statement)}


def count_answered(connection: Connection, user: str | None) -> tuple[int, int]:
    """Exchanges, and the tokens they took."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(exchanges.c.tokens_used), 0))
        .select_from(exchanges)
        .join(conversations, _c.conversation_id == exchanges.c.conversation_id)
        .where(exchanges.c.outcome == "answered", *_of_user(user))
    ).one()
    return int(row[0]), int(row[1])


def _of_user(user: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if user is None else (_c.user_id == user,)
