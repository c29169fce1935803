"""Questions about drops: what is due, what waits, and how many there are."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from inkchat.config import ProviderName
from inkchat.domain import Drop, DropState
from inkchat.store.database import Database
from inkchat.store.drop_rows import get_drop, has_its_turn, is_held, is_unfinished, read_drop
from inkchat.store.pauses import MOST_AHEAD
from inkchat.store.tables import drops, exchanges, responses
from inkchat.store.values import read_time, write_time

# Built once, as in `drop_rows`.
_IN_WATCHES = drops.c.watch.in_(bindparam("watches", expanding=True))
_IS_TOO_FAR_AHEAD = drops.c.not_before > bindparam("too_far_ahead")
_MAY_GO_ON = and_(
    _IN_WATCHES,
    drops.c.id.not_in(bindparam("besides", expanding=True)),
    or_(
        drops.c.not_before.is_(None),
        drops.c.not_before <= bindparam("now"),
        _IS_TOO_FAR_AHEAD,
    ),
)
_UNFINISHED = (
    select(drops)
    .where(is_unfinished(), _MAY_GO_ON, has_its_turn())
    .order_by(drops.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_HELD = (
    select(drops)
    .where(
        is_held(),
        _MAY_GO_ON,
        exists().where(responses.c.drop_id == drops.c.id, responses.c.delivered_at.is_(None)),
    )
    .limit(bindparam("limit", type_=Integer))
)
_NEXT_END = select(
    func.min(case((_IS_TOO_FAR_AHEAD, bindparam("now", type_=String)), else_=drops.c.not_before))
).where(is_unfinished(), _IN_WATCHES, has_its_turn())
_HAS_ITS_TURN = select(exists().where(drops.c.id == bindparam("drop_id"), has_its_turn()))


class Questions:
    """Reads the table `drops`, and changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, drop_id: int) -> Drop:
        with self._database.read() as connection:
            return get_drop(connection, drop_id)

    def list_due(
        self, watches: Collection[str], now: datetime, limit: int, besides: Collection[int] = ()
    ) -> list[Drop]:
        """Drops whose time and turn have come, the oldest first.

        Unfinished ones, and held ones whose page is still to be delivered.
        """
        given = {
            "watches": list(watches),
            "besides": list(besides),
            "now": write_time(now),
            "too_far_ahead": write_time(now + MOST_AHEAD),
            "limit": limit,
        }
        with self._database.read() as connection:
            rows = [*connection.execute(_UNFINISHED, given), *connection.execute(_HELD, given)]
        return [read_drop(row) for row in rows[:limit]]

    def next_due_at(self, watches: Collection[str]) -> datetime | None:
        """When the earliest pause ends that an unfinished drop is taking."""
        now = datetime.now(UTC)
        given = {
            "watches": list(watches),
            "now": write_time(now),
            "too_far_ahead": write_time(now + MOST_AHEAD),
        }
        with self._database.read() as connection:
            return read_time(connection.execute(_NEXT_END, given).scalar_one())

    def has_its_turn(self, drop: Drop, watches: Collection[str]) -> bool:
        """False while an earlier drop of its conversation is unfinished, or held for a budget."""
        given = {"drop_id": drop.id, "watches": list(watches)}
        with self._database.read() as connection:
            return bool(connection.execute(_HAS_ITS_TURN, given).scalar_one())

    def count_open(self, watches: Collection[str]) -> int:
        """Drops that have not reached a final state."""
        c = drops.c
        with self._database.read() as connection:
            return sum(
                connection.execute(
                    select(func.count()).where(condition, c.watch.in_(watches))
                ).scalar_one()
                for condition in (is_unfinished(), is_held())
            )

    def list_offline_answered(self, watches: Collection[str], limit: int) -> list[Drop]:
        """Delivered drops that no model has answered yet, the oldest first."""
        statement = (
            select(drops)
            .where(
                drops.c.state == DropState.DELIVERED,
                drops.c.watch.in_(watches),
                is_answered_offline(),
            )
            .order_by(drops.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [read_drop(row) for row in connection.execute(statement)]

    def count_waiting_in(self, conversation_id: str, besides_drop_id: int) -> int:
        """Other unfinished drops of a conversation."""
        c = drops.c
        statement = select(func.count()).where(
            is_unfinished(), c.conversation_id == conversation_id, c.id != besides_drop_id
        )
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one()

    def count_states(self) -> dict[DropState, int]:
        statement = select(drops.c.state, func.count()).group_by(drops.c.state)
        with self._database.read() as connection:
            return {DropState(state): count for state, count in connection.execute(statement)}

    def list_drops(self, states: Sequence[DropState], limit: int) -> list[Drop]:
        """The newest first."""
        statement = (
            select(drops).where(drops.c.state.in_(states)).order_by(drops.c.id.desc()).limit(limit)
        )
        with self._database.read() as connection:
            return [read_drop(row) for row in connection.execute(statement)]


def is_answered_offline() -> ColumnElement[bool]:
    """Its newest exchange is of Offline; as literals, for the partial index."""
    c = exchanges.c
    return exists().where(
        c.provider == literal_column(f"'{ProviderName.OFFLINE}'"),
        c.outcome == literal_column("'answered'"),
        c.drop_id == drops.c.id,
        c.conversation_id == drops.c.conversation_id,
        c.sequence_number == drops.c.exchange_number,
    )
