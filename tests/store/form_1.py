"""A database of form 1 with rows in it: exchanges of a model, of Offline and a failed one."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, create_engine

from inkchat.store.migrations import m001_conversations_and_ledger

CONVERSATION_ID = "conv_20260102_030405_abcdef12"
DROP_COLUMNS = (1, "inbox", "", "sky.pdf", ".pdf", "a" * 64, 10, "delivered", CONVERSATION_ID, 1)
SAID_AT = "2026-01-02T12:05:00.000000+00:00"


def make_form_1_database(path: Path) -> None:
    engine = create_engine(URL.create("sqlite", database=str(path)), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        m001_conversations_and_ledger(connection)
        connection.exec_driver_sql("PRAGMA user_version = 1")
    engine.dispose()
    connection_ = sqlite3.connect(path)
    connection_.execute(
        "INSERT INTO conversations (conversation_id, user_id, created_at, last_activity, "
        "total_exchanges, context_summary, watch) VALUES (?, 'ada', ?, ?, 3, 'Of light.', 'inbox')",
        (CONVERSATION_ID, SAID_AT, SAID_AT),
    )
    connection_.execute(
        "INSERT INTO drops (id, watch, thread, name, suffix, content_hash, size_bytes, state, "
        "conversation_id, exchange_number, received_at, updated_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 't', 't')",
        DROP_COLUMNS,
    )
    connection_.executemany(
        "INSERT INTO exchanges (exchange_id, conversation_id, sequence_number, input_file, "
        "response_text, processing_time, created_at, outcome, title, transcript, provider, model, "
        "input_tokens, cached_tokens, output_tokens, request_id, drop_id) "
        "VALUES (?, ?, ?, 'n.pdf', ?, 2.5, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            ("ex_00000001", CONVERSATION_ID, 1, "Rayleigh scatters it.", SAID_AT, "answered",
             "The sky", "Why is it blue?", "OpenAI", "gpt", 2**63 - 1, 40, 30, "req-1", 1),
            ("ex_00000002", CONVERSATION_ID, 2, "Read on this machine.", SAID_AT, "answered",
             "Violet", "And violet?", "Offline", "", 0, 0, 0, "", None),
            ("ex_00000003", CONVERSATION_ID, 3, "It is broken.", SAID_AT, "failed",
             "", "", "", "", None, None, None, "", None),
        ],
    )  # fmt: skip
    connection_.commit()
    connection_.close()
