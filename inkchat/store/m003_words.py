"""Of the third step: whose words they are, answers alone, and the titles of conversations."""

# ruff: noqa: S608  (what is put together here are names of our own)

from sqlalchemy import Connection


def index_words(connection: Connection) -> None:
    """In the place of what step 2 made; the words of all rows are read once more."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


# Whose an exchange is stands among its words: so a search walks through one user's rows only.
# As hexadecimal digits it is one word, whatever the name, and none that anybody writes.
_OWNER = "'ofuser0' || hex({conversation}.user_id)"
OWNER_OF = (
    "coalesce((SELECT 'ofuser0' || hex(c.user_id) FROM conversations AS c "
    "WHERE c.conversation_id = {row}.conversation_id), '')"
)
_SAID = "iif({row}.provider = 'Offline', '', {row}.response_text)"


def take_out(row: str, owner: str, where: str) -> str:
    """External content: what is taken out must be told word for word."""
    return f"""
        INSERT INTO exchange_words
                (exchange_words, rowid, title, transcript, response_text, owner)
            SELECT 'delete', {row}.search_id, {row}.title, {row}.transcript,
                {_SAID.format(row=row)}, {owner}
            {where};
    """


def put_in(row: str, owner: str, where: str) -> str:
    return f"""
        INSERT INTO exchange_words (rowid, title, transcript, response_text, owner)
            SELECT {row}.search_id, {row}.title, {row}.transcript,
                {_SAID.format(row=row)}, {owner}
            {where};
    """


def is_found(row: str) -> str:
    return f"{row}.outcome = 'answered' AND {row}.search_id IS NOT NULL"


OF_THE_CONVERSATION = (
    f"FROM exchanges AS e WHERE e.conversation_id = old.conversation_id AND {is_found('e')}"
)
OLD_OWNER, NEW_OWNER = (_OWNER.format(conversation=row) for row in ("old", "new"))

_STATEMENTS = (
    "DROP TRIGGER exchange_words_insert",
    "DROP TRIGGER exchange_words_delete",
    "DROP TRIGGER exchange_words_update",
    "DROP TABLE exchange_words",
    "DROP VIEW exchange_texts",
    f"""
    CREATE VIEW exchange_texts AS
        SELECT e.search_id, e.title, e.transcript, {_SAID.format(row="e")} AS response_text,
            {OWNER_OF.format(row="e")} AS owner
        FROM exchanges AS e WHERE {is_found("e")}
    """,
    # Without the sizes of columns: nothing asks for them, and they would be a row more to write.
    """
    CREATE VIRTUAL TABLE exchange_words USING fts5 (
        title, transcript, response_text, owner,
        content = 'exchange_texts', content_rowid = 'search_id',
        tokenize = 'unicode61 remove_diacritics 2', columnsize = 0
    )
    """,
    "INSERT INTO exchange_words (exchange_words) VALUES ('rebuild')",
    # A row that comes without its number gets one, and its words by the trigger on changes.
    """
    CREATE TRIGGER exchange_words_number AFTER INSERT ON exchanges WHEN new.search_id IS NULL
    BEGIN
        UPDATE exchanges
            SET search_id = (SELECT coalesce(max(search_id), 0) + 1 FROM exchanges)
            WHERE rowid = new.rowid;
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_insert AFTER INSERT ON exchanges WHEN {is_found("new")}
    BEGIN
        {put_in("new", OWNER_OF.format(row="new"), "")}
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_delete AFTER DELETE ON exchanges WHEN {is_found("old")}
    BEGIN
        {take_out("old", OWNER_OF.format(row="old"), "")}
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_update
    AFTER UPDATE OF title, transcript, response_text, provider, outcome, search_id, conversation_id
    ON exchanges
    BEGIN
        {take_out("old", OWNER_OF.format(row="old"), f"WHERE {is_found('old')}")}
        {put_in("new", OWNER_OF.format(row="new"), f"WHERE {is_found('new')}")}
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_new_owner AFTER UPDATE OF user_id ON conversations
    WHEN old.user_id IS NOT new.user_id
    BEGIN
        {take_out("e", OLD_OWNER, OF_THE_CONVERSATION)}
        {put_in("e", NEW_OWNER, OF_THE_CONVERSATION)}
    END
    """,
    f"""
    CREATE TRIGGER exchange_words_no_owner AFTER DELETE ON conversations
    BEGIN
        {take_out("e", OLD_OWNER, OF_THE_CONVERSATION)}
        {put_in("e", "''", OF_THE_CONVERSATION)}
    END
    """,
    # Titles that a person gave are in no exchange.
    "ALTER TABLE conversations ADD COLUMN search_id INTEGER",
    "UPDATE conversations SET search_id = rowid WHERE title != ''",
    "CREATE UNIQUE INDEX conversations_search_id ON conversations (search_id)",
    """
    CREATE VIRTUAL TABLE conversation_words USING fts5 (
        title, owner, tokenize = 'unicode61 remove_diacritics 2', columnsize = 0
    )
    """,
    f"""
    INSERT INTO conversation_words (rowid, title, owner)
        SELECT c.search_id, c.title, {_OWNER.format(conversation="c")}
        FROM conversations AS c WHERE c.search_id IS NOT NULL
    """,
    f"""
    CREATE TRIGGER conversation_words_insert AFTER INSERT ON conversations
    WHEN new.title != ''
    BEGIN
        UPDATE conversations
            SET search_id = (SELECT coalesce(max(search_id), 0) + 1 FROM conversations)
            WHERE rowid = new.rowid AND search_id IS NULL;
        INSERT INTO conversation_words (rowid, title, owner)
            SELECT search_id, title, {NEW_OWNER} FROM conversations WHERE rowid = new.rowid;
    END
    """,
    f"""
    CREATE TRIGGER conversation_words_update AFTER UPDATE OF title, user_id ON conversations
    WHEN old.title IS NOT new.title OR old.user_id IS NOT new.user_id
    BEGIN
        UPDATE conversations
            SET search_id = (SELECT coalesce(max(search_id), 0) + 1 FROM conversations)
            WHERE rowid = new.rowid AND search_id IS NULL;
        DELETE FROM conversation_words WHERE rowid = old.search_id;
        INSERT INTO conversation_words (rowid, title, owner)
            SELECT search_id, title, {NEW_OWNER} FROM conversations
            WHERE rowid = new.rowid AND title != '';
    END
    """,
    """
    CREATE TRIGGER conversation_words_delete AFTER DELETE ON conversations
    BEGIN
        DELETE FROM conversation_words WHERE rowid = old.search_id;
    END
    """,
)
