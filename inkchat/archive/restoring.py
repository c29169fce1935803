"""Brings back what a backup holds: all of it is checked before anything is touched."""

import gzip
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inkchat.archive import bundle
from inkchat.archive.backup import Tell
from inkchat.archive.bundle import Manifest
from inkchat.archive.unpacking import RestoreFailed, RestoreRefused, look_at, unpack
from inkchat.errors import AlreadyRunning, StoreError
from inkchat.folders import sync_folder
from inkchat.store import SERVICE
from inkchat.store.backups import fold_log
from inkchat.store.locks import Locks
from inkchat.store.replacing import finish_replacing, replace_database

_STAGING = "restoring-"
_ASIDE = "before-restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, and where the database lies that was there before."""

    manifest: Manifest
    moved_aside: Path | None


def restore(
    database: Path,
    private_folder: Path,
    file: Path,
    *,
    replace: bool = False,
    tell: Tell = lambda what, done, total: None,
) -> Restored:
    """Put the database and the files it names into place.

    With `replace` a database that is there is moved aside first, with what belongs to it.
    Raises RestoreRefused, RestoreFailed, AlreadyRunning and StoreError; the database there was is
    untouched then, and a crash at any moment leaves either it or the restored one.
    """
    with _said_in_words(file):
        if not file.is_file():
            raise RestoreRefused(f"There is no backup {file}.", "Check its name.")
        look_at(file)
        private_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        locks = Locks(private_folder / f"{database.name}.locks")
        try:
            if not locks.acquire(SERVICE):
                raise AlreadyRunning("inkchat is serving this database.", "Stop it first.")
            finish_replacing(database, private_folder, is_locked=True)
            _check_free(database, replace=replace)
            with _staged(private_folder) as staging:
                manifest = unpack(file, staging, tell)
                _settle(database)
                _place_copies(staging, private_folder)
                return Restored(manifest, _exchange(staging, database, private_folder))
        finally:
            locks.close()


def _check_free(database: Path, *, replace: bool) -> None:
    if not replace and any(path.exists() for path in _list_parts(database)):
        raise RestoreRefused(
            f"The database {database} is there already.",
            "Add --replace to move it aside, or name another file with `database:`.",
        )


def _list_parts(database: Path) -> list[Path]:
    return [database, *(database.with_name(f"{database.name}-{end}") for end in ("wal", "shm"))]


@contextmanager
def _staged(private_folder: Path) -> Iterator[Path]:
    """A folder on the file system of what is to be replaced; what a crash left of one goes."""
    for left in private_folder.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=private_folder) as name:
        yield Path(name)


def _settle(database: Path) -> None:
    """Fold the log of the database there is into it, so that one file is all of it.

    One that is damaged is moved aside as it lies there.
    """
    if not database.exists() or not _is_sqlite(database):
        # Opened as a database it would lose its log.
        return
    if not fold_log(database):
        raise StoreError(
            f"The database {database} is in use by another program.",
            "Close all other programs that use it, and try again.",
        )


def _is_sqlite(database: Path) -> bool:
    with database.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _place_copies(staging: Path, private_folder: Path) -> None:
    """Named by what they contain, they do no harm beside the ones there are."""
    folders = sorted((staging / "drops").glob("??"))
    for source in folders:
        folder = private_folder / "drops" / source.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for copy in source.iterdir():
            copy.replace(folder / copy.name)
        sync_folder(folder)
    if folders:
        sync_folder(private_folder / "drops")
        sync_folder(private_folder)


def _exchange(staging: Path, database: Path, private_folder: Path) -> Path | None:
    """All that was checked, under one name for the moment in which it comes into force."""
    new = staging / "new"
    new.mkdir(mode=0o700)
    for name in (bundle.DATABASE, "replies"):
        if (staging / name).exists():
            (staging / name).rename(new / name)
    sync_folder(new)
    stamp = f"{_ASIDE}-{datetime.now():%Y%m%d-%H%M%S-%f}"  # noqa: DTZ005  (people read it)
    return replace_database(new, database, private_folder, stamp)


@contextmanager
def _said_in_words(file: Path) -> Iterator[None]:
    again = "Use another backup; nothing was changed."
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise RestoreFailed(
            f"{file} is cut off, damaged, or not a backup of inkchat: {error}.", again
        ) from error
    except (MemoryError, RecursionError) as error:
        raise RestoreFailed(
            f"{file} is no backup of inkchat: reading it takes more memory than there is.", again
        ) from error
    except ValueError as error:
        raise RestoreFailed(f"{file} cannot be used as a backup: {error}.", again) from error
    except OSError as error:
        raise RestoreFailed(
            f"The backup {file} could not be restored: {error.strerror or error}.",
            "Check that it can be read, that this user may write beside the database, and that "
            "there is room.",
        ) from error
