"""The bell: says that something may have happened in an inbox.

The only module that knows watchdog. Nothing is concluded from an event, nor from its absence:
a ring means "list again", and the slow clock of the service lists without one. So lost events
(an overflow, a folder that appeared faster than its watch) cost time and never a note.

watchdog dies silently in known ways: its emitter ends when the inbox is deleted, it goes on
watching a folder that was renamed away, and hears nothing behind a new mount. `supervise`
looks for all of them by facts that need no event: threads alive, and the same folder there.
"""

import errno
import logging
import math
import os
import select
import stat
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from inkchat.inbox.mounts import find_mount
from inkchat.inbox.names import show_name
from inkchat.inbox.watches import count_watches, list_inotify

POLL_SECONDS = 3.0
"""How often a folder is compared where the kernel does not tell of changes."""
_STOP_SECONDS = 3.0
"""A thread that waits for a dead server cannot be stopped; it is left behind after this."""
_OWN_READING = frozenset({"opened", "closed_no_write"})
"""Events that our own looking at files causes: ringing for them would never end."""

_log = logging.getLogger(__name__)


class Bell:
    """Rings when something stirs in one of the inboxes; for one waiting thread.

    An inbox that is not there is waited for and never made.
    """

    def __init__(self, inboxes: Sequence[Path], coalesce_seconds: float = 0.15) -> None:
        # In a race with mkdir watchdog warns of its own bookkeeping; where warnings are errors
        # that would end its reading thread.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.")
        # Adding it twice adds it once.
        logging.getLogger("watchdog.observers.inotify").addFilter(_is_no_race_of_stopping)
        self._coalesce_seconds = coalesce_seconds
        self._next_return = 0.0
        # A pipe and not an Event: a signal handler may ring while its own thread waits here.
        reader, writer = os.pipe()
        self._reader: IO[bytes] = os.fdopen(reader, "rb", buffering=0)
        self._writer: IO[bytes] = os.fdopen(writer, "wb", buffering=0)
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        self._watchers = [_Watcher(inbox, self.ring) for inbox in inboxes]
        self._remarks = [remark for watcher in self._watchers for remark in watcher.mend()]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def ring(self) -> None:
        """Wake the waiting thread; from any thread, or from a signal handler."""
        if not self._writer.closed:
            self._writer.write(b"!")  # a full pipe takes nothing, and has been rung enough

    def wait(self, timeout_seconds: float) -> bool:
        """Whether it rang; returns a fifth of `coalesce_seconds` after a first ring.

        The fifth lets a small file be written whole before it is looked at. In a burst it
        returns once in `coalesce_seconds`.
        """
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        if not poll.poll(max(0, math.ceil(timeout_seconds * 1000))):
            return False
        now = time.monotonic()
        time.sleep(max(self._coalesce_seconds / 5, self._next_return - now))
        self._reader.read(select.PIPE_BUF * 16)  # all that a pipe holds
        self._next_return = time.monotonic() + self._coalesce_seconds
        return True

    def supervise(self) -> list[str]:
        """Mend what is broken; sentences for the log about what was found since the last time."""
        remarks, self._remarks = self._remarks, []
        for watcher in self._watchers:
            remarks += watcher.mend()
        return remarks

    def close(self) -> None:
        """Stop watching. Left to the interpreter's exit, watchdog's threads may crash in it."""
        for watcher in self._watchers:
            watcher.stop()
        self._writer.close()
        self._reader.close()


class _Ringer(FileSystemEventHandler):
    """Turns events into rings; a handler that raises would never hear another."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring

    def dispatch(self, event: FileSystemEvent) -> None:
        try:
            if event.event_type not in _OWN_READING:
                self._ring()
        except Exception:  # watchdog's thread would end with it, and nobody would notice
            _log.exception("The bell could not be rung")


@dataclass(frozen=True, slots=True)
class _Watching:
    """What must stay as it is for a watch to be alive."""

    observer: BaseObserver
    identity: tuple[int, int]
    threads: tuple[threading.Thread, ...]
    descriptors: frozenset[str]
    """Of inotify, by `list_inotify`; empty when polling."""


class _Watcher:
    """Keeps one inbox watched; has an observer of its own, so that no fault spreads to another."""

    def __init__(self, inbox: Path, ring: Callable[[], None]) -> None:
        self._inbox = inbox
        self._shown = show_name(str(inbox))
        self._ring = ring
        self._watching: _Watching | None = None
        self._said = ""
        self._lacked_watches = False
        self._next_count = 0.0

    def mend(self) -> list[str]:
        """Make the watch whole where it is not; sentences on what is new."""
        try:
            identity = _identify(self._inbox)
        except OSError as error:
            self.stop()
            return self._say(
                f"The inbox {self._shown} is not there ({error.strerror}); inkchat waits for it."
            )
        watching = self._watching
        if watching is None:
            return self._start(identity, "is there and watched" if self._said else "")
        if watching.identity != identity:
            return self._start(identity, "was replaced by another folder, which is watched now")
        if not all(thread.is_alive() for thread in watching.threads):
            return self._start(identity, "had lost its watch, which was set up again")
        if self._lacks_watches(watching):
            return self._start(identity, "", _explain_limit(errno.ENOSPC))
        return []

    def stop(self) -> None:
        watching, self._watching = self._watching, None
        if watching is not None:
            _stop_observer(watching.observer)

    def _start(self, identity: tuple[int, int], news: str, why_poll: str = "") -> list[str]:
        self.stop()
        try:
            why_poll = self._watch_or_poll(identity, why_poll or _explain_mount(self._inbox))
        except OSError as error:
            return self._say(
                f"The inbox {self._shown} cannot be watched ({error.strerror}); "
                "it is tried again, and listed now and then meanwhile."
            )
        if news or why_poll:
            # What was saved while nobody listened has not been rung for.
            self._ring()
        self._said = ""
        remarks = [f"The inbox {self._shown} {news}."] if news else []
        if why_poll:
            remarks.append(
                f"The inbox {self._shown} is compared every {POLL_SECONDS:.0f} seconds: {why_poll}."
            )
        return remarks

    def _watch_or_poll(self, identity: tuple[int, int], why_poll: str) -> str:
        """Start what fits; the reason if it is polling. Raises OSError if neither can be."""
        if not why_poll:
            try:
                self._watching = self._watch(Observer, identity)
                return ""
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOSPC):
                    raise
                why_poll = _explain_limit(error.errno)
        self._watching = self._watch(_make_poller, identity)
        return why_poll

    def _watch(self, make: Callable[[], BaseObserver], identity: tuple[int, int]) -> _Watching:
        descriptors_before, threads_before = list_inotify(), set(threading.enumerate())
        observer = make()
        # Behind a link inotify hears nothing, hence the real path.
        observer.schedule(_Ringer(self._ring), os.path.realpath(self._inbox), recursive=True)
        try:
            observer.start()
        except BaseException:
            _stop_observer(observer)
            raise
        threads = tuple(
            thread
            for thread in set(threading.enumerate()) - threads_before
            if type(thread).__module__.startswith("watchdog.")
        )
        return _Watching(observer, identity, threads, list_inotify() - descriptors_before)

    def _lacks_watches(self, watching: _Watching) -> bool:
        """Whether folders go unwatched: at the limit, watchdog leaves them out without a word.

        Only what two counts say is believed: a folder may have been made just now. Counting
        takes at most a five-hundredth of the time.
        """
        started = time.monotonic()
        if not watching.descriptors or started < self._next_count:
            return False
        folders = sum(1 for _ in os.walk(os.path.realpath(self._inbox)))
        lacks = count_watches(watching.descriptors) < folders
        self._next_count = started + 500 * (time.monotonic() - started)
        is_sure, self._lacked_watches = lacks and self._lacked_watches, lacks
        return is_sure

    def _say(self, sentence: str) -> list[str]:
        """The sentence, unless it is what was said the last time: a state lasts."""
        is_new = sentence != self._said
        self._said = sentence
        return [sentence] if is_new else []


def _is_no_race_of_stopping(record: logging.LogRecord) -> bool:
    """False for what an emitter's thread says in one of eight stops: it was about to look again.

    As an error, and it is none: the watch was meant to end there.
    """
    return "called when the thread is inactive" not in record.getMessage()


def _identify(inbox: Path) -> tuple[int, int]:
    status = inbox.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder")
    return status.st_dev, status.st_ino


def _make_poller() -> BaseObserver:
    return PollingObserver(timeout=POLL_SECONDS)


def _explain_mount(inbox: Path) -> str:
    mount = find_mount(inbox)
    if mount is None or not mount.is_shared:
        return ""
    return f"it lies on {mount.kind}, where changes made elsewhere are not announced"


def _explain_limit(code: int | None) -> str:
    setting = "max_user_watches" if code == errno.ENOSPC else "max_user_instances"
    return (
        "the system allows no more watches; "
        f"raise fs.inotify.{setting} with sysctl and start inkchat again"
    )


def _stop_observer(observer: BaseObserver) -> None:
    """Stop its threads, waiting a few seconds at most."""

    def stop() -> None:
        observer.stop()
        if observer.ident is not None:
            observer.join()

    stopper = threading.Thread(target=stop, name="inkchat-stop-watching", daemon=True)
    stopper.start()
    stopper.join(_STOP_SECONDS)
    if stopper.is_alive():
        _log.warning("A watch could not be stopped and is left behind.")
