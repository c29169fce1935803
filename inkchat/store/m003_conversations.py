"""The third step of `migrations`: where conversations are at home, how they end, short codes."""

from sqlalchemy import Connection

from inkchat.store.m003_words import index_words
from inkchat.store.names import new_code


def m003_conversations(connection: Connection) -> None:
    """From form 2 with rows in it: every conversation gets its code and a latest time."""
    for table, columns in _ADDED_COLUMNS.items():
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    _give_codes(connection)
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
    index_words(connection)


def _give_codes(connection: Connection) -> None:
    ids = connection.exec_driver_sql("SELECT conversation_id FROM conversations").scalars().all()
    codes: set[str] = set()
    while len(codes) < len(ids):
        codes.add(new_code())
    pairs = list(zip(sorted(codes), ids, strict=True))
    if pairs:
        connection.exec_driver_sql(
            "UPDATE conversations SET code = ? WHERE conversation_id = ?", pairs
        )


_ADDED_COLUMNS = {
    "conversations": (
        "code TEXT",
        "provider TEXT DEFAULT ''",
        "model TEXT DEFAULT ''",
        "system_prompt TEXT DEFAULT ''",
        "document TEXT DEFAULT ''",
        "section TEXT DEFAULT ''",
        "ended_at TEXT",
        "end_reason TEXT DEFAULT ''",
        "follows TEXT DEFAULT ''",
    ),
    "exchanges": ("author TEXT DEFAULT ''",),
    "drops": (
        "document TEXT NOT NULL DEFAULT ''",
        "is_repeatable INTEGER NOT NULL DEFAULT 0",
        "may_be_command INTEGER NOT NULL DEFAULT 0",
        "is_placed INTEGER NOT NULL DEFAULT 0",
    ),
}

_STATEMENTS = (
    # The plain schema allowed it to be missing; a list is read on from the last one on its page.
    """
    UPDATE conversations SET last_activity = coalesce(created_at, '')
        WHERE last_activity IS NULL
    """,
    "CREATE UNIQUE INDEX conversations_code ON conversations (code)",
    # The guard against two conversations for one section of one document.
    """
    CREATE UNIQUE INDEX conversations_of_document
        ON conversations (coalesce(user_id, ''), watch, document, section)
        WHERE document != '' AND status = 'active'
    """,
    # What a document's new conversation follows has ended.
    """
    CREATE INDEX conversations_by_document ON conversations (watch, document, section)
        WHERE document != ''
    """,
    # In the order of the lists, ties included, so that a page of one is read and nothing else.
    "CREATE INDEX conversations_by_latest ON conversations (last_activity, conversation_id)",
    "DROP INDEX conversations_by_activity",
    """
    CREATE INDEX conversations_by_activity
        ON conversations (status, last_activity, conversation_id)
    """,
    """
    CREATE INDEX conversations_of_user
        ON conversations (user_id, last_activity, conversation_id, status)
    """,
    # What was typed twice on purpose is answered twice.
    "DROP INDEX drops_content",
    """
    CREATE UNIQUE INDEX drops_content ON drops (watch, thread, content_hash)
        WHERE state NOT IN ('duplicate', 'ignored') AND is_repeatable = 0
    """,
    "CREATE INDEX drops_by_content ON drops (content_hash)",
    "CREATE INDEX drops_of_conversation ON drops (conversation_id)",
    # Without these two a drop that is removed costs a walk through all others.
    "CREATE INDEX drops_of_original ON drops (duplicate_of) WHERE duplicate_of IS NOT NULL",
    "CREATE INDEX sightings_of_drop ON sightings (drop_id)",
    "CREATE INDEX responses_of_conversation ON responses (conversation_id)",
    "CREATE INDEX calls_of_conversation ON calls (conversation_id)",
    """
    CREATE TABLE thread_links (
        user_id TEXT NOT NULL,
        watch TEXT NOT NULL,
        thread TEXT NOT NULL,
        conversation_id TEXT NOT NULL REFERENCES conversations (conversation_id),
        since TEXT NOT NULL,
        PRIMARY KEY (user_id, watch, thread)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX thread_links_of_conversation ON thread_links (conversation_id)",
    """
    CREATE TABLE document_pages (
        conversation_id TEXT NOT NULL REFERENCES conversations (conversation_id),
        fingerprint TEXT NOT NULL,
        watch TEXT NOT NULL,
        thread TEXT NOT NULL,
        document TEXT NOT NULL,
        number INTEGER NOT NULL,
        drop_id INTEGER NOT NULL,
        PRIMARY KEY (conversation_id, fingerprint)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX document_pages_of_document ON document_pages (watch, thread, document)",
    """
    CREATE TABLE attachments (
        conversation_id TEXT NOT NULL REFERENCES conversations (conversation_id),
        position INTEGER NOT NULL,
        key TEXT NOT NULL,
        file_name TEXT NOT NULL,
        file_path TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        PRIMARY KEY (conversation_id, position)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX attachments_by_content ON attachments (content_hash)",
    # What a purge has still to do; `room` is filled to overwrite empty pages, and let go.
    """
    CREATE TABLE purge_marks (
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        room BLOB,
        PRIMARY KEY (kind, subject)
    ) STRICT, WITHOUT ROWID
    """,
)
