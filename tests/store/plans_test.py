"""Every list and every look-up reads the rows it needs, and not the table."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from inkchat.store import Store
from tests.store.form_2 import make_form_2_database

ADAS = "conv_20260302_030405_aaaaaaaa"
LATEST = "2026-03-02T12:05:00.000000+00:00"


@contextmanager
def explained(store: Store) -> Iterator[list[str]]:
    """The plan of each statement that is carried out meanwhile, a line for each of its steps."""
    steps: list[str] = []
    said: list[str] = []

    def listen(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(said.append)

    event.listen(store._database._engine, "checkout", listen)
    try:
        yield steps
    finally:
        event.remove(store._database._engine, "checkout", listen)
        # Whoever is told of a statement, as of those of triggers, may carry out none meanwhile.
        with closing(sqlite3.connect(store._database.path)) as database:
            for statement in said:
                if statement.split()[0] in ("SELECT", "UPDATE", "INSERT", "DELETE"):
                    plan = database.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                    steps.extend(row[3] for row in plan)


def fill(store: Store, count: int = 1, latest: str = LATEST) -> None:
    """Conversations of one user, all at the same time, each with an exchange."""
    statement = (
        "INSERT INTO conversations (conversation_id, user_id, created_at, last_activity, "
        "total_exchanges, code) VALUES (?, 'ada', ?, ?, 1, ?)"
    )
    rows = [(f"{ADAS}{number:04}", latest, latest, f"{number:06}") for number in range(count)]
    with store._database.write() as connection:
        connection.exec_driver_sql(statement, rows)


def is_scan(step: str) -> bool:
    tables = ("conversations", "exchanges", "drops", "thread_links")
    return step.startswith("SCAN") and any(table in step.split() for table in tables)


FIRST = f"{ADAS}0000"
LISTS: dict[str, Callable[[Store], object]] = {
    "the newest": lambda store: store.sessions.list_conversations(50),
    "the page behind": lambda store: store.sessions.list_conversations(50, after=FIRST),
    "of a user": lambda store: store.sessions.list_conversations(50, user="ada"),
    "of a user behind": lambda store: store.sessions.list_conversations(
        50, user="ada", after=FIRST
    ),
    "of a user, active": lambda store: store.sessions.list_conversations(
        50, user="ada", active_only=True
    ),
    "active": lambda store: store.sessions.list_active_conversations(50),
    "active behind": lambda store: store.sessions.list_active_conversations(50, FIRST),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_a_list_is_read_in_its_order_from_an_index(name: str, store: Store) -> None:
    fill(store)

    with explained(store) as steps:
        LISTS[name](store)

    assert steps
    assert [] == [step for step in steps if "TEMP B-TREE" in step]
    # From one end, and no further than the page.
    scanned = [step for step in steps if is_scan(step)]
    assert scanned in ([], ["SCAN conversations USING INDEX conversations_by_latest"])


LOOK_UPS: dict[str, Callable[[Store], object]] = {
    "by id": lambda store: store.sessions.find(FIRST),
    "by code": lambda store: store.sessions.find("A3A3A3"),
    "by code, of a user": lambda store: store.sessions.find("A3A3A3", "ada"),
    "all exchanges": lambda store: store.sessions.get_conversation(FIRST),
    "a thread": lambda store: store.sessions.get_or_create_thread("inbox", "physics", "ada", 60),
    "a document": lambda store: store.sessions.get_or_create_section("book", "1", "ada"),
    "adding": lambda store: store.sessions.add_exchange(FIRST, "n", "pdf", "Of light.", 1.0, 1),
    "editing": lambda store: store.sessions.edit(FIRST, title="Light"),
    "memory": lambda store: store.recollections.read(FIRST, besides_drop_id=None, most_tokens=1000),
    "ending what is idle": lambda store: store.sessions.end_idle(60),
    "ending what is idle, of a watch": lambda store: store.sessions.end_idle(60, "inbox"),
    "ending what is too much": lambda store: store.sessions.end_beyond("ada", 0),
    "searching": lambda store: store.search.find("light", "ada", 10),
}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_no_look_up_reads_a_whole_table(name: str, store: Store) -> None:
    fill(store)
    store.sessions.add_exchange(FIRST, "n.pdf", "pdf", "Of light.", 1.0, 1)
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE conversations SET code = 'A3A3A3'")

    with explained(store) as steps:
        LOOK_UPS[name](store)

    assert steps
    assert [] == [step for step in steps if is_scan(step)]


@pytest.mark.parametrize("user", ["ada", None])
def test_paging_through_conversations_of_one_moment_shows_each_once(
    user: str | None, store: Store
) -> None:
    fill(store, 1000)
    seen: list[str] = []

    while page := store.sessions.list_conversations(
        30, user=user, after=seen[-1] if seen else None
    ):
        seen += [conversation.conversation_id for conversation in page]

    assert sorted(seen, reverse=True) == seen
    assert 1000 == len(set(seen)) == len(seen)


def test_what_is_answered_while_one_pages_is_not_shown_twice(store: Store) -> None:
    fill(store, 100)
    first = [one.conversation_id for one in store.sessions.list_conversations(50)]
    store.sessions.add_exchange(f"{ADAS}0003", "n.pdf", "pdf", "Now.", 1.0, 1)

    second = [one.conversation_id for one in store.sessions.list_conversations(50, after=first[-1])]

    assert set() == set(first) & set(second)
    assert 99 == len({*first, *second})


def test_conversations_of_old_without_a_latest_time_are_paged_through_too(tmp_path: Path) -> None:
    make_form_2_database(tmp_path / "ink.db")
    with closing(sqlite3.connect(tmp_path / "ink.db")) as old, old:
        old.execute("UPDATE conversations SET last_activity = NULL, total_exchanges = 1")
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")
    seen: list[str] = []

    while page := store.sessions.list_conversations(1, after=seen[-1] if seen else None):
        seen += [conversation.conversation_id for conversation in page]
    store.close()

    assert 3 == len(set(seen)) == len(seen)
