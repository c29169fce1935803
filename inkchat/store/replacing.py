"""One database put into the place of another, with the answers kept beside it: both or none.

The new ones lie in a folder of the private folder until they are in force. As long as the
database is in it, the old one is in force, and what was moved goes back; once it has left, the
rest follows it. Whoever opens the store next does whichever is left to do.
"""

import contextlib
import filecmp
import glob
import os
import shutil
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from inkchat.errors import StoreError
from inkchat.folders import sync_folder
from inkchat.store.database import Database
from inkchat.store.locks import SERVICE, Locks

DATABASE, REPLIES = "eink_sessions.db", "replies"
"""In the folder of the new ones; the second need not be there."""
_ENDING = ".new"


def check_form(file: Path) -> None:
    """Bring a database that nobody uses up to date. Raises ValueError if it is none of ours."""
    fresh = file.with_name("fresh.db")
    try:
        lacking = sorted(_list_columns(fresh) - _list_columns(file))
    except (StoreError, SQLAlchemyError) as error:
        raise ValueError("its database is not as inkchat writes it") from error
    finally:
        fresh.unlink(missing_ok=True)
    if lacking:
        table, column = lacking[0]
        raise ValueError(f"its database has no {column} in {table}")


def _list_columns(file: Path) -> set[tuple[str, str]]:
    database = Database(file)
    try:
        with database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
                "WHERE t.type = 'table'"
            )
            return {(table, column) for table, column in rows}
    finally:
        database.close()


def replace_database(new: Path, database: Path, private_folder: Path, stamp: str) -> Path | None:
    """Put into force what lies in `new`; return where the database lies that was there.

    `stamp` names what is moved aside: beside the database, and `replies.<stamp>`. The caller
    holds the lock of the service. Raises OSError; the old one is in force then, and whole.
    """
    folder = private_folder / f"{database.name}.{stamp}{_ENDING}"
    aside = _locate_aside(database, stamp, database) if database.exists() else None
    new.rename(folder)
    try:
        sync_folder(private_folder)
        for part in _list_parts(database):
            if part.exists():
                _keep_beside(part, _locate_aside(part, stamp, database))
        sync_folder(database.parent)
        # Named by numbers of the old database's notes: in the new one they are of other notes.
        replies = private_folder / REPLIES
        if replies.exists() and any(replies.iterdir()):
            replies.rename(private_folder / f"{REPLIES}.{stamp}")
            sync_folder(private_folder)
        (folder / DATABASE).replace(database)
    except BaseException:
        with contextlib.suppress(OSError):
            _finish(folder, database, stamp)
        raise
    sync_folder(database.parent)
    _finish(folder, database, stamp)
    return aside


def finish_replacing(database: Path, private_folder: Path, *, is_locked: bool = False) -> None:
    """After a crash: all of the old, or all of the new. Raises StoreError.

    `is_locked` says that the caller holds the lock of the service; it is taken otherwise, and
    nothing is done while somebody else has it.
    """
    name = glob.escape(database.name)
    left = sorted(private_folder.glob(f"{name}.*{_ENDING}"))
    if not left:
        return
    locks = Locks(private_folder / f"{database.name}.locks")
    try:
        if is_locked or locks.acquire(SERVICE):
            for folder in left:
                stamp = folder.name.removeprefix(f"{database.name}.").removesuffix(_ENDING)
                _finish(folder, database, stamp)
    except OSError as error:
        raise StoreError(
            f"A backup was being restored, and that cannot be finished: {error.strerror}.",
            f"Let this user write in {private_folder} and beside the database, and try again.",
        ) from error
    finally:
        if not is_locked:
            locks.close()


def _finish(folder: Path, database: Path, stamp: str) -> None:
    replies = folder.parent / REPLIES
    if (folder / DATABASE).exists():
        _move_into(folder.parent / f"{REPLIES}.{stamp}", replies)
        for part in _list_parts(database):
            # They are second names, or copies.
            if part.exists():
                _locate_aside(part, stamp, database).unlink(missing_ok=True)
    else:
        _remove_old_log(database, stamp)
        _move_into(folder / REPLIES, replies)
        for part in _list_parts(database):
            # Nobody opens it by its old name: it is its owner's alone, as a backup is.
            with contextlib.suppress(OSError):
                _locate_aside(part, stamp, database).chmod(0o600)
    sync_folder(database.parent)
    shutil.rmtree(folder)
    sync_folder(folder.parent)


def _remove_old_log(database: Path, stamp: str) -> None:
    """Read into the new database it would damage that."""
    log = database.with_name(f"{database.name}-wal")
    aside = _locate_aside(log, stamp, database)
    if log.exists() and aside.exists() and _is_same(log, aside):
        log.unlink()
        database.with_name(f"{database.name}-shm").unlink(missing_ok=True)


def _move_into(source: Path, target: Path) -> None:
    if not source.exists():
        return
    target.mkdir(exist_ok=True, mode=0o700)
    for file in source.iterdir():
        file.replace(target / file.name)
    sync_folder(target)
    source.rmdir()


def _list_parts(database: Path) -> list[Path]:
    return [database, database.with_name(f"{database.name}-wal")]


def _locate_aside(part: Path, stamp: str, database: Path) -> Path:
    """Such as `eink_sessions.db.before-restore-…`, and `…-wal` beside it."""
    return part.with_name(f"{database.name}.{stamp}{part.name.removeprefix(database.name)}")


def _keep_beside(part: Path, aside: Path) -> None:
    """Under a second name: the first is taken by another file in one step, or stays."""
    try:
        os.link(part, aside)
    except OSError:
        # No hard links on this file system.
        shutil.copyfile(part, aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())


def _is_same(one: Path, other: Path) -> bool:
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)
