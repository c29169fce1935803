"""Endings: by a person's word, idle for too long, the oldest of too many; never by deletion."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inkchat import SessionManager
from inkchat.errors import DamagedFile
from inkchat.store import ConversationFull, EndReason, Store, UnknownConversation
from inkchat.store.endings import MOST_AT_ONCE, end_in
from tests.store.drops import arrive, envelope, get_state, make_idle, write_error

HOUR = 3600.0


@contextmanager
def limited(folder: Path, **limits: int) -> Iterator[SessionManager]:
    """On the database of the test's store."""
    sessions = SessionManager(folder / "ink.db", **limits)
    try:
        yield sessions
    finally:
        sessions.close()


def say(sessions: SessionManager, conversation_id: str) -> None:
    sessions.add_exchange(conversation_id, "note.pdf", "pdf", "Because.", 2.5, 150)


def list_active(store: Store) -> list[str]:
    return [row["conversation_id"] for row in store.sessions.list_active_conversations()]


# By a person's word


def test_what_a_person_ends_is_kept_as_it_is(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada", title="Light")
    say(store.sessions, conversation_id)
    before = get_state(store, conversation_id)

    said = store.sessions.end_conversation(conversation_id)

    after = get_state(store, conversation_id)
    assert f"Conversation {conversation_id} ended." == said
    assert ("ended", "asked") == (after.status, after.end_reason)
    assert after.ended_at is not None
    assert datetime.fromisoformat(after.ended_at) <= datetime.now(UTC)
    assert (before.exchanges, before.title, before.last_activity) == (
        after.exchanges,
        after.title,
        after.last_activity,
    )
    assert [] == list_active(store)


def test_an_end_with_a_summary_says_what_it_was(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada", model="gpt-4")
    say(store.sessions, conversation_id)

    said = store.sessions.end_conversation(conversation_id, summarize=True)

    assert said == store.sessions.get_summary(conversation_id)
    assert said.startswith("Session with gpt-4: 2 turns over ")


def test_ending_twice_changes_nothing_more(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada")
    with store._database.write() as connection:
        assert 1 == end_in(connection, [conversation_id], EndReason.REPLACED)
    before = get_state(store, conversation_id)

    assert f"Conversation {conversation_id} ended." == store.sessions.end_conversation(
        conversation_id
    )

    assert before == get_state(store, conversation_id)


def test_what_is_unknown_cannot_be_ended(store: Store) -> None:
    with pytest.raises(UnknownConversation, match="conv_nowhere not found"):
        store.sessions.end_conversation("conv_nowhere")


def test_what_has_ended_still_takes_an_exchange(store: Store) -> None:
    """A paid answer is never thrown away."""
    conversation_id = store.sessions.create_conversation("ada")
    store.sessions.end_conversation(conversation_id)

    say(store.sessions, conversation_id)

    assert 1 == get_state(store, conversation_id).total_exchanges


# Idle for too long


def test_all_that_are_idle_end_at_once_and_no_other(store: Store) -> None:
    ids = [store.sessions.create_conversation("ada") for _ in range(9)]
    for conversation_id in ids[:6]:
        make_idle(store, conversation_id, HOUR + 1)
    store.sessions.end_conversation(ids[0])

    assert 5 == store.sessions.end_idle(HOUR)
    assert 0 == store.sessions.end_idle(HOUR)

    states = [get_state(store, conversation_id) for conversation_id in ids]
    assert ["asked"] + ["idle"] * 5 + [""] * 3 == [state.end_reason for state in states]
    assert ["ended"] * 6 + ["active"] * 3 == [state.status for state in states]


def test_what_is_idle_ends_watch_by_watch(store: Store) -> None:
    here, there = (store.sessions.get_or_create_thread(w, "t", "ada") for w in ("inbox", "other"))
    for conversation_id in (here, there):
        make_idle(store, conversation_id, HOUR + 1)

    assert 1 == store.sessions.end_idle(HOUR, "inbox")

    assert [there] == list_active(store)
    assert 0 == store.sessions.end_idle(HOUR, "nowhere")


@pytest.mark.parametrize("is_held", [False, True])
def test_what_waits_for_an_answer_is_not_idle(is_held: bool, store: Store, tmp_path: Path) -> None:
    drop = arrive(store, tmp_path, 1, thread="t")
    if is_held:
        store.ledger.hold(drop, DamagedFile("a", "b"), envelope(tmp_path), write_error)
    make_idle(store, drop.conversation_id or "", 2 * HOUR)

    assert 0 == store.sessions.end_idle(HOUR)


# The oldest of too many


def test_the_oldest_idle_one_ends_to_make_room(store: Store, tmp_path: Path) -> None:
    with limited(tmp_path, max_conversations=3) as sessions:
        ids = [sessions.create_conversation("ada") for _ in range(3)]
        say(sessions, ids[0])
        graces = sessions.create_conversation("grace")
        newest = sessions.create_conversation("ada")

        crowded_out = get_state(store, ids[1])
        assert ("ended", "crowded out") == (crowded_out.status, crowded_out.end_reason)
        assert {ids[0], ids[2], newest, graces} == set(list_active(store))
        thread = sessions.get_or_create_thread("inbox", "t", "ada")
        section = sessions.get_or_create_section("paper.pdf", "1", "ada", "inbox")

    assert {newest, thread, section, graces} == set(list_active(store))
    assert "crowded out" == get_state(store, ids[0]).end_reason
    assert 1 == len(get_state(store, ids[0]).exchanges)


def test_an_old_home_that_is_found_again_crowds_nobody_out(store: Store, tmp_path: Path) -> None:
    with limited(tmp_path, max_conversations=2) as sessions:
        thread = sessions.get_or_create_thread("inbox", "t", "ada")
        other = sessions.create_conversation("ada")

        assert thread == sessions.get_or_create_thread("inbox", "t", "ada")

    assert {thread, other} == set(list_active(store))


def test_what_waits_for_an_answer_is_never_crowded_out(store: Store, tmp_path: Path) -> None:
    waiting = arrive(store, tmp_path, 1, thread="t").conversation_id or ""
    idle = store.sessions.create_conversation("ada")
    with limited(tmp_path, max_conversations=1) as sessions:
        newest = sessions.create_conversation("ada")

    assert {waiting, newest} == set(list_active(store))
    assert "crowded out" == get_state(store, idle).end_reason


def test_the_new_one_is_never_crowded_out(store: Store, tmp_path: Path) -> None:
    arrive(store, tmp_path, 1, thread="t")
    with limited(tmp_path, max_conversations=1) as sessions:
        newest = sessions.create_conversation("ada")
    make_idle(store, newest, HOUR)

    assert [] == store.sessions.end_beyond("ada", 1, newest)
    assert [newest] == store.sessions.end_beyond("ada", 1)


def test_conversations_of_nobody_are_counted_by_themselves(store: Store, tmp_path: Path) -> None:
    with limited(tmp_path, max_conversations=1) as sessions:
        adas, nobodys = sessions.create_conversation("ada"), sessions.create_conversation()
        newest = sessions.create_conversation()

    assert {adas, newest} == set(list_active(store))
    assert "ended" == get_state(store, nobodys).status


def test_a_limit_that_comes_late_ends_more_than_a_statement_takes(store: Store) -> None:
    count = 2 * MOST_AT_ONCE + 50
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO conversations (conversation_id, user_id, last_activity, status) "
            "SELECT 'conv_' || i, 'ada', printf('2026-01-01T00:00:%06d', i), 'active' FROM n",
            (count,),
        )

    ended = store.sessions.end_beyond("ada", 2)

    assert [f"conv_{number}" for number in range(1, count - 1)] == ended
    assert [f"conv_{count}", f"conv_{count - 1}"] == list_active(store)


# Full


def test_a_full_conversation_says_so_and_how_to_begin_anew(store: Store, tmp_path: Path) -> None:
    with limited(tmp_path, max_exchanges=2) as sessions:
        conversation_id = sessions.create_conversation("ada")
        say(sessions, conversation_id)
        say(sessions, conversation_id)
        with pytest.raises(ConversationFull) as caught:
            say(sessions, conversation_id)
        say(sessions, sessions.create_conversation("ada"))

    state = get_state(store, conversation_id)
    assert isinstance(caught.value, ValueError)
    assert state.code in str(caught.value)
    assert "2 exchanges" in str(caught.value)
    assert "new session" in str(caught.value)
    assert (2, "active") == (state.total_exchanges, state.status)


def test_without_a_limit_no_conversation_is_full(store: Store) -> None:
    conversation_id = store.sessions.create_conversation("ada")
    for _ in range(60):
        say(store.sessions, conversation_id)

    assert 60 == get_state(store, conversation_id).total_exchanges
