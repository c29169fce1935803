"""A database as the plain two-table schema made it, with rows in it."""

import sqlite3
from pathlib import Path

CONVERSATION = (
    "conv_20250102_030405_abcdef12",
    "ada",
    "2025-01-02T03:04:05.000006",
    "2025-01-02T04:04:05.000006",
    2,
    "active",
    "They talk about light.",
    '{"device": "remarkable"}',
)

EXCHANGES = (
    (
        "ex_00000001",
        CONVERSATION[0],
        1,
        "sky.pdf",
        "pdf",
        "Because of Rayleigh scattering.",
        2.5,
        150,
        "2025-01-02T03:05:00",
        '{"model": "gpt-4"}',
    ),
    (
        "ex_00000002",
        CONVERSATION[0],
        2,
        "violet.png",
        "image",
        "The sun gives less violet.",
        1.25,
        90,
        "2025-01-02T04:04:05",
        "{}",
    ),
)


def make_seed_database(path: Path) -> None:
    """With the defaults and NULLs that schema allowed."""
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE conversations (
            conversation_id TEXT PRIMARY KEY, user_id TEXT, created_at TEXT, last_activity TEXT,
            total_exchanges INTEGER DEFAULT 0, status TEXT DEFAULT 'active',
            context_summary TEXT DEFAULT '', metadata TEXT DEFAULT '{}'
        );
        CREATE TABLE exchanges (
            exchange_id TEXT PRIMARY KEY, conversation_id TEXT, sequence_number INTEGER,
            input_file TEXT, input_type TEXT, response_text TEXT, processing_time REAL,
            tokens_used INTEGER, created_at TEXT, metadata TEXT DEFAULT '{}',
            FOREIGN KEY (conversation_id) REFERENCES conversations (conversation_id)
        );
        """
    )
    connection.execute("INSERT INTO conversations VALUES (?,?,?,?,?,?,?,?)", CONVERSATION)
    connection.execute("INSERT INTO conversations (conversation_id) VALUES ('conv_bare')")
    connection.executemany("INSERT INTO exchanges VALUES (?,?,?,?,?,?,?,?,?,?)", EXCHANGES)
    # That schema let two writers give one number twice, and an exchange without a conversation.
    connection.execute(
        "INSERT INTO exchanges (exchange_id, conversation_id, sequence_number) "
        "VALUES ('ex_twin0001', 'conv_bare', 1), ('ex_twin0002', 'conv_bare', 1), "
        "('ex_orphan01', 'conv_gone', 1)"
    )
    connection.commit()
    connection.close()
