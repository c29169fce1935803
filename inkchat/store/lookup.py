"""Finds the conversation that a person means: by id, by a part of it, or by its short code."""

from difflib import get_close_matches

from sqlalchemy import ColumnElement, Connection, func, select

from inkchat.store.conversation import UnknownConversation
from inkchat.store.names import CODE_LENGTH, read_code
from inkchat.store.tables import conversations
from inkchat.store.values import make_storable

MOST_NEAREST = 3
SHORTEST_PART = 4
"""Characters of an id that may stand for the whole."""
LONGEST_GIVEN = 60
"""Characters that are looked at, and said again in an error: no id is as long."""
MOST_COMPARED = 1000
"""Of the newest conversations, when one is looked for that is written nearly so."""
LEAST_ALIKE_CODE = 0.66
LEAST_ALIKE_ID = 0.9
"""Most of an id is its date, in which all of a day are alike."""

_c = conversations.c


def find_meant(connection: Connection, given: str, user: str | None = None) -> str:
    """The id of the one conversation that is meant, of any user or of this one.

    Raises UnknownConversation, with the nearest ones, for none and for several.
    """
    # A null byte would end the pattern that SQLite looks for.
    given = make_storable(given.strip()).replace("\0", "\N{REPLACEMENT CHARACTER}")
    of_user = _of_user(user)
    code = read_code(given)
    for is_meant in (_c.conversation_id == given, _c.code == (code or "")):
        exact = select(_c.conversation_id).where(is_meant, *of_user)
        found: str | None = connection.execute(exact).scalar_one_or_none()
        if found is not None:
            return found
    if len(given) > LONGEST_GIVEN:
        raise UnknownConversation(f"{given[:LONGEST_GIVEN]}…")
    ids = _find_containing(connection, given, of_user)
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise UnknownConversation(given, tuple(ids), is_ambiguous=True)
    nearest = _find_near(connection, code, of_user) or _find_alike(connection, given, of_user)
    raise UnknownConversation(given, tuple(nearest))


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


def _find_alike(
    connection: Connection, given: str, of_user: tuple[ColumnElement[bool], ...]
) -> list[str]:
    """Codes, or else ids, with signs that are missing, too many, changed about or none of ours."""
    statement = (
        select(func.coalesce(_c.code, ""), _c.conversation_id)
        .where(_c.conversation_id.is_not(None), *of_user)
        .order_by(_c.last_activity.desc())
        .limit(MOST_COMPARED)
    )
    rows = connection.execute(statement).all()
    codes, ids = [code for code, _ in rows], [conversation_id for _, conversation_id in rows]
    written = "".join(given.split()).replace("-", "")
    return get_close_matches(
        written.upper(), codes, MOST_NEAREST, LEAST_ALIKE_CODE
    ) or get_close_matches(given.lower(), ids, MOST_NEAREST, LEAST_ALIKE_ID)
