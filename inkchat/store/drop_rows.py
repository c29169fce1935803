"""Rows of `drops`, read and changed inside a transaction that belongs to somebody else."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    and_,
    bindparam,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from inkchat.domain import Drop, DropState
from inkchat.store.tables import drops
from inkchat.store.values import make_storable, read_time, write_time

UNFINISHED = (DropState.RECEIVED, DropState.ASKING, DropState.ANSWERED, DropState.WAITING)
"""States that go on by themselves; `held` needs a person."""


# Built once: these are asked several times for each note, and building a statement costs more
# than SQLite takes to answer it.
_GET_DROP = select(drops).where(drops.c.id == bindparam("drop_id"))


def get_drop(connection: Connection, drop_id: int) -> Drop:
    return read_drop(connection.execute(_GET_DROP, {"drop_id": drop_id}).one())


def insert_drop(connection: Connection, state: DropState, **values: Any) -> int:
    now = write_time()
    result = connection.execute(
        insert(drops).values(state=state, received_at=now, updated_at=now, **values)
    )
    assert result.inserted_primary_key is not None  # noqa: S101  (an INTEGER PRIMARY KEY is)
    return int(result.inserted_primary_key[0])


def change_drop(
    connection: Connection, drop_id: int, from_states: Collection[DropState], **values: Any
) -> bool:
    """Change a row that is in one of `from_states`; False if it is not."""
    texts = {k: make_storable(v) for k, v in values.items() if isinstance(v, str)}
    result = connection.execute(
        update(drops)
        .where(drops.c.id == drop_id, drops.c.state.in_(from_states))
        .values(updated_at=write_time(), **{**values, **texts})
    )
    return result.rowcount > 0


def is_unfinished(table: FromClause = drops) -> ColumnElement[bool]:
    """As literals: SQLite takes a partial index only for a condition that it can read."""
    states: BindParameter[list[str]] = bindparam(
        "unfinished", [str(state) for state in UNFINISHED], expanding=True, literal_execute=True
    )
    return table.c.state.in_(states)


def is_held(table: FromClause = drops) -> ColumnElement[bool]:
    """As a literal, as in `is_unfinished`."""
    return table.c.state == literal_column(f"'{DropState.HELD}'")


def has_its_turn() -> ColumnElement[bool]:
    """No earlier drop of the same conversation is still to be answered in any of the `watches`,
    which are given when the statement is executed.

    One that a budget holds goes on by itself, and is waited for like an unfinished one; not so
    one that is answered already and held on its way to a model. What may be a command is looked
    at in any case.
    """
    earlier = drops.alias("earlier")
    is_earlier = and_(
        earlier.c.conversation_id == drops.c.conversation_id,
        earlier.c.id < drops.c.id,
        earlier.c.watch.in_(bindparam("watches", expanding=True)),
    )
    holds_turn = and_(
        is_held(earlier), earlier.c.held_until.is_not(None), earlier.c.wants_model == 0
    )
    return or_(
        drops.c.conversation_id.is_(None),
        drops.c.may_be_command == 1,
        # Each by itself: SQLite takes a partial index for no condition with OR.
        and_(
            ~exists().where(is_earlier, is_unfinished(earlier)),
            ~exists().where(is_earlier, holds_turn),
        ),
    )


def read_drop(row: Row[Any]) -> Drop:
    return Drop(
        id=row.id,
        watch=row.watch,
        thread=row.thread,
        name=row.name,
        content_hash=row.content_hash,
        suffix=row.suffix,
        size_bytes=row.size_bytes,
        state=DropState(row.state),
        reason=row.reason,
        reason_code=row.reason_code,
        conversation_id=row.conversation_id,
        exchange_number=row.exchange_number,
        calls=row.calls,
        cuts=row.cuts,
        attempts=row.attempts,
        waiting_for=row.waiting_for,
        failing_since=read_time(row.failing_since),
        not_before=read_time(row.not_before),
        received_at=read_time(row.received_at) or datetime.now(UTC),
        updated_at=read_time(row.updated_at) or datetime.now(UTC),
        asked_provider=row.asked_provider,
        wants_model=bool(row.wants_model),
        held_until=read_time(row.held_until),
        repairs=row.repairs,
        document=row.document,
        may_be_command=bool(row.may_be_command),
        is_placed=bool(row.is_placed),
    )
