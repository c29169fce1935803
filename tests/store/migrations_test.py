"""Older databases: each form comes to the newest with every row in it."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from inkchat.store import Grouping, Store, migrations
from tests.store.form_1 import CONVERSATION_ID, SAID_AT, make_form_1_database
from tests.store.seed_schema import CONVERSATION, EXCHANGES, make_seed_database


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
