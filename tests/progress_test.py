"""What `run` shows while answers grow."""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from inkchat.cli.progress import LINES_SHOWN, Progress
from inkchat.config import SettingsSource
from inkchat.domain import Drop, DropState
from inkchat.store import Arrival, Store
from tests.house import House, make_house, wait_for
from tests.vendors import Problem, Say, VendorServer

WIDTH = 40


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    house = make_house(tmp_path / "house")
    with house.open() as (_, opened):
        yield opened


def receive(store: Store, name: str) -> Drop:
    settings = SettingsSource(store.private_folder.parent / "config.yaml", {}).current()
    return store.arrivals.receive(
        Arrival(
            watch=settings.watches[0],
            thread="physics",
            name=name,
            suffix=".txt",
            signature=None,
            content_hash=name.encode().hex().ljust(64, "0"),
            size_bytes=1,
            claimed_conversation_id=None,
        ),
        not_before=datetime.now(UTC),
    ).drop


def draw(progress: Progress) -> list[str]:
    """The lines of the region, without the line of the spinner at its end."""
    shown = Console(file=io.StringIO(), width=WIDTH, force_terminal=False)
    shown.print(progress)
    assert isinstance(shown.file, io.StringIO)
    return [line.rstrip() for line in shown.file.getvalue().splitlines()][:-1]


def make_progress(store: Store) -> tuple[Progress, io.StringIO]:
    printed = io.StringIO()
    return Progress(store, Console(file=printed, width=WIDTH, force_terminal=True)), printed


def test_several_answers_grow_at_once_each_under_its_name(store: Store) -> None:
    progress, _ = make_progress(store)
    first, second = receive(store, "a.txt"), receive(store, "b.txt")
    to_first, to_second = progress.listen(first.id), progress.listen(second.id)

    to_first("One")
    to_second("Two")
    to_first(" and more")

    assert ["physics/a.txt", "  One and more", "physics/b.txt", "  Two"] == draw(progress)


def test_the_last_lines_of_a_long_answer_are_shown(store: Store) -> None:
    progress, _ = make_progress(store)
    add = progress.listen(receive(store, "a.txt").id)

    for number in range(400):
        add(f"word{number} ")
    add("\n\nThe end.")

    lines = draw(progress)[1:]
    assert LINES_SHOWN == len(lines)
    assert "  The end." == lines[-1]
    assert lines[-2].endswith("word399")
    assert all(len(line) <= WIDTH for line in lines)


def test_a_note_without_a_word_yet_is_not_shown(store: Store) -> None:
    progress, _ = make_progress(store)

    progress.listen(receive(store, "a.txt").id)

    assert [] == draw(progress)


@pytest.mark.parametrize("state", [DropState.FAILED, DropState.WAITING, DropState.HELD])
def test_of_an_answer_that_does_not_come_in_nothing_stays(
    state: DropState, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress, printed = make_progress(store)
    drop = receive(store, "a.txt")
    add = progress.listen(drop.id)
    add("Half an ans")
    told = replace(drop, state=state, reason="It broke off.")
    if state is DropState.FAILED:
        # Nothing was delivered in this test, and so no path can be told.
        monkeypatch.setattr(progress, "_find_response", lambda drop: Path("ERROR.pdf"))

    progress.tell(told)
    add("wer that comes too late")

    assert [] == draw(progress)
    assert "It broke off." in printed.getvalue()


def test_a_second_try_begins_anew(store: Store) -> None:
    progress, _ = make_progress(store)
    drop = receive(store, "a.txt")
    progress.listen(drop.id)("Half an ans")

    progress.listen(drop.id)("Whole")

    assert ["physics/a.txt", "  Whole"] == draw(progress)


def test_escape_sequences_of_an_answer_are_shown_and_not_obeyed(store: Store) -> None:
    progress, _ = make_progress(store)

    progress.listen(receive(store, "a\x1b[2J.txt").id)("[red]\x1b]0;owned\x07\rback")

    name, line = draw(progress)
    assert r"\x1b" in name
    assert r"  [red]\x1b]0;owned\x07\x0dback" == line


def test_pieces_may_come_while_the_region_is_drawn(store: Store) -> None:
    progress, _ = make_progress(store)
    drops = [receive(store, f"{number}.txt") for number in range(4)]

    def grow(drop: Drop) -> None:
        add = progress.listen(drop.id)
        for _ in range(300):
            add("x ")
        progress.tell(replace(drop, state=DropState.WAITING, reason="later"))

    threads = [threading.Thread(target=grow, args=(drop,)) for drop in drops]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        draw(progress)

    assert [] == draw(progress)


def test_off_a_terminal_pieces_are_not_shown(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress(store)

    progress.listen(77)("Half")

    assert ("", "") == capsys.readouterr()


def start_on_a_terminal(house: House, *words: str) -> tuple[subprocess.Popen[bytes], int]:
    """`inkchat run` on a terminal of 80 by 24, and our end of it."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [sys.executable, "-m", "inkchat", "run", *words],
        cwd=house.folder,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
    )
    os.close(theirs)
    return ran, ours


def read_to_the_end(ours: int) -> str:
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    return shown.decode("utf-8", "replace")


def run_on_a_terminal(house: House) -> str:
    """All that `run --once` writes."""
    ran, ours = start_on_a_terminal(house, "--once")
    shown = read_to_the_end(ours)
    ran.wait(90)
    return shown


def test_on_a_terminal_the_answer_is_seen_before_its_page_is_there(tmp_path: Path) -> None:
    say = Say(answer="First words of it. " + "And more. " * 30, pause_seconds=0.1)
    with VendorServer(say) as slow:
        house = make_house(tmp_path / "house", slow.url)
        house.drop("note.txt", "Why?")

        shown = run_on_a_terminal(house)

    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert plain.index("First words") < plain.index("RESPONSE_")
    # The region is gone at the end: what was printed above it is the last that stays.
    assert "note.txt → " in plain


def test_on_a_terminal_a_failure_is_told_in_its_line(tmp_path: Path) -> None:
    refusal = Say(status=401, problem=Problem("authentication_error"))
    with VendorServer(refusal) as refusing:
        house = make_house(tmp_path / "house", refusing.url)
        house.drop("note.txt", "Why?")

        shown = run_on_a_terminal(house)

    assert "note.txt: waits" in shown


def test_whoever_does_not_wait_for_the_end_gets_the_cursor_back(tmp_path: Path) -> None:
    with VendorServer(Say(delay_seconds=60)) as slow:
        house = make_house(tmp_path / "house", slow.url)
        house.drop("note.txt", "Why?")
        ran, ours = start_on_a_terminal(house)
        wait_for(lambda: slow.calls)

        ran.send_signal(signal.SIGINT)
        told = b""
        while b"again to stop now" not in told:
            told += os.read(ours, 4096)
        ran.send_signal(signal.SIGINT)
        shown = told.decode("utf-8", "replace") + read_to_the_end(ours)

    assert 130 == ran.wait(90)
    assert shown.rindex("\x1b[?25l") < shown.rindex("\x1b[?25h")


def test_json_says_the_same_with_and_without_a_stream(tmp_path: Path) -> None:
    with VendorServer(Say()) as server:
        house = make_house(tmp_path / "house", server.url)
        house.drop("note.txt", "Why?")
        ran = subprocess.run(
            [sys.executable, "-m", "inkchat", "run", "--once", "--json"],
            cwd=house.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )

    states = [json.loads(line)["state"] for line in ran.stdout.splitlines()]
    assert ["received", "delivered"] == states, ran.stderr
