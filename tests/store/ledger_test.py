"""The ledger: each arrow once, each content once, each drop in its turn."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inkchat.domain import (
    Drop,
    DropState,
    ErrorResponse,
    Letterhead,
    NoteKind,
    Reply,
    Response,
    Watch,
)
from inkchat.errors import DamagedFile, DeliveryError, Unreachable, WrongKey
from inkchat.store import Arrival, Envelope, Store

HASHES = [f"{n:064x}" for n in range(40)]
REPLY = Reply("Title", "Read", "Answer", "en", "OpenAI", "m")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")
    yield store
    store.close()


def watch(folder: Path, name: str = "inbox") -> Watch:
    return Watch(name, folder / "inbox", folder / "outbox", "ada", "remarkable-2")


def arrive(store: Store, folder: Path, number: int, name: str = "", thread: str = "") -> Drop:
    return store.arrivals.receive(
        Arrival(
            watch=watch(folder),
            thread=thread,
            name=name or f"{number}.pdf",
            suffix=".pdf",
            signature=f"s{number}",
            content_hash=HASHES[number],
            size_bytes=1,
        )
    )


def envelope(folder: Path) -> Envelope:
    return Envelope(folder / "outbox", "remarkable-2", "{prefix}_{conversation_id}_ex{number:03d}")


def write_answer(head: Letterhead) -> Response:
    return Response(head, "Title", "Answer", "Read", "en", "m", ("A remark.",))


def write_error(head: Letterhead) -> ErrorResponse:
    return ErrorResponse(head, "Broken", "It is broken.", "Mend it.", "It waits.")


def answer(store: Store, folder: Path, drop: Drop) -> Drop:
    if drop.conversation_id is None:
        drop = store.ledger.route(drop, None, "ada")
    drop = store.ledger.begin_asking(drop, "OpenAI")
    return store.ledger.answer(drop, NoteKind.PDF, REPLY, 1.0, envelope(folder), write_answer)


def deliver(store: Store, drop: Drop) -> Drop:
    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    return store.ledger.finish(drop, outgoing.id, "f" * 64, 10)


def due(store: Store, now: datetime | None = None) -> list[int]:
    now = now or datetime.now(UTC)
    return [drop.id for drop in store.ledger.list_due(["inbox"], now, 100)]


def test_a_content_is_entered_once_per_thread(store: Store, tmp_path: Path) -> None:
    first = arrive(store, tmp_path, 1)
    touched = arrive(store, tmp_path, 1)
    renamed = arrive(store, tmp_path, 1, "other.pdf")
    elsewhere = arrive(store, tmp_path, 1, thread="thread")

    assert first == touched
    assert DropState.DUPLICATE is renamed.state
    assert "1.pdf" in renamed.reason
    assert DropState.RECEIVED is elsewhere.state
    assert [first.id, elsewhere.id] == due(store)


def test_what_was_seen_is_remembered_by_its_signature(store: Store, tmp_path: Path) -> None:
    arrive(store, tmp_path, 1)
    arrive(store, tmp_path, 2, thread="t")

    assert {("", "1.pdf"): "s1", ("t", "2.pdf"): "s2"} == store.arrivals.known_signatures("inbox")
    assert {} == store.arrivals.known_signatures("other")


def test_the_whole_way_leaves_one_exchange_and_one_response(store: Store, tmp_path: Path) -> None:
    drop = answer(store, tmp_path, arrive(store, tmp_path, 1))
    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    delivered = deliver(store, drop)

    assert DropState.ANSWERED is drop.state
    assert f"RESPONSE_{drop.conversation_id}_ex001.pdf" == outgoing.name
    assert isinstance(outgoing.content, Response)
    assert ("Answer", ("A remark.",), 1) == (
        outgoing.content.answer,
        outgoing.content.remarks,
        outgoing.content.head.exchange_number,
    )
    assert DropState.DELIVERED is delivered.state
    assert [] == store.outgoing.list_undelivered(drop.id)
    assert [tmp_path / "outbox" / outgoing.name] == store.outgoing.list_delivered(drop.id)
    state = store.sessions.get_conversation(drop.conversation_id or "")
    assert state is not None
    assert ("Title", 1, "Read") == (
        state.title,
        len(state.exchanges),
        state.exchanges[0].transcript,
    )
    assert [] == due(store)


def test_an_answer_is_recorded_once(store: Store, tmp_path: Path) -> None:
    asking = store.ledger.begin_asking(
        store.ledger.route(arrive(store, tmp_path, 1), None, "ada"), "OpenAI"
    )
    store.ledger.answer(asking, NoteKind.PDF, REPLY, 1.0, envelope(tmp_path), write_answer)

    with pytest.raises(RuntimeError, match="somebody else"):
        store.ledger.answer(asking, NoteKind.PDF, REPLY, 1.0, envelope(tmp_path), write_answer)

    state = store.sessions.get_conversation(asking.conversation_id or "")
    assert state is not None
    assert 1 == len(state.exchanges) == state.total_exchanges
    assert 1 == len(store.outgoing.list_undelivered(asking.id))


def test_a_drop_waits_for_its_turn_in_its_conversation(store: Store, tmp_path: Path) -> None:
    first, second = (arrive(store, tmp_path, n, thread="t") for n in (1, 2))
    other = arrive(store, tmp_path, 3)
    assert [first.id, other.id] == due(store)

    answered = answer(store, tmp_path, first)
    assert second.id not in due(store)
    deliver(store, answered)

    assert [second.id, other.id] == due(store)


def test_a_pause_is_kept_and_ends(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, "ada")
    later = datetime.now(UTC) + timedelta(minutes=5)
    error = Unreachable("It is down.", "Wait.", provider="OpenAI")
    store.ledger.wait(drop, later, error, "OpenAI")

    waiting = store.ledger.get(drop.id)
    assert (DropState.WAITING, 1, "OpenAI", "It is down.") == (
        waiting.state,
        waiting.attempts,
        waiting.waiting_for,
        waiting.reason,
    )
    assert [] == due(store)
    assert later == store.ledger.next_due_at(["inbox"])
    assert [drop.id] == due(store, later)
    store.ledger.hurry_waiting()
    assert [drop.id] == due(store)


def test_a_failed_delivery_keeps_the_answer(store: Store, tmp_path: Path) -> None:
    drop = answer(store, tmp_path, arrive(store, tmp_path, 1))
    store.ledger.wait(drop, datetime.now(UTC), DeliveryError("The outbox is full.", "Free some."))

    kept = store.ledger.get(drop.id)
    assert DropState.ANSWERED is kept.state
    assert 1 == len(store.outgoing.list_undelivered(drop.id))
    assert DropState.DELIVERED is deliver(store, kept).state


def test_a_failure_takes_a_number_and_an_error_page(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, "ada")
    failed = store.ledger.fail(
        drop, None, DamagedFile("It is broken.", "Mend it."), envelope(tmp_path), write_error
    )
    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    ended = deliver(store, failed)

    assert f"ERROR_{drop.conversation_id}_ex001.pdf" == outgoing.name
    assert isinstance(outgoing.content, ErrorResponse)
    assert (DropState.FAILED, "It is broken.", "damaged-file") == (
        ended.state,
        ended.reason,
        ended.reason_code,
    )
    assert store.ledger.retry(drop.id)
    assert f"RESPONSE_{drop.conversation_id}_ex002.pdf" == (
        store.outgoing.list_undelivered(answer(store, tmp_path, store.ledger.get(drop.id)).id)[
            0
        ].name
    )


def test_a_trouble_is_news_once_until_it_ends(store: Store, tmp_path: Path) -> None:
    first, second = (store.ledger.route(arrive(store, tmp_path, n), None, "ada") for n in (1, 2))
    error = WrongKey("The key is wrong.", "Correct it.", provider="OpenAI")
    assert store.troubles.begin(first, error, envelope(tmp_path), write_error)
    assert not store.troubles.begin(second, error, envelope(tmp_path), write_error)
    store.ledger.wait(second, datetime.now(UTC) + timedelta(hours=1), error, "OpenAI")
    (trouble,) = store.troubles.list_open()
    assert ("OpenAI", "wrong-key", "The key is wrong. Correct it.") == (
        trouble.waiting_for,
        trouble.code,
        trouble.message,
    )

    answer(store, tmp_path, first)

    assert [] == store.troubles.list_open()
    assert second.id in due(store)
    assert store.troubles.begin(second, error, envelope(tmp_path), write_error)


def test_a_notice_and_an_error_of_one_number_have_two_names(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, "ada")
    store.outgoing.add_notice(drop, envelope(tmp_path), write_error)
    store.ledger.fail(drop, None, DamagedFile("a", "b"), envelope(tmp_path), write_error)

    names = [outgoing.name for outgoing in store.outgoing.list_undelivered(drop.id)]

    stem = f"ERROR_{drop.conversation_id}_ex001"
    assert [f"{stem}.pdf", f"{stem}_2.pdf"] == names


def test_our_own_page_is_recognised(store: Store, tmp_path: Path) -> None:
    drop = answer(store, tmp_path, arrive(store, tmp_path, 1))
    (outgoing,) = store.outgoing.list_undelivered(drop.id)
    store.ledger.finish(drop, outgoing.id, HASHES[7], 10)

    returned = arrive(store, tmp_path, 7, "returned.pdf")

    assert (DropState.IGNORED, "own-page") == (returned.state, returned.reason_code)


def test_only_a_drop_that_rests_can_be_tried_again(store: Store, tmp_path: Path) -> None:
    drop = arrive(store, tmp_path, 1)
    assert not store.ledger.retry(drop.id)

    store.ledger.hold(drop, DamagedFile("a", "b"))

    assert [] == due(store)
    assert store.ledger.retry(drop.id)
    assert [drop.id] == due(store)


def test_a_lock_excludes_threads_and_other_objects(store: Store, tmp_path: Path) -> None:
    from inkchat.store.locks import Locks

    other = Locks(tmp_path / ".inkchat" / "locks")
    assert store.locks.acquire(5)
    assert not store.locks.acquire(5)
    assert not other.acquire(5)
    assert other.acquire(6)

    store.locks.release(5)

    assert other.acquire(5)
    other.close()
    assert store.locks.acquire(5)
