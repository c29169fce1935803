"""The SQLite file: opened, checked, brought up to date, and written one transaction at a time."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event

from inkchat.errors import StoreError
from inkchat.store import migrations
from inkchat.store.obstacles import refuse_in_place_of_lost, said_in_words

log = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30
BREATH_SECONDS = 0.01
"""Between two transactions of many: whoever waits to write has a turn."""


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
        refuse_in_place_of_lost(path)
        with said_in_words(path, BUSY_TIMEOUT_SECONDS):
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
        with said_in_words(self.path, BUSY_TIMEOUT_SECONDS), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, erasing: bool = False) -> Iterator[Connection]:
        """One transaction: committed when the block ends, undone when it raises.

        With `erasing` the pages that become empty are overwritten, which costs writing them.
        """
        # Threads queue up here: SQLite would have them sleep and try, up to 0.1 s at a time.
        with (
            said_in_words(self.path, BUSY_TIMEOUT_SECONDS),
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

    @contextmanager
    def alone(self, patience_seconds: float) -> Iterator[sqlite3.Connection]:
        """A connection of one's own, while no other thread writes; it raises SQLite's errors.

        Not of the engine, which would keep the short patience for other work.
        """
        with (
            self._writing,
            closing(sqlite3.connect(self.path, patience_seconds, isolation_level=None)) as alone,
        ):
            yield alone

    def close(self) -> None:
        self._engine.dispose()

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
