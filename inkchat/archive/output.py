"""Writes a file for a person: whole or not at all, for their eyes only, over nothing of theirs."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from inkchat.errors import ExitCode, InkchatError

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class OutputTaken(InkchatError):
    """A file of this name is there."""

    title = "There is such a file already"
    exit_code = ExitCode.USAGE

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is there already.", "Name another, or add `--force` to write over it."
        )


class OutputRefused(InkchatError):
    """The disk or the folder does not take the file."""

    title = "The file could not be written"


class OutputForbidden(InkchatError):
    """What is there under this name is no file to be written over, whatever is said."""

    title = "This cannot be written over"
    exit_code = ExitCode.USAGE


def check_target(
    path: Path, database: Path, private_folder: Path, config: Path, *, force: bool
) -> None:
    """Whether a file may be written there: over nothing of ours, and over no folder or device.

    Raises OutputForbidden, and OutputTaken unless `force`.
    """
    database = database.resolve()
    logs = (database.with_name(f"{database.name}{end}") for end in ("-wal", "-shm"))
    own = (database, *logs, config.resolve())
    target = path.resolve()
    if target.is_relative_to(private_folder.resolve()) or any(
        target == each or _is_same(target, each) for each in own
    ):
        raise OutputForbidden(
            f"{path} is inkchat’s own: its database, its private folder or its configuration.",
            "Name another file.",
        )
    if path.is_dir():
        raise OutputForbidden(f"{path} is a folder.", "Name a file in it.")
    if os.path.lexists(path) and not force:
        raise OutputTaken(path)
    if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
        raise OutputForbidden(f"{path} is no plain file.", "Name another file.")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def write_output(path: Path, pieces: Iterable[bytes], *, force: bool) -> int:
    """Durable and with mode 0600; return its size in bytes.

    Raises OutputTaken, unless `force`, and OutputRefused; nothing new is there then.
    """
    if not force and os.path.lexists(path):
        raise OutputTaken(path)
    try:
        return _write(path, pieces, force=force)
    except FileExistsError as error:
        raise OutputTaken(path) from error
    except OSError as error:
        raise OutputRefused(
            f"{path} could not be written: {error.strerror}.",
            "Name a file in a folder that this user may write to and that has room.",
        ) from error


def make_folder(folder: Path) -> None:
    """For this user alone, if it is not there. Raises OutputRefused."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputRefused(
            f"The folder {folder} could not be made: {error.strerror}.",
            "Name a folder where this user may write.",
        ) from error


def _write(path: Path, pieces: Iterable[bytes], *, force: bool) -> int:
    descriptor, name = tempfile.mkstemp(prefix=".inkchat-", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            size_bytes = file.tell()
            file.flush()
            os.fsync(file.fileno())
        if force:
            temporary.replace(path)
        else:
            _link_without_replacing(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    return size_bytes


def _link_without_replacing(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # The name is taken first; only then is our own empty file replaced by the whole one.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        temporary.replace(path)
