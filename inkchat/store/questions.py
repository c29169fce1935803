"""Questions about drops: what is due, what waits, and how many there are."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, literal_column, or_, select

from inkchat.config import ProviderName
from inkchat.domain import Drop, DropState
from inkchat.store.database import MOST_AHEAD, Database, read_time, write_time
from inkchat.store.drop_rows import get_drop, has_its_turn, is_held, is_unfinished, read_drop
from inkchat.store.tables import drops, exchanges, responses


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
        c = drops.c
        may_go_on = and_(
            c.watch.in_(watches),
            c.id.not_in(besides),
            or_(c.not_before.is_(None), c.not_before <= write_time(now), _is_too_far_ahead(now)),
        )
        unfinished = (
            select(drops)
            .where(is_unfinished(), may_go_on, has_its_turn(watches))
            .order_by(c.id)
            .limit(limit)
        )
        held = select(drops).where(
            is_held(),
            may_go_on,
            exists().where(responses.c.drop_id == c.id, responses.c.delivered_at.is_(None)),
        )
        with self._database.read() as connection:
            rows = [*connection.execute(unfinished), *connection.execute(held.limit(limit))]
        return [read_drop(row) for row in rows[:limit]]

    def next_due_at(self, watches: Collection[str]) -> datetime | None:
        """When the earliest pause ends that an unfinished drop is taking."""
        now = datetime.now(UTC)
        ends_at = case((_is_too_far_ahead(now), write_time(now)), else_=drops.c.not_before)
        statement = select(func.min(ends_at)).where(
            is_unfinished(), drops.c.watch.in_(watches), has_its_turn(watches)
        )
        with self._database.read() as connection:
            return read_time(connection.execute(statement).scalar_one())

    def has_its_turn(self, drop: Drop, watches: Collection[str]) -> bool:
        """False while an earlier drop of its conversation is unfinished, or held for a budget."""
        statement = select(exists().where(drops.c.id == drop.id, has_its_turn(watches)))
        with self._database.read() as connection:
            return bool(connection.execute(statement).scalar_one())

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


def _is_too_far_ahead(now: datetime) -> ColumnElement[bool]:
    return drops.c.not_before > write_time(now + MOST_AHEAD)


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
