"""A copy of the database as it was at one moment, made while others write, and what it names."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from inkchat.errors import StoreError
from inkchat.store import migrations
from inkchat.store.database import Database
from inkchat.store.drop_rows import UNFINISHED
from inkchat.store.obstacles import ADVICE
from inkchat.store.purged_drops import PURGED

PAGES_AT_ONCE = 256

PATIENCE_SECONDS = 1.0

Tell = Callable[[int, int], None]
"""Is told how much of how much is done."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a copy of the database holds and names."""

    form: int
    conversations: int
    copies: tuple[str, ...]
    """Hashes of the private copies."""
    reply_drops: tuple[int, ...]
    """Numbers of the drops for which a paid answer may lie in a file."""


class Backups:
    """Copies the whole file, and so every table."""

    def __init__(self, database: Database) -> None:
        self._path = database.path

    def copy_to(self, target: Path, tell: Tell) -> None:
        """As it is now, into a new file that needs no other beside it. Raises StoreError."""
        try:
            with (
                closing(sqlite3.connect(self._path, isolation_level=None)) as source,
                closing(sqlite3.connect(target, isolation_level=None)) as copy,
            ):
                # One moment for all steps: without it each commit of others begins them anew.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                source.backup(
                    copy,
                    pages=PAGES_AT_ONCE,
                    progress=lambda _, left, total: tell(total - left, total),
                    sleep=0,
                )
                copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            if not isinstance(error, sqlite3.OperationalError):
                raise self._say_damaged(str(error)) from error
            raise StoreError(
                f"The database {self._path} could not be copied: {error}.",
                "Check that the disk is not full; `inkchat doctor` checks the database.",
            ) from error

    def take_inventory_of(self, copy: Path) -> Inventory:
        """Of what `copy_to` has written. Raises StoreError, and names this database in it."""
        try:
            return take_inventory(copy)
        except ValueError as error:
            raise self._say_damaged(str(error)) from error

    def _say_damaged(self, fault: str) -> StoreError:
        return StoreError(
            f"The database {self._path} is damaged, and no backup was made of it: {fault}.", ADVICE
        )


def fold_log(file: Path) -> bool:
    """Fold the log of a database into it, so that one file is all of it.

    False while another program uses it. One that is damaged is left as it lies.
    """
    try:
        with closing(sqlite3.connect(file, PATIENCE_SECONDS)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.DatabaseError as error:
        if "locked" not in str(error):
            return True
    return not file.with_name(f"{file.name}-wal").exists()


def take_inventory(file: Path) -> Inventory:
    """Of a database that nobody uses; checks all of it.

    The file is opened for reading alone and is left as it is. Raises ValueError, with the first
    fault on one line, if it is damaged or none of ours, and StoreError if it is of a newer inkchat.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            (form,) = database.execute("PRAGMA user_version").fetchone()
            if form > migrations.NEWEST:
                raise StoreError(
                    f"The database was written by a newer inkchat (form {form}, this one knows "
                    f"{migrations.NEWEST}).",
                    "Update inkchat first.",
                )
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            return _read_inventory(database, form)
    except sqlite3.Error as error:
        raise ValueError(_say_fault(str(error))) from error


def _say_fault(said: str) -> str:
    """SQLite heads the faults it lists with the database's name, on a line of its own."""
    lines = [line for line in said.splitlines() if not line.startswith("***")]
    return (lines or ["it cannot be read"])[0].rstrip(".")


def _read_inventory(database: sqlite3.Connection, form: int) -> Inventory:
    (count,) = database.execute("SELECT count(*) FROM conversations").fetchone()
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
    copies: set[str] = set()
    replies: list[int] = []
    if "drops" in tables:
        copies.update(each for (each,) in database.execute(_NAMED_BY_DROPS, (PURGED,)))
        replies += [each for (each,) in database.execute(_MAY_HAVE_REPLY)]
    if "attachments" in tables:
        named = database.execute("SELECT content_hash FROM attachments")
        copies.update(each for (each,) in named)
    return Inventory(form, count, tuple(sorted(copies)), tuple(replies))


_NAMED_BY_DROPS = """
    SELECT content_hash FROM drops
    WHERE content_hash IS NOT NULL AND state NOT IN ('duplicate', 'ignored') AND reason_code != ?
"""
_MAY_HAVE_REPLY = f"""
    SELECT id FROM drops WHERE state IN ({", ".join(f"'{state}'" for state in UNFINISHED)}, 'held')
    ORDER BY id
"""  # noqa: S608
