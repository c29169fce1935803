"""Pauses: providers that are not to be asked for a while, whichever note is next."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from inkchat.errors import ProviderError
from inkchat.store.database import Database
from inkchat.store.tables import pauses
from inkchat.store.troubles import hurry_waiting_for
from inkchat.store.values import make_storable, read_time, write_time

FORGOTTEN_AFTER = timedelta(days=1)
"""A pause that has been over for so long tells nothing of the provider as it is now."""
MOST_AHEAD = timedelta(hours=2)
"""No pause is as long: a time further ahead was written by a clock that was wrong."""


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

    def is_in_force(self, now: datetime) -> bool:
        return now < self.until <= now + MOST_AHEAD


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
        if pause is None or pause.is_in_force(now):
            return pause
        with self._database.write() as connection:
            # Asked again: another caller may have been faster.
            pause = _find(connection, provider_key)
            if pause is None or pause.is_in_force(now):
                return pause
            connection.execute(
                update(pauses)
                .where(pauses.c.provider_key == provider_key)
                .values(until=write_time(now + timedelta(seconds=lease_seconds)))
            )
            return None

    def begin(
        self,
        provider_key: str,
        error: ProviderError,
        until: datetime,
        now: datetime,
        *,
        is_probe: bool = False,
    ) -> Pause:
        """Or renew; another kind of failure begins to count anew. The pause that is in force now.

        `is_probe`: `enter` let this call through when the pause was over. Other calls that fail
        in a pause were on their way before it: they may lengthen it, and are no further try.
        """
        new = Pause(
            provider=error.provider,
            code=error.code,
            what_happened=make_storable(error.what_happened),
            next_step=make_storable(error.next_step),
            tries=1,
            since=now,
            until=until,
        )
        with self._database.write() as connection:
            before = _find(connection, provider_key)
            if before is not None:
                new = _renew(before, new, is_probe=is_probe)
            _keep(connection, provider_key, new)
            # Of keys and addresses that are not used any more.
            is_old = pauses.c.until < write_time(now - FORGOTTEN_AFTER)
            connection.execute(delete(pauses).where(is_old))
        return new

    def end(self, provider_key: str) -> None:
        """It answers again: the notes that wait for it go on at once.

        Its pauses under other keys end, too: they are of a key or model it had before.
        """
        with self._database.read() as connection:
            if _find(connection, provider_key) is None:
                return
        with self._database.write() as connection:
            pause = _find(connection, provider_key)
            if pause is not None:
                connection.execute(delete(pauses).where(pauses.c.provider == pause.provider))
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


def end_pauses_before(connection: Connection, provider: str, asked_at: datetime) -> None:
    """Inside a transaction that does more: a call that was begun at `asked_at` was answered.

    What began before did not keep it back, and so is of a key or model the provider had before;
    what began since came of a later call, and holds.
    """
    connection.execute(
        delete(pauses).where(pauses.c.provider == provider, pauses.c.since < write_time(asked_at))
    )


def _renew(before: Pause, new: Pause, *, is_probe: bool) -> Pause:
    is_same = before.code == new.code
    if is_probe or not before.is_in_force(new.since):
        return replace(new, tries=before.tries + 1, since=before.since) if is_same else new
    if before.until >= new.until:
        return before
    return replace(new, tries=before.tries, since=before.since) if is_same else new


def _keep(connection: Connection, provider_key: str, pause: Pause) -> None:
    values = {**asdict(pause), "since": write_time(pause.since), "until": write_time(pause.until)}
    connection.execute(
        upsert(pauses)
        .values(provider_key=provider_key, **values)
        .on_conflict_do_update(index_elements=["provider_key"], set_=values)
    )


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
