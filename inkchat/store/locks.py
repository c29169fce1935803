"""Locks between processes that the kernel lets go of when their holder dies, however it dies."""

import fcntl
import os
import struct
import threading
from pathlib import Path

SERVICE = 0
"""The lock of the one service on a database; a drop's lock has the drop's number, from 1."""


class Locks:
    """Numbered locks, each a byte of one file.

    Open-file-description locks: unlike flock they are many to a file, and unlike the older
    record locks they belong to this object, not to the process, so that two of them in one
    process exclude each other too (fcntl(2), "Open file description locks").
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._held: set[int] = set()
        self._guard = threading.Lock()

    def acquire(self, number: int) -> bool:
        """Take it if it is free; never waits. Held by this very object counts as taken."""
        with self._guard:
            if number in self._held or not self._set(number, fcntl.F_WRLCK):
                return False
            self._held.add(number)
            return True

    def is_held(self, number: int) -> bool:
        """Whether anybody else has it; takes nothing, so that nobody is turned away by asking."""
        request = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
        answer = fcntl.fcntl(self._descriptor, fcntl.F_OFD_GETLK, request)
        return bool(struct.unpack("hhqqi", answer)[0] != fcntl.F_UNLCK)

    def release(self, number: int) -> None:
        with self._guard:
            self._held.discard(number)
            self._set(number, fcntl.F_UNLCK)

    def close(self) -> None:
        os.close(self._descriptor)

    def _set(self, number: int, kind: int) -> bool:
        # struct flock: type, whence, start, length, pid (0 for this kind of lock).
        request = struct.pack("hhqqi", kind, os.SEEK_SET, number, 1, 0)
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, request)
        except (BlockingIOError, PermissionError):
            return False
        return True
