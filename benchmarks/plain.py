"""The plain ways that conversations were kept before: two tables by `sqlite3`, and lists."""

import sqlite3
import uuid
from datetime import UTC, datetime
from pathlib import Path

_TABLES = """
    CREATE TABLE conversations (conversation_id TEXT PRIMARY KEY, user_id TEXT, created_at TEXT,
        last_activity TEXT, total_exchanges INTEGER DEFAULT 0, status TEXT DEFAULT 'active',
        context_summary TEXT DEFAULT '', metadata TEXT DEFAULT '{}');
    CREATE TABLE exchanges (exchange_id TEXT PRIMARY KEY, conversation_id TEXT,
        sequence_number INTEGER, input_file TEXT, input_type TEXT, response_text TEXT,
        processing_time REAL, tokens_used INTEGER, created_at TEXT, metadata TEXT DEFAULT '{}',
        FOREIGN KEY (conversation_id) REFERENCES conversations (conversation_id));
"""


class PlainTables:
    """Nothing but the two tables: no search, no lists in order, no number given only once."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        # As fast as it can be made while it is durable: one connection, and WAL.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        self._connection.close()

    def create_conversation(self, user_id: str) -> str:
        now = datetime.now(UTC).isoformat()
        conversation_id = f"conv_{uuid.uuid4().hex}"
        with self._connection as connection:
            connection.execute(
                "INSERT INTO conversations (conversation_id, user_id, created_at, last_activity) "
                "VALUES (?, ?, ?, ?)",
                (conversation_id, user_id, now, now),
            )
        return conversation_id

    def add_exchange(self, conversation_id: str, answer: str) -> None:
        now = datetime.now(UTC).isoformat()
        with self._connection as connection:
            (number,) = connection.execute(
                "SELECT total_exchanges + 1 FROM conversations WHERE conversation_id = ?",
                (conversation_id,),
            ).fetchone()
            connection.execute(
                "INSERT INTO exchanges VALUES (?, ?, ?, 'note.pdf', 'pdf', ?, 2.5, 900, ?, '{}')",
                (uuid.uuid4().hex, conversation_id, number, answer, now),
            )
            connection.execute(
                "UPDATE conversations SET last_activity = ?, total_exchanges = ? "
                "WHERE conversation_id = ?",
                (now, number, conversation_id),
            )

    def end_idle(self, before: str) -> int:
        with self._connection as connection:
            return connection.execute(
                "UPDATE conversations SET status = 'ended' "
                "WHERE status = 'active' AND last_activity < ?",
                (before,),
            ).rowcount


class PlainLists:
    """Everything in memory: gone with the process."""

    def __init__(self) -> None:
        self._messages: dict[str, list[dict[str, str]]] = {}

    def create_conversation(self) -> str:
        conversation_id = uuid.uuid4().hex
        self._messages[conversation_id] = []
        return conversation_id

    def add_exchange(self, conversation_id: str, asked: str, answer: str) -> None:
        now = datetime.now(UTC).isoformat()
        self._messages[conversation_id] += (
            {"role": "user", "content": asked, "timestamp": now},
            {"role": "assistant", "content": answer, "timestamp": now},
        )

    def format(self, conversation_id: str) -> list[dict[str, str]]:
        """For a model."""
        return [
            {"role": message["role"], "content": message["content"]}
            for message in self._messages[conversation_id]
        ]
