"""The ledger: each arrow once, each content once, each drop in its turn."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from inkchat.domain import (
    DropState,
    ErrorResponse,
    NoteKind,
    Response,
)
from inkchat.errors import DamagedFile, DeliveryError, RateLimited, Unreachable, WrongKey
from inkchat.store import SERVICE, Answered, Arrival, Home, Store
from tests.store.drops import (
    HASHES,
    HOME,
    ONCE,
    REPLY,
    answer,
    arrive,
    deliver,
    due,
    envelope,
    watch,
    write_answer,
    write_error,
)


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
    asking = store.ledger.begin_asking(store.ledger.route(arrive(store, tmp_path, 1), None, HOME))
    store.ledger.answer(
        asking, Answered(NoteKind.PDF, REPLY, 1.0), envelope(tmp_path), write_answer
    )

    with pytest.raises(RuntimeError, match="somebody else"):
        store.ledger.answer(
            asking, Answered(NoteKind.PDF, REPLY, 1.0), envelope(tmp_path), write_answer
        )

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
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    later = datetime.now(UTC) + timedelta(minutes=5)
    error = Unreachable("It is down.", "Wait.", provider="OpenAI")
    store.ledger.wait(drop, later, error, ONCE, "OpenAI")

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


def test_a_time_that_a_wrong_clock_wrote_has_come(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    now = datetime.now(UTC)
    busy = RateLimited("It is busy.", "Wait.", provider="OpenAI")
    store.ledger.wait(drop, now + timedelta(days=999), busy, ONCE)

    assert [drop.id] == due(store)
    due_at = store.ledger.next_due_at(["inbox"])
    assert due_at is not None
    assert due_at < now + timedelta(hours=1)


def test_a_pause_in_another_watch_is_not_waited_for(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    busy = RateLimited("It is busy.", "Wait.", provider="OpenAI")
    store.ledger.wait(drop, datetime.now(UTC) + timedelta(minutes=1), busy, ONCE)

    assert store.ledger.next_due_at(["other"]) is None
    assert store.ledger.next_due_at(["other", "inbox"]) is not None


def test_drops_at_work_take_no_room_from_others(store: Store, tmp_path: Path) -> None:
    first, second, third = (
        store.ledger.route(arrive(store, tmp_path, number), None, Home("ada", thread=str(number)))
        for number in range(3)
    )
    now = datetime.now(UTC)

    assert [first, second] == store.ledger.list_due(["inbox"], now, 2)
    assert [second, third] == store.ledger.list_due(["inbox"], now, 2, besides=[first.id])


def test_a_failed_delivery_keeps_the_answer(store: Store, tmp_path: Path) -> None:
    drop = answer(store, tmp_path, arrive(store, tmp_path, 1))
    store.ledger.wait(
        drop, datetime.now(UTC), DeliveryError("The outbox is full.", "Free some."), ONCE
    )

    kept = store.ledger.get(drop.id)
    assert DropState.ANSWERED is kept.state
    assert 1 == len(store.outgoing.list_undelivered(drop.id))
    assert DropState.DELIVERED is deliver(store, kept).state


def test_a_failure_takes_a_number_and_an_error_page(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    failed = store.ledger.fail(
        drop, DamagedFile("It is broken.", "Mend it."), envelope(tmp_path), write_error
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
    first, second = (store.ledger.route(arrive(store, tmp_path, n), None, HOME) for n in (1, 2))
    error = WrongKey("The key is wrong.", "Correct it.", provider="OpenAI")
    assert store.troubles.begin(first, error, envelope(tmp_path), write_error)
    assert not store.troubles.begin(second, error, envelope(tmp_path), write_error)
    hour = datetime.now(UTC) + timedelta(hours=1)
    store.ledger.wait(second, hour, error, ONCE, "OpenAI")
    own = arrive(store, tmp_path, 3)
    store.ledger.wait(own, hour, DamagedFile("Its own trouble.", "Wait."), ONCE)
    (trouble,) = store.troubles.list_open()
    assert ("OpenAI", "wrong-key", "The key is wrong. Correct it.") == (
        trouble.waiting_for,
        trouble.code,
        trouble.message,
    )

    answer(store, tmp_path, first)

    assert [] == store.troubles.list_open()
    assert second.id in due(store)
    assert own.id not in due(store)
    assert store.troubles.begin(second, error, envelope(tmp_path), write_error)
    store.troubles.begin(first, error, envelope(tmp_path), write_error)
    notices = [o for d in (first, second) for o in store.outgoing.list_undelivered(d.id)]
    assert 2 == sum(o.is_notice for o in notices)


def test_the_same_trouble_with_another_provider_is_told_on_a_page_of_its_own(
    store: Store, tmp_path: Path
) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    providers = ("OpenAI", "xAI Grok")

    for provider in providers:
        error = WrongKey("The key is wrong.", "Correct it.", provider=provider)
        assert store.troubles.begin(drop, error, envelope(tmp_path), write_error)
        assert not store.troubles.begin(drop, error, envelope(tmp_path), write_error)

    assert list(providers) == [trouble.waiting_for for trouble in store.troubles.list_open()]
    assert 2 == len(store.outgoing.list_undelivered(drop.id))


def test_a_notice_and_an_error_of_one_number_have_two_names(store: Store, tmp_path: Path) -> None:
    drop = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    error = WrongKey("a", "b", provider="OpenAI")
    store.troubles.begin(drop, error, envelope(tmp_path), write_error)
    store.ledger.fail(drop, DamagedFile("a", "b"), envelope(tmp_path), write_error)

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

    drop = store.ledger.route(drop, None, HOME)
    store.ledger.hold(drop, DamagedFile("a", "b"), envelope(tmp_path), write_error)
    assert [drop.id] == due(store)
    (notice,) = store.outgoing.list_undelivered(drop.id)
    store.outgoing.mark_delivered(notice.id, "f" * 64, 1)

    assert [] == due(store)
    assert store.ledger.retry(drop.id)
    assert [drop.id] == due(store)


def test_a_lock_excludes_threads_and_other_objects(store: Store, tmp_path: Path) -> None:
    from inkchat.store.locks import Locks

    other = Locks(tmp_path / ".inkchat" / "ink.db.locks")
    assert store.locks.acquire(5)
    assert not store.locks.acquire(5)
    assert not other.acquire(5)
    assert other.acquire(6)

    store.locks.release(5)

    assert other.acquire(5)
    other.close()
    assert store.locks.acquire(5)


@pytest.mark.parametrize(
    "question",
    [
        "list_due",
        "next_due_at",
        "count_open",
        "count_waiting_in",
        "list_offline_answered",
        "release_held",
        "release_budget_holds",
    ],
)
def test_what_is_due_is_found_by_its_index(question: str, store: Store, tmp_path: Path) -> None:
    """A scan of all drops ever seen would be slower every month."""
    plans: list[str] = []

    def explain(_c: object, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            cursor.connection.cursor().execute("SELECT 1")
            rows = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.extend(row[3] for row in rows)

    engine = store._database._engine
    event.listen(engine, "before_cursor_execute", explain)
    questions: dict[str, Callable[[], object]] = {
        "list_due": lambda: store.ledger.list_due(["inbox"], datetime.now(UTC), 4, [1, 2]),
        "next_due_at": lambda: store.ledger.next_due_at(["inbox"]),
        "count_open": lambda: store.ledger.count_open(["inbox"]),
        "count_waiting_in": lambda: store.ledger.count_waiting_in("conv", 1),
        "list_offline_answered": lambda: store.ledger.list_offline_answered(["inbox"], 9),
        "release_held": lambda: store.ledger.release_held(datetime.now(UTC)),
        "release_budget_holds": store.ledger.release_budget_holds,
    }
    questions[question]()
    event.remove(engine, "before_cursor_execute", explain)

    assert plans
    of_drops = [plan for plan in plans if "drops" in plan or "earlier" in plan]
    assert [] == [plan for plan in of_drops if "USING" not in plan]


def test_a_reply_that_was_not_recorded_is_found_again(store: Store) -> None:
    reply = replace(REPLY, answer="Paid \ud800 for.", remarks=("A remark.",))
    assert store.kept_replies.find(3) is None

    store.kept_replies.keep(3, reply)

    assert reply == store.kept_replies.find(3)
    store.kept_replies.forget(3)
    store.kept_replies.forget(3)
    assert store.kept_replies.find(3) is None


def test_two_databases_in_one_folder_have_locks_of_their_own(tmp_path: Path) -> None:
    one, two = (Store(tmp_path / name, tmp_path / ".inkchat") for name in ("a.db", "b.db"))
    assert one.locks.acquire(SERVICE)
    assert two.locks.acquire(SERVICE)
    assert not one.locks.is_held(SERVICE)
    again = Store(tmp_path / "a.db", tmp_path / ".inkchat")
    assert again.locks.is_held(SERVICE)
    for opened in (one, two, again):
        opened.close()


def test_a_path_may_hold_what_an_address_may_not(tmp_path: Path) -> None:
    folder = tmp_path / "what?mode=memory 50%25"
    store = Store(folder / "ink.db", folder / ".inkchat")
    store.close()

    assert (folder / "ink.db").is_file()


def test_a_name_that_tells_of_a_conversation_binds_the_drop_to_it(
    store: Store, tmp_path: Path
) -> None:
    first = store.ledger.route(arrive(store, tmp_path, 1), None, HOME)
    arrival = Arrival(
        watch=watch(tmp_path),
        thread="",
        name="returned.pdf",
        suffix=".pdf",
        signature="s9",
        content_hash=HASHES[9],
        size_bytes=1,
        claimed_conversation_id=first.conversation_id,
    )
    graces = replace(arrival, watch=replace(watch(tmp_path), name="g", user="grace"))

    assert first.conversation_id == store.arrivals.receive(arrival).drop.conversation_id
    assert store.arrivals.receive(graces).drop.conversation_id is None


def test_an_answer_hurries_what_waits_for_its_provider_in_every_watch(
    store: Store, tmp_path: Path
) -> None:
    elsewhere, otherwise, here = (arrive(store, tmp_path, number) for number in (1, 2, 3))
    with store._database.write() as connection:
        connection.exec_driver_sql(f"UPDATE drops SET watch = 'w' WHERE id != {here.id}")
    elsewhere, otherwise = (
        store.ledger.route(store.ledger.get(drop.id), None, HOME) for drop in (elsewhere, otherwise)
    )
    hour = datetime.now(UTC) + timedelta(hours=1)
    for drop, provider in ((elsewhere, "OpenAI"), (otherwise, "Ollama")):
        error = WrongKey("The key is wrong.", "Correct it.", provider=provider)
        store.ledger.wait(drop, hour, error, ONCE, provider)
        store.troubles.begin(drop, error, envelope(tmp_path), write_error)

    answer(store, tmp_path, here)

    assert ["Ollama"] == [trouble.waiting_for for trouble in store.troubles.list_open()]
    assert [elsewhere.id] == [d.id for d in store.ledger.list_due(["w"], datetime.now(UTC), 9)]


def test_a_trouble_ends_where_nothing_waits_for_it_any_more(store: Store, tmp_path: Path) -> None:
    first, second, third = (
        store.ledger.route(arrive(store, tmp_path, n), None, HOME) for n in (1, 2, 3)
    )
    hour = datetime.now(UTC) + timedelta(hours=1)
    for drop, provider in ((first, "Ollama"), (second, "xAI Grok")):
        error = WrongKey("The key is wrong.", "Correct it.", provider=provider)
        store.ledger.wait(drop, hour, error, ONCE, provider)
        store.troubles.begin(drop, error, envelope(tmp_path), write_error)

    answer(store, tmp_path, third)
    both = [trouble.waiting_for for trouble in store.troubles.list_open()]
    answer(store, tmp_path, store.ledger.get(first.id))

    assert ["Ollama", "xAI Grok"] == both
    assert ["xAI Grok"] == [trouble.waiting_for for trouble in store.troubles.list_open()]
    assert second.id not in due(store)


def test_a_provider_that_is_busy_is_told_once_while_another_answers(
    store: Store, tmp_path: Path
) -> None:
    first, second, third = (
        store.ledger.route(arrive(store, tmp_path, n), None, HOME) for n in (1, 2, 3)
    )
    busy = RateLimited("It is busy.", "Wait.", provider="xAI Grok")
    for drop in (first, second):
        store.ledger.wait(drop, datetime.now(UTC), busy, ONCE)
        store.troubles.begin(drop, busy, envelope(tmp_path), write_error)

    answer(store, tmp_path, third)
    assert not store.troubles.begin(second, busy, envelope(tmp_path), write_error)
    answer(store, tmp_path, store.ledger.get(first.id))
    assert not store.troubles.begin(second, busy, envelope(tmp_path), write_error)
    answer(store, tmp_path, store.ledger.get(second.id))

    assert [] == store.troubles.list_open()


def test_a_busy_provider_s_trouble_ends_with_its_own_answer(store: Store, tmp_path: Path) -> None:
    first, second = (store.ledger.route(arrive(store, tmp_path, n), None, HOME) for n in (1, 2))
    busy = RateLimited("It is busy.", "Wait.", provider=REPLY.provider)
    store.ledger.wait(first, datetime.now(UTC), busy, ONCE)
    store.troubles.begin(first, busy, envelope(tmp_path), write_error)

    answer(store, tmp_path, second)

    assert [] == store.troubles.list_open()


def test_a_page_knows_whose_conversation_it_is(store: Store, tmp_path: Path) -> None:
    drop = answer(store, tmp_path, arrive(store, tmp_path, 1))
    (outgoing,) = store.outgoing.list_undelivered(drop.id)

    assert HOME.user_id == outgoing.content.head.user
    assert outgoing.content.head.code
