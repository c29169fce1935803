"""Private copies held fast between their making and the row that names them.

A pin is a lock on one byte of one file, found by what the copy contains; the kernel lets go of
it when its holder dies, however it dies, and so nothing is left to be swept.
"""

import fcntl
import os
import struct
from pathlib import Path
from types import TracebackType
from typing import Self

_FILE = "claims"
_DIGITS = 15
"""Of the hash, in hexadecimal, that make the place of its byte: as far as a file can be long."""


class Pin:
    """One content, held until `release`; use it as a context."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Once or more often."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


def hold(private_folder: Path, content_hash: str) -> Pin:
    """Before a copy is put into its place; others may hold it too. Raises OSError.

    Waits for a purge that is removing that very copy.
    """
    descriptor = _open(private_folder)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, _request(fcntl.F_RDLCK, content_hash))
    except BaseException:
        os.close(descriptor)
        raise
    return Pin(descriptor)


def take_alone(private_folder: Path, content_hash: str) -> Pin | None:
    """Keep others from holding it; None, without waiting, if somebody does. Raises OSError."""
    descriptor = _open(private_folder)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _request(fcntl.F_WRLCK, content_hash))
    except (BlockingIOError, PermissionError):
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return Pin(descriptor)


def _open(private_folder: Path) -> int:
    return os.open(private_folder / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _request(kind: int, content_hash: str) -> bytes:
    # struct flock: type, whence, start, length, pid (0 for this kind of lock).
    return struct.pack("hhqqi", kind, os.SEEK_SET, int(content_hash[:_DIGITS], 16), 1, 0)
