"""What a process that was killed left half made in the private folder."""

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path

from inkchat.archive import bundle

LEFT_AFTER_SECONDS = 86_400.0
"""Whatever is older than this belongs to nobody who is still at work."""
_HALF_MADE = ("replies/*.tmp", ".sent-*", "restoring-*")
_LOCKED_BY_MAKER = "drops/*/.attachment-*"


def sweep_leftovers(private_folder: Path) -> int:
    """Remove it; return how many files and folders. What somebody is still at is spared."""
    removed = 0
    for pattern in _HALF_MADE:
        for path in private_folder.glob(pattern):
            if _is_old(path) and not _holds_paid_answers(path):
                removed += _remove(path)
    for path in private_folder.glob(_LOCKED_BY_MAKER):
        with contextlib.suppress(OSError):
            removed += _remove_unlocked(path)
    return removed


def _is_old(path: Path) -> bool:
    try:
        return path.lstat().st_mtime < time.time() - LEFT_AFTER_SECONDS
    except OSError:
        return False


def _holds_paid_answers(path: Path) -> bool:
    """Of a restore that was cut off between the database and the answers that belong to it."""
    return not (path / bundle.DATABASE).exists() and any(path.glob("replies/*"))


def _remove(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
    return not path.exists()


def _remove_unlocked(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(descriptor)
    return True
