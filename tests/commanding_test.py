"""Notes that are only a command: by hand, typed, or by the file's name; each answered by a page."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import inkchat
from inkchat.domain import Drop, DropState
from tests.house import House, make_house
from tests.vendors import Say, VendorServer


@pytest.fixture
def vendor(numbering: VendorServer) -> VendorServer:
    return numbering


@pytest.fixture
def house(tmp_path: Path, vendor: VendorServer) -> House:
    return make_house(tmp_path / "house", vendor.url)


def page_of(house: House, drop: Drop) -> str:
    return house.read(f"RESPONSE_{drop.conversation_id}_ex{drop.exchange_number:03d}.pdf")


@pytest.mark.parametrize(
    ("name", "content"),
    [("note.txt", "Help!"), ("help.txt", ""), ("help.txt", "help\n"), ("Help (2).md", " ")],
)
def test_a_typed_command_costs_no_call(
    name: str, content: str, house: House, vendor: VendorServer
) -> None:
    # An empty file is waited for at first: it may be one that is still on its way.
    house.configure(vendor.url, "settle_seconds: 0.05\n") if content else None
    drop = house.answer(name, content, "python")

    assert DropState.DELIVERED is drop.state
    assert 0 == vendor.calls
    page = page_of(house, drop)
    assert "session info" in page
    # It gets no page more to write back on.
    assert "1 / 1" in page
    assert ["command"] == [e.outcome for e in house.conversation_of(drop).exchanges]


@pytest.mark.parametrize("form", ["PNG", "PDF"])
def test_a_command_by_hand_costs_the_call_that_reads_it(
    form: str, tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(draw_note())).save(buffer, form)
    says = [Say(answer="Because.", transcript="Why?"), Say(transcript="# Session info", answer="?")]
    with VendorServer(says) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        first = house.answer("a.txt", "Why?", "python")
        asked = house.answer(f"b.{form.lower()}", buffer.getvalue(), "python")

        assert 2 == vendor.calls
    assert first.conversation_id == asked.conversation_id
    assert house.conversation_of(first).code in page_of(house, asked)
    exchange = house.conversation_of(asked).exchanges[-1]
    assert ("command", "session info") == (exchange.outcome, exchange.transcript)
    assert exchange.tokens_used > 0
    assert [("done",), ("done",)] == house.query("SELECT state FROM calls")


def test_without_a_thread_a_command_is_about_the_latest_conversation(
    house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "Why?")
    asked = house.answer("b.txt", "session info")

    assert first.conversation_id == asked.conversation_id
    assert [(1,)] == house.query("SELECT count(*) FROM conversations")


def test_clear_session_begins_the_memory_anew_and_deletes_nothing(
    house: House, vendor: VendorServer
) -> None:
    house.answer("a.txt", "One?", "python")
    house.answer("b.txt", "clear session", "python")
    drop = house.answer("c.txt", "Two?", "python")

    assert "Transcript 0." not in str(vendor.asked[-1].body)
    assert 3 == len(house.conversation_of(drop).exchanges)
    house.answer("d.txt", "Three?", "python")
    assert "Transcript 1." in str(vendor.asked[-1].body)
    assert "clear session" not in str(vendor.asked[-1].body["messages"][1:])


@pytest.mark.parametrize("thread", ["python", ""])
def test_new_session_begins_another_conversation_whose_page_can_be_written_on(
    thread: str, house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "One?", thread)
    begun = house.answer("b.txt", "new session", thread)
    page = f"RESPONSE_{begun.conversation_id}_ex001.pdf"
    returned = house.answer(page, (house.outbox / page).read_bytes() + b"%more", thread)

    assert first.conversation_id != begun.conversation_id == returned.conversation_id
    if thread:
        after = house.answer("c.txt", "Two?", thread)
        assert after.conversation_id == begun.conversation_id
        assert "replaced" == house.conversation_of(first).end_reason
    assert "Transcript 0." not in str(vendor.asked[-1].body)


def test_a_note_saved_along_with_new_session_belongs_to_the_new_one(
    house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "One?", "python")
    house.drop("b.txt", "new session", "python")
    house.drop("c.txt", "Two?", "python")
    house.run_once()

    _, begun, after = house.drops()
    assert first.conversation_id != begun.conversation_id == after.conversation_id
    assert "Transcript 0." not in str(vendor.asked[-1].body)


def test_new_session_by_hand_begins_one(tmp_path: Path, draw_note: Callable[..., bytes]) -> None:
    says = [Say(answer="A.", transcript="One?"), Say(transcript="new session"), Say(answer="B.")]
    with VendorServer(says) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        first = house.answer("a.txt", "One?", "python")
        begun = house.answer("b.png", draw_note(), "python")
        after = house.answer("c.txt", "Two?", "python")

    assert first.conversation_id != begun.conversation_id == after.conversation_id
    assert 1 == begun.exchange_number


def test_after_end_session_the_next_note_begins_anew(house: House, vendor: VendorServer) -> None:
    first = house.answer("a.txt", "One?", "python")
    ended = house.answer("b.txt", "End session.", "python")
    after = house.answer("c.txt", "Two?", "python")

    assert first.conversation_id == ended.conversation_id != after.conversation_id
    assert ("ended", "asked") == (
        house.conversation_of(first).status,
        house.conversation_of(first).end_reason,
    )


def test_the_provider_is_named_for_a_conversation(tmp_path: Path, vendor: VendorServer) -> None:
    house = make_house(tmp_path / "six")
    house.configure_six(vendor.url, "Anthropic Claude")
    house.answer("a.txt", "One?", "python")
    house.answer("b.txt", "provider gemini", "python")
    house.answer("c.txt", "Two?", "python")
    house.answer("d.txt", "Three?", "optics")
    house.answer("e.txt", "provider: auto", "python")
    house.answer("f.txt", "Four?", "python")

    models = [received.body["model"] for received in vendor.asked]
    assert ["anthropic-m", "gemini-m", "anthropic-m", "anthropic-m"] == models


def test_continue_alone_takes_the_thread_to_another_conversation(
    house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "One?", "python")
    house.answer("b.txt", "Two?", "optics")
    code = house.conversation_of(first).code
    called = house.answer("c.txt", f"continue: {code}", "optics")
    after = house.answer("d.txt", "Three?", "optics")

    assert first.conversation_id == called.conversation_id == after.conversation_id
    assert 3 == vendor.calls


def test_search_finds_what_was_said_and_says_how_to_go_on(
    house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "One?", "python")
    found = house.answer("b.txt", "search: transcript", "optics")

    page = page_of(house, found)
    assert "Transcript 0." in page
    assert house.conversation_of(first).code in page
    assert 1 == vendor.calls


def test_a_typed_command_waits_for_no_other_note(tmp_path: Path, vendor: VendorServer) -> None:
    house = make_house(tmp_path / "six")
    house.write_config("active_provider: Anthropic Claude\n")
    waiting = house.answer("a.txt", "One?", "python")
    assert DropState.WAITING is waiting.state
    assert DropState.RECEIVED is house.answer("b.txt", "Two?", "python").state

    told = house.answer("c.txt", "session info", "python")

    assert DropState.DELIVERED is told.state
    assert waiting.conversation_id == told.conversation_id
    house.configure_six(vendor.url, "Anthropic Claude")
    with house.open() as (_, store):
        store.ledger.hurry_waiting()
    house.run_once()
    assert [("c.txt",), ("a.txt",), ("b.txt",)] == house.query(
        "SELECT input_file FROM exchanges ORDER BY sequence_number"
    )


@pytest.mark.parametrize("command", ["clear session", "provider: gemini"])
def test_what_would_change_earlier_notes_waits_for_them(command: str, tmp_path: Path) -> None:
    house = make_house(tmp_path / "six")
    house.write_config("active_provider: Anthropic Claude\n")
    house.answer("a.txt", "One?", "python")

    assert DropState.RECEIVED is house.answer("b.txt", command, "python").state


def test_a_command_after_the_timeout_is_about_the_conversation_that_was(
    house: House, vendor: VendorServer
) -> None:
    house.configure(
        vendor.url, "watch: [{inbox: inbox, outbox: outbox, conversation_timeout: 3600}]\n"
    )
    first = house.answer("a.txt", "One?", "python")
    house.query("UPDATE conversations SET last_activity = '2026-01-01T00:00:00.000000+00:00'")
    told = house.answer("b.txt", "summary", "python")
    after = house.answer("c.txt", "Two?", "python")

    assert first.conversation_id == told.conversation_id != after.conversation_id


def test_a_command_by_hand_without_a_thread_is_about_the_latest_conversation(
    tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    says = [Say(transcript="One?"), Say(transcript="end session"), Say(transcript="new session")]
    with VendorServer(says) as vendor:
        house = make_house(tmp_path / "house", vendor.url)
        first = house.answer("a.txt", "One?")
        ended = house.answer("b.png", draw_note())
        begun = house.answer("c.png", draw_note(width_px=1000))

    assert first.conversation_id == ended.conversation_id != begun.conversation_id
    assert ("ended", "asked") == (
        house.conversation_of(first).status,
        house.conversation_of(first).end_reason,
    )
    assert [(2,)] == house.query("SELECT count(*) FROM conversations")


def test_a_command_that_changes_something_is_not_carried_out_long_after_it_was_written(
    tmp_path: Path, draw_note: Callable[..., bytes]
) -> None:
    house = make_house(tmp_path / "house")
    drop = house.answer("a.png", draw_note(), "python")
    with VendorServer(Say(transcript="end session")) as vendor:
        house.configure(vendor.url, "offline: {answer_later: true}\n")
        house.run_once()

    page = house.read(f"RESPONSE_{drop.conversation_id}_ex002.pdf")
    assert "This came too late" in page
    assert "active" == house.conversation_of(drop).status


def test_a_message_to_a_fresh_conversation_is_about_that_one(
    house: House, vendor: VendorServer
) -> None:
    first = house.answer("a.txt", "One?")
    with house.open() as (_, store):
        fresh = store.sessions.create_conversation("me")

    sent = inkchat.send(fresh, "end session", house.config)

    assert fresh == sent.drop.conversation_id
    assert "active" == house.conversation_of(first).status


def test_an_empty_file_that_changes_something_is_carried_out_once(
    house: House, vendor: VendorServer
) -> None:
    house.answer("a.txt", "One?", "python")
    house.answer("new session.txt", "", "python")
    path = house.inbox / "python" / "new session.txt"
    os.utime(path)
    house.run_once()

    assert [(2,)] == house.query("SELECT count(*) FROM conversations")


def test_a_command_that_only_tells_is_answered_again_when_it_is_saved_again(
    house: House, vendor: VendorServer
) -> None:
    house.answer("help.txt", "help", "python")
    path = house.inbox / "python" / "help.txt"
    content = path.read_bytes()
    house.answer("help.txt", content, "python")
    assert 2 == len(house.responses())

    # Moved about by a sync program: another file, of the same time.
    times = path.stat()
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    house.run_once()
    assert 2 == len(house.responses())


def test_a_command_that_changes_something_is_carried_out_once(
    house: House, vendor: VendorServer
) -> None:
    house.answer("a.txt", "One?", "python")
    house.answer("new.txt", "new session", "python")
    house.answer("new.txt", "new session", "python")

    assert [(2,)] == house.query("SELECT count(*) FROM conversations")


def test_all_sessions_is_for_admins(tmp_path: Path, vendor: VendorServer) -> None:
    house = make_house(tmp_path / "two")
    house.configure_two_users(vendor.url, more="admins: [ada]\n")
    (house.folder / "ben-in" / "a.txt").write_text("One?")
    house.run_once()
    (bens,) = house.drops()
    code = house.conversation_of(bens).code
    (house.folder / "ada-in" / "b.txt").write_text("all sessions")
    (house.folder / "ben-in" / "c.txt").write_text("all sessions")
    house.run_once()

    pages = {drop.watch: page_of(house, drop) for drop in house.drops() if drop.name != "a.txt"}
    assert code in pages["ada-in"]
    assert "admins" in pages["ben-in"]
    assert [("ada",), ("ben",)] == house.query(
        "SELECT DISTINCT user_id FROM conversations ORDER BY 1"
    )
