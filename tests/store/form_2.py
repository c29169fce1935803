"""A database of form 2 with rows in it: two people, a thread, a page that is still to be drawn."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, create_engine

from inkchat.store.m002_calls_and_search import m002_calls_and_search
from inkchat.store.migrations import m001_conversations_and_ledger

ADAS = "conv_20260302_030405_aaaaaaaa"
GRACES = "conv_20260302_030405_bbbbbbbb"
ENDED = "conv_20250302_030405_cccccccc"
HASH = "c" * 64
SAID_AT = "2026-03-02T12:05:00.000000+00:00"

CONTENT = (
    f'{{"form": "Response", "head": {{"conversation_id": "{GRACES}", "exchange_number": 1, '
    '"note_name": "hers.txt", "written_at": "2026-03-02T12:05:00+00:00"}, "title": "T", '
    '"answer": "Kept.", "transcript": "Mine.", "language": "", "colophon": "m", '
    '"remarks": ["Said."], "leads_with_transcript": false}'
)
"""A page to be drawn, as this form wrote it."""

_CONVERSATIONS = [
    (ADAS, "ada", SAID_AT, SAID_AT, 2, "active", "Of light.", "{}", "Light", "inbox", "physics", 1),
    (GRACES, "grace", SAID_AT, SAID_AT, 1, "active", "", '{"a": 1}', "", "hers", "", 0),
    # As the plain schema could leave them.
    (ENDED, None, "2025-03-02T03:04:05", "2025-03-02T03:04:05", 0, "archived", "", "", "", "",
     "", 0),
]  # fmt: skip

_EXCHANGES = [
    ("ex_00000001", ADAS, 1, "sky.pdf", "pdf", "Rayleigh scatters it.", 2.5, 70, SAID_AT, "{}",
     "answered", "The sky", "Why is it blue?", "en", "OpenAI", "gpt", 40, 30, 30, "req-1", 1, 5,
     0.25, 0.5),
    ("ex_00000002", ADAS, 2, "torn.pdf", "pdf", "It is broken.", 0.0, 0, SAID_AT,
     '{"code": "damaged-file"}', "failed", "", "", "", "", "", None, None, None, "", 2, None,
     None, None),
    ("ex_00000003", GRACES, 1, "hers.txt", "text", "Kept on this machine.", 0.1, 0, SAID_AT, "{}",
     "answered", "", "Mine.", "", "Offline", "", 0, 0, 0, "", 3, None, None, None),
]  # fmt: skip

_DROPS = [
    (1, "inbox", "physics", "sky.pdf", HASH, "delivered", ADAS, 1, ""),
    (2, "inbox", "physics", "torn.pdf", "d" * 64, "failed", ADAS, 2, "Ollama"),
    (3, "hers", "", "hers.txt", HASH, "answered", GRACES, 1, ""),
    (4, "inbox", "physics", "copy.pdf", HASH, "duplicate", None, None, ""),
    (5, "inbox", "", "next.pdf", "e" * 64, "received", None, None, ""),
]


def make_form_2_database(path: Path) -> None:
    engine = create_engine(URL.create("sqlite", database=str(path)), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        m001_conversations_and_ledger(connection)
        m002_calls_and_search(connection)
        connection.exec_driver_sql("PRAGMA user_version = 2")
    engine.dispose()
    connection_ = sqlite3.connect(path)
    _insert_rows(connection_)
    connection_.commit()
    connection_.close()


def _insert_rows(connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT INTO conversations (conversation_id, user_id, created_at, last_activity, "
        "total_exchanges, status, context_summary, metadata, title, watch, thread, "
        f"summary_covers) VALUES ({_marks(12)})",
        _CONVERSATIONS,
    )
    connection.executemany(
        "INSERT INTO exchanges (exchange_id, conversation_id, sequence_number, input_file, "
        "input_type, response_text, processing_time, tokens_used, created_at, metadata, outcome, "
        "title, transcript, language, provider, model, input_tokens, cached_tokens, "
        "output_tokens, request_id, drop_id, cache_written_tokens, cost_usd, "
        f"first_token_seconds) VALUES ({_marks(24)})",
        _EXCHANGES,
    )
    connection.executemany(
        "INSERT INTO drops (id, watch, thread, name, suffix, content_hash, size_bytes, state, "
        "conversation_id, exchange_number, asked_provider, received_at, updated_at) "
        f"VALUES (?, ?, ?, ?, '.pdf', ?, 10, {_marks(4)}, '{SAID_AT}', '{SAID_AT}')",
        _DROPS,
    )
    connection.execute(
        "INSERT INTO sightings VALUES ('inbox', 'physics', 'sky.pdf', '1:2:3', 1, ?)", (SAID_AT,)
    )
    connection.executemany(
        "INSERT INTO responses (drop_id, conversation_id, exchange_number, outbox, name, content, "
        f"device, created_at) VALUES (?, ?, ?, '/out', ?, ?, 'remarkable-2', '{SAID_AT}')",
        [(1, ADAS, 1, "RESPONSE_1.pdf", None), (3, GRACES, 1, "RESPONSE_3.pdf", CONTENT)],
    )
    connection.execute(
        "INSERT INTO calls (at, day, user_id, watch, drop_id, conversation_id, purpose, provider, "
        "model, state, input_tokens, output_tokens, cost_usd, is_estimate) VALUES "
        f"('{SAID_AT}', '2026-03-02', 'ada', 'inbox', 1, ?, 'answer', 'OpenAI', 'gpt', 'done', "
        "40, 30, 0.25, 0)",
        (ADAS,),
    )
    connection.execute("INSERT INTO calibrations VALUES ('OpenAI', 'gpt', 1.25, 7)")
    connection.execute(
        "INSERT INTO pauses VALUES ('k', 'OpenAI', 'unreachable', 'Down.', 'Wait.', 1, 't', 't')"
    )
    connection.execute(
        "INSERT INTO troubles (watch, waiting_for, reason_code, message, since) "
        "VALUES ('inbox', 'OpenAI', 'unreachable', 'Down.', 't')"
    )


def _marks(count: int) -> str:
    return ", ".join("?" * count)
