"""What the kernel itself says about this process's inotify watches.

At the system's limit watchdog leaves folders unwatched without a word; the kernel's own count
shows it, whatever version of watchdog is installed.
"""

import contextlib
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")
_DETAILS = Path("/proc/self/fdinfo")


def list_inotify() -> frozenset[str]:
    """Numbers of this process's inotify descriptors; none where there is no /proc."""
    found = set()
    with contextlib.suppress(FileNotFoundError):
        for link in _DESCRIPTORS.iterdir():
            with contextlib.suppress(OSError):  # closed since it was listed
                if str(link.readlink()) == "anon_inode:inotify":
                    found.add(link.name)
    return frozenset(found)


def count_watches(descriptors: frozenset[str]) -> int:
    """How many folders are watched through these descriptors; none through a closed one."""
    count = 0
    for name in descriptors:
        with contextlib.suppress(FileNotFoundError):
            details = (_DETAILS / name).read_text()
            count += sum(1 for line in details.splitlines() if line.startswith("inotify "))
    return count
