import os
import socket
from pathlib import Path

import pytest

from inkchat.inbox.scan import DEEPEST_FOLDER, InboxAbsent, Signature, list_inbox
from tests.inbox.staging import as_nobody, public_folder


def find_names(inbox: Path) -> list[tuple[str, str]]:
    return [(found.thread, found.name) for found in list_inbox(inbox).found]


def find_oddities(inbox: Path) -> dict[str, str]:
    return {odd.name: odd.reason for odd in list_inbox(inbox).odd}


def test_files_are_listed_with_thread_name_suffix_and_signature(tmp_path: Path) -> None:
    path = tmp_path / "physics" / "week 1" / "Note.PDF"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12345")

    (found,) = list_inbox(tmp_path).found

    status = path.lstat()
    assert found.path == path
    assert found.thread == "physics/week 1"
    assert found.name == "Note.PDF"
    assert found.suffix == ".pdf"
    assert found.signature == Signature.of(status)
    assert found.signature.text == (
        f"{status.st_dev}:{status.st_ino}:5:{status.st_mtime_ns}:{status.st_ctime_ns}"
    )


def test_a_file_at_the_root_has_no_thread(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("hello")

    assert find_names(tmp_path) == [("", "note.md")]


def test_older_notes_come_first_and_names_decide_among_equals(tmp_path: Path) -> None:
    for name, seconds in [("c.md", 5), ("b.md", 9), ("a.md", 9), ("d.md", 1)]:
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (seconds, seconds))

    assert [name for _, name in find_names(tmp_path)] == ["d.md", "c.md", "a.md", "b.md"]


def test_hidden_and_temporary_files_and_folders_are_left_out_silently(tmp_path: Path) -> None:
    for name in (".stversions/a.pdf", "@eaDir/b.pdf", ".x.pdf", "~$y.pdf", "z.pdf.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    listing = list_inbox(tmp_path)

    assert (listing.found, listing.odd, listing.unreadable) == ((), (), ())


def test_what_is_no_file_is_odd_with_its_reason_and_is_never_opened(tmp_path: Path) -> None:
    outside = tmp_path / "outside.pdf"
    outside.write_bytes(b"%PDF")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "link.pdf").symlink_to(outside)
    (inbox / "loop.pdf").symlink_to("loop.pdf")
    (inbox / "zero.pdf").symlink_to("/dev/zero")
    (inbox / "folder.pdf").mkdir()
    (inbox / "folder.pdf" / "inner.pdf").write_bytes(b"%PDF")
    (inbox / "letter.docx").write_bytes(b"PK")
    os.mkfifo(inbox / "fifo.pdf")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(inbox)  # the whole path may be longer than an address may be
    server.bind("socket.pdf")
    os.chdir(here)
    server.close()

    oddities = find_oddities(inbox)

    assert find_names(inbox) == []
    assert {name: reason.split(";")[0] for name, reason in oddities.items()} == {
        "link.pdf": "a link is not followed",
        "loop.pdf": "a link is not followed",
        "zero.pdf": "a link is not followed",
        "folder.pdf": "a folder whose name ends like a note’s is neither a note nor a thread",
        "letter.docx": "“.docx” is not a kind of file inkchat reads",
        "fifo.pdf": "a named pipe is not a file",
        "socket.pdf": "a socket is not a file",
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")
def test_a_device_is_odd(tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "null.pdf", 0o020600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this system lets nobody make device nodes")

    assert find_oddities(tmp_path) == {"null.pdf": "a device is not a file"}


def test_a_link_to_a_folder_is_not_a_thread(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.pdf").write_bytes(b"%PDF")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "thread").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "inbox" / "around").symlink_to(tmp_path)

    assert find_names(tmp_path / "inbox") == []
    assert set(find_oddities(tmp_path / "inbox")) == {"around", "thread"}


def test_the_inbox_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "note.pdf").write_bytes(b"%PDF")
    (tmp_path / "inbox").symlink_to("real")

    (found,) = list_inbox(tmp_path / "inbox").found

    assert found.path == tmp_path / "inbox" / "note.pdf"


HOSTILE_NAMES = [
    b"new\nline.pdf",
    b"-rf.pdf",
    b"x" * 251 + b".pdf",
    b"\xff\xfe\x80.pdf",
    "\u202efdp.pdf".encode(),
    "caf\u00e9.pdf".encode(),
    "cafe\u0301.pdf".encode(),
    b"trailing.pdf.",
    b"trailing.pdf ",
    b"back\\slash.pdf",
    b"$(reboot).pdf",
    b"..double.pdf"[2:],
    b"\x1b[2J.pdf",
    b"A.pdf",
    b"a.pdf",
]


def test_hostile_names_are_found_each_under_a_printable_name_of_its_own(tmp_path: Path) -> None:
    for name in HOSTILE_NAMES:
        (tmp_path / os.fsdecode(name)).write_bytes(b"%PDF")

    found = list_inbox(tmp_path).found

    assert {os.fsencode(f.path.name) for f in found} == set(HOSTILE_NAMES)
    assert len({f.name for f in found}) == len(HOSTILE_NAMES)
    assert all("\n" not in f.name and "\x1b" not in f.name for f in found)
    assert all(f.suffix == ".pdf" for f in found)


def test_the_name_of_a_thread_is_printable_too(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"a\nb\xff")
    folder.mkdir()
    (folder / "note.pdf").write_bytes(b"%PDF")

    assert find_names(tmp_path) == [("a\\nb\\xff", "note.pdf")]


def test_folders_are_entered_to_a_depth_and_deeper_ones_are_reported(tmp_path: Path) -> None:
    folder = tmp_path
    for level in range(1, DEEPEST_FOLDER + 2):
        folder = folder / f"f{level}"
        folder.mkdir()
        (folder / "note.md").write_text("x")

    listing = list_inbox(tmp_path)

    assert len(listing.found) == DEEPEST_FOLDER
    (sentence,) = listing.unreadable
    assert f"f{DEEPEST_FOLDER + 1} lies deeper than 8 folders" in sentence


@pytest.mark.parametrize("make", ["nothing", "file", "dangling link"])
def test_an_inbox_that_is_not_there_says_what_to_do(tmp_path: Path, make: str) -> None:
    inbox = tmp_path / "inbox"
    if make == "file":
        inbox.write_text("not a folder")
    elif make == "dangling link":
        inbox.symlink_to("nowhere")

    with pytest.raises(InboxAbsent) as caught:
        list_inbox(inbox)

    assert "inbox" in caught.value.what_happened
    assert "inkchat goes on by itself" in caught.value.next_step
    assert not inbox.is_dir()


def test_a_folder_that_may_not_be_read_is_reported_and_the_others_are_listed() -> None:
    with public_folder() as inbox:
        (inbox / "closed").mkdir()
        (inbox / "closed").chmod(0)
        (inbox / "note.md").write_text("x")

        with as_nobody():
            listing = list_inbox(inbox)

        (inbox / "closed").chmod(0o700)
        assert [found.name for found in listing.found] == ["note.md"]
        assert listing.unreadable == (
            f"{inbox / 'closed'} cannot be looked at: Permission denied.",
        )


def test_an_inbox_that_may_not_be_read_is_reported_as_such() -> None:
    with public_folder() as folder:
        inbox = folder / "inbox"
        inbox.mkdir()
        inbox.chmod(0)

        with as_nobody(), pytest.raises(InboxAbsent, match="Permission denied"):
            list_inbox(inbox)

        inbox.chmod(0o700)


def test_listing_opens_no_file_and_changes_no_time(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(b"%PDF")
    os.utime(path, (1, 1))
    before = path.stat()

    list_inbox(tmp_path)

    after = path.stat()
    assert (before.st_atime_ns, before.st_ctime_ns) == (after.st_atime_ns, after.st_ctime_ns)
