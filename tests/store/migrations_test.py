"""Older databases: each form comes to the newest with every row in it."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from inkchat.domain import Response
from inkchat.store import Grouping, Store, migrations
from inkchat.store.conversation import Home
from inkchat.store.conversation_rows import insert_conversation, insert_exchange
from inkchat.store.database import Database
from inkchat.store.m003_conversations import m003_conversations
from inkchat.store.names import is_code
from tests.store import form_2
from tests.store.form_1 import CONVERSATION_ID, SAID_AT, make_form_1_database
from tests.store.form_2 import make_form_2_database
from tests.store.seed_schema import CONVERSATION, EXCHANGES, make_seed_database

INDEXES = {
    "conversations_code",
    "conversations_of_document",
    "conversations_by_document",
    "conversations_by_latest",
    "conversations_of_user",
    "drops_content",
    "drops_by_content",
    "drops_of_conversation",
    "responses_of_conversation",
    "calls_of_conversation",
    "document_pages_of_document",
    "attachments_by_content",
}
"""That the third step makes."""


def ask(path: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(path)
    rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def test_a_database_of_form_1_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "ink.db"
    make_form_1_database(path)
    tables = ("conversations", "exchanges", "drops")
    before = {table: ask(path, f"SELECT * FROM {table} ORDER BY 1") for table in tables}

    Store(path, tmp_path / ".inkchat").close()

    for table, rows in before.items():
        after = ask(path, f"SELECT * FROM {table} ORDER BY 1")
        assert rows == [row[: len(rows[0])] for row in after]
    assert [(migrations.NEWEST,)] == ask(path, "PRAGMA user_version")
    assert [] == ask(path, "PRAGMA foreign_key_check")
    assert [("ok",)] == ask(path, "PRAGMA integrity_check")


def test_what_was_paid_before_is_among_the_calls(tmp_path: Path) -> None:
    make_form_1_database(tmp_path / "ink.db")
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")

    (row,) = store.calls.report(Grouping.DAY)
    users = store.calls.report(Grouping.USER)
    store.close()

    here = datetime.fromisoformat(SAID_AT).astimezone().date()
    assert (here.isoformat(), 1, 10**12, 40, 30, 1, 0) == (
        row.key,
        row.calls,
        row.input_tokens,
        row.cached_tokens,
        row.output_tokens,
        row.calls_of_unknown_cost,
        row.calls_estimated,
    )
    assert ["ada"] == [row.key for row in users]
    assert [
        ("inbox", 1, CONVERSATION_ID, "answer", "OpenAI", "gpt", "done", None, 2.5, "req-1")
    ] == ask(
        tmp_path / "ink.db",
        "SELECT watch, drop_id, conversation_id, purpose, provider, model, state, cost_usd, "
        "seconds, request_id FROM calls",
    )


def test_what_was_said_before_is_found(tmp_path: Path) -> None:
    make_form_1_database(tmp_path / "ink.db")
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")

    (answered,) = store.search.find("rayleigh", "ada", 5)
    failed = store.search.find("broken", "ada", 5)
    state = store.sessions.get_conversation(CONVERSATION_ID)
    store.close()

    assert (CONVERSATION_ID, 1, "The sky") == (
        answered.conversation_id,
        answered.number,
        answered.title,
    )
    assert [] == failed
    assert state is not None
    assert 0 == state.summary_covers
    assert state.exchanges[0].cost_usd is None


def test_a_plain_database_is_searched_too(tmp_path: Path) -> None:
    make_seed_database(tmp_path / "ink.db")
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")

    (hit,) = store.search.find("Rayleigh", "ada", 5)
    spent = store.calls.spent(None, date(2000, 1, 1), datetime.now(UTC).date())
    store.close()

    assert (CONVERSATION[0], 1) == (hit.conversation_id, hit.number)
    assert 0 == spent.tokens
    assert [(len(EXCHANGES) + 3,)] == ask(
        tmp_path / "ink.db", "SELECT count(DISTINCT search_id) FROM exchanges"
    )


def test_a_database_of_form_2_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "ink.db"
    make_form_2_database(path)
    tables = [
        name
        for (name,) in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("exchange_words")
    ]
    columns = {
        table: ", ".join(row[1] for row in ask(path, f"PRAGMA table_info({table})"))
        for table in tables
    }
    before = {t: ask(path, f"SELECT {columns[t]} FROM {t} ORDER BY 1, 2") for t in tables}

    Store(path, tmp_path / ".inkchat").close()

    assert 9 == sum(1 for rows in before.values() if rows)
    for table, rows in before.items():
        assert rows == ask(path, f"SELECT {columns[table]} FROM {table} ORDER BY 1, 2")
    assert [(migrations.NEWEST,)] == ask(path, "PRAGMA user_version")
    assert [] == ask(path, "PRAGMA foreign_key_check")
    assert [("ok",)] == ask(path, "PRAGMA integrity_check")


@pytest.mark.parametrize("make", [make_form_2_database, make_form_1_database, make_seed_database])
def test_every_older_conversation_gets_a_code_of_its_own(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "ink.db"
    make(path)
    before = ask(path, "SELECT conversation_id FROM conversations ORDER BY 1")

    Store(path, tmp_path / ".inkchat").close()

    rows = ask(path, "SELECT conversation_id, code FROM conversations ORDER BY 1")
    codes = [code for _, code in rows]
    assert before == [(conversation_id,) for conversation_id, _ in rows]
    assert all(is_code(code) for code in codes)
    assert len(before) == len(set(codes))
    assert set() == INDEXES - {row[0] for row in ask(path, "SELECT name FROM sqlite_master")}


def test_a_database_of_form_2_goes_on_where_it_was(tmp_path: Path) -> None:
    make_form_2_database(tmp_path / "ink.db")
    store = Store(tmp_path / "ink.db", tmp_path / ".inkchat")

    thread = store.sessions.get_or_create_thread("inbox", "physics", "ada")
    ended = store.sessions.get_conversation(form_2.ENDED)
    due = store.ledger.list_due(["inbox", "hers"], datetime.now(UTC), 9)
    (outgoing,) = store.outgoing.list_undelivered(3)
    (hit,) = store.search.find("Rayleigh", "ada", 5)
    hers = store.search.find("Rayleigh", "grace", 5)
    store.close()

    assert form_2.ADAS == thread == hit.conversation_id
    assert [] == hers
    assert ended is not None
    assert ("archived", "", "", None) == (
        ended.status,
        ended.document,
        ended.end_reason,
        ended.ended_at,
    )
    assert [3, 5] == [drop.id for drop in due]
    assert isinstance(outgoing.content, Response)
    assert ("RESPONSE_3.pdf", "Kept.", "") == (
        outgoing.name,
        outgoing.content.answer,
        outgoing.content.head.code,
    )


def test_a_migration_that_was_cut_off_is_taken_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ink.db"
    make_form_2_database(path)
    before = ask(path, "SELECT name, sql FROM sqlite_master ORDER BY 1")

    def cut_off(connection: Connection) -> None:
        m003_conversations(connection)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "BY_NUMBER", {3: cut_off})
        with pytest.raises(KeyboardInterrupt):
            Store(path, tmp_path / ".inkchat")

    assert before == ask(path, "SELECT name, sql FROM sqlite_master ORDER BY 1")
    assert [(2,)] == ask(path, "PRAGMA user_version")
    Store(path, tmp_path / ".inkchat").close()
    assert [(migrations.NEWEST,)] == ask(path, "PRAGMA user_version")


def test_what_form_3_had_taken_up_is_found_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ink.db"
    make_form_2_database(path)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "NEWEST", 3)
        old = Database(path)
        with old.write() as connection:
            conversation_id = insert_conversation(connection, Home("ada"))
            insert_exchange(connection, conversation_id, {"response_text": "Of silver."})
        old.close()
    assert [(3,)] == ask(path, "PRAGMA user_version")

    store = Store(path, tmp_path / ".inkchat")
    before = store.search.find("silver", "ada", 10)
    store.sessions.add_exchange(conversation_id, "n", "pdf", "Of silver too.", 1.0, 1)
    after = store.search.find("silver", "ada", 10)
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO exchange_words (exchange_words, rank) VALUES ('integrity-check', 1)"
        )
    store.close()

    assert [1] == [hit.number for hit in before]
    assert [1, 2] == sorted(hit.number for hit in after)
