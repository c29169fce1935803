"""How the database came to its present form, one numbered step after the other.

`PRAGMA user_version` holds the number of the last step taken. A step is never edited after it
was released: a database may have taken it in its old form. Each is tested from an old database.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from sqlalchemy import Connection

from inkchat.store.m002_calls_and_search import m002_calls_and_search
from inkchat.store.m003_conversations import m003_conversations
from inkchat.store.m004_words_in_arrears import m004_words_in_arrears
from inkchat.store.m005_places import m005_places

Migration = Callable[[Connection], None]


def m001_conversations_and_ledger(connection: Connection) -> None:
    """From nothing, or from the plain two-table schema with rows in it, to the ledger of drops.

    The two tables keep every column and row; NULLs are allowed where that schema allowed them.
    """
    for statement in _TWO_TABLES:
        connection.exec_driver_sql(statement)
    for table, columns in _ADDED_COLUMNS.items():
        present = {row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")}
        for column, definition in columns:
            if column not in present:
                connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")
    for statement in _LEDGER:
        connection.exec_driver_sql(statement)


_TWO_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS conversations (
        conversation_id TEXT PRIMARY KEY,
        user_id TEXT,
        created_at TEXT,
        last_activity TEXT,
        total_exchanges INTEGER DEFAULT 0,
        status TEXT DEFAULT 'active',
        context_summary TEXT DEFAULT '',
        metadata TEXT DEFAULT '{}'
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS exchanges (
        exchange_id TEXT PRIMARY KEY,
        conversation_id TEXT REFERENCES conversations (conversation_id),
        sequence_number INTEGER,
        input_file TEXT,
        input_type TEXT,
        response_text TEXT,
        processing_time REAL,
        tokens_used INTEGER,
        created_at TEXT,
        metadata TEXT DEFAULT '{}'
    )
    """,
)

_ADDED_COLUMNS = {
    "conversations": (
        ("title", "TEXT DEFAULT ''"),
        ("watch", "TEXT DEFAULT ''"),
        ("thread", "TEXT DEFAULT ''"),
    ),
    "exchanges": (
        ("outcome", "TEXT DEFAULT 'answered'"),
        ("title", "TEXT DEFAULT ''"),
        ("transcript", "TEXT DEFAULT ''"),
        ("language", "TEXT DEFAULT ''"),
        ("provider", "TEXT DEFAULT ''"),
        ("model", "TEXT DEFAULT ''"),
        ("input_tokens", "INTEGER"),
        ("cached_tokens", "INTEGER"),
        ("output_tokens", "INTEGER"),
        ("request_id", "TEXT DEFAULT ''"),
        ("drop_id", "INTEGER"),
    ),
}

_LEDGER = (
    """
    CREATE TABLE drops (
        id INTEGER PRIMARY KEY,
        watch TEXT NOT NULL,
        thread TEXT NOT NULL,
        name TEXT NOT NULL,
        suffix TEXT NOT NULL,
        content_hash TEXT,
        size_bytes INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('received', 'asking', 'answered', 'delivered',
            'waiting', 'held', 'failed', 'duplicate', 'ignored')),
        reason TEXT NOT NULL DEFAULT '',
        reason_code TEXT NOT NULL DEFAULT '',
        waiting_for TEXT NOT NULL DEFAULT '',
        duplicate_of INTEGER REFERENCES drops (id),
        conversation_id TEXT,
        exchange_number INTEGER,
        calls INTEGER NOT NULL DEFAULT 0,
        cuts INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        failing_since TEXT,
        not_before TEXT,
        received_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT
    """,
    # The only permanent guard against answering a content twice.
    """
    CREATE UNIQUE INDEX drops_content ON drops (watch, thread, content_hash)
        WHERE state NOT IN ('duplicate', 'ignored')
    """,
    """
    CREATE INDEX drops_unfinished ON drops (id)
        WHERE state IN ('received', 'asking', 'answered', 'waiting')
    """,
    """
    CREATE INDEX drops_unfinished_of_conversation ON drops (conversation_id, id)
        WHERE state IN ('received', 'asking', 'answered', 'waiting')
    """,
    "CREATE INDEX drops_held ON drops (id) WHERE state = 'held'",
    "CREATE INDEX drops_by_state ON drops (state)",
    """
    CREATE TABLE sightings (
        watch TEXT NOT NULL,
        thread TEXT NOT NULL,
        name TEXT NOT NULL,
        signature TEXT NOT NULL,
        drop_id INTEGER NOT NULL REFERENCES drops (id),
        seen_at TEXT NOT NULL,
        PRIMARY KEY (watch, thread, name)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE responses (
        id INTEGER PRIMARY KEY,
        drop_id INTEGER NOT NULL REFERENCES drops (id),
        conversation_id TEXT NOT NULL,
        exchange_number INTEGER NOT NULL,
        notice_code TEXT NOT NULL DEFAULT '',
        outbox TEXT NOT NULL,
        name TEXT NOT NULL,
        content TEXT,
        device TEXT NOT NULL,
        sha256 TEXT,
        size_bytes INTEGER,
        created_at TEXT NOT NULL,
        delivered_at TEXT,
        UNIQUE (outbox, name)
    ) STRICT
    """,
    "CREATE INDEX responses_of_drop ON responses (drop_id)",
    "CREATE INDEX responses_sha256 ON responses (sha256)",
    """
    CREATE TABLE troubles (
        id INTEGER PRIMARY KEY,
        watch TEXT NOT NULL,
        waiting_for TEXT NOT NULL,
        reason_code TEXT NOT NULL,
        message TEXT NOT NULL,
        since TEXT NOT NULL,
        ended_at TEXT
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX troubles_open ON troubles (watch, waiting_for, reason_code)
        WHERE ended_at IS NULL
    """,
    "CREATE INDEX conversations_by_activity ON conversations (status, last_activity)",
    """
    CREATE INDEX conversations_of_thread ON conversations (watch, thread)
        WHERE thread != ''
    """,
    # Not unique: the plain schema could give a number twice, and no row of it may be lost.
    "CREATE INDEX exchanges_in_order ON exchanges (conversation_id, sequence_number)",
)

MIGRATIONS: Sequence[Migration] = (
    m001_conversations_and_ledger,
    m002_calls_and_search,
    m003_conversations,
    m004_words_in_arrears,
    m005_places,
)

NEWEST = len(MIGRATIONS)

BY_NUMBER = MappingProxyType(dict(enumerate(MIGRATIONS, start=1)))
