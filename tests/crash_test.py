"""SIGKILL at every arrow, a restart, and the count: one response, and no answer paid twice.

`pytest -n 0 -s tests/crash_test.py` prints the table.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkchat.domain import DropState
from tests import program
from tests.house import House, make_house, wait_for
from tests.vendors import Problem, Say, VendorServer

KILLED = -signal.SIGKILL


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with VendorServer(judge=False) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    house = make_house(tmp_path / "house", vendor.url)
    house.drop("note.txt", "Why is the sky blue?")
    return house


def start(house: House, where: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.crash_driver", house.config, where])


def run_until(house: House, where: str) -> int:
    done = program.call("tests.crash_driver", house.config, where, cwd=house.folder)
    return done.returncode


def report(arrow: str, house: House, calls: int) -> None:
    print(f"\n  {arrow:<28} responses {len(house.responses())}   paid calls {calls}", end="")


@pytest.mark.parametrize(
    ("point", "expected_calls"),
    [
        ("copied", 1),
        ("received", 1),
        ("routed", 1),
        ("asking", 1),
        # The answer was in hand but not committed: it counts as cut during the call.
        ("replied", 2),
        ("answered", 1),
        ("drawn", 1),
        ("published", 1),
        ("delivered", 1),
    ],
)
def test_killed_at_an_arrow_a_note_gets_one_response(
    point: str, expected_calls: int, house: House, vendor: VendorServer
) -> None:
    assert KILLED == run_until(house, point)
    house.run_once()

    report(point, house, vendor.calls)
    (drop,) = house.drops()
    assert DropState.DELIVERED is drop.state
    assert [f"RESPONSE_{drop.conversation_id}_ex001.pdf"] == house.responses()
    assert expected_calls == vendor.calls
    house.run_once()
    assert (1, expected_calls) == (len(house.responses()), vendor.calls)


@pytest.mark.parametrize("point", ["drawn", "published"])
@pytest.mark.parametrize("change", ["device: supernote-nomad", "ruling: grid", "outbox: other"])
def test_a_page_that_would_be_drawn_otherwise_by_now_is_delivered_once(
    change: str, point: str, house: House, vendor: VendorServer
) -> None:
    assert KILLED == run_until(house, point)
    before = house.responses()
    (house.folder / "other").mkdir()
    house.configure(vendor.url, f"watch: [{{inbox: inbox, user: me, {change}}}]\n")
    house.run_once()
    house.run_once()

    (drop,) = house.drops()
    assert DropState.DELIVERED is drop.state
    name = f"RESPONSE_{drop.conversation_id}_ex001.pdf"
    elsewhere = [path.name for path in (house.folder / "other").iterdir()]
    assert [name] == [*house.responses(), *elsewhere]
    if point == "published":
        assert [name] == before
    assert 1 == vendor.calls


@pytest.mark.parametrize(
    ("command", "point"),
    [
        ("new session", "routed"),
        ("new session", "obeyed"),
        ("clear session", "obeyed"),
        ("end session", "obeyed"),
    ],
)
def test_killed_while_a_command_is_carried_out_it_is_done_once(
    command: str, point: str, house: House, vendor: VendorServer
) -> None:
    house.drop("a.txt", "Why is the sky blue?", "sky")
    house.run_once()
    house.drop("b.txt", command, "sky")
    assert KILLED == run_until(house, point)
    house.run_once()

    report(f"{command}, {point}", house, vendor.calls)
    assert 3 == len(house.responses())
    assert 2 == vendor.calls
    begun = 2 if command == "new session" else 1
    assert [(begun,)] == house.query("SELECT count(*) FROM conversations WHERE thread = 'sky'")
    assert [(1,)] == house.query("SELECT count(*) FROM exchanges WHERE outcome = 'command'")
    if command == "clear session":
        assert [(1,)] == house.query(
            "SELECT summary_covers FROM conversations WHERE thread = 'sky'"
        )


@pytest.mark.parametrize("point", ["routed", "obeyed"])
def test_killed_while_a_session_begins_outside_of_threads_one_begins(
    point: str, house: House, vendor: VendorServer
) -> None:
    house.run_once()
    house.drop("b.txt", "new session")
    assert KILLED == run_until(house, point)
    house.drop("help.txt", "help")
    house.run_once()

    assert [(2,)] == house.query("SELECT count(*) FROM conversations")
    assert [("replaced",), ("",)] == house.query(
        "SELECT end_reason FROM conversations ORDER BY created_at"
    )


def test_killed_during_the_call_it_is_repeated_once(house: House, tmp_path: Path) -> None:
    with VendorServer(Say(delay_seconds=20), judge=False) as slow:
        house.configure(slow.url)
        service = start(house, "never")
        wait_for(lambda: slow.calls == 1)
        os.kill(service.pid, signal.SIGKILL)
        service.wait()
    with VendorServer(judge=False) as quick:
        house.configure(quick.url)
        house.run_once()
        report("during the call", house, 1 + quick.calls)
        assert 1 == quick.calls
    assert 1 == len(house.responses())
    assert DropState.DELIVERED is house.drops()[0].state


def test_killed_during_the_call_twice_it_is_held_and_said(house: House) -> None:
    calls = 0
    for _ in range(2):
        with VendorServer(Say(delay_seconds=20), judge=False) as slow:
            house.configure(slow.url)
            service = start(house, "never")
            wait_for(lambda slow=slow: slow.calls == 1)  # type: ignore[misc]
            os.kill(service.pid, signal.SIGKILL)
            service.wait()
            calls += slow.calls
    with VendorServer(judge=False) as quick:
        house.configure(quick.url)
        house.run_once()
        house.run_once()
        report("during the call, twice", house, calls + quick.calls)
        assert 0 == quick.calls
        (drop,) = house.drops()
        assert DropState.HELD is drop.state
        (notice,) = house.responses()
        assert notice.startswith("ERROR_")
        assert f"inkchat retry {drop.id}" in house.read(notice)
        with house.open() as (_, store):
            assert store.ledger.retry(drop.id)
        house.run_once()
        assert 1 == quick.calls
    assert 2 == len(house.responses())
    assert DropState.DELIVERED is house.drops()[0].state


@pytest.mark.parametrize("point", ["waiting", "drawn", "published"])
def test_killed_while_a_trouble_is_told_it_is_told_once(point: str, house: House) -> None:
    wrong_key = Say(status=401, problem=Problem("invalid_request_error", code="invalid_api_key"))
    with VendorServer(wrong_key, judge=False) as refusing:
        house.configure(refusing.url)
        assert KILLED == run_until(house, point)
        with house.open() as (_, store):
            store.ledger.hurry_waiting()
        house.run_once()
        (notice,) = house.responses()
        assert notice.startswith("ERROR_")
    with VendorServer(judge=False) as mended:
        house.configure(mended.url)
        with house.open() as (_, store):
            store.ledger.hurry_waiting()
        house.run_once()
        report(f"waiting, {point}", house, mended.calls)
        assert 1 == mended.calls
    assert 2 == len(house.responses())
    assert DropState.DELIVERED is house.drops()[0].state


@pytest.mark.parametrize("point", ["answered", "drawn", "published", "delivered"])
def test_killed_while_a_failure_is_told_there_is_one_error(
    point: str, house: House, vendor: VendorServer
) -> None:
    (house.inbox / "note.txt").unlink()
    house.drop("broken.pdf", b"%PDF-1.4 and then nothing of the kind\n%%EOF")

    assert KILLED == run_until(house, point)
    house.run_once()

    report(f"failing, {point}", house, vendor.calls)
    (drop,) = house.drops()
    assert DropState.FAILED is drop.state
    assert [f"ERROR_{drop.conversation_id}_ex001.pdf"] == house.responses()
    assert 0 == vendor.calls


def test_an_answer_written_on_between_publishing_and_the_crash_is_left_alone(
    house: House, vendor: VendorServer
) -> None:
    assert KILLED == run_until(house, "published")
    (name,) = house.responses()
    annotated = (house.outbox / name).read_bytes() + b"% ink"
    (house.outbox / name).write_bytes(annotated)

    house.run_once()

    assert [name, name.replace(".pdf", "_2.pdf")] == house.responses()
    assert annotated == (house.outbox / name).read_bytes()
    assert 1 == vendor.calls
