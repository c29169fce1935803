import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.events import FileCreatedEvent, FileOpenedEvent
from watchdog.observers.api import EventEmitter

from inkchat.inbox import bell as bell_module
from inkchat.inbox.bell import Bell
from inkchat.inbox.mounts import Mount
from inkchat.inbox.scan import list_inbox
from tests.inbox.staging import PDF, wait_until

SOON_SECONDS = 5.0
"""A ring that must come comes within milliseconds; this is for a busy machine."""
QUIET_SECONDS = 0.4


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def bell(inbox: Path) -> Iterator[Bell]:
    with Bell([inbox], coalesce_seconds=0.02) as bell:
        assert bell.supervise() == []
        yield bell


def wait_for_quiet(bell: Bell) -> None:
    while bell.wait(QUIET_SECONDS):
        pass


def find_watchdog_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if type(t).__module__.startswith("watchdog.")]


def find_emitter() -> threading.Thread:
    return next(t for t in find_watchdog_threads() if "Emitter" in type(t).__name__)


def write_and_close(inbox: Path) -> None:
    (inbox / "note.pdf").write_bytes(PDF)


def rename_inside(inbox: Path) -> None:
    (inbox / ".note.tmp").write_bytes(PDF)
    (inbox / ".note.tmp").rename(inbox / "note.pdf")


def rename_from_outside(inbox: Path) -> None:
    (inbox.parent / "outside").write_bytes(PDF)
    (inbox.parent / "outside").rename(inbox / "note.pdf")


def link_into_place(inbox: Path) -> None:
    (inbox.parent / "outside").write_bytes(PDF)
    (inbox / "note.pdf").hardlink_to(inbox.parent / "outside")


def move_folder_in(inbox: Path) -> None:
    (inbox.parent / "folder").mkdir()
    (inbox.parent / "folder" / "note.pdf").write_bytes(PDF)
    (inbox.parent / "folder").rename(inbox / "thread")


def make_folders_and_write(inbox: Path) -> None:
    folder = inbox.joinpath(*"abcdef")
    folder.mkdir(parents=True)
    (folder / "note.pdf").write_bytes(PDF)


def write_a_hostile_name(inbox: Path) -> None:
    (inbox / os.fsdecode(b"-\n\xff" + b"x" * 248 + b".md")).write_bytes(b"x")


@pytest.mark.parametrize(
    "arrive",
    [
        write_and_close,
        rename_inside,
        rename_from_outside,
        link_into_place,
        move_folder_in,
        make_folders_and_write,
        write_a_hostile_name,
    ],
)
def test_however_a_note_arrives_the_bell_rings(
    bell: Bell, inbox: Path, arrive: Callable[[Path], None]
) -> None:
    assert not bell.wait(0)

    arrive(inbox)

    assert bell.wait(SOON_SECONDS)
    assert len(list_inbox(inbox).found) == 1


def test_a_note_in_a_thread_that_was_there_before_rings(inbox: Path) -> None:
    (inbox / "thread" / "inner").mkdir(parents=True)
    with Bell([inbox]) as bell:
        (inbox / "thread" / "inner" / "note.pdf").write_bytes(PDF)

        assert bell.wait(SOON_SECONDS)


def test_every_inbox_is_heard(tmp_path: Path) -> None:
    inboxes = [tmp_path / name for name in "abc"]
    for inbox in inboxes:
        inbox.mkdir()
    with Bell(inboxes, coalesce_seconds=0.02) as bell:
        for inbox in inboxes:
            write_and_close(inbox)
            assert bell.wait(SOON_SECONDS)
            wait_for_quiet(bell)


def test_an_inbox_that_is_a_link_is_heard(tmp_path: Path, inbox: Path) -> None:
    (tmp_path / "link").symlink_to(inbox)
    with Bell([tmp_path / "link"]) as bell:
        write_and_close(inbox)

        assert bell.wait(SOON_SECONDS)


def test_reading_a_note_does_not_ring(bell: Bell, inbox: Path) -> None:
    write_and_close(inbox)
    wait_for_quiet(bell)

    for _ in range(20):
        (inbox / "note.pdf").read_bytes()
        list_inbox(inbox)

    assert not bell.wait(QUIET_SECONDS)


def test_a_burst_rings_few_times_and_nothing_of_it_is_missed(inbox: Path) -> None:
    with Bell([inbox], coalesce_seconds=0.1) as bell:
        rings, started = 0, time.monotonic()
        writer = threading.Thread(
            target=lambda: [(inbox / f"{n}.md").write_text("x") for n in range(2000)]
        )
        writer.start()
        while bell.wait(1.0):
            rings += 1
            seen = len(list_inbox(inbox).found)
        elapsed = time.monotonic() - started
        writer.join()

    assert seen == 2000
    assert rings <= elapsed / 0.1 + 2


def test_the_first_ring_after_a_quiet_time_is_answered_at_once(inbox: Path) -> None:
    with Bell([inbox], coalesce_seconds=0.5) as bell:
        bell.ring()
        started = time.monotonic()
        assert bell.wait(SOON_SECONDS)
        first = time.monotonic() - started
        bell.ring()
        assert bell.wait(SOON_SECONDS)
        second = time.monotonic() - started

    assert first < 0.4
    assert second >= 0.5


def test_waiting_ends_when_the_time_is_up(bell: Bell) -> None:
    started = time.monotonic()

    assert not bell.wait(0.1)
    assert time.monotonic() - started >= 0.1


def test_another_thread_may_ring(bell: Bell) -> None:
    threading.Timer(0.05, bell.ring).start()

    assert bell.wait(SOON_SECONDS)
    assert not bell.wait(0)


def test_a_signal_handler_may_ring_while_its_own_thread_waits(bell: Bell) -> None:
    before = signal.signal(signal.SIGUSR1, lambda number, frame: bell.ring())
    try:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()

        assert bell.wait(SOON_SECONDS)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_bell_rung_more_often_than_its_pipe_holds_rings_once(bell: Bell) -> None:
    for _ in range(100_000):
        bell.ring()

    assert bell.wait(0)
    assert not bell.wait(0)


def test_after_closing_no_thread_is_left_and_ringing_does_nothing(inbox: Path) -> None:
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    bell = Bell([inbox])
    assert find_watchdog_threads()
    bell.close()
    bell.ring()
    bell.close()

    assert wait_until(lambda: not find_watchdog_threads())
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


def test_what_watchdog_says_of_its_own_stopping_is_not_passed_on(
    inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Bell([inbox]):
        emitter = find_emitter()
    assert isinstance(emitter, EventEmitter)

    # As its thread does when it was about to look once more.
    emitter.queue_events(0)
    logging.getLogger("watchdog.observers.inotify").error("Something else.")

    assert ["Something else."] == [record.getMessage() for record in caplog.records]


def test_a_handler_that_raises_does_not_end_the_bell(
    bell: Bell, inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = bell_module._Ringer(lambda: 1 / 0)  # type: ignore[arg-type]

    broken.dispatch(FileCreatedEvent("note.pdf"))
    broken.dispatch(FileOpenedEvent("note.pdf"))

    assert [record.message for record in caplog.records] == ["The bell could not be rung"]
    write_and_close(inbox)
    assert bell.wait(SOON_SECONDS)


def expect_mended(bell: Bell, inbox: Path, words: str) -> None:
    """The supervisor says it in one sentence, rings, hears again, and has no more to say."""
    (remark,) = bell.supervise()
    assert words in remark
    assert str(inbox) in remark
    assert bell.wait(SOON_SECONDS)
    wait_for_quiet(bell)
    assert bell.supervise() == []
    (inbox / "after.pdf").write_bytes(PDF)
    assert bell.wait(SOON_SECONDS)


def test_an_inbox_that_was_deleted_and_made_again_is_heard_again(bell: Bell, inbox: Path) -> None:
    inbox.rmdir()
    inbox.mkdir()
    wait_for_quiet(bell)

    (remark,) = bell.supervise()

    assert "watch" in remark  # the new folder may have got the old one's number
    assert bell.wait(SOON_SECONDS)
    wait_for_quiet(bell)
    write_and_close(inbox)
    assert bell.wait(SOON_SECONDS)


def test_an_inbox_that_was_renamed_away_and_made_again_is_heard_again(
    bell: Bell, inbox: Path
) -> None:
    inbox.rename(inbox.parent / "old")
    inbox.mkdir()

    expect_mended(bell, inbox, "was replaced by another folder")


def test_a_link_that_was_turned_to_another_folder_is_heard(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    inbox = tmp_path / "inbox"
    inbox.symlink_to("one")
    with Bell([inbox], coalesce_seconds=0.02) as bell:
        inbox.unlink()
        inbox.symlink_to("other")

        expect_mended(bell, inbox, "was replaced by another folder")


def test_an_emitter_that_ended_is_replaced(bell: Bell, inbox: Path) -> None:
    emitter = find_emitter()
    emitter.stop()  # type: ignore[attr-defined]
    emitter.join(SOON_SECONDS)

    expect_mended(bell, inbox, "had lost its watch")


def test_an_absent_inbox_is_waited_for_and_never_made(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    with Bell([inbox], coalesce_seconds=0.02) as bell:
        (remark,) = bell.supervise()
        assert remark == (
            f"The inbox {inbox} is not there (No such file or directory); inkchat waits for it."
        )
        assert bell.supervise() == []
        assert not inbox.exists()

        inbox.mkdir()
        expect_mended(bell, inbox, "is there and watched")


def test_an_inbox_that_goes_away_is_said_once_and_again_when_it_is_back(
    bell: Bell, inbox: Path
) -> None:
    inbox.rmdir()
    (gone,) = bell.supervise()
    assert bell.supervise() == []
    inbox.mkdir()

    assert "is not there" in gone
    wait_for_quiet(bell)
    expect_mended(bell, inbox, "is there and watched")


def test_a_file_in_the_inboxs_place_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("x")
    with Bell([tmp_path / "inbox"]) as bell:
        (remark,) = bell.supervise()

    assert "is not there (it is not a folder)" in remark


def test_one_absent_inbox_does_not_silence_another(tmp_path: Path, inbox: Path) -> None:
    with Bell([tmp_path / "absent", inbox]) as bell:
        write_and_close(inbox)

        assert bell.wait(SOON_SECONDS)


def test_a_shared_file_system_is_compared_and_said_so(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell_module, "find_mount", lambda folder: Mount("/", "fuse.rclone"))
    monkeypatch.setattr(bell_module, "POLL_SECONDS", 0.1)
    with Bell([inbox], coalesce_seconds=0.02) as bell:
        (remark,) = bell.supervise()
        wait_for_quiet(bell)
        assert type(find_emitter()).__name__ == "PollingEmitter"
        write_and_close(inbox)
        assert bell.wait(SOON_SECONDS)
        assert bell.supervise() == []

        (inbox / "note.pdf").unlink()
        inbox.rmdir()
        assert "is not there" in bell.supervise()[0]
        inbox.mkdir()
        assert "is there and watched" in bell.supervise()[0]
        wait_for_quiet(bell)
        write_and_close(inbox)
        assert bell.wait(SOON_SECONDS)

    assert "it lies on fuse.rclone, where changes made elsewhere are not announced" in remark


AT_THE_LIMIT = """
import sys, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from inkchat.inbox import bell as bell_module
bell_module.POLL_SECONDS = 0.1
inbox = Path(sys.argv[1])
with bell_module.Bell([inbox], coalesce_seconds=0.02) as bell:
    remarks = bell.supervise()
    end = time.monotonic() + 10
    while not remarks and time.monotonic() < end:
        time.sleep(0.05)
        remarks = bell.supervise()
    while bell.wait(0.5):
        pass
    (inbox / "19" / "note.pdf").write_bytes(b"x")
    print(bell.wait(10), *remarks, sep="\\n")
"""


@pytest.mark.parametrize(
    ("limit", "setting"),
    [
        ("max_inotify_watches=0", "max_user_watches"),
        ("max_inotify_watches=4", "max_user_watches"),
        ("max_inotify_instances=0", "max_user_instances"),
    ],
)
def test_at_the_limit_of_watches_the_inbox_is_compared_and_said_so(
    inbox: Path, limit: str, setting: str
) -> None:
    for number in range(20):
        (inbox / str(number)).mkdir()
    script = f'echo {limit.split("=")[1]} > /proc/sys/user/{limit.split("=")[0]} && exec "$@"'
    root = Path(__file__).parents[2]
    inner = ["sh", "-c", script, "sh", sys.executable, "-c", AT_THE_LIMIT, str(inbox), str(root)]

    done = subprocess.run(["unshare", "-Ur", *inner], capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "/proc/sys" in done.stderr:
        pytest.skip(f"no name space of our own to be had: {done.stderr.strip()}")

    assert done.stdout.splitlines()[0] == "True", done.stderr
    assert f"raise fs.inotify.{setting} with sysctl" in done.stdout
    assert "Traceback" not in done.stderr


MOUNTED_OVER = """
import subprocess, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from inkchat.inbox.bell import Bell
inbox = Path(sys.argv[1])
with Bell([inbox], coalesce_seconds=0.02) as bell:
    for command in (["mount", "-t", "tmpfs", "none", inbox], ["umount", inbox]):
        subprocess.run(command, check=True)
        print(*bell.supervise())
        while bell.wait(0.3):
            pass
        (inbox / "note.pdf").write_bytes(b"x")
        print(bell.wait(10))
"""


def test_an_inbox_that_is_mounted_over_and_unmounted_is_heard_again(inbox: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["unshare", "-Urm", sys.executable, "-c", MOUNTED_OVER, inbox, root],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "permission denied" in done.stderr:
        pytest.skip(f"no name space of our own to be had: {done.stderr.strip()}")

    lines = done.stdout.splitlines()
    assert lines[1::2] == ["True", "True"], done.stderr
    assert ["was replaced by another folder" in line for line in lines[::2]] == [True, True], lines


def test_leaving_without_closing_ends_the_program_in_peace(inbox: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
        "from inkchat.inbox.bell import Bell\n"
        "bell = Bell([Path(sys.argv[1])])\n"
        "for number in range(200): (Path(sys.argv[1]) / f'{number}.md').write_text('x')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, inbox, Path(__file__).parents[2]],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_only_the_bell_loads_watchdog() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import inkchat.inbox, inkchat.inbox.claim, inkchat.inbox.settle\n"
        "print(sorted(m for m in sys.modules if m.startswith('watchdog')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, Path(__file__).parents[2]],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
