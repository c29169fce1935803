"""The service in a real household: what is saved is answered, once, in order, whatever it is."""

import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inkchat import notes
from inkchat.config import Limits, ProviderName, SettingsSource
from inkchat.domain import Drop, DropState, Note
from inkchat.errors import AlreadyRunning, InDoubt, Retry
from inkchat.inbox import intake, scan
from inkchat.inbox.settle import ignore_lease_signals
from inkchat.models import Chooser, retry
from inkchat.pipeline import Pipeline
from inkchat.reply import letters, press
from inkchat.service import Service
from inkchat.store import Arrival, Envelope, Home, database
from inkchat.store.values import write_time
from tests import drawing_cases
from tests.house import House, make_house, read_pdf, running, wait_for
from tests.notes import hostile
from tests.vendors import Ending, Problem, Received, Say, VendorServer


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _leases_may_be_asked_for() -> Iterator[None]:
    before = signal.getsignal(signal.SIGIO)
    ignore_lease_signals()
    yield
    signal.signal(signal.SIGIO, before)


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


BAD_FILES: dict[str, Callable[[], bytes]] = {
    "empty.pdf": lambda: b"",
    "letter.pdf": lambda: b"This is a letter, not a PDF.",
    "truncated.pdf": lambda: hostile.honest_pdf()[:-200],
    "locked.pdf": lambda: hostile.encrypted_pdf("secret"),
    "endless.pdf": hostile.many_pages,
    "bomb.pdf": hostile.form_that_draws_itself,
    "giant.png": hostile.giant_png,
}


def asked(request: Received) -> str:
    return str(request.body["messages"])


# What arrives


def test_every_kind_of_note_is_answered(house: House, vendor: VendorServer) -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("L", (700, 900), 255)
    ImageDraw.Draw(picture).line([(50, 60), (400, 300)], fill=0, width=6)
    for suffix in ("png", "jpg", "tiff", "webp", "pdf"):
        picture.convert("RGB").save(house.inbox / f"note.{suffix}")
    house.drop("note.txt", "Typed.")
    house.drop("note.md", "# Typed\n\ntoo")

    house.run_once()

    assert {DropState.DELIVERED} == {drop.state for drop in house.drops()}
    assert 7 == len(house.responses()) == vendor.calls


def test_files_before_and_after_the_start_are_answered_once(
    house: House, vendor: VendorServer
) -> None:
    house.drop("before.txt", "One?")
    with running(house):
        wait_for(lambda: len(house.responses()) == 1)
        house.drop("after.txt", "Two?")
        wait_for(lambda: len(house.responses()) == 2)
        os.utime(house.inbox / "after.txt")
        shutil.copy(house.inbox / "after.txt", house.inbox / "copy.txt")
        wait_for(lambda: len(house.drops()) == 3)

    assert 2 == vendor.calls
    assert [DropState.DELIVERED, DropState.DELIVERED, DropState.DUPLICATE] == [
        drop.state for drop in house.drops()
    ]


def test_a_slow_writer_is_waited_for(house: House, vendor: VendorServer) -> None:
    with running(house), (house.inbox / "slow.txt").open("w") as file:
        for word in ("Why ", "is ", "the ", "sky ", "blue?"):
            file.write(word)
            file.flush()
            time.sleep(0.15)
        assert 0 == vendor.calls
        file.close()
        wait_for(lambda: len(house.responses()) == 1)

    assert 1 == vendor.calls
    assert "Why is the sky blue?" in asked(vendor.requests[0])


def test_a_rename_into_place_is_enough(house: House, vendor: VendorServer, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("Moved?")
    hidden = house.drop(".note.txt.tmp", "Hidden first?")
    with running(house):
        outside.rename(house.inbox / "moved.txt")
        hidden.rename(house.inbox / "note.txt")
        wait_for(lambda: len(house.responses()) == 2)
        os.link(house.inbox / "note.txt", house.folder / "elsewhere.txt")

    assert 2 == vendor.calls


def test_nothing_in_the_inbox_is_changed(house: House) -> None:
    def look() -> list[tuple[str, int, int, bytes]]:
        return sorted(
            (p.name, p.stat().st_mtime_ns, p.stat().st_ino, p.read_bytes())
            for p in house.inbox.rglob("*")
            if p.is_file()
        )

    house.drop("a.txt", "A?")
    house.drop("broken.pdf", "not a PDF")
    house.drop("b.txt", "B?", thread="thread")
    before = look()

    house.run_once()

    assert before == look()


def test_a_response_copied_into_the_inbox_unchanged_is_not_a_note(
    house: House, vendor: VendorServer
) -> None:
    house.drop("note.txt", "Why?")
    house.run_once()
    shutil.copy(house.outbox / house.responses()[0], house.inbox / "returned.pdf")

    house.run_once()

    assert 1 == vendor.calls
    assert DropState.IGNORED is house.drops()[-1].state


# Conversations


def test_a_thread_is_one_conversation_and_is_remembered(house: House, vendor: VendorServer) -> None:
    house.drop("1.txt", "My cat is called Ada.", thread="cats")
    house.run_once()
    house.drop("2.txt", "What is my cat called?", thread="cats")
    house.drop("other.txt", "What is my cat called, root?")
    house.run_once()

    first, second, other = sorted(house.drops(), key=lambda drop: drop.name)
    assert first.conversation_id == second.conversation_id != other.conversation_id
    assert (1, 2, 1) == (first.exchange_number, second.exchange_number, other.exchange_number)
    by_text = {
        "second": next(r for r in vendor.requests if "2.txt" in asked(r)),
        "other": next(r for r in vendor.requests if "other.txt" in asked(r)),
    }
    # The vendor's transcript stands for the first note: what was read, not the note again.
    assert "What is written on the note." in asked(by_text["second"])
    assert "This is the answer." in asked(by_text["second"])
    assert "This is the answer." not in asked(by_text["other"])


def test_notes_of_a_thread_are_answered_in_their_order(house: House) -> None:
    say = Say(delay_seconds=0.15)
    with VendorServer(say) as slow:
        house.configure(slow.url)
        for number in range(5):
            path = house.drop(f"{number}.txt", f"Question {number}?", thread="t")
            os.utime(path, (1000 + number, 1000 + number))
        house.run_once()
        numbers = [
            next(n for n in range(4, -1, -1) if f"Question {n}?" in asked(request))
            for request in slow.requests
        ]

    assert [0, 1, 2, 3, 4] == numbers
    assert [1, 2, 3, 4, 5] == [drop.exchange_number for drop in house.drops()]
    assert 1 == len({drop.conversation_id for drop in house.drops()})


def test_different_conversations_are_answered_in_parallel(house: House) -> None:
    together = threading.Barrier(4, timeout=20)

    def meet(_: int) -> Say:
        # Passes only when four calls are under way at once.
        together.wait()
        return Say()

    with VendorServer(meet) as server:
        house.configure(server.url)
        for number in range(4):
            house.drop(f"{number}.txt", f"Question {number}?")
        house.run_once()

    assert 4 == len(house.responses())


def test_a_response_written_on_continues_its_conversation(
    house: House, vendor: VendorServer
) -> None:
    from pypdf import PdfReader, PdfWriter

    house.drop("note.txt", "Why?")
    house.run_once()
    (first,) = house.drops()
    writer = PdfWriter(clone_from=PdfReader(house.outbox / house.responses()[0]))
    writer.add_blank_page(447, 596)
    writer.write(house.inbox / "renamed by the tablet.pdf")

    house.run_once()

    second = house.drops()[-1]
    assert (first.conversation_id, 2) == (second.conversation_id, second.exchange_number)


def test_a_mark_never_leads_into_another_users_conversation(
    house: House, vendor: VendorServer
) -> None:
    house.drop("note.txt", "Secret?")
    house.run_once()
    (adas,) = house.drops()
    (house.folder / "other").mkdir()
    house.configure(
        vendor.url,
        "watch:\n  - {inbox: inbox, outbox: outbox}\n"
        "  - {inbox: other, outbox: outbox, user: grace}\n",
    )
    name = f"RESPONSE_{adas.conversation_id}_ex001.txt"
    (house.folder / "other" / name).write_text("What did she ask?")

    house.run_once()

    graces = house.drops()[-1]
    assert DropState.DELIVERED is graces.state
    assert adas.conversation_id != graces.conversation_id
    assert "Secret?" not in asked(vendor.requests[-1])


def test_notes_that_only_offline_answered_are_remembered_without_our_own_words(
    house: House, vendor: VendorServer
) -> None:
    house.configure(None)
    house.drop("1.txt", "My cat is called Ada.", thread="t")
    house.run_once()
    house.configure(vendor.url)
    house.drop("2.txt", "What is my cat called?", thread="t")
    house.run_once()

    assert "Ada" in asked(vendor.requests[0])
    assert "ANTHROPIC_API_KEY" not in asked(vendor.requests[0])


# Bad input


def test_bad_input_ends_in_one_error_or_is_ignored_and_delays_nothing_else(
    house: House, vendor: VendorServer, tmp_path: Path
) -> None:
    for name, make in BAD_FILES.items():
        house.drop(name, make())
    os.mkfifo(house.inbox / "fifo.pdf")
    (house.inbox / "link.pdf").symlink_to("/dev/zero")
    (house.inbox / "folder.pdf").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(house.inbox)  # the path of a socket may be 108 bytes at most
        listening.bind("socket.pdf")
        os.chdir(here)
    good = (b"line\nbreak.txt", b"x" * 251 + b".txt", b"not \xff utf-8.txt", b"-dash.txt")
    for raw in good:
        (house.inbox / os.fsdecode(raw)).write_bytes(raw + b"?")

    house.run_once()

    by_name = {drop.name: drop for drop in house.drops()}
    for name in BAD_FILES:
        drop = by_name[name]
        assert DropState.FAILED is drop.state, (name, drop)
        assert drop.reason
        assert f"ERROR_{drop.conversation_id}_ex001.pdf" in house.responses()
    for name in ("fifo.pdf", "link.pdf", "folder.pdf", "socket.pdf"):
        assert DropState.IGNORED is by_name[name].state
        assert by_name[name].reason
    others = [d for n, d in by_name.items() if d.state is DropState.DELIVERED]
    assert len(good) == len(others) == vendor.calls
    assert len(BAD_FILES) + len(good) == len(house.responses())


def test_twenty_collected_files_at_once_end_in_one_response_each(
    house: House, corpora: Path
) -> None:
    for path in sorted((corpora / "pdf").glob("*.pdf"))[:20]:
        shutil.copy(path, house.inbox)

    house.run_once()

    assert 20 == len(house.drops()) == len(house.responses())
    assert {drop.state for drop in house.drops()} <= {DropState.DELIVERED, DropState.FAILED}


# Troubles


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (
            Say(status=401, problem=Problem("invalid_request_error", code="invalid_api_key")),
            "key",
        ),
        (
            Say(status=404, problem=Problem("invalid_request_error", code="model_not_found")),
            "model",
        ),
        (Say(status=500, problem=Problem("server_error")), "model"),
    ],
    ids=["wrong key", "unknown model", "server down"],
)
def test_a_trouble_is_said_once_and_the_notes_go_on_when_it_is_mended(
    say: Say, expected: str, house: House, vendor: VendorServer
) -> None:
    with VendorServer(say) as failing:
        house.configure(failing.url)
        house.drop("1.txt", "One?")
        house.drop("2.txt", "Two?")
        with running(house):
            wait_for(lambda: [d.state for d in house.drops()] == [DropState.WAITING] * 2)
            wait_for(lambda: len(house.responses()) == 1)
            (notice,) = house.responses()
            assert notice.startswith("ERROR_")
            assert expected in house.read(notice)
            assert "waits" in house.read(notice)
            with house.open() as (_, store):
                assert 1 == len(store.troubles.list_open())

            house.configure(vendor.url)
            wait_for(lambda: len(house.responses()) == 3)

    assert {DropState.DELIVERED} == {drop.state for drop in house.drops()}
    with house.open() as (_, store):
        assert [] == store.troubles.list_open()


def test_no_key_is_said_and_mended_without_a_restart(house: House, vendor: VendorServer) -> None:
    house.config.write_text("active_provider: Anthropic Claude\nsettle_seconds: 0.1\n")
    house.drop("1.txt", "One?")
    with running(house):
        wait_for(lambda: len(house.responses()) == 1)
        assert "ANTHROPIC_API_KEY" in house.read(house.responses()[0])
        house.configure(vendor.url)
        wait_for(lambda: len(house.responses()) == 2)

    assert DropState.DELIVERED is house.drops()[0].state


def test_a_busy_model_is_asked_again_when_it_said(house: House) -> None:
    busy = Say(status=429, headers={"Retry-After": "1"}, problem=Problem("rate_limit_error"))
    with VendorServer([busy, Say()]) as server:
        house.configure(server.url)
        house.drop("1.txt", "One?")
        with running(house):
            wait_for(lambda: len(house.responses()) == 1)

    (name,) = house.responses()
    assert name.startswith("RESPONSE_")


def test_a_refusal_is_an_error_page(house: House) -> None:
    with VendorServer(Say(ending=Ending.REFUSED)) as server:
        house.configure(server.url)
        house.drop("1.txt", "One?")
        house.run_once()

    assert DropState.FAILED is house.drops()[0].state
    assert 1 == server.calls


def test_an_absent_outbox_keeps_the_paid_answer(house: House, vendor: VendorServer) -> None:
    house.outbox.rmdir()
    house.drop("1.txt", "One?")
    house.run_once()
    (drop,) = house.drops()
    assert DropState.ANSWERED is drop.state
    assert "outbox" in drop.reason

    house.outbox.mkdir()
    with running(house):
        wait_for(lambda: len(house.responses()) == 1)

    assert 1 == vendor.calls
    assert DropState.DELIVERED is house.drops()[0].state


def test_an_absent_inbox_is_waited_for_and_never_made(house: House) -> None:
    house.inbox.rmdir()
    with running(house):
        time.sleep(0.3)
        assert not house.inbox.exists()
        house.inbox.mkdir()
        house.drop("1.txt", "One?")
        wait_for(lambda: len(house.responses()) == 1)


def test_a_second_service_on_the_same_database_is_refused(house: House) -> None:
    house.drop("1.txt", "One?")
    with running(house):
        wait_for(house.responses)
        with house.open() as (source, store), pytest.raises(AlreadyRunning):
            Service(source, store).run(once=True)


def test_a_fault_of_our_own_is_an_error_page_and_the_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = notes.open_note

    def stumble(path: Path, name: str, suffix: str, limits: Limits, edge_px: int) -> Note:
        if name == "bad.txt":
            raise ZeroDivisionError("our mistake")
        return real(path, name, suffix, limits, edge_px)

    monkeypatch.setattr(notes, "open_note", stumble)
    house.drop("bad.txt", "Bad?")
    house.drop("good.txt", "Good?")

    house.run_once()

    by_name = {drop.name: drop for drop in house.drops()}
    assert DropState.FAILED is by_name["bad.txt"].state
    assert DropState.DELIVERED is by_name["good.txt"].state
    assert "our mistake" in caplog.text


def test_the_page_of_a_failure_says_what_to_do(house: House) -> None:
    house.drop("letter.pdf", "This is a letter, not a PDF.")
    house.run_once()

    (name,) = house.responses()
    text = read_pdf(house.outbox / name)
    assert "letter.pdf" in text
    assert house.drops()[0].reason in text


def test_notes_text_and_answers_stand_in_no_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    house.drop("1.txt", "SECRET-QUESTION", thread="t")
    house.run_once()

    assert 1 == len(house.responses())
    assert "SECRET-QUESTION" not in caplog.text
    assert "This is the answer" not in caplog.text


# The house itself


def test_a_local_server_found_once_is_waited_for_not_given_up(
    house: House, vendor: VendorServer
) -> None:
    with VendorServer() as local:
        house.config.write_text(
            f"settle_seconds: 0.1\nlocal_servers: ['{local.url}', '{vendor.url}/none']\n"
        )
        settings = SettingsSource(house.config, {}).current()
        chooser = Chooser()
        assert ProviderName.COMPATIBLE is chooser.choose(settings).settings.name
    expire(chooser)

    assert ProviderName.COMPATIBLE is chooser.choose(settings).settings.name


def test_a_local_server_that_comes_later_is_found(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    house.config.write_text(f"local_servers: ['http://127.0.0.1:{port}/v1']\n")
    settings = SettingsSource(house.config, {}).current()
    chooser = Chooser()
    assert ProviderName.OFFLINE is chooser.choose(settings).settings.name
    with VendorServer() as late:
        other = replace(settings, local_servers=(late.url,))
        expire(chooser)

        assert ProviderName.COMPATIBLE is chooser.choose(other).settings.name


def expire(chooser: Chooser) -> None:
    assert chooser._made
    chooser._made = {name: (float("-inf"), choice) for name, (_, choice) in chooser._made.items()}


def test_an_answer_the_database_does_not_take_is_not_paid_for_again(
    house: House, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.1)
    house.drop("1.txt", "One?")
    other = sqlite3.connect(house.folder / "eink_sessions.db", check_same_thread=False)

    def lock_while_answering(point: str) -> None:
        if point == "replied":
            other.execute("BEGIN EXCLUSIVE")

    house.run_once(lock_while_answering)
    other.rollback()
    other.close()
    assert DropState.ASKING is house.drops()[0].state
    house.run_once()

    assert DropState.DELIVERED is house.drops()[0].state
    assert 1 == vendor.calls == len(house.responses())


def test_a_note_that_fails_by_itself_is_not_asked_again_with_each_good_one(
    house: House,
) -> None:
    broken = Say(status=500, problem=Problem("server_error"))
    with VendorServer([broken, Say()]) as server:
        house.configure(server.url, "workers: 1\n")
        house.drop("0.txt", "Bad?")
        house.run_once()
        in_an_hour = write_time(datetime.now(UTC) + timedelta(hours=1))
        house.query(f"UPDATE drops SET not_before = '{in_an_hour}'")
        (waiting,) = house.drops()
        for number in range(1, 4):
            house.drop(f"{number}.txt", f"Good {number}?")
            house.run_once()

        assert 4 == len([r for r in server.requests if r.method == "POST"])
    assert waiting.not_before == house.drops()[0].not_before
    assert 1 == sum(name.startswith("ERROR_") for name in house.responses())
    assert 4 == len(house.responses())


def test_an_answer_that_is_lost_on_its_way_is_asked_for_three_times_at_most(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else goes wrong in between."""
    monkeypatch.setitem(retry._FIRST_PAUSE_SECONDS, Retry.LATER, 0.05)
    cut, broken = Say(ending=Ending.CUT), Say(status=503, problem=Problem("server_error"))
    with VendorServer([cut, broken, cut, broken, broken, cut]) as server:
        house.configure(server.url)
        house.drop("1.txt", "One?")
        with running(house):
            wait_for(lambda: house.drops() and house.drops()[0].state is DropState.FAILED)

        assert 3 == server.calls
    (final,) = [name for name in house.responses() if "inkchat retry 1" in house.read(name)]
    assert "not tried again by itself" in house.read(final)


def test_a_film_that_grows_in_the_inbox_is_entered_once(house: House) -> None:
    film = house.drop("film.mov", "frame")
    for _ in range(4):
        house.run_once()
        with film.open("a") as file:
            file.write("frame")

    (entry,) = house.drops()
    assert DropState.IGNORED is entry.state


def test_an_inbox_that_goes_away_does_not_make_the_loop_spin(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    real = scan.list_inbox

    def count(inbox: Path) -> scan.Listing:
        nonlocal looks
        looks += 1
        return real(inbox)

    monkeypatch.setattr(intake, "list_inbox", count)
    with running(house):
        wait_for(lambda: looks > 0)
        house.drop("pending.pdf", b"%PDF-1.7 never whole")
        wait_for(lambda: looks > 2)
        shutil.rmtree(house.inbox)
        time.sleep(0.5)
        before = looks
        time.sleep(1.0)

    assert looks - before < 10


def test_a_held_note_is_told_of_when_the_outbox_is_there_again(house: House) -> None:
    error = InDoubt("It is not known.", "Say so.", provider="p")
    with house.open() as (source, store):
        settings = source.current()
        (watch,) = settings.watches
        envelope = Envelope(watch.outbox, watch.device.name, settings.outbox_name)
        arrival = Arrival(watch, "", "1.txt", ".txt", "s", "0" * 64, 1)
        drop = store.ledger.route(store.arrivals.receive(arrival).drop, None, Home("me"))
        store.ledger.hold(
            drop, error, envelope, lambda head: letters.write_error(head, error, "It is kept.")
        )
    house.outbox.rmdir()
    house.run_once()
    (held,) = house.drops()
    assert DropState.HELD is held.state
    assert held.not_before is not None

    house.outbox.mkdir()
    with running(house):
        wait_for(house.responses)

    assert f"ERROR_{held.conversation_id}_ex001.pdf" in house.responses()
    assert DropState.HELD is house.drops()[0].state


def test_a_corrected_outbox_takes_the_answers_that_waited(
    house: House, vendor: VendorServer
) -> None:
    watch = "watch:\n  - {{inbox: inbox, outbox: {}}}\n"
    house.configure(vendor.url, watch.format("outbocks"))
    house.drop("1.txt", "One?")
    house.run_once()
    assert DropState.ANSWERED is house.drops()[0].state
    house.configure(vendor.url, watch.format("outbox"))
    with running(house):
        wait_for(house.responses)

    assert 1 == vendor.calls


def test_an_answer_that_cannot_be_drawn_is_told_of_on_a_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "draw_page", drawing_cases.draw_errors_alone)
    house.drop("1.txt", "One?")

    house.run_once()

    (name,) = house.responses()
    text = house.read(name)
    assert "could not be drawn" in text
    assert "inkchat show" in text
    assert DropState.DELIVERED is house.drops()[0].state


def test_a_listener_that_fails_stops_nothing(house: House, vendor: VendorServer) -> None:
    def fail(_: Drop) -> None:
        raise BrokenPipeError

    house.drop("1.txt", "One?")
    with house.open() as (source, store):
        Service(source, store, fail).run(once=True)
        Pipeline(store, source.current).advance(1, lambda text: 1 / 0)  # type: ignore[arg-type]

    assert 1 == vendor.calls == len(house.responses())


def test_a_listener_that_fails_while_it_listens_does_not_cost_the_answer(
    house: House, vendor: VendorServer
) -> None:
    house.drop("1.txt", "One?")
    with house.open() as (source, store):
        snapshot = house.folder / ".inkchat" / "drops"
        content = b"One?"
        digest = hashlib.sha256(content).hexdigest()
        (snapshot / digest[:2]).mkdir(parents=True)
        (snapshot / digest[:2] / digest).write_bytes(content)
        watch = source.current().watches[0]
        drop = store.arrivals.receive(Arrival(watch, "", "1.txt", ".txt", None, digest, 4)).drop
        ended = Pipeline(store, source.current).advance(drop.id, lambda text: 1 / 0)  # type: ignore[arg-type]

    assert ended is not None
    assert DropState.DELIVERED is ended.state


def test_changed_watches_are_taken_up_without_a_restart(house: House, vendor: VendorServer) -> None:
    (house.folder / "second").mkdir()
    house.drop("1.txt", "One?")
    with running(house):
        wait_for(lambda: len(house.responses()) == 1)
        house.configure(
            vendor.url,
            "watch:\n  - {inbox: inbox, outbox: outbox}\n"
            "  - {inbox: second, outbox: outbox, user: grace}\n",
        )
        (house.folder / "second" / "2.txt").write_text("Two?")
        wait_for(lambda: len(house.responses()) == 2)
        house.drop("3.txt", "Three?")
        wait_for(lambda: len(house.responses()) == 3)
