"""The outbox: whole, durable, once, and never over another file."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.errors import DeliveryError, Retry
from inkchat.outbox import Published, holds_page, publish_page

PAGE = b"%PDF-1.4 a page" * 1000


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_page_appears_whole_and_alone(tmp_path: Path) -> None:
    assert publish_page(PAGE, tmp_path, "RESPONSE.pdf") is Published.NEW

    assert ["RESPONSE.pdf"] == [name for name in names_in(tmp_path) if name != "home"]
    assert PAGE == (tmp_path / "RESPONSE.pdf").read_bytes()
    assert 0o644 == stat.S_IMODE((tmp_path / "RESPONSE.pdf").stat().st_mode)


def test_the_same_page_again_is_recognised(tmp_path: Path) -> None:
    publish_page(PAGE, tmp_path, "RESPONSE.pdf")

    assert publish_page(PAGE, tmp_path, "RESPONSE.pdf") is Published.ALREADY_THERE
    assert ["RESPONSE.pdf", "home"] == names_in(tmp_path)


def test_another_file_of_that_name_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "RESPONSE.pdf").write_bytes(b"written on by a person")

    assert publish_page(PAGE, tmp_path, "RESPONSE.pdf") is Published.NAME_TAKEN
    assert b"written on by a person" == (tmp_path / "RESPONSE.pdf").read_bytes()
    assert ["RESPONSE.pdf", "home"] == names_in(tmp_path)


def test_an_absent_outbox_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="is not there") as caught:
        publish_page(PAGE, tmp_path / "outbox", "RESPONSE.pdf")

    assert Retry.LATER is caught.value.retry
    assert not (tmp_path / "outbox").exists()


def test_an_outbox_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("")

    with pytest.raises(DeliveryError, match="is not a folder"):
        publish_page(PAGE, tmp_path / "outbox", "RESPONSE.pdf")


def test_without_hard_links_a_page_still_never_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "exFAT has no hard links")

    monkeypatch.setattr(os, "link", refuse)

    assert publish_page(PAGE, tmp_path, "a.pdf") is Published.NEW
    assert publish_page(PAGE, tmp_path, "a.pdf") is Published.ALREADY_THERE
    assert publish_page(PAGE + b"!", tmp_path, "a.pdf") is Published.NAME_TAKEN
    assert PAGE == (tmp_path / "a.pdf").read_bytes()
    assert ["a.pdf", "home"] == names_in(tmp_path)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, in a mount namespace of a child would be nicer but needs one."""
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_nothing_behind(full_disk: Path) -> None:
    with pytest.raises(DeliveryError, match="full disk"):
        publish_page(b"x" * 100_000, full_disk, "RESPONSE.pdf")

    assert [] == names_in(full_disk)


def test_the_hidden_name_is_one_that_sync_programs_leave_alone(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib\n"
        "from inkchat import outbox\n"
        "def stop(source, target):\n"
        "    print(source.name); sys.stdout.flush(); os.kill(os.getpid(), 9)\n"
        "outbox.os.link = stop\n"
        "outbox.publish_page(b'page', pathlib.Path(sys.argv[1]), 'RESPONSE.pdf')\n"
    )

    killed = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True
    )

    assert -9 == killed.returncode
    name = killed.stdout.strip()
    assert name.startswith(".")
    assert name.endswith(".tmp")
    assert not (tmp_path / "RESPONSE.pdf").exists()


def test_a_page_that_lies_there_is_known_by_its_bytes(tmp_path: Path) -> None:
    publish_page(b"abc", tmp_path, "RESPONSE.pdf")
    sha256 = hashlib.sha256(b"abc").hexdigest()

    assert holds_page(tmp_path, "RESPONSE.pdf", sha256)
    assert not holds_page(tmp_path, "RESPONSE.pdf", hashlib.sha256(b"abd").hexdigest())
    assert not holds_page(tmp_path, "RESPONSE.pdf", "")
    assert not holds_page(tmp_path, "other.pdf", sha256)
    assert not holds_page(tmp_path / "gone", "RESPONSE.pdf", sha256)
