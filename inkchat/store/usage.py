"""Usage: what calls took, added up for people to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, func, select

from inkchat.store.tables import calls


class Grouping(StrEnum):
    """What `Calls.report` adds up by."""

    DAY = "day"
    MONTH = "month"
    PROVIDER = "provider"
    USER = "user"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What the calls of one day, month, provider, user or conversation took."""

    key: str
    """Such as `2026-11-21`, `2026-11` or a name; empty for calls of no conversation or user."""
    calls: int
    input_tokens: int
    """Includes the cached ones."""
    cached_tokens: int
    output_tokens: int
    cost_usd: float
    """Of the calls whose price is known."""
    calls_of_unknown_cost: int
    calls_estimated: int
    """Open or lost, or not counted by the provider."""


_KEYS = {
    Grouping.DAY: calls.c.day,
    Grouping.MONTH: func.substr(calls.c.day, 1, 7),
    Grouping.PROVIDER: calls.c.provider,
    Grouping.USER: calls.c.user_id,
    Grouping.CONVERSATION: func.coalesce(calls.c.conversation_id, ""),
}


def add_up(
    connection: Connection,
    by: Grouping,
    since: date | None,
    until: date | None,
    user: str | None,
    conversation_id: str | None,
) -> list[UsageRow]:
    """As `Calls.report`."""
    c = calls.c
    key = _KEYS[by].label("key")
    cost = func.coalesce(func.sum(c.cost_usd), 0.0)
    is_in_time = by in (Grouping.DAY, Grouping.MONTH)
    most_first = (cost.desc(), func.sum(c.input_tokens + c.output_tokens).desc(), key)
    statement = (
        select(
            key,
            func.count(),
            func.sum(c.input_tokens),
            func.sum(c.cached_tokens),
            func.sum(c.output_tokens),
            cost,
            func.count() - func.count(c.cost_usd),
            func.sum(c.is_estimate),
        )
        .where(*_are_meant(since, until, user, conversation_id))
        .group_by(key)
        .order_by(*((key,) if is_in_time else most_first))
    )
    return [UsageRow(*row) for row in connection.execute(statement)]


def _are_meant(
    since: date | None, until: date | None, user: str | None, conversation_id: str | None
) -> Iterator[ColumnElement[bool]]:
    c = calls.c
    if since is not None:
        yield c.day >= since.isoformat()
    if until is not None:
        yield c.day <= until.isoformat()
    if user is not None:
        yield c.user_id == user
    if conversation_id is not None:
        yield c.conversation_id == conversation_id
