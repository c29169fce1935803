"""On which file systems the changes of other machines go unnoticed.

The kernel tells us of changes made through this machine only: what arrives on an NFS or SMB
share, or through a FUSE program, rings no bell, and a lease says nothing about its writers.
"""

import os
from dataclasses import dataclass
from pathlib import Path

MOUNT_TABLE = Path("/proc/self/mountinfo")

_SHARED_KINDS = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "fakeowner", "fuse",
        "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs",
        "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs",
    }
)  # fmt: skip
"""As the kernel names them: network file systems, and those a host shares with its guest."""


@dataclass(frozen=True, slots=True)
class Mount:
    point: str
    kind: str
    """Such as `ext4`, `nfs4` or `fuse.sshfs`."""

    @property
    def is_shared(self) -> bool:
        """Whether others may change files here without this kernel noticing.

        `fuseblk` is a local disk, as with ntfs-3g.
        """
        return self.kind in _SHARED_KINDS or self.kind.startswith("fuse.")


def find_mount(folder: Path, table: Path = MOUNT_TABLE) -> Mount | None:
    """The mount that `folder` lies on; None where the system keeps no such table."""
    try:
        lines = table.read_bytes().splitlines()
    except OSError:
        return None
    real = os.path.realpath(folder)
    best: Mount | None = None
    for line in lines:
        mount = _parse_mount(line)
        # Of equals the later wins: it was mounted over the earlier one.
        if _is_below(real, mount.point) and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def _parse_mount(line: bytes) -> Mount:
    """One line of proc_pid_mountinfo(5): point in field 5, kind behind the lone hyphen."""
    front, _, back = line.partition(b" - ")
    point = front.split(b" ")[4]
    for octal in (b"\\040", b"\\011", b"\\012", b"\\134"):
        point = point.replace(octal, bytes([int(octal[1:], 8)]))
    return Mount(os.fsdecode(point), os.fsdecode(back.split(b" ")[0]))


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")
