"""Waiting until a saved file is finished.

No event says so: a rename never closes, a sync program may write under the final name, a
preallocated file has its full size from the first moment. So a file is ready when

    1. its signature has stood still for `settle_seconds` on the monotonic clock, seen twice;
    2. nobody holds it open for writing, where the system can be asked (a lease);
    3. it can be opened, and is the very file that was listed;
    4. it looks whole.

Where 2 or 4 never comes, patience ends: a damaged file must become an ERROR page, not silence.
If it is completed afterwards, its content is another one, and that is answered.
"""

import errno
import fcntl
import os
import signal
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from inkchat.inbox.mounts import find_mount
from inkchat.inbox.scan import Found, Signature
from inkchat.inbox.whole import looks_whole

SHARED_SETTLE_SECONDS = 10.0
"""At least, on network file systems: writers pause for longer and cannot be asked for."""
PATIENCE_FACTOR = 15
"""Times `settle_seconds`: whoever knows their writers to be quick is answered quickly."""
EMPTY_PATIENCE_FACTOR = 4
"""macOS and some clients make an empty file first and bring its content up to 30 s later."""
HELD_PATIENCE_SECONDS = 600.0
"""A program may keep a finished note open all day; after this long its owner wants an answer."""
TELL_AFTER_SECONDS = 60.0
"""A file that somebody holds open for longer is worth a sentence."""
LONGEST_PAUSE_SECONDS = 60.0

OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Never through a link, and never waiting for the other end of a pipe."""


def ignore_lease_signals() -> None:
    """Let the program live when somebody writes to a file while we ask for its lease.

    The kernel then sends SIGIO, which ends a program that has not said otherwise. Call it once
    in the main thread, at start; without it no lease is asked for.
    """
    signal.signal(signal.SIGIO, signal.SIG_IGN)


class _Look(Enum):
    """What a look at a file that stood still found."""

    READY = "ready"
    HELD = "it is still open for writing in another program"
    UNFINISHED = "it looks unfinished"
    HELD_UNFINISHED = "it is unfinished, and still open for writing in another program"
    CHANGED = "it changed"


@dataclass(slots=True)
class _Pending:
    """A file on its way; made anew whenever its signature changes."""

    found: Found
    since: float
    """When this signature was first seen; seconds on the monotonic clock, as all below."""
    settled_at: float
    next_look: float
    looks: int = 1
    pauses: int = 0
    blocked_until: float = float("-inf")
    """No look before this: set after a failure, or after the file was handed out."""
    was_handed_out: bool = False
    why: str = ""


class Settling:
    """The files of one inbox that are not known yet; not for several threads at once."""

    def __init__(
        self,
        settle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        patience_seconds: float | None = None,
    ) -> None:
        self._settle_seconds = settle_seconds
        self._clock = clock
        self._patience_seconds = (
            PATIENCE_FACTOR * settle_seconds if patience_seconds is None else patience_seconds
        )
        self._pending: dict[str, _Pending] = {}
        self._shared: dict[int, bool] = {}
        """By device: whether other machines may write there without this one noticing."""

    def observe(self, found: Iterable[Found], is_known: Callable[[Found], bool]) -> list[Found]:
        """Take in a whole listing of the inbox; return those that are ready, in its order.

        What is handed out is expected to be known the next time. If it is not, since it could
        not be copied, it is handed out again after a growing pause. Files that are not in the
        listing are forgotten.
        """
        now = self._clock()
        before, self._pending = self._pending, {}
        ready: list[Found] = []
        for file in found:
            if is_known(file):
                continue
            path = str(file.path)
            pending = before.get(path)
            if pending is None or pending.found.signature != file.signature:
                pending = self._begin(file, now)
            else:
                pending.looks += 1
            self._pending[path] = pending
            if self._is_due(pending, now) and self._examine(pending, now):
                ready.append(file)
        return ready

    def seconds_to_next_look(self) -> float | None:
        """When to list again for the sake of what is pending; None if nothing is."""
        if not self._pending:
            return None
        return max(0.0, min(p.next_look for p in self._pending.values()) - self._clock())

    def count_pending(self) -> int:
        """Files that were seen and not handed out for good."""
        return len(self._pending)

    def unreadable(self) -> list[tuple[Found, str]]:
        """Files that cannot be taken, or have been held open for long, each with the reason."""
        return [(pending.found, pending.why) for pending in self._pending.values() if pending.why]

    def _begin(self, found: Found, now: float) -> _Pending:
        seconds = self._settle_seconds
        if self._is_shared(found):
            seconds = max(seconds, SHARED_SETTLE_SECONDS)
        return _Pending(found, since=now, settled_at=now + seconds, next_look=now + seconds)

    def _is_due(self, pending: _Pending, now: float) -> bool:
        has_settled = pending.looks >= 2 and now >= pending.settled_at
        return has_settled and now >= pending.blocked_until

    def _examine(self, pending: _Pending, now: float) -> bool:
        """Whether the file is to be handed out now; plans the next look in any case."""
        try:
            look = self._look_at(pending.found)
        except OSError as error:
            pending.why = f"it cannot be read: {error.strerror}"
            self._pause(pending, now)
            pending.blocked_until = pending.next_look
            return False
        deadline = pending.since + self._find_patience(look, pending.found)
        self._pause(pending, now)
        if look is _Look.CHANGED:
            return False  # how it is now stands in the next listing
        if look is _Look.READY or now >= deadline:
            # Seen again it could not be copied: the cause is ours or the disk's, so not at once.
            pending.why = "it could not be copied" if pending.was_handed_out else ""
            pending.was_handed_out = True
            pending.blocked_until = pending.next_look
            return True
        is_held_long = look is not _Look.UNFINISHED and now - pending.since >= TELL_AFTER_SECONDS
        pending.why = look.value if is_held_long else ""
        pending.next_look = min(pending.next_look, deadline)
        return False

    def _pause(self, pending: _Pending, now: float) -> None:
        """Twice as long each time, at most `LONGEST_PAUSE_SECONDS`."""
        pause = min(self._settle_seconds * 2.0**pending.pauses, LONGEST_PAUSE_SECONDS)
        pending.next_look = now + pause
        pending.pauses = min(pending.pauses + 1, 30)

    def _find_patience(self, look: _Look, found: Found) -> float:
        """Seconds without change after which a file is handed out in spite of this look."""
        if look is _Look.HELD:
            return max(HELD_PATIENCE_SECONDS, self._patience_seconds)
        if look is _Look.HELD_UNFINISHED:
            return float("inf")
        if found.signature.size_bytes == 0:
            return self._patience_seconds * EMPTY_PATIENCE_FACTOR
        return self._patience_seconds

    def _look_at(self, found: Found) -> _Look:
        try:
            descriptor = os.open(found.path, OPEN_FLAGS)
        except OSError as error:
            if is_gone(error):
                return _Look.CHANGED
            raise
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or Signature.of(status) != found.signature:
                return _Look.CHANGED
            held = self._may_ask_lease(found) and _is_held_open(descriptor)
            whole = looks_whole(descriptor, found.suffix, status.st_size)
        finally:
            os.close(descriptor)
        if held:
            return _Look.HELD if whole else _Look.HELD_UNFINISHED
        return _Look.READY if whole else _Look.UNFINISHED

    def _may_ask_lease(self, found: Found) -> bool:
        # NFS and SMB refuse a lease as if a writer were there whenever they hold no
        # delegation or oplock of their own: it would mean waiting for ever.
        return signal.getsignal(signal.SIGIO) == signal.SIG_IGN and not self._is_shared(found)

    def _is_shared(self, found: Found) -> bool:
        device = found.signature.device
        if device not in self._shared:
            mount = find_mount(found.path.parent)
            self._shared[device] = mount is not None and mount.is_shared
        return self._shared[device]


def is_gone(error: OSError) -> bool:
    """Whether opening failed because the listed file is no longer there under its name."""
    # ELOOP: a link took its place; ENXIO: a socket did; ESTALE: a server forgot it.
    gone = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ESTALE)
    return error.errno in gone


def _is_held_open(descriptor: int) -> bool:
    """Whether some program has the file open for writing, or mapped so.

    A read lease is refused with EAGAIN then. Any other refusal is no opinion: leases are for
    a file's owner, and not every file system knows them. It is given back at once, since a
    writer's open waits for it.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
