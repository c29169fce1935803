"""Rows of `calls`, written and read inside a transaction that does more."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from inkchat.config import Budget, ProviderName
from inkchat.domain import Drop, Reply, Usage
from inkchat.store.budgets import Demand, demand_of_budget
from inkchat.store.calibrations import learn, read_factor
from inkchat.store.tables import calls, conversations
from inkchat.store.values import make_storable, read_time, write_time

MOST_TOKENS = 10**12
"""Of one call, so that sums stay whole numbers: a server may claim any number."""


class Purpose(StrEnum):
    """What a call was for; the word stands in `calls.purpose`."""

    ANSWER = "answer"
    REPAIR = "repair"
    """The model was told what was wrong with its answer."""
    HAND_OVER = "hand-over"
    """The note was read, and names another provider."""
    SUMMARY = "summary"
    CHECK = "check"


class CallState(StrEnum):
    """What became of a call; the word stands in `calls.state`."""

    OPEN = "open"
    DONE = "done"
    LOST = "lost"
    """It may have been paid, and nobody heard the answer."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that is about to be made, with estimates of what it will take."""

    user: str
    watch: str
    drop_id: int | None
    conversation_id: str | None
    purpose: Purpose
    provider: str
    model: str
    input_tokens: int
    """`Calibrations.factor` times what was counted in the request."""
    output_tokens: int
    cost_usd: float | None
    """None where no price is known: it counts as nothing against a budget in money."""


def reserve_call(
    connection: Connection, planned: PlannedCall, budget: Budget, now: datetime
) -> int:
    """Enter a call as open, inside a transaction that does more; its id.

    Raises BudgetReached if what was spent and this would go beyond a ceiling.
    """
    if planned.drop_id is not None:
        # Whatever came of the one before, nobody will hear of it now.
        lose_call_of_drop(connection, planned.drop_id)
    demand = Demand(
        provider=planned.provider,
        noun=_NOUNS.get(planned.purpose, "note"),
        usd=planned.cost_usd or 0.0,
        tokens=planned.input_tokens + planned.output_tokens,
    )
    demand_of_budget(connection, demand, budget, planned.user, now)
    factor = read_factor(connection, planned.provider, planned.model)
    result = connection.execute(insert(calls).values(**_write_planned(planned, factor, now)))
    assert result.inserted_primary_key is not None  # noqa: S101  (an INTEGER PRIMARY KEY is)
    return int(result.inserted_primary_key[0])


_NOUNS = {Purpose.SUMMARY: "summary", Purpose.CHECK: "check"}


def _write_planned(planned: PlannedCall, factor: float, now: datetime) -> dict[str, Any]:
    return {
        "at": write_time(now),
        "day": now.astimezone().date().isoformat(),
        "user_id": make_storable(planned.user),
        "watch": make_storable(planned.watch),
        "drop_id": planned.drop_id,
        "conversation_id": planned.conversation_id,
        "purpose": planned.purpose,
        "provider": planned.provider,
        "model": make_storable(planned.model),
        "state": CallState.OPEN,
        "estimated_input_tokens": _bound(round(planned.input_tokens / factor)),
        "input_tokens": _bound(planned.input_tokens),
        "output_tokens": _bound(planned.output_tokens),
        "cost_usd": planned.cost_usd,
        "is_estimate": 1,
    }


def finish_call(
    connection: Connection,
    call_id: int,
    usage: Usage,
    cost_usd: float | None,
    *,
    first_token_seconds: float | None,
    request_id: str,
    seconds: float | None = None,
    purpose: Purpose | None = None,
) -> None:
    """Inside a transaction that does more; one that is done already stays as it is."""
    c = calls.c
    call = connection.execute(
        select(c.provider, c.model, c.estimated_input_tokens, c.cost_usd).where(
            c.id == call_id, c.state != CallState.DONE
        )
    ).one_or_none()
    if call is None:
        return
    values: dict[str, Any] = {
        "state": CallState.DONE,
        "seconds": seconds,
        "first_token_seconds": first_token_seconds,
        "request_id": make_storable(request_id),
    }
    if purpose is not None:
        values["purpose"] = purpose
    if usage.total_tokens > 0:
        values |= _write_used(usage, cost_usd, call.cost_usd)
        learn(
            connection, call.provider, call.model, call.estimated_input_tokens, usage.input_tokens
        )
    connection.execute(update(calls).where(c.id == call_id).values(**values))


def _write_used(
    usage: Usage, cost_usd: float | None, estimated_usd: float | None
) -> dict[str, Any]:
    # A count that no price fits must not make the call one that costs nothing.
    is_cost_estimated = cost_usd is None and estimated_usd is not None
    return {
        "input_tokens": _bound(usage.input_tokens),
        "cached_tokens": _bound(usage.cached_tokens),
        "cache_written_tokens": _bound(usage.cache_written_tokens),
        "output_tokens": _bound(usage.output_tokens),
        "cost_usd": estimated_usd if is_cost_estimated else cost_usd,
        "is_estimate": int(is_cost_estimated),
    }


def _bound(tokens: int) -> int:
    return max(0, min(tokens, MOST_TOKENS))


def find_open_call(connection: Connection, drop_id: int) -> int | None:
    c = calls.c
    return connection.execute(
        select(c.id).where(c.drop_id == drop_id, c.state == CallState.OPEN)
    ).scalar_one_or_none()


def lose_call_of_drop(connection: Connection, drop_id: int) -> None:
    """The open one, if there is one: nobody will hear whether it was answered."""
    connection.execute(
        update(calls)
        .where(calls.c.drop_id == drop_id, calls.c.state == CallState.OPEN)
        .values(state=CallState.LOST)
    )


def forget_call_of_drop(connection: Connection, drop_id: int) -> None:
    """The open one, if there is one: it was refused before any work."""
    connection.execute(
        delete(calls).where(calls.c.drop_id == drop_id, calls.c.state == CallState.OPEN)
    )


def settle_call_of_drop(
    connection: Connection, drop: Drop, reply: Reply, seconds: float
) -> datetime | None:
    """The drop is answered: its call is done, also one whose reply was recorded late.

    An answer that nobody reserved a call for is entered all the same if tokens were paid for.
    When the call was begun, if that is known.
    """
    if reply.provider == ProviderName.OFFLINE:
        lose_call_of_drop(connection, drop.id)
        return None
    c = calls.c
    newest = connection.execute(
        select(c.id, c.state, c.at)
        .where(c.drop_id == drop.id, c.purpose.in_((Purpose.ANSWER, Purpose.REPAIR)))
        .order_by(c.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.state != CallState.DONE:
        call_id = int(newest.id)
    elif reply.usage.total_tokens > 0:
        call_id = reserve_call(
            connection, _plan_afterwards(connection, drop, reply), Budget(), datetime.now(UTC)
        )
    else:
        return None
    finish_call(
        connection,
        call_id,
        reply.usage,
        reply.cost_usd,
        seconds=seconds,
        first_token_seconds=reply.first_token_seconds,
        request_id=reply.request_id,
    )
    return read_time(newest.at) if newest is not None else None


def _plan_afterwards(connection: Connection, drop: Drop, reply: Reply) -> PlannedCall:
    user = connection.execute(
        select(conversations.c.user_id).where(
            conversations.c.conversation_id == drop.conversation_id
        )
    ).scalar_one_or_none()
    return PlannedCall(
        user=user or "",
        watch=drop.watch,
        drop_id=drop.id,
        conversation_id=drop.conversation_id,
        purpose=Purpose.ANSWER,
        provider=reply.provider,
        model=reply.model,
        input_tokens=0,
        output_tokens=0,
        cost_usd=None,
    )
