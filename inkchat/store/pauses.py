"""Pauses: providers that are not to be asked for a while, whichever note is next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.errors import ProviderError
from inkchat.store.database import Database, make_storable, read_time, write_time
from inkchat.store.tables import pauses
from inkchat.store.troubles import hurry_waiting_for


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a provider is not to be asked, and until when."""

    provider: str
    """Display name."""
    code: str
    what_happened: str
    next_step: str
    tries: int
    """Calls in a row, of whatever notes, that failed as `code` says."""
    since: datetime
    until: datetime


class Pauses:
    """The table `pauses`, by a key that is the same for equal ways of asking a provider."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, provider_key: str) -> Pause | None:
        """Whether it is over or not."""
        with self._database.read() as connection:
            return _find(connection, provider_key)

    def list_all(self) -> list[Pause]:
        """Those that are over and not probed yet, too; the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(pauses).order_by(pauses.c.since)).all()
        return [_read_pause(row) for row in rows]

    def enter(self, provider_key: str, now: datetime, lease_seconds: float) -> Pause | None:
        """None: go on and ask; else the pause that is in the way.

        When a pause is over, one caller is let through to find out, and the others wait for
        what it finds, `lease_seconds` at most.
        """
        with self._database.read() as connection:
            pause = _find(connection, provider_key)
        if pause is None or pause.until > now:
            return pause
        with self._database.write() as connection:
            # Asked again: another caller may have been faster.
            pause = _find(connection, provider_key)
            if pause is None or pause.until > now:
                return pause
            connection.execute(
                update(pauses)
                .where(pauses.c.provider_key == provider_key)
                .values(until=write_time(now + timedelta(seconds=lease_seconds)))
            )
            return None

    def begin(
        self, provider_key: str, error: ProviderError, until: datetime, now: datetime
    ) -> None:
        """Or renew; another kind of failure begins to count anew."""
        with self._database.write() as connection:
            before = _find(connection, provider_key)
            same = before if before is not None and before.code == error.code else None
            values = {
                "provider": error.provider,
                "code": error.code,
                "what_happened": make_storable(error.what_happened),
                "next_step": make_storable(error.next_step),
                "tries": same.tries + 1 if same else 1,
                "since": write_time(same.since if same else now),
                "until": write_time(until),
            }
            connection.execute(
                upsert(pauses)
                .values(provider_key=provider_key, **values)
                .on_conflict_do_update(index_elements=["provider_key"], set_=values)
            )

    def end(self, provider_key: str) -> None:
        """It answers again: the notes that wait for it go on at once."""
        with self._database.read() as connection:
            if _find(connection, provider_key) is None:
                return
        with self._database.write() as connection:
            pause = _find(connection, provider_key)
            if pause is not None:
                connection.execute(delete(pauses).where(pauses.c.provider_key == provider_key))
                hurry_waiting_for(connection, pause.provider)

    def end_all(self) -> None:
        """Something was changed that may mend any of them."""
        with self._database.read() as connection:
            if not connection.execute(select(exists(select(pauses)))).scalar_one():
                return
        with self._database.write() as connection:
            providers = connection.execute(select(pauses.c.provider).distinct()).scalars().all()
            for provider in providers:
                hurry_waiting_for(connection, provider)
            connection.execute(delete(pauses))


def _find(connection: Connection, provider_key: str) -> Pause | None:
    row = connection.execute(
        select(pauses).where(pauses.c.provider_key == provider_key)
    ).one_or_none()
    return None if row is None else _read_pause(row)


def _read_pause(row: Row[tuple[str, ...]]) -> Pause:
    return Pause(
        provider=row.provider,
        code=row.code,
        what_happened=row.what_happened,
        next_step=row.next_step,
        tries=row.tries,
        since=read_time(row.since) or datetime.now(UTC),
        until=read_time(row.until) or datetime.now(UTC),
    )
