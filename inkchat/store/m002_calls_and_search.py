"""The second step of `migrations`: what calls cost, who is not to be asked, words to be found."""

from sqlalchemy import Connection


def m002_calls_and_search(connection: Connection) -> None:
    """From form 1 with rows in it: paid answers become calls, and all that was said is found."""
    for table, columns in _ADDED_COLUMNS.items():
        for column in columns:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    for statement in (*_LEDGER, _BACKFILL_CALLS, *_SEARCH):
        connection.exec_driver_sql(statement)


_ADDED_COLUMNS = {
    "conversations": ("summary_covers INTEGER DEFAULT 0",),
    "exchanges": (
        "cache_written_tokens INTEGER",
        "cost_usd REAL",
        "first_token_seconds REAL",
        "search_id INTEGER",
    ),
    "drops": (
        "asked_provider TEXT NOT NULL DEFAULT ''",
        "wants_model INTEGER NOT NULL DEFAULT 0",
        "held_until TEXT",
        "repairs INTEGER NOT NULL DEFAULT 0",
    ),
    "responses": ("notice_provider TEXT NOT NULL DEFAULT ''",),
}

_LEDGER = (
    """
    CREATE TABLE calls (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        day TEXT NOT NULL,
        user_id TEXT NOT NULL,
        watch TEXT NOT NULL,
        drop_id INTEGER,
        conversation_id TEXT,
        purpose TEXT NOT NULL CHECK (purpose IN ('answer', 'repair', 'hand-over', 'summary',
            'check')),
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'done', 'lost')),
        estimated_input_tokens INTEGER NOT NULL DEFAULT 0,
        input_tokens INTEGER NOT NULL DEFAULT 0,
        cached_tokens INTEGER NOT NULL DEFAULT 0,
        cache_written_tokens INTEGER NOT NULL DEFAULT 0,
        output_tokens INTEGER NOT NULL DEFAULT 0,
        cost_usd REAL,
        is_estimate INTEGER NOT NULL,
        seconds REAL,
        first_token_seconds REAL,
        request_id TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    # With all that a budget adds up, so that the rows themselves are not read.
    "CREATE INDEX calls_by_day ON calls (day, input_tokens, output_tokens, cost_usd)",
    "CREATE INDEX calls_by_user ON calls (user_id, day, input_tokens, output_tokens, cost_usd)",
    "CREATE INDEX calls_of_drop ON calls (drop_id) WHERE drop_id IS NOT NULL",
    # Unique: two calls at once for one note would be paid twice.
    """
    CREATE UNIQUE INDEX calls_open_of_drop ON calls (drop_id)
        WHERE state = 'open' AND drop_id IS NOT NULL
    """,
    """
    CREATE TABLE pauses (
        provider_key TEXT PRIMARY KEY,
        provider TEXT NOT NULL,
        code TEXT NOT NULL,
        what_happened TEXT NOT NULL,
        next_step TEXT NOT NULL,
        tries INTEGER NOT NULL,
        since TEXT NOT NULL,
        until TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE calibrations (
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        factor REAL NOT NULL,
        samples INTEGER NOT NULL,
        PRIMARY KEY (provider, model)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX drops_held_of_conversation ON drops (conversation_id, id)
        WHERE state = 'held' AND held_until IS NOT NULL
    """,
    """
    CREATE INDEX exchanges_of_offline ON exchanges (drop_id)
        WHERE provider = 'Offline' AND outcome = 'answered'
    """,
)

# Bounded, so that sums stay whole numbers: a server may claim any number of tokens.
_BACKFILL_CALLS = """
    INSERT INTO calls (at, day, user_id, watch, drop_id, conversation_id, purpose, provider,
        model, state, estimated_input_tokens, input_tokens, cached_tokens, output_tokens,
        cost_usd, is_estimate, seconds, request_id)
    SELECT e.created_at, date(e.created_at, 'localtime'), coalesce(c.user_id, ''),
        coalesce(d.watch, c.watch, ''), e.drop_id, e.conversation_id, 'answer',
        e.provider, coalesce(e.model, ''), 'done', 0,
        min(max(e.input_tokens, 0), 1000000000000),
        min(max(coalesce(e.cached_tokens, 0), 0), 1000000000000),
        min(max(coalesce(e.output_tokens, 0), 0), 1000000000000),
        NULL, 0, e.processing_time, coalesce(e.request_id, '')
    FROM exchanges AS e
        LEFT JOIN conversations AS c ON c.conversation_id = e.conversation_id
        LEFT JOIN drops AS d ON d.id = e.drop_id
    WHERE e.input_tokens IS NOT NULL AND e.provider NOT IN ('', 'Offline')
        AND date(e.created_at, 'localtime') IS NOT NULL
    ORDER BY e.created_at
"""

_SEARCH = (
    # A number of its own: this table has no integer key, so its rowids may change.
    "UPDATE exchanges SET search_id = rowid",
    "CREATE UNIQUE INDEX exchanges_search_id ON exchanges (search_id)",
    # What Offline says is of the connection and not of the note: nobody looks for it.
    """
    CREATE VIEW exchange_texts AS
        SELECT search_id, title, transcript,
            iif(provider = 'Offline', '', response_text) AS response_text
        FROM exchanges
    """,
    """
    CREATE VIRTUAL TABLE exchange_words USING fts5 (
        title, transcript, response_text,
        content = 'exchange_texts', content_rowid = 'search_id',
        tokenize = 'unicode61 remove_diacritics 2'
    )
    """,
    "INSERT INTO exchange_words (exchange_words) VALUES ('rebuild')",
    """
    CREATE TRIGGER exchange_words_insert AFTER INSERT ON exchanges BEGIN
        UPDATE exchanges SET search_id = coalesce(
                new.search_id, (SELECT coalesce(max(search_id), 0) + 1 FROM exchanges)
            ) WHERE rowid = new.rowid;
        INSERT INTO exchange_words (rowid, title, transcript, response_text)
            SELECT search_id, title, transcript, iif(provider = 'Offline', '', response_text)
            FROM exchanges WHERE rowid = new.rowid;
    END
    """,
    """
    CREATE TRIGGER exchange_words_delete AFTER DELETE ON exchanges BEGIN
        INSERT INTO exchange_words (exchange_words, rowid, title, transcript, response_text)
            VALUES ('delete', old.search_id, old.title, old.transcript,
                iif(old.provider = 'Offline', '', old.response_text));
    END
    """,
    """
    CREATE TRIGGER exchange_words_update AFTER UPDATE OF title, transcript, response_text, provider
    ON exchanges BEGIN
        INSERT INTO exchange_words (exchange_words, rowid, title, transcript, response_text)
            VALUES ('delete', old.search_id, old.title, old.transcript,
                iif(old.provider = 'Offline', '', old.response_text));
        INSERT INTO exchange_words (rowid, title, transcript, response_text)
            VALUES (new.search_id, new.title, new.transcript,
                iif(new.provider = 'Offline', '', new.response_text));
    END
    """,
)
