"""What a purge has still to do, written down with what makes it due; and when it last looked."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from inkchat.store.tables import conversations, drops, purge_marks
from inkchat.store.values import read_time, write_time

COPY = "copy"
"""The hash of a private copy that may be named no more."""
WORDS = "words"
"""When words were removed that may still stand in the file."""
_LOOKED = "looked"
"""When it was last looked for old conversations, by a clock that was believed."""
_DOUBTED = "doubted"
"""When it was looked by a clock that was not."""

LEAST_APART = timedelta(hours=20)
MOST_APART = timedelta(days=40)
"""A clock that is so much further on at the next look has gone as clocks do."""

_c = purge_marks.c


def add_marks(connection: Connection, kind: str, subjects: Iterable[str]) -> None:
    rows = [{"kind": kind, "subject": subject} for subject in sorted(set(subjects))]
    if rows:
        connection.execute(insert(purge_marks).on_conflict_do_nothing(), rows)


def list_marks(connection: Connection, kind: str) -> list[str]:
    statement = select(_c.subject).where(_c.kind == kind).order_by(_c.subject)
    return list(connection.execute(statement).scalars())


def remove_marks(connection: Connection, kind: str, subjects: Sequence[str]) -> None:
    connection.execute(delete(purge_marks).where(_c.kind == kind, _c.subject.in_(subjects)))


def believe_clock(connection: Connection, now: datetime, most_ahead: timedelta) -> bool:
    """Whether `now` can be; if it is too far ahead of all that is known, not at the first look.

    Rows count at the very first look alone: later ones may have been written by a clock that
    was wrong.
    """
    looked, doubted = (_read(connection, kind) for kind in (_LOOKED, _DOUBTED))
    known = looked or _find_newest(connection)
    is_likely = known is None or now <= known + most_ahead
    if is_likely or (doubted is not None and LEAST_APART <= now - doubted <= MOST_APART):
        _write(connection, _LOOKED, now)
        _write(connection, _DOUBTED, None)
        return True
    if doubted is None or not timedelta(0) <= now - doubted <= MOST_APART:
        _write(connection, _DOUBTED, now)
    return False


def _read(connection: Connection, kind: str) -> datetime | None:
    marks = list_marks(connection, kind)
    return read_time(marks[-1]) if marks else None


def _write(connection: Connection, kind: str, moment: datetime | None) -> None:
    connection.execute(delete(purge_marks).where(_c.kind == kind))
    if moment is not None:
        add_marks(connection, kind, [write_time(moment)])


def _find_newest(connection: Connection) -> datetime | None:
    columns = (conversations.c.last_activity, drops.c.received_at)
    times = [connection.execute(select(func.max(column))).scalar_one() for column in columns]
    return max((moment for moment in map(read_time, times) if moment), default=None)
