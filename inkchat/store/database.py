"""The SQLite file: opened, checked, brought up to date, and written one transaction at a time."""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from inkchat.errors import StoreError
from inkchat.store import migrations

log = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30
PATIENCE_SECONDS = 5.0
"""With others who use the file, before making it smaller is given up."""
OVERWRITTEN_AT_ONCE = 500
"""Pages in one transaction."""
BREATH_SECONDS = 0.01
"""Between two transactions of many: whoever waits to write has a turn."""
WORTH_COMPACTING = 0.1
"""Share of empty pages from which on the file is worth being written anew."""
ADVICE = (
    "`inkchat restore FILE --replace` puts a backup in its place and keeps the damaged one beside "
    "it; inkchat does not overwrite it."
)
"""What to do about a database that is damaged. Not to move it away: a service that is started
again would then begin a new one, and answer the whole inbox once more."""
_FOLDER = "is a folder"
_READ_ONLY = "lies on a read-only medium or may not be written by this user"
MOST_AHEAD = timedelta(hours=2)
"""No pause is as long: a time further ahead was written by a clock that was wrong."""


class Database:
    """One SQLite file, shared by threads and processes.

    WAL, so that readers never wait for the writer; synchronous FULL, so that what was committed
    survives a power cut; every write transaction begins IMMEDIATE, so that two writers queue
    up instead of failing half way.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file and its parent folder; bring an older one up to date.

        Raises StoreError if it is damaged, locked, not writable, or from a newer inkchat.
        """
        self.path = path
        self._writing = threading.Lock()
        _refuse_in_place_of_lost(path)
        with _said_in_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = _create_engine(path)
            try:
                self.bring_up_to_date()
            except BaseException:
                self._engine.dispose()
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for statements that change nothing; each sees the newest commit."""
        with _said_in_words(self.path), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, erasing: bool = False) -> Iterator[Connection]:
        """One transaction: committed when the block ends, undone when it raises.

        With `erasing` the pages that become empty are overwritten, which costs writing them.
        """
        # Threads queue up here: SQLite would have them sleep and try, up to 0.1 s at a time.
        with (
            _said_in_words(self.path),
            self._writing,
            self._engine.connect() as connection,
        ):
            driver = get_driver(connection)
            if erasing:
                driver.execute("PRAGMA secure_delete = ON")
            try:
                driver.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    driver.execute("ROLLBACK")
                    raise
                driver.execute("COMMIT")
            finally:
                if erasing:
                    driver.execute("PRAGMA secure_delete = FAST")

    def close(self) -> None:
        self._engine.dispose()

    def compact(self, *, always: bool) -> str:
        """Give back the room that removed rows took; what kept it from that, as a sentence.

        Empty if nothing did. Without `always` the file is written anew only where more than
        `WORTH_COMPACTING` of it is empty; else its empty pages are overwritten. Either way
        nothing is left in it of what was removed.
        """
        try:
            with self._writing, closing(_connect_alone(self.path)) as alone:
                pages, empty = (
                    alone.execute(f"PRAGMA {name}").fetchone()[0]
                    for name in ("page_count", "freelist_count")
                )
                if always or empty > pages * WORTH_COMPACTING:
                    alone.execute("VACUUM")
                else:
                    _overwrite_empty(alone)
                is_hindered = alone.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error as error:
            return f"The database could not be made smaller: {error}."
        if is_hindered:
            return "The database could not be made smaller: another program is reading it."
        return ""

    def fold_log(self) -> None:
        """Into the file, if nobody reads it just now."""
        with suppress(sqlite3.Error), self._writing, closing(_connect_alone(self.path)) as alone:
            alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def bring_up_to_date(self) -> None:
        """Take the migrations that are missing; harmless at any moment."""
        if self._version() == migrations.NEWEST:
            return
        with self.write() as connection:
            # Asked again inside the transaction: another process may have been faster.
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version > migrations.NEWEST:
                raise StoreError(
                    f"The database {self.path} was written by a newer inkchat "
                    f"(form {version}, this one knows {migrations.NEWEST}).",
                    "Update inkchat, or name another file with `database:` in config.yaml.",
                )
            for number in range(version + 1, migrations.NEWEST + 1):
                migrations.BY_NUMBER[number](connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {number}")
                log.info("The database was brought to form %d.", number)

    def _version(self) -> int:
        with self._engine.connect() as connection:
            version: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            return version


def get_driver(connection: Connection) -> sqlite3.Connection:
    """For the few statements of every exchange: SQLAlchemy takes longer for each than SQLite."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"no connection of SQLite: {type(driver).__name__}")
    return driver


def _refuse_in_place_of_lost(path: Path) -> None:
    """What is in the log of a database that is gone would be lost with the first new row."""
    # The log first: whoever makes a database makes its log after it.
    log_file = path.with_name(f"{path.name}-wal")
    try:
        is_lost = log_file.stat().st_size > 0 and (not path.exists() or path.stat().st_size == 0)
    except OSError:
        return
    if is_lost:
        raise StoreError(
            f"The database {path} is gone or empty, and its log {log_file.name} is still there.",
            "Bring the file back, or put a backup in its place with `inkchat restore FILE "
            "--replace`; to begin anew, move the log away too.",
        )


def find_obstacle(path: Path) -> str:
    """Why no database can be kept there, as the end of a sentence; empty if nothing is known."""
    if path.is_dir():
        return _FOLDER
    if not all(os.access(each, os.W_OK) for each in (path, path.parent) if each.exists()):
        return _READ_ONLY
    return ""


def say_obstacle(obstacle: str) -> str:
    """What to do about it."""
    if obstacle == _FOLDER:
        return "Name a file with `database:` in config.yaml, or remove the folder."
    return (
        "Let this user write the file and its folder, or name another file with `database:` in "
        "config.yaml."
    )


def _connect_alone(path: Path) -> sqlite3.Connection:
    """Beside the engine, which would keep a short patience for other work."""
    connection = sqlite3.connect(path, PATIENCE_SECONDS, isolation_level=None)
    # What `_overwrite_empty` lets go is empty already.
    connection.execute("PRAGMA secure_delete = OFF")
    return connection


def _overwrite_empty(alone: sqlite3.Connection) -> None:
    """Pages that were given back unwritten: taken with zeros in them, and let go.

    The last time there may be fewer than are taken, and the file grows by a few.
    """
    alone.execute(_EMPTY_ROOM)
    (page_bytes,) = alone.execute("PRAGMA page_size").fetchone()
    (empty,) = alone.execute("PRAGMA freelist_count").fetchone()
    for number in range(empty // OVERWRITTEN_AT_ONCE + 1):
        (left,) = alone.execute("PRAGMA freelist_count").fetchone()
        pages = min(left, OVERWRITTEN_AT_ONCE) + 1
        alone.execute(_FILL_ROOM, (str(number), pages * page_bytes))
        time.sleep(BREATH_SECONDS)
    alone.execute(_EMPTY_ROOM)


_FILL_ROOM = "INSERT INTO purge_marks (kind, subject, room) VALUES ('room', ?, zeroblob(?))"
_EMPTY_ROOM = "DELETE FROM purge_marks WHERE kind = 'room'"


def _create_engine(path: Path) -> Engine:
    engine = create_engine(
        # Not as text: a path may hold "?" and "%".
        URL.create("sqlite", database=str(path)),
        # A failed statement is told in errors and logs, and its values are notes and answers.
        hide_parameters=True,
        # The driver begins no transactions of its own; `Database.write` does.
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
        pool_size=16,
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Within the pages that are written anyway; a purge sees to the others.
        connection.execute("PRAGMA secure_delete = FAST")

    return engine


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Changing the mode wants the file for itself and, unlike all else, does not wait for it."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def _said_in_words(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into sentences; never replace the file."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(said, sqlite3.IntegrityError) or not isinstance(said, sqlite3.DatabaseError):
            raise
        raise _put_in_words(said, path) from error
    except OSError as error:
        raise StoreError(
            f"The folder of the database {path} cannot be made: {error.strerror}.",
            "Check the path in `database:` and who may write there.",
        ) from error


def _put_in_words(said: sqlite3.DatabaseError, path: Path) -> StoreError:
    if not isinstance(said, sqlite3.OperationalError):
        return StoreError(f"The database {path} is damaged or is not a database: {said}.", ADVICE)
    if "locked" in str(said) or "busy" in str(said):
        return StoreError(
            f"The database {path} was locked by another program "
            f"for {BUSY_TIMEOUT_SECONDS} seconds.",
            "Close the program that holds it, and try again.",
        )
    if getattr(said, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return StoreError(
            f"The database {path} is not as inkchat writes it: {said}.",
            f"If it is not of inkchat, name another file with `database:`. {ADVICE}",
        )
    if obstacle := _read_obstacle(said, path):
        return StoreError(f"The database {path} {obstacle}.", say_obstacle(obstacle))
    return StoreError(
        f"The database {path} cannot be used: {said}.",
        "Check that the disk is not full and that this user may write the file and its folder.",
    )


def _read_obstacle(said: sqlite3.OperationalError, path: Path) -> str:
    """Behind SQLite's refusal to open or to write; the rest of what it says is of the disk."""
    code = getattr(said, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_READONLY:
        return find_obstacle(path) or _READ_ONLY
    return find_obstacle(path) if code == sqlite3.SQLITE_CANTOPEN else ""


def write_time(moment: datetime | None = None) -> str:
    """As it is stored: UTC, ISO 8601, always with microseconds; now if none is given."""
    moment = moment or datetime.now(UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str | None) -> datetime | None:
    """A stored time; one without a zone, from the plain schema, is this machine's local time.

    None also for what is no time, and at the ends of the calendar, where another zone may lie
    beyond them: rows of old and other programs hold anything.
    """
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment and MINYEAR < moment.year < MAXYEAR else None


def make_storable(text: str) -> str:
    """Lone surrogates, which JSON can smuggle in, have no form in UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
