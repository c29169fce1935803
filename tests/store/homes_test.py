"""Homes: a thread or a section of a document has one conversation, begun exactly once."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from inkchat import SessionManager
from inkchat.domain import DropState
from inkchat.errors import DamagedFile
from inkchat.store import Home, Store
from inkchat.store.conversation_rows import forget_if_empty
from inkchat.store.homes import link_thread, reopen
from inkchat.store.values import write_time
from tests.store.drops import (
    answer,
    arrive,
    deliver,
    envelope,
    get_state,
    make_idle,
    write_error,
)

HOUR = 3600.0
THREAD = Home("ada", "inbox", "physics")

Getter = Callable[[SessionManager], str]


def get_thread(sessions: SessionManager) -> str:
    return sessions.get_or_create_thread("inbox", "physics", "ada")


def get_section(sessions: SessionManager) -> str:
    return sessions.get_or_create_section("paper.pdf", "2", "ada", "inbox")


def link(store: Store, home: Home, conversation_id: str) -> None:
    with store._database.write() as connection:
        link_thread(connection, home, conversation_id)


def count_conversations(store: Store) -> int:
    with store._database.read() as connection:
        count: int = connection.exec_driver_sql("SELECT count(*) FROM conversations").scalar_one()
    return count


# Begun exactly once, for good, and for one user


@pytest.mark.parametrize("get", [get_thread, get_section])
def test_a_home_is_begun_once_however_many_threads_ask(get: Getter, store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: get(store.sessions), range(40)))

    assert 1 == len(found) == count_conversations(store)


def _get_both(path: Path, results: Any) -> None:
    sessions = SessionManager(path)
    results.put({get_thread(sessions) for _ in range(5)} | {get_section(sessions)})
    sessions.close()


def test_a_home_is_begun_once_however_many_processes_ask(store: Store, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    askers = [
        context.Process(target=_get_both, args=(tmp_path / "ink.db", results)) for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    told = [results.get(timeout=60) for _ in askers]
    for asker in askers:
        asker.join()

    assert [0] * 4 == [asker.exitcode for asker in askers]
    assert 2 == len(set().union(*told)) == count_conversations(store)


@pytest.mark.parametrize("get", [get_thread, get_section])
def test_a_home_is_durable_before_its_id_is_told(get: Getter, store: Store, tmp_path: Path) -> None:
    other = SessionManager(tmp_path / "ink.db")

    conversation_id = get(store.sessions)

    seen = other.get_conversation(conversation_id)
    assert seen is not None
    assert ("ada", "inbox", "active") == (seen.user_id, seen.watch, seen.status)
    other.add_exchange(conversation_id, "n.txt", "text", "Said.", 0.1, 3)
    assert conversation_id == get(other)
    other.close()
    assert 1 == get_state(store, conversation_id).total_exchanges


def test_each_place_of_each_user_has_a_conversation_of_its_own(store: Store) -> None:
    places = [
        Home(user, watch, **place)
        for user in ("ada", "grace", "", None)
        for watch in ("inbox", "other")
        for place in (
            {"thread": "t"},
            {"thread": "t/u"},
            {"thread": "T"},
            {"document": "t"},
            {"document": "t", "section": "1"},
        )
    ]

    def get(home: Home) -> str:
        if home.document:
            return store.sessions.get_or_create_section(
                home.document, home.section, home.user_id, home.watch
            )
        return store.sessions.get_or_create_thread(home.watch, home.thread, home.user_id)

    first = [get(home) for home in places]

    # Nobody and the nameless one are the same to a ledger that knows watches by their user.
    assert 30 == len(set(first))
    assert first == [get(home) for home in places]


@pytest.mark.parametrize(
    "folder", ["it's", 'a "b"', "100 %", "_", "a\nb", "ü/ü", "面包", "'; DROP TABLE drops --"]
)
def test_a_thread_may_have_a_strange_name(folder: str, store: Store) -> None:
    conversation_id = store.sessions.get_or_create_thread("inbox", folder, "ada")

    assert conversation_id == store.sessions.get_or_create_thread("inbox", folder, "ada")
    assert folder == get_state(store, conversation_id).thread


@pytest.mark.parametrize("get", [get_thread, get_section])
def test_a_home_is_found_by_an_index(get: Getter, store: Store) -> None:
    """A look at all conversations for each note would be slower every month."""
    get(store.sessions)
    plans: list[str] = []

    def explain(_c: object, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            rows = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.extend(row[3] for row in rows)

    event.listen(store._database._engine, "before_cursor_execute", explain)
    get(store.sessions)

    of_conversations = {plan.split(" (")[0] for plan in plans if " conversations" in plan}
    assert of_conversations
    indexes = ("conversations_of_thread", "conversations_of_document", "sqlite_autoindex")
    assert all(any(index in plan for index in indexes) for plan in of_conversations)


# Idle


def test_a_thread_that_was_idle_begins_anew_and_keeps_what_was_said(
    store: Store, tmp_path: Path
) -> None:
    old = deliver(store, answer(store, tmp_path, arrive(store, tmp_path, 1, thread="physics")))
    make_idle(store, old.conversation_id or "", HOUR + 60)
    assert old.conversation_id == store.sessions.get_or_create_thread(
        "inbox", "physics", "ada", 2 * HOUR
    )

    new = store.sessions.get_or_create_thread("inbox", "physics", "ada", HOUR)

    ended, begun = get_state(store, old.conversation_id), get_state(store, new)
    assert ("ended", "idle", 1) == (ended.status, ended.end_reason, len(ended.exchanges))
    assert ended.ended_at is not None
    assert ("active", old.conversation_id) == (begun.status, begun.follows)
    assert new == get_thread(store.sessions)


@pytest.mark.parametrize("is_held", [False, True])
def test_a_thread_is_not_idle_while_one_of_its_drops_waits(
    is_held: bool, store: Store, tmp_path: Path
) -> None:
    drop = arrive(store, tmp_path, 1, thread="physics")
    if is_held:
        store.ledger.hold(drop, DamagedFile("a", "b"), envelope(tmp_path), write_error)
    make_idle(store, drop.conversation_id or "", 2 * HOUR)

    assert drop.conversation_id == store.sessions.get_or_create_thread(
        "inbox", "physics", "ada", HOUR
    )


def test_a_thread_without_a_limit_is_never_idle(store: Store) -> None:
    conversation_id = get_thread(store.sessions)
    make_idle(store, conversation_id, 10_000 * HOUR)

    assert conversation_id == get_thread(store.sessions)


# Anew, and again


@pytest.mark.parametrize("home", [THREAD, Home("ada", "inbox", document="paper.pdf", section="2")])
def test_a_new_conversation_takes_the_place_of_the_one_before(
    home: Home, store: Store, tmp_path: Path
) -> None:
    first = store.ledger.route(arrive(store, tmp_path, 1), None, home)
    drop = store.ledger.begin_anew(arrive(store, tmp_path, 2), home)

    before, now = (get_state(store, d.conversation_id) for d in (first, drop))
    assert ("ended", "replaced") == (before.status, before.end_reason)
    assert ("active", before.conversation_id) == (now.status, now.follows)
    assert drop.conversation_id == store.ledger.route(drop, None, home).conversation_id


def test_what_has_no_home_begins_each_time_and_ends_nothing(store: Store, tmp_path: Path) -> None:
    nowhere = Home("ada", "inbox")
    drops = [store.ledger.route(arrive(store, tmp_path, n), None, nowhere) for n in (1, 2)]

    store.ledger.begin_anew(arrive(store, tmp_path, 3), nowhere)

    states = [get_state(store, drop.conversation_id) for drop in drops]
    assert ["active", "active"] == [state.status for state in states]
    assert 3 == count_conversations(store)


def test_a_conversation_that_ended_goes_on_when_one_of_its_pages_comes_back(
    store: Store, tmp_path: Path
) -> None:
    first = answer(store, tmp_path, arrive(store, tmp_path, 1, thread="physics"))
    old = first.conversation_id or ""
    store.sessions.end_conversation(old)

    routed = store.ledger.route(arrive(store, tmp_path, 2), old, Home("ada", "inbox"))

    state = get_state(store, old)
    assert old == routed.conversation_id == get_thread(store.sessions)
    assert ("active", "", None) == (state.status, state.end_reason, state.ended_at)
    with store._database.write() as connection:
        assert not reopen(connection, old)
        assert not reopen(connection, "conv_nowhere")


def test_an_older_conversation_that_goes_on_leaves_the_document_to_the_newer(
    store: Store, tmp_path: Path
) -> None:
    home = Home("ada", "inbox", document="paper.pdf")
    old = store.ledger.route(arrive(store, tmp_path, 1), None, home)
    new = store.ledger.begin_anew(arrive(store, tmp_path, 2), home)

    store.ledger.route(arrive(store, tmp_path, 3), old.conversation_id, Home("ada", "inbox"))

    found = store.sessions.get_or_create_section("paper.pdf", "", "ada", "inbox")
    older = get_state(store, old.conversation_id)
    assert new.conversation_id == found
    assert ("active", "") == (older.status, older.document)
    assert "paper.pdf" == get_state(store, new.conversation_id).document


def test_a_document_of_that_name_elsewhere_is_no_successor(store: Store, tmp_path: Path) -> None:
    old = store.sessions.get_or_create_section("paper.pdf", "", "ada", "inbox")
    store.sessions.end_conversation(old)
    store.sessions.get_or_create_section("paper.pdf", "", "grace", "inbox")
    store.sessions.get_or_create_section("paper.pdf", "7", "ada", "inbox")
    store.sessions.get_or_create_section("paper.pdf", "", "ada", "other")

    store.ledger.route(arrive(store, tmp_path, 1), old, Home("ada", "inbox"))

    assert old == store.sessions.get_or_create_section("paper.pdf", "", "ada", "inbox")


def test_of_several_conversations_in_a_thread_the_newest_goes_on_and_is_followed(
    store: Store, tmp_path: Path
) -> None:
    drops = [store.ledger.begin_anew(arrive(store, tmp_path, n), THREAD) for n in (1, 2, 3)]
    oldest, _, newest = (drop.conversation_id or "" for drop in drops)
    store.ledger.route(arrive(store, tmp_path, 4), oldest, Home("ada", "inbox"))
    assert newest == get_thread(store.sessions)

    for conversation_id in (newest, oldest):
        store.sessions.end_conversation(conversation_id)

    assert newest == get_state(store, get_thread(store.sessions)).follows


# A thread that goes on in another conversation


def test_a_thread_goes_on_in_the_conversation_it_is_linked_to(store: Store, tmp_path: Path) -> None:
    own = get_thread(store.sessions)
    other = store.sessions.get_or_create_thread("inbox", "optics", "ada")

    drop = store.ledger.route(arrive(store, tmp_path, 1), other, THREAD, link=True)

    assert other == drop.conversation_id == get_thread(store.sessions)
    assert other == arrive(store, tmp_path, 2, thread="physics").conversation_id
    assert "active" == get_state(store, own).status
    link(store, THREAD, own)
    assert own == get_thread(store.sessions)
    assert other == store.sessions.get_or_create_thread("inbox", "optics", "ada")


def test_a_thread_that_begins_anew_is_linked_no_more(store: Store, tmp_path: Path) -> None:
    own = get_thread(store.sessions)
    other = store.sessions.get_or_create_thread("inbox", "optics", "ada")
    link(store, THREAD, other)

    drop = store.ledger.begin_anew(arrive(store, tmp_path, 1), THREAD)

    assert drop.conversation_id == get_thread(store.sessions)
    assert other == get_state(store, drop.conversation_id).follows
    assert ("ended", "replaced") == (
        get_state(store, own).status,
        get_state(store, own).end_reason,
    )
    # It is at home in the other thread, and only that one may replace it.
    assert "active" == get_state(store, other).status
    assert other == store.sessions.get_or_create_thread("inbox", "optics", "ada")


def test_a_thread_begins_anew_when_what_it_went_on_in_has_ended(store: Store) -> None:
    own = get_thread(store.sessions)
    other = store.sessions.get_or_create_thread("inbox", "optics", "ada")
    link(store, THREAD, other)
    store.sessions.end_conversation(other)

    new = get_thread(store.sessions)

    assert new not in (own, other)
    assert other == get_state(store, new).follows
    assert new == get_thread(store.sessions)


def test_a_thread_begins_anew_when_what_it_went_on_in_was_idle(store: Store) -> None:
    get_thread(store.sessions)
    other = store.sessions.get_or_create_thread("inbox", "optics", "ada")
    link(store, THREAD, other)
    make_idle(store, other, 2 * HOUR)

    new = store.sessions.get_or_create_thread("inbox", "physics", "ada", HOUR)

    assert "idle" == get_state(store, other).end_reason
    assert other == get_state(store, new).follows


def test_a_link_never_leads_into_another_users_conversation(store: Store) -> None:
    own = get_thread(store.sessions)
    hers = store.sessions.get_or_create_thread("inbox", "physics", "grace")
    link(store, THREAD, hers)

    assert own == get_thread(store.sessions)


# Taken back


def test_a_conversation_that_was_begun_for_a_drop_alone_is_taken_back(
    store: Store, tmp_path: Path
) -> None:
    home = Home("ada", "inbox")
    target = answer(store, tmp_path, arrive(store, tmp_path, 1))
    drop = store.ledger.route(arrive(store, tmp_path, 2), None, home)
    assert 2 == count_conversations(store)

    moved = store.ledger.route(drop, target.conversation_id, home)

    assert target.conversation_id == moved.conversation_id
    assert 1 == count_conversations(store)


def test_only_what_is_empty_is_taken_back(store: Store, tmp_path: Path) -> None:
    said = answer(store, tmp_path, arrive(store, tmp_path, 1)).conversation_id or ""
    awaited = arrive(store, tmp_path, 2, thread="awaited").conversation_id or ""
    linked = store.sessions.create_conversation("ada")
    link(store, THREAD, linked)
    named = store.sessions.create_conversation("ada", title="Mine")
    older = store.sessions.create_conversation("ada")
    since = write_time()
    empty = store.sessions.create_conversation("ada")

    with store._database.write() as connection:
        for conversation_id in (said, awaited, linked, named, empty):
            forget_if_empty(connection, conversation_id, "")
        forget_if_empty(connection, older, since)

    every = (said, awaited, linked, named, older, empty)
    assert [empty] == [c for c in every if not store.sessions.get_conversation(c)]


def test_a_drop_that_goes_elsewhere_leaves_the_others_where_they_are(
    store: Store, tmp_path: Path
) -> None:
    first, second = (arrive(store, tmp_path, n, thread="physics") for n in (1, 2))
    target = store.sessions.create_conversation("ada")

    store.ledger.route(first, target, THREAD)

    assert DropState.RECEIVED is store.ledger.get(second.id).state
    assert second.conversation_id == get_thread(store.sessions)
