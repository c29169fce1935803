"""A private copy of a note, named by what it contains.

From here on nobody but us touches the bytes: what a writer, a sync program or the note's owner
does to the original no longer matters. The original is left as it is, since in a synced folder
a move is a delete on every device.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from inkchat.errors import StoreError
from inkchat.folders import make_folder, sync_folder
from inkchat.inbox.names import show_name
from inkchat.inbox.scan import Found, Signature
from inkchat.inbox.settle import OPEN_FLAGS
from inkchat.store import pins

COPIES = "drops"
_TEMPORARY = ".incoming-"
_CHUNK_BYTES = 1024 * 1024


class CopyFailed(StoreError):
    """The private store takes no copy; the note stays where it is and is tried again."""

    title = "The note could not be copied"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A durable private copy, and a context: no purge takes it until its row is there."""

    content_hash: str
    """SHA-256 in hexadecimal."""
    size_bytes: int
    path: Path
    pin: pins.Pin = field(repr=False, compare=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pin.release()


class _SourceChanged(Exception):
    """The file is no longer what was listed; never leaves this module."""


def take_snapshot(found: Found, private_folder: Path) -> Snapshot | None:
    """Copy the file to `drops/<first two of hash>/<hash>` below `private_folder`, durably.

    None if it changed, vanished or could not be read meanwhile: list again, and `Settling`
    sees to the pause and the reason. Raises CopyFailed if our own side fails. Enter the row of
    the note within `with` of the result.
    """
    try:
        source = os.open(found.path, OPEN_FLAGS)
    except OSError:
        return None
    try:
        _check_unchanged(source, found)
        return _store_copy(source, found, private_folder)
    except _SourceChanged:
        return None
    except OSError as error:
        raise _explain(error, private_folder) from error
    finally:
        os.close(source)


def sweep_temporary(private_folder: Path) -> int:
    """Remove what a crash left half copied; return how many. Other processes' work is spared."""
    removed = 0
    for path in (private_folder / COPIES).glob(f"{_TEMPORARY}*"):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            if _try_lock(file.fileno()):
                path.unlink()
                removed += 1
    return removed


def _store_copy(source: int, found: Found, private_folder: Path) -> Snapshot:
    copies = private_folder / COPIES
    make_folder(copies)
    target, temporary_name = tempfile.mkstemp(prefix=_TEMPORARY, dir=copies)
    temporary = Path(temporary_name)
    try:
        # Held until the end: the sweep of another process leaves it alone.
        fcntl.flock(target, fcntl.LOCK_EX)
        if os.fstat(target).st_nlink == 0:
            raise _SourceChanged  # swept between its making and its lock: begin again
        content_hash = _copy_hashing(source, target, found.signature.size_bytes)
        _check_unchanged(source, found)
        os.fsync(target)
        path = copies / content_hash[:2] / content_hash
        make_folder(path.parent)
        # Before it is in its place, where a purge may be about to remove one of the same bytes.
        pin = pins.hold(private_folder, content_hash)
        # Over an earlier copy of the same bytes, if there is one: it mends one that rotted.
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    finally:
        os.close(target)
    return Snapshot(content_hash, found.signature.size_bytes, path, pin)


def _copy_hashing(source: int, target: int, size_bytes: int) -> str:
    digest, left = hashlib.sha256(), size_bytes
    while left:
        try:
            chunk = os.read(source, min(left, _CHUNK_BYTES))
        except OSError as error:
            raise _SourceChanged from error
        if not chunk:
            raise _SourceChanged
        digest.update(chunk)
        left -= len(chunk)
        _write_all(target, chunk)
    return digest.hexdigest()


def _write_all(target: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(target, rest) :]


def _check_unchanged(source: int, found: Found) -> None:
    """An unlinked or replaced file differs too: losing its name changes its ctime."""
    try:
        status = os.fstat(source)
    except OSError as error:
        raise _SourceChanged from error
    if not stat.S_ISREG(status.st_mode) or Signature.of(status) != found.signature:
        raise _SourceChanged


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explain(error: OSError, private_folder: Path) -> CopyFailed:
    place = show_name(str(private_folder))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CopyFailed(
            f"There is no room left under {place} for a copy of the note.",
            "Free some space; the note stays in the inbox and is taken by itself after that.",
        )
    return CopyFailed(
        f"The note could not be copied to {place}: {error.strerror}.",
        "Let this user write there; the note stays in the inbox and is taken by itself after that.",
    )
