"""Puts a finished page into the outbox: whole, durable, once, and never over another file."""

import contextlib
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from inkchat.errors import DeliveryError
from inkchat.folders import sync_folder

STALE_SECONDS = 3600

_PREFIX, _SUFFIX = ".inkchat-", ".tmp"


class Published(StrEnum):
    """What became of a page."""

    NEW = "new"
    ALREADY_THERE = "already there"
    """The very bytes lie there: a run before this one was cut off right after publishing."""
    NAME_TAKEN = "name taken"
    """Another content lies under this name; it was not touched."""


_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What exFAT, some network and some FUSE file systems say to link(2)."""


def publish_page(content: bytes, outbox: Path, name: str) -> Published:
    """Write under a hidden name, make it durable, then give it its name without replacing.

    Raises DeliveryError if the outbox is absent, full or not writable; nothing is left behind
    under `name` then.
    """
    target = outbox / name
    try:
        with _written_beside(target, content) as temporary:
            try:
                _link_without_replacing(temporary, target)
            except FileExistsError:
                if target.stat().st_size == 0:
                    # Ours, from a run that was cut off where there are no hard links.
                    temporary.replace(target)
                    _make_durable(outbox)
                    return Published.NEW
                if _hash_file(target) == hashlib.sha256(content).digest():
                    _make_durable(outbox)
                    return Published.ALREADY_THERE
                return Published.NAME_TAKEN
        _make_durable(outbox)
    except OSError as error:
        raise _explain(error, outbox) from error
    return Published.NEW


def sweep_temporary(outbox: Path) -> None:
    """Remove what runs that were cut off left behind; another's page of this hour is spared."""
    for path in outbox.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):  # it is in nobody's way; another run may remove it
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()


def holds_page(outbox: Path, name: str, sha256: str) -> bool:
    """Whether these very bytes lie there, durable: put there by a run that was cut off then.

    Raises DeliveryError if that cannot be found out.
    """
    if not sha256:
        return False
    try:
        if _hash_file(outbox / name).hex() != sha256:
            return False
        _make_durable(outbox)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _explain(error, outbox) from error
    return True


@contextlib.contextmanager
def _written_beside(target: Path, content: bytes) -> Iterator[Path]:
    # The leading dot and the ending keep sync programs from carrying it to the tablet.
    descriptor, temporary = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            with contextlib.suppress(PermissionError):
                # Mounts that give all files to one user refuse it, and need it not.
                os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
        yield Path(temporary)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()


def _link_without_replacing(temporary: Path, target: Path) -> None:
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # O_EXCL takes the name; only then is our own empty file replaced by the whole one.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        temporary.replace(target)


def _hash_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _make_durable(folder: Path) -> None:
    try:
        sync_folder(folder)
    except OSError as error:
        # Some network file systems have no such thing for folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def _explain(error: OSError, outbox: Path) -> DeliveryError:
    reasons = {
        errno.ENOENT: ("is not there", "Create it, or mount what it lies on."),
        errno.ENOTDIR: ("is not a folder", "Correct `outbox:` in config.yaml."),
        errno.ENOSPC: ("lies on a full disk", "Free some space."),
        errno.EDQUOT: ("is over its disk quota", "Free some space or raise the quota."),
        errno.EROFS: ("lies on a read-only file system", "Mount it writable."),
        errno.EACCES: ("may not be written", "Give this user the right to write there."),
        errno.EPERM: ("may not be written", "Give this user the right to write there."),
    }
    what, step = reasons.get(
        error.errno or 0, (f"refuses the page ({error.strerror})", "Check its disk.")
    )
    return DeliveryError(
        f"The outbox {outbox} {what}.", f"{step} The answer is kept and delivered then."
    )
