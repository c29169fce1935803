"""Finds the conversation that a person means: by id, by a part of it, or by its short code."""

from sqlalchemy import ColumnElement, Connection, select

from inkchat.store.conversation_rows import UnknownConversation
from inkchat.store.names import CODE_LENGTH, read_code
from inkchat.store.tables import conversations

MOST_NEAREST = 3
SHORTEST_PART = 4
"""Characters of an id that may stand for the whole."""

_c = conversations.c


def find_meant(connection: Connection, given: str, user: str | None = None) -> str:
    """The id of the one conversation that is meant, of any user or of this one.

    Raises UnknownConversation, with the nearest ones, for none and for several.
    """
    given = given.strip()
    of_user = _of_user(user)
    exact = select(_c.conversation_id).where(_c.conversation_id == given, *of_user)
    found: str | None = connection.execute(exact).scalar_one_or_none()
    if found is not None:
        return found
    code = read_code(given)
    if code is not None:
        by_code = select(_c.conversation_id).where(_c.code == code, *of_user)
        found = connection.execute(by_code).scalar_one_or_none()
    if found is not None:
        return found
    ids = _find_containing(connection, given, of_user)
    if len(ids) == 1:
        return ids[0]
    raise UnknownConversation(given, tuple(ids or _find_near(connection, code, of_user)))


def _of_user(user: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if user is None else (_c.user_id == user,)


def _find_containing(
    connection: Connection, part: str, of_user: tuple[ColumnElement[bool], ...]
) -> list[str]:
    if len(part) < SHORTEST_PART:
        return []
    statement = (
        select(_c.conversation_id)
        .where(_c.conversation_id.contains(part, autoescape=True), *of_user)
        .order_by(_c.last_activity.desc())
        .limit(MOST_NEAREST)
    )
    return list(connection.execute(statement).scalars())


def _find_near(
    connection: Connection, code: str | None, of_user: tuple[ColumnElement[bool], ...]
) -> list[str]:
    """Codes that differ in one place."""
    if code is None:
        return []
    patterns = [f"{code[:i]}_{code[i + 1 :]}" for i in range(CODE_LENGTH)]
    near: list[str] = []
    for pattern in patterns:
        statement = select(_c.code).where(_c.code.like(pattern), *of_user).limit(MOST_NEAREST)
        near += connection.execute(statement).scalars()
    return near[:MOST_NEAREST]
