import os
from pathlib import Path

import pytest

from inkchat.inbox.mounts import Mount, find_mount

TABLE = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /home/ada/My\\040Share rw shared:5 - cifs //server/notes rw
31 22 0:41 / /home/ada/drive rw - fuse.rclone remote: rw
32 31 254:3 / /home/ada/drive/local rw - ext4 /dev/vdb rw
33 22 0:50 / /srv rw - nfs4 server:/srv rw
34 33 254:9 / /srv rw - xfs /dev/vdc rw
35 22 8:1 / /media/stick rw - fuseblk /dev/sda1 rw
"""


@pytest.mark.parametrize(
    ("folder", "kind", "is_shared"),
    [
        ("/home/ada/inbox", "ext4", False),
        ("/home/ada/My Share/inbox", "cifs", True),
        ("/home/ada/drive/inbox", "fuse.rclone", True),
        ("/home/ada/drive", "fuse.rclone", True),
        ("/home/ada/drive-not/inbox", "ext4", False),
        ("/home/ada/drive/local/inbox", "ext4", False),
        ("/srv/inbox", "xfs", False),
        ("/media/stick/inbox", "fuseblk", False),
    ],
)
def test_the_nearest_and_latest_mount_counts(
    tmp_path: Path, folder: str, kind: str, is_shared: bool
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)

    mount = find_mount(Path(folder), table)

    assert mount is not None
    assert (mount.kind, mount.is_shared) == (kind, is_shared)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuse.sshfs"])
def test_file_systems_with_other_writers_are_shared(kind: str) -> None:
    assert Mount("/", kind).is_shared


def test_the_mount_of_a_real_folder_is_found(tmp_path: Path) -> None:
    mount = find_mount(tmp_path)

    assert mount is not None
    assert os.path.ismount(mount.point)


def test_a_system_without_the_table_has_no_opinion(tmp_path: Path) -> None:
    assert find_mount(tmp_path, tmp_path / "absent") is None
