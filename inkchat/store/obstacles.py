"""What keeps a database from being used, in words: whatever SQLite and the file system say."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from inkchat.errors import StoreError

ADVICE = (
    "`inkchat restore FILE --replace` puts a backup in its place and keeps the damaged one beside "
    "it; inkchat does not overwrite it."
)
"""What to do about a database that is damaged. Not to move it away: a service that is started
again would then begin a new one, and answer the whole inbox once more."""
_FOLDER = "is a folder"
_READ_ONLY = "lies on a read-only medium or may not be written by this user"


@contextmanager
def said_in_words(path: Path, patience_seconds: float) -> Iterator[None]:
    """Raise StoreError for what goes wrong in the block; never replace the file.

    `patience_seconds` is how long SQLite waits for other programs.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(said, sqlite3.IntegrityError) or not isinstance(said, sqlite3.DatabaseError):
            raise
        raise _put_in_words(said, path, patience_seconds) from error
    except OSError as error:
        raise StoreError(
            f"The folder of the database {path} cannot be made: {error.strerror}.",
            "Check the path in `database:` and who may write there.",
        ) from error


def _put_in_words(said: sqlite3.DatabaseError, path: Path, patience_seconds: float) -> StoreError:
    if not isinstance(said, sqlite3.OperationalError):
        return StoreError(f"The database {path} is damaged or is not a database: {said}.", ADVICE)
    if "locked" in str(said) or "busy" in str(said):
        return StoreError(
            f"The database {path} was locked by another program for {patience_seconds} seconds.",
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


def _read_obstacle(said: sqlite3.OperationalError, path: Path) -> str:
    """Behind SQLite's refusal to open or to write; the rest of what it says is of the disk."""
    code = getattr(said, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_READONLY:
        return find_obstacle(path) or _READ_ONLY
    return find_obstacle(path) if code == sqlite3.SQLITE_CANTOPEN else ""


def refuse_in_place_of_lost(path: Path) -> None:
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
