import errno
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inkchat.inbox.claim import take_snapshot
from inkchat.inbox.mounts import Mount
from inkchat.inbox.scan import Found, list_inbox
from inkchat.inbox.settle import (
    HELD_PATIENCE_SECONDS,
    SHARED_SETTLE_SECONDS,
    Settling,
    ignore_lease_signals,
    is_gone,
)
from tests.inbox.staging import PDF, TurnedClock, as_nobody, find, public_folder, wait_until

SETTLE_SECONDS = 1.0
PATIENCE_SECONDS = 15.0


@pytest.fixture(autouse=True)
def _lease_signals_ignored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGIO)
    ignore_lease_signals()
    yield
    signal.signal(signal.SIGIO, before)


class Watching:
    """What the service does with an inbox: list, settle, copy and remember."""

    def __init__(self, inbox: Path, private_folder: Path) -> None:
        self.inbox = inbox
        self.private_folder = private_folder
        self.clock = TurnedClock()
        self.settling = Settling(SETTLE_SECONDS, self.clock)
        self.known: set[tuple[Path, str]] = set()
        self.taken: list[tuple[str, bytes]] = []

    def look(self) -> list[str]:
        """List once; names and bytes of what was ready, also kept in `taken`."""
        listing = list_inbox(self.inbox)
        ready = self.settling.observe(listing.found, self.is_known)
        before = len(self.taken)
        for found in ready:
            snapshot = take_snapshot(found, self.private_folder)
            if snapshot is not None:
                self.known.add((found.path, found.signature.text))
                self.taken.append((found.path.name, snapshot.path.read_bytes()))
        return [name for name, _ in self.taken[before:]]

    def look_later(self, seconds: float = SETTLE_SECONDS) -> list[str]:
        self.clock.turn(seconds)
        return self.look()

    def is_known(self, found: Found) -> bool:
        return (found.path, found.signature.text) in self.known


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    (tmp_path / "inbox").mkdir()
    return Watching(tmp_path / "inbox", tmp_path / "private")


def test_a_file_that_stood_still_is_ready_once(watching: Watching) -> None:
    (watching.inbox / "note.pdf").write_bytes(PDF)

    assert watching.look() == []
    assert watching.look_later(0.9) == []
    assert watching.look_later(0.1) == ["note.pdf"]
    assert watching.look_later(100) == []
    assert watching.taken == [("note.pdf", PDF)]


def test_one_look_is_never_enough_however_late_it_comes(watching: Watching) -> None:
    (watching.inbox / "note.pdf").write_bytes(PDF)
    watching.clock.turn(10_000)

    assert watching.look() == []
    assert watching.look_later() == ["note.pdf"]


def test_a_slow_writer_that_keeps_the_file_open_is_waited_for(watching: Watching) -> None:
    with (watching.inbox / "note.pdf").open("wb", buffering=0) as file:
        for start in range(0, len(PDF), 20):
            file.write(PDF[start : start + 20])
            assert watching.look() == []
            assert watching.look_later(5) == []  # long past settling

    assert watching.look() == ["note.pdf"]
    assert watching.taken == [("note.pdf", PDF)]


def test_a_whole_file_that_is_still_open_is_waited_for(watching: Watching) -> None:
    with (watching.inbox / "note.pdf").open("wb", buffering=0) as file:
        file.write(PDF)
        watching.look()
        assert watching.look_later() == []
        assert watching.look_later(PATIENCE_SECONDS) == []

    assert watching.look() == ["note.pdf"]


def test_another_program_that_holds_the_file_open_is_waited_for(watching: Watching) -> None:
    path = watching.inbox / "note.pdf"
    path.write_bytes(PDF)
    program = "import sys; file = open(sys.argv[1], 'ab'); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        watching.look()
        held = watching.look_later()
        other.stdin.close()

    assert held == []
    assert watching.look() == ["note.pdf"]


def test_a_note_that_stays_open_for_ever_is_told_of_and_then_answered(watching: Watching) -> None:
    with (watching.inbox / "note.pdf").open("wb", buffering=0) as file:
        file.write(PDF)
        watching.look()
        watching.look_later()
        assert watching.settling.unreadable() == []
        watching.look_later(60)
        ((found, why),) = watching.settling.unreadable()
        assert watching.look_later(HELD_PATIENCE_SECONDS) == ["note.pdf"]

    assert found.name == "note.pdf"
    assert why == "it is still open for writing in another program"


def test_an_unfinished_file_that_is_held_open_is_never_taken(watching: Watching) -> None:
    with (watching.inbox / "note.pdf").open("wb", buffering=0) as file:
        file.write(PDF[:30])
        watching.look()
        assert watching.look_later(10 * HELD_PATIENCE_SECONDS) == []
        ((_, why),) = watching.settling.unreadable()

    assert why == "it is unfinished, and still open for writing in another program"


def test_a_trickle_with_pauses_is_taken_when_its_end_is_there(watching: Watching) -> None:
    path = watching.inbox / "note.pdf"
    for start in range(0, len(PDF) - 20, 20):
        with path.open("ab") as file:
            file.write(PDF[start : start + 20])
        assert watching.look() == []
        assert watching.look_later(3) == []

    path.write_bytes(PDF)
    assert watching.look() == []
    assert watching.look_later() == ["note.pdf"]
    assert watching.taken == [("note.pdf", PDF)]


def test_a_trickle_that_is_whole_at_each_stage_is_taken_stage_by_stage(watching: Watching) -> None:
    path = watching.inbox / "scan.pdf"
    for pages in (1, 2):
        path.write_bytes(PDF * pages)
        watching.look()
        assert watching.look_later() == ["scan.pdf"]

    assert [content for _, content in watching.taken] == [PDF, PDF * 2]


def test_a_damaged_file_is_let_through_when_patience_ends(watching: Watching) -> None:
    path = watching.inbox / "note.pdf"
    path.write_bytes(PDF[:30])
    watching.look()

    assert watching.look_later(PATIENCE_SECONDS - 0.1) == []
    assert watching.look_later(0.1) == ["note.pdf"]

    path.write_bytes(PDF)
    watching.look()
    assert watching.look_later() == ["note.pdf"]
    assert [content for _, content in watching.taken] == [PDF[:30], PDF]


def test_an_empty_file_whose_content_comes_half_a_minute_later_is_taken_once(
    watching: Watching,
) -> None:
    path = watching.inbox / "note.pdf"
    path.touch()
    watching.look()
    assert watching.look_later(30) == []

    path.write_bytes(PDF)
    watching.look()
    assert watching.look_later() == ["note.pdf"]
    assert watching.taken == [("note.pdf", PDF)]


def test_an_empty_file_that_stays_empty_is_let_through_in_the_end(watching: Watching) -> None:
    (watching.inbox / "note.md").touch()
    watching.look()

    assert watching.look_later(4 * PATIENCE_SECONDS) == ["note.md"]


def test_a_preallocated_file_is_not_taken_before_it_is_filled(watching: Watching) -> None:
    path = watching.inbox / "note.pdf"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    os.posix_fallocate(descriptor, 0, 1024 * 1024)
    os.close(descriptor)  # so that the lease has nothing to tell
    watching.look()
    assert watching.look_later(5) == []

    content = PDF.rjust(1024 * 1024, b" ")
    with path.open("r+b") as file:
        file.write(content)
    watching.look()
    assert watching.look_later() == ["note.pdf"]
    assert watching.taken == [("note.pdf", content)]


def test_a_writer_through_a_mapping_is_waited_for_after_it_closed_the_file(
    watching: Watching,
) -> None:
    path = watching.inbox / "note.pdf"
    path.write_bytes(PDF)
    descriptor = os.open(path, os.O_RDWR)
    mapping = mmap.mmap(descriptor, len(PDF))
    os.close(descriptor)
    with mapping:
        watching.look()
        assert watching.look_later() == []
        mapping[9:10] = b"%"

    watching.look()
    assert watching.look_later() == ["note.pdf"]
    assert watching.taken == [("note.pdf", PDF[:9] + b"%" + PDF[10:])]


def write_temporary_then_rename(inbox: Path) -> None:
    (inbox / ".note.pdf.tmp").write_bytes(PDF)
    (inbox / ".note.pdf.tmp").rename(inbox / "note.pdf")


def rename_from_elsewhere(inbox: Path) -> None:
    (inbox.parent / "made elsewhere").write_bytes(PDF)
    (inbox.parent / "made elsewhere").rename(inbox / "note.pdf")


def rename_over_an_existing_name(inbox: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF[:20])
    write_temporary_then_rename(inbox)


def finish_by_hard_link(inbox: Path) -> None:
    (inbox / "note.pdf.filepart").write_bytes(PDF)
    (inbox / "note.pdf").hardlink_to(inbox / "note.pdf.filepart")
    (inbox / "note.pdf.filepart").unlink()


def copy_with_an_old_date(inbox: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)
    os.utime(inbox / "note.pdf", (1_000_000_000, 1_000_000_000))


def copy_with_a_date_to_come(inbox: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)
    os.utime(inbox / "note.pdf", (4_000_000_000, 4_000_000_000))


@pytest.mark.parametrize(
    "save",
    [
        write_temporary_then_rename,
        rename_from_elsewhere,
        rename_over_an_existing_name,
        finish_by_hard_link,
        copy_with_an_old_date,
        copy_with_a_date_to_come,
    ],
)
def test_however_it_arrives_it_is_taken_once(
    watching: Watching, save: Callable[[Path], None]
) -> None:
    save(watching.inbox)

    assert watching.look() == []
    assert watching.look_later() == ["note.pdf"]
    assert watching.look_later() == []
    assert watching.taken == [("note.pdf", PDF)]


def test_a_new_date_after_the_rename_begins_the_wait_anew(watching: Watching) -> None:
    write_temporary_then_rename(watching.inbox)
    watching.look()
    os.utime(watching.inbox / "note.pdf", (5, 5))

    assert watching.look_later() == []
    assert watching.look_later() == ["note.pdf"]


def test_same_size_and_date_with_other_bytes_is_another_file(watching: Watching) -> None:
    path = watching.inbox / "note.md"
    path.write_text("one")
    os.utime(path, (5, 5))
    watching.look()
    path.write_text("two")
    os.utime(path, (5, 5))

    assert watching.look_later() == []
    assert watching.look_later() == ["note.md"]
    assert watching.taken == [("note.md", b"two")]


def test_names_in_flight_are_not_waited_for_and_their_final_names_are(watching: Watching) -> None:
    (watching.inbox / "note.pdf.0badcafe.partial").write_bytes(PDF)
    watching.look()
    assert watching.settling.seconds_to_next_look() is None

    (watching.inbox / "note.pdf.0badcafe.partial").rename(watching.inbox / "note.pdf")
    watching.look()
    assert watching.look_later() == ["note.pdf"]


def test_a_file_that_vanishes_is_forgotten(watching: Watching) -> None:
    (watching.inbox / "note.pdf").write_bytes(PDF)
    watching.look()
    (watching.inbox / "note.pdf").unlink()

    assert watching.look_later() == []
    assert watching.settling.seconds_to_next_look() is None


def test_the_next_look_is_when_the_earliest_file_may_be_ready(watching: Watching) -> None:
    settling = watching.settling
    assert settling.seconds_to_next_look() is None
    (watching.inbox / "a.pdf").write_bytes(PDF)
    watching.look()
    watching.clock.turn(0.4)
    (watching.inbox / "b.pdf").write_bytes(PDF)
    watching.look()

    assert settling.seconds_to_next_look() == pytest.approx(0.6)
    assert watching.look_later(0.6) == ["a.pdf"]
    watching.look()
    assert settling.seconds_to_next_look() == pytest.approx(0.4)
    watching.look_later(0.4)
    watching.look()
    assert settling.seconds_to_next_look() is None


def test_a_held_file_costs_fewer_and_fewer_looks(watching: Watching) -> None:
    with (watching.inbox / "note.pdf").open("wb", buffering=0) as file:
        file.write(PDF)
        watching.look()
        pauses = []
        for _ in range(10):
            pause = watching.settling.seconds_to_next_look()
            assert pause is not None
            pauses.append(pause)
            watching.look_later(pause)

    assert pauses == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_link_that_takes_the_files_place_is_not_followed(watching: Watching) -> None:
    path = watching.inbox / "note.pdf"
    path.write_bytes(PDF)
    watching.look()
    found = find(watching.inbox, "note.pdf")
    path.rename(watching.inbox.parent / "secret")
    path.symlink_to(watching.inbox.parent / "secret")
    watching.clock.turn(SETTLE_SECONDS)

    # As if the listing had been made just before the swap.
    assert watching.settling.observe([found], watching.is_known) == []
    assert watching.look() == []


def test_a_pipe_that_takes_the_files_place_does_not_block(watching: Watching) -> None:
    path = watching.inbox / "note.pdf"
    path.write_bytes(PDF)
    watching.look()
    found = find(watching.inbox, "note.pdf")
    path.unlink()
    os.mkfifo(path)
    watching.clock.turn(SETTLE_SECONDS)

    assert watching.settling.observe([found], watching.is_known) == []


def test_what_cannot_be_read_is_told_of_and_tried_again_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    with public_folder() as inbox:
        watching = Watching(inbox, tmp_path / "private")
        (inbox / "closed.pdf").write_bytes(PDF)
        (inbox / "closed.pdf").chmod(0)
        (inbox / "open.md").write_text("x")
        (inbox / "open.md").chmod(0o644)
        clock, settling = watching.clock, watching.settling

        with as_nobody():
            settling.observe(list_inbox(inbox).found, watching.is_known)
            clock.turn(SETTLE_SECONDS)
            ready = settling.observe(list_inbox(inbox).found, watching.is_known)
        ((found, why),) = settling.unreadable()
        watching.known.update((file.path, file.signature.text) for file in ready)
        clock.turn(0.5)
        settling.observe(list_inbox(inbox).found, watching.is_known)
        too_early = settling.unreadable()  # root could read it, and did not try yet
        (inbox / "closed.pdf").chmod(0o644)
        watching.look()
        assert "closed.pdf" in watching.look_later()

    assert [r.name for r in ready] == ["open.md"]
    assert (found.name, why) == ("closed.pdf", "it cannot be read: Permission denied")
    assert len(too_early) == 1
    assert settling.unreadable() == []


def test_what_could_not_be_copied_is_handed_out_again_after_growing_pauses(
    watching: Watching,
) -> None:
    (watching.inbox / "note.pdf").write_bytes(PDF)
    found = list_inbox(watching.inbox).found
    settling, clock = watching.settling, watching.clock
    settling.observe(found, watching.is_known)
    handed_out = []
    for second in range(1, 17):
        clock.turn(1)
        if settling.observe(found, watching.is_known):
            handed_out.append(second)

    assert handed_out == [1, 2, 4, 8, 16]
    ((_, why),) = settling.unreadable()
    assert why == "it could not be copied"


def test_a_writer_that_comes_while_the_lease_is_asked_for_does_not_end_the_program(
    watching: Watching,
) -> None:
    path = watching.inbox / "note.pdf"
    path.write_bytes(PDF)
    stop = threading.Event()
    opened = [0]

    def open_again_and_again() -> None:
        while not stop.is_set():
            os.close(os.open(path, os.O_WRONLY))
            opened[0] += 1

    writer = threading.Thread(target=open_again_and_again)
    writer.start()
    found = find(watching.inbox, "note.pdf")
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        watching.settling.observe([found], watching.is_known)
        watching.clock.turn(HELD_PATIENCE_SECONDS)
    stop.set()
    writer.join()

    assert opened[0] > 100


def test_without_the_signal_ignored_no_lease_is_asked_for(watching: Watching) -> None:
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    with (watching.inbox / "note.pdf").open("wb", buffering=0) as file:
        file.write(PDF)
        watching.look()

        assert watching.look_later() == ["note.pdf"]


def test_on_a_network_file_system_no_lease_is_asked_for_and_the_wait_is_longer(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The one thing that cannot be had here is the mount; all else is real.
    monkeypatch.setattr("inkchat.inbox.settle.find_mount", lambda folder: Mount("/", "nfs4"))
    with (watching.inbox / "note.pdf").open("wb", buffering=0) as file:
        file.write(PDF)
        watching.look()

        assert watching.look_later(SHARED_SETTLE_SECONDS - 0.1) == []
        assert watching.look_later(0.1) == ["note.pdf"]


def test_a_growing_file_is_never_handed_out_in_real_time(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    watching = Watching(tmp_path / "inbox", tmp_path / "private")
    watching.settling = Settling(0.3)
    growing = threading.Event()

    def write_slowly() -> None:
        with (watching.inbox / "note.txt").open("wb", buffering=0) as file:
            growing.set()
            for _ in range(20):
                file.write(b"a line\n")
                time.sleep(0.05)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    growing.wait()

    def is_taken() -> bool:
        watching.look()
        return bool(watching.taken)

    assert wait_until(is_taken)
    writer.join()
    assert watching.taken == [("note.txt", b"a line\n" * 20)]


def test_the_errors_of_a_vanished_file_are_told_from_those_of_a_closed_one() -> None:
    assert is_gone(FileNotFoundError(errno.ENOENT, "gone"))
    assert is_gone(OSError(errno.ELOOP, "a link"))
    assert not is_gone(PermissionError(errno.EACCES, "closed"))
    assert not is_gone(OSError(errno.EIO, "a bad disk"))
