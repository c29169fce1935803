"""Inboxes and outboxes: there, readable, writable, with room, and heard of when they change."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from inkchat.cli.checkup.finding import Finding, Grade
from inkchat.config import THREAD_FILE, ProviderName, read_thread_provider
from inkchat.domain import Watch
from inkchat.errors import ConfigError
from inkchat.inbox.bell import POLL_SECONDS
from inkchat.inbox.mounts import MOUNT_TABLE, find_mount

LITTLE_BYTES = 200 * 10**6
TOO_LITTLE_BYTES = 20 * 10**6
INOTIFY = Path("/proc/sys/fs/inotify")


def check_inbox(watch: Watch, mounts: Path = MOUNT_TABLE) -> Finding:
    """Reads its listing; nothing is ever written into an inbox."""
    subject = f"Inbox {watch.inbox}"
    try:
        with os.scandir(watch.inbox) as entries:
            next(entries, None)
    except OSError as error:
        return _explain(subject, error, "inkchat waits for it and never makes it.")
    if not os.access(watch.inbox, os.X_OK):
        return Finding(
            Grade.WRONG,
            subject,
            "It can be listed, but the files in it cannot be opened.",
            f"Give this user the right to enter it: `chmod u+x {watch.inbox}`.",
        )
    mount = find_mount(watch.inbox, mounts)
    if mount is not None and mount.is_shared:
        return Finding(
            Grade.OK,
            subject,
            f"It can be read. It lies on {mount.kind}, where changes made elsewhere are not "
            f"announced, so it is compared every {POLL_SECONDS:.0f} seconds.",
        )
    return Finding(Grade.OK, subject, "It can be read.")


def check_outbox(watch: Watch) -> Finding:
    """Makes a hidden file in it, and removes it."""
    subject = f"Outbox {watch.outbox}"
    try:
        # Named as the outbox names its own: what a crash leaves behind is swept away.
        with tempfile.NamedTemporaryFile(
            dir=watch.outbox, prefix=".inkchat-", suffix=".tmp"
        ) as probe:
            probe.write(b"inkchat doctor\n")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return _explain(subject, error, "Responses wait until they can be written there.")
    return Finding(Grade.OK, subject, "It can be written.")


def _explain(subject: str, error: OSError, consequence: str) -> Finding:
    if isinstance(error, FileNotFoundError):
        return Finding(
            Grade.WRONG, subject, f"It is not there. {consequence}", "Create it, or mount it."
        )
    if isinstance(error, NotADirectoryError):
        return Finding(
            Grade.WRONG,
            subject,
            "It is not a folder.",
            "Name a folder in config.yaml, or move the file away.",
        )
    return Finding(
        Grade.WRONG,
        subject,
        f"It cannot be used: {error.strerror}. {consequence}",
        "Give this user the rights to it, or make room on its disk.",
    )


def check_threads(watch: Watch) -> Iterator[Finding]:
    """The small files by which threads name who answers."""
    named: list[str] = []
    for folder in list_folders(watch.inbox):
        file = folder / THREAD_FILE
        if not os.path.lexists(file):
            continue
        subject = f"Thread file {file}"
        if folder == watch.inbox:
            yield Finding(
                Grade.WARNING,
                subject,
                "In the inbox itself it has no effect.",
                "Write `provider:` into the watch in config.yaml instead.",
            )
        elif file.is_symlink() or not file.is_file():
            yield Finding(
                Grade.WARNING,
                subject,
                "It is no plain file, and so it is not read.",
                "Put a plain file in its place.",
            )
        else:
            thread = folder.relative_to(watch.inbox).as_posix()
            try:
                provider = read_thread_provider(watch.inbox, thread)
            except ConfigError as error:
                yield Finding(Grade.WRONG, subject, error.what_happened, error.next_step)
            else:
                named.append(f"{thread} is answered by {provider or 'whoever is active'}")
    if named:
        yield Finding(Grade.OK, f"Threads in {watch.inbox}", f"{'; '.join(named)}.")


def find_thread_providers(watches: Iterable[Watch]) -> Iterator[ProviderName]:
    """Those that good thread files name."""
    for watch in watches:
        for folder in list_folders(watch.inbox):
            try:
                found = read_thread_provider(
                    watch.inbox, folder.relative_to(watch.inbox).as_posix()
                )
            except ConfigError:
                continue
            if found is not None:
                yield found


def list_folders(inbox: Path) -> Iterator[Path]:
    """The inbox and all folders below it."""
    for folder, below, _ in os.walk(inbox):
        below.sort()
        yield Path(folder)


def check_inotify(watches: Sequence[Watch], limits: Path = INOTIFY) -> Iterator[Finding]:
    """Folders below the inboxes against what the system allows; polled inboxes need none."""
    local = [w for w in watches if not ((m := find_mount(w.inbox)) is not None and m.is_shared)]
    folders = sum(1 for watch in local for _ in list_folders(watch.inbox))
    for wanted, noun, setting in (
        (folders, "folder" if folders == 1 else "folders", "max_user_watches"),
        (len(local), "inbox" if len(local) == 1 else "inboxes", "max_user_instances"),
    ):
        try:
            allowed = int((limits / setting).read_text())
        except (OSError, ValueError):
            continue  # not Linux, or a container that hides it
        counted = (
            f"{wanted:,} {noun} to watch; the system allows {allowed:,} for all programs of a user."
        )
        if wanted > allowed * 0.9:
            yield Finding(
                Grade.WARNING,
                "Watching",
                f"{counted} Beyond that, folders are compared every few seconds instead.",
                f"Raise it: `sudo sysctl fs.inotify.{setting}={max(2 * wanted, 524288)}`, and in "
                "/etc/sysctl.d for the next start.",
            )
        elif wanted:
            yield Finding(Grade.OK, "Watching", counted)


def check_disks(database: Path, watches: Sequence[Watch]) -> Iterator[Finding]:
    """Free space, one finding for each file system."""
    uses: dict[int, tuple[Path, list[str]]] = {}
    places = [(database.parent, "the database")]
    places += [(watch.outbox, f"the outbox {watch.outbox}") for watch in watches]
    for folder, use in places:
        try:
            device = folder.stat().st_dev
        except OSError:
            continue  # told where the folder itself is examined
        uses.setdefault(device, (folder, []))[1].append(use)
    for folder, names in uses.values():
        free = shutil.disk_usage(folder).free
        yield grade_space(free, ", ".join(names))


def grade_space(free_bytes: int, use: str) -> Finding:
    text = f"{_show_bytes(free_bytes)} free for {use}."
    if free_bytes < TOO_LITTLE_BYTES:
        grade = Grade.WRONG
    elif free_bytes < LITTLE_BYTES:
        grade = Grade.WARNING
    else:
        return Finding(Grade.OK, "Disk", text)
    return Finding(grade, "Disk", text, "Make room; without it no answer can be kept or delivered.")


def _show_bytes(count: int) -> str:
    return f"{count / 10**9:,.1f} GB" if count >= 10**9 else f"{count / 10**6:,.0f} MB"
