import fcntl
import hashlib
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from inkchat.errors import StoreError
from inkchat.inbox.claim import CopyFailed, sweep_temporary, take_snapshot
from inkchat.store import pins
from tests.inbox.staging import PDF, as_nobody, find, public_folder


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def private(tmp_path: Path) -> Path:
    return tmp_path / "data" / ".inkchat"


def list_files(folder: Path) -> list[str]:
    """All but the empty file whose bytes are locked while a row is not there yet."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(p.relative_to(folder)) for p in files if p != folder / "claims")


def test_a_note_is_copied_under_its_hash_and_the_original_is_left_alone(
    inbox: Path, private: Path
) -> None:
    path = inbox / "note.pdf"
    path.write_bytes(PDF)
    os.utime(path, (5, 5))
    before = path.stat()

    snapshot = take_snapshot(find(inbox, "note.pdf"), private)

    content_hash = hashlib.sha256(PDF).hexdigest()
    assert snapshot is not None
    assert snapshot.content_hash == content_hash
    assert snapshot.size_bytes == len(PDF)
    assert snapshot.path == private / "drops" / content_hash[:2] / content_hash
    assert snapshot.path.read_bytes() == PDF
    assert list_files(private) == [f"drops/{content_hash[:2]}/{content_hash}"]
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns, after.st_nlink) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
        before.st_nlink,
    )


def test_the_copy_is_for_this_user_alone(inbox: Path, private: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)
    snapshot = take_snapshot(find(inbox, "note.pdf"), private)

    assert snapshot is not None
    assert stat.S_IMODE(snapshot.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(snapshot.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_the_same_bytes_are_kept_once(inbox: Path, private: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (inbox / name).write_bytes(PDF)

    one, other = (take_snapshot(find(inbox, name), private) for name in ("a.pdf", "b.pdf"))

    assert one is not None
    assert one == other
    assert len(list_files(private)) == 1


def test_a_copy_that_rotted_is_mended_by_the_same_bytes(inbox: Path, private: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)
    first = take_snapshot(find(inbox, "note.pdf"), private)
    assert first is not None
    first.path.write_bytes(b"rotten")

    take_snapshot(find(inbox, "note.pdf"), private)

    assert first.path.read_bytes() == PDF


def test_same_name_and_other_bytes_are_two_copies(inbox: Path, private: Path) -> None:
    path = inbox / "note.md"
    path.write_text("one")
    first = take_snapshot(find(inbox, "note.md"), private)
    path.write_text("two")
    second = take_snapshot(find(inbox, "note.md"), private)

    assert first is not None
    assert second is not None
    assert (first.path.read_text(), second.path.read_text()) == ("one", "two")


def test_what_happens_to_the_original_afterwards_does_not_matter(
    inbox: Path, private: Path
) -> None:
    path = inbox / "note.md"
    path.write_text("as saved")
    writer = path.open("r+")
    snapshot = take_snapshot(find(inbox, "note.md"), private)
    writer.write("scribbled over")
    writer.close()
    path.unlink()

    assert snapshot is not None
    assert snapshot.path.read_text() == "as saved"


def overwrite(path: Path) -> None:
    path.write_bytes(b"other bytes")


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def truncate(path: Path) -> None:
    os.truncate(path, 3)


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    (path.parent / "new").write_bytes(PDF)
    (path.parent / "new").replace(path)


def link_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


CHANGES = [overwrite, append, truncate, delete, replace, link_elsewhere, make_pipe]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_not_what_was_listed_is_not_copied(
    inbox: Path, private: Path, change: Callable[[Path], None]
) -> None:
    path = inbox / "note.pdf"
    path.write_bytes(PDF)
    found = find(inbox, "note.pdf")
    change(path)

    assert take_snapshot(found, private) is None
    assert not private.exists()


def test_a_folder_that_was_swapped_for_a_link_leads_nowhere(
    inbox: Path, private: Path, tmp_path: Path
) -> None:
    for folder in (inbox / "thread", tmp_path / "secrets"):
        folder.mkdir()
        (folder / "note.pdf").write_bytes(PDF)
    found = find(inbox, "note.pdf")
    (inbox / "thread").rename(tmp_path / "away")
    (inbox / "thread").symlink_to(tmp_path / "secrets")

    assert take_snapshot(found, private) is None


@pytest.mark.parametrize("change", [overwrite, append, truncate, delete, replace])
def test_a_change_in_the_middle_of_the_copy_rejects_it(
    inbox: Path, private: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = inbox / "note.pdf"
    path.write_bytes(PDF * 100_000)  # several chunks
    found = find(inbox, "note.pdf")
    reads = [0]
    real_read = os.read

    def read_and_change(descriptor: int, length: int) -> bytes:
        reads[0] += 1
        if reads[0] == 2:
            change(path)
        return real_read(descriptor, length)

    monkeypatch.setattr(os, "read", read_and_change)

    assert take_snapshot(found, private) is None
    assert reads[0] >= 2
    assert list_files(private) == []


def test_a_source_that_may_not_be_read_is_for_settling_to_tell_of(private: Path) -> None:
    with public_folder() as inbox:
        (inbox / "note.pdf").write_bytes(PDF)
        (inbox / "note.pdf").chmod(0)
        found = find(inbox, "note.pdf")

        with as_nobody():
            assert take_snapshot(found, private) is None


def test_a_copy_that_cannot_be_finished_is_told_of_and_leaves_nothing_behind(
    inbox: Path, private: Path
) -> None:
    (inbox / "note.pdf").write_bytes(bytes(3_000_000))
    program = (
        "import resource, signal, sys; from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[3])\n"
        "from inkchat.inbox.claim import CopyFailed, take_snapshot\n"
        "from inkchat.inbox.scan import list_inbox\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))\n"
        "(found,) = list_inbox(Path(sys.argv[1])).found\n"
        "try: take_snapshot(found, Path(sys.argv[2]))\n"
        "except CopyFailed as error: print(error)\n"
    )
    root = Path(__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", program, inbox, private, root],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "could not be copied" in done.stdout
    assert "the note stays in the inbox and is taken by itself after that" in done.stdout
    assert list_files(private) == []


def test_no_room_left_is_called_by_its_name(inbox: Path, tmp_path: Path) -> None:
    (inbox / "note.pdf").write_bytes(bytes(3_000_000))
    script = (
        'mount -t tmpfs -o size=1m none "$1" && '
        'exec "$2" -c \'import sys; sys.path.insert(0, sys.argv[3]); from pathlib import Path\n'
        "from inkchat.inbox.claim import CopyFailed, take_snapshot\n"
        "from inkchat.inbox.scan import list_inbox\n"
        "(found,) = list_inbox(Path(sys.argv[1])).found\n"
        "try: take_snapshot(found, Path(sys.argv[2]))\n"
        "except CopyFailed as error: print(error)\n"
        'print(sorted(p.name for p in Path(sys.argv[2]).rglob("*")))\' "$3" "$1" "$4"'
    )
    small = tmp_path / "small"
    small.mkdir()
    root = Path(__file__).parents[2]

    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script, "sh", small, sys.executable, inbox, root],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"no name space of our own to be had: {done.stderr.strip()}")

    assert "There is no room left under" in done.stdout
    assert "Free some space" in done.stdout
    assert done.stdout.splitlines()[-1] == "['drops']"


def test_a_store_that_cannot_be_written_is_our_own_failure(inbox: Path, tmp_path: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)
    (tmp_path / "private").write_text("a file where the folder should be")

    with pytest.raises(CopyFailed) as caught:
        take_snapshot(find(inbox, "note.pdf"), tmp_path / "private")

    assert isinstance(caught.value, StoreError)
    assert caught.value.code == "copy-failed"


def test_what_a_crash_left_half_copied_is_swept(inbox: Path, private: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)
    snapshot = take_snapshot(find(inbox, "note.pdf"), private)
    (private / "drops" / ".incoming-a1b2").write_bytes(b"half")

    assert sweep_temporary(private) == 1
    assert snapshot is not None
    assert list_files(private) == [str(snapshot.path.relative_to(private))]


def test_what_another_process_is_copying_is_spared(private: Path) -> None:
    (private / "drops").mkdir(parents=True)
    half = private / "drops" / ".incoming-a1b2"
    with half.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        assert sweep_temporary(private) == 0
        assert half.exists()


def test_sweeping_before_anything_was_kept_finds_nothing(private: Path) -> None:
    assert sweep_temporary(private) == 0


def test_a_large_file_is_copied_in_little_memory(inbox: Path, private: Path) -> None:
    with (inbox / "note.pdf").open("wb") as file:
        file.truncate(200_000_000)
    program = (
        "import resource, sys; sys.path.insert(0, sys.argv[3]); from pathlib import Path\n"
        "from inkchat.inbox.claim import take_snapshot\n"
        "from inkchat.inbox.scan import list_inbox\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "(found,) = list_inbox(Path(sys.argv[1])).found\n"
        "assert take_snapshot(found, Path(sys.argv[2])) is not None\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, inbox, private, Path(__file__).parents[2]],
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) < 16 * 1024  # KiB


def test_several_threads_may_copy_the_same_bytes_at_once(inbox: Path, private: Path) -> None:
    for number in range(8):
        (inbox / f"{number}.pdf").write_bytes(PDF)
    found = [find(inbox, f"{number}.pdf") for number in range(8)]
    hashes: list[str] = []

    def copy(number: int) -> None:
        snapshot = take_snapshot(found[number], private)
        assert snapshot is not None
        hashes.append(snapshot.content_hash)

    threads = [threading.Thread(target=copy, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert hashes == [hashlib.sha256(PDF).hexdigest()] * 8
    assert len(list_files(private)) == 1


def test_a_copy_is_held_until_all_who_brought_it_have_let_go(inbox: Path, private: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (inbox / name).write_bytes(PDF)
    one, other = (take_snapshot(find(inbox, name), private) for name in ("a.pdf", "b.pdf"))
    assert one is not None
    assert other is not None

    with other:
        with one:
            assert pins.take_alone(private, one.content_hash) is None
        assert pins.take_alone(private, one.content_hash) is None
        elsewhere = pins.take_alone(private, "0" * 64)
        assert elsewhere is not None
        elsewhere.release()

    alone = pins.take_alone(private, one.content_hash)
    assert alone is not None
    alone.release()


def test_nobody_brings_a_copy_while_it_is_removed(inbox: Path, private: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)
    private.mkdir(parents=True)
    alone = pins.take_alone(private, hashlib.sha256(PDF).hexdigest())
    assert alone is not None
    found = find(inbox, "note.pdf")
    brought: list[Path] = []

    def bring() -> None:
        snapshot = take_snapshot(found, private)
        assert snapshot is not None
        with snapshot:
            brought.append(snapshot.path)

    thread = threading.Thread(target=bring)
    thread.start()
    thread.join(0.2)
    assert [] == brought
    alone.release()
    thread.join()

    assert [True] == [path.exists() for path in brought]
